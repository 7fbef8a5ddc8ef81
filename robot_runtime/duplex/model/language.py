"""The language model of the Moshi family, with or without sight."""

from __future__ import annotations

from typing import Any

import torch
from moshi.models.lm import LMModel
from moshi.modules.transformer import StreamingTransformerLayer

from robot_runtime.duplex.model.vision import SeeingLayer, Sight, use_variance_norms


def build_language(arguments: dict[str, Any], *, seeing: bool, device: torch.device | str, dtype: torch.dtype) -> LMModel:
    """With random weights (with none on the device "meta").

    :param arguments: of the package's ``LMModel``
    :param seeing: its layers look at pictures, and its depth transformer has the norms of MoshiVis
    """
    if not seeing:
        return LMModel(device=device, dtype=dtype, **arguments).eval()
    layers = {"layer_class": SeeingLayer, "depformer_layer_class": StreamingTransformerLayer}
    model = LMModel(device=device, dtype=dtype, **arguments, **layers)
    use_variance_norms(model.depformer)
    model.sight = Sight(arguments["dim"], arguments["num_heads"])
    for layer in model.transformer.layers:
        layer.attach(model.sight)
    return model.to(device=device, dtype=dtype).eval()
