"""How large the parts of a model are: the published one, and a tiny one of the same build."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DELAYS = [0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1]


def seven_b() -> dict[str, Any]:
    """The language model's arguments as the authors' loader has them, for a checkpoint that does not tell."""
    from moshi.models import loaders

    return dict(loaders._lm_kwargs)


@dataclass(frozen=True)
class EyeSizes:
    """Of the image encoder: SigLIP so400m with patches of 14 at 448 pixels is what MoshiVis was trained with."""

    image_px: int = 448
    patch_px: int = 14
    width: int = 1152
    hidden: int = 4304
    layers: int = 27
    heads: int = 16
    position_px: int = 448  # what its positions were made for; others are interpolated

    @property
    def tokens(self) -> int:
        return (self.image_px // self.patch_px) ** 2


TINY_EYE = EyeSizes(image_px=56, patch_px=14, width=32, hidden=64, layers=2, heads=2, position_px=56)

TINY_LANGUAGE: dict[str, Any] = {
    "dim": 64, "text_card": 64, "existing_text_padding_id": 3, "n_q": 16, "dep_q": 8, "card": 32, "num_heads": 4, "num_layers": 3,
    "hidden_scale": 4.125, "causal": True, "layer_scale": None, "context": 50, "max_period": 10000, "gating": "silu",
    "norm": "rms_norm_f32", "positional_embedding": "rope", "depformer_dim": 32, "depformer_dim_feedforward": 132,
    "depformer_num_heads": 2, "depformer_num_layers": 2, "depformer_layer_scale": None, "depformer_multi_linear": True,
    "depformer_context": 8, "depformer_max_period": 10000, "depformer_gating": "silu", "depformer_pos_emb": "none",
    "depformer_weights_per_step": True, "delays": DELAYS,
}  # fmt: skip

_TINY_SEANET: dict[str, Any] = {
    "channels": 1, "dimension": 32, "causal": True, "n_filters": 4, "n_residual_layers": 1, "activation": "ELU", "compress": 2,
    "dilation_base": 2, "disable_norm_outer_blocks": 0, "kernel_size": 7, "residual_kernel_size": 3, "last_kernel_size": 3,
    "norm": "none", "pad_mode": "constant", "ratios": [8, 6, 5, 4], "true_skip": True,
}  # fmt: skip

TINY_CODEC: dict[str, Any] = {
    "sample_rate": 24000, "channels": 1, "frame_rate": 12.5, "seanet": _TINY_SEANET,
    "quantizer": {"dimension": 16, "n_q": 8, "bins": 32, "input_dimension": 32, "output_dimension": 32},
    "transformer": {
        "d_model": 32, "num_heads": 2, "num_layers": 2, "causal": True, "layer_scale": 0.01, "context": 50, "conv_layout": True,
        "max_period": 10000, "gating": "none", "norm": "layer_norm", "positional_embedding": "rope", "dim_feedforward": 64,
        "input_dimension": 32, "output_dimensions": [32],
    },
}  # fmt: skip


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn; the authors' defaults."""

    greedy: bool = False
    temperature: float = 0.8
    text_temperature: float = 0.7
    top_k: int = 250
    text_top_k: int = 25
    seed: int = 0


@dataclass(frozen=True)
class Sizes:
    """A whole model.  ``eye`` None: it does not see."""

    language: dict[str, Any] = field(default_factory=lambda: dict(TINY_LANGUAGE))
    codec: dict[str, Any] | None = None  # None: the published codec
    eye: EyeSizes | None = None
