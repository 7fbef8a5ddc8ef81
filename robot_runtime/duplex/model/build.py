"""A model from nothing: random weights, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable

import torch
from moshi.models import loaders
from moshi.models.compression import MimiModel
from moshi.models.lm import LMModel
from torch import nn

from robot_runtime.duplex.model.engine import DuplexModel
from robot_runtime.duplex.model.eye import Eye
from robot_runtime.duplex.model.language import build_language
from robot_runtime.duplex.model.sizes import TINY_CODEC, TINY_EYE, EyeSizes, Sampling, Sizes
from robot_runtime.duplex.model.vocabulary import Letters, Vocabulary

_CODEBOOKS = 8
_BABBLED_FRAMES = 25
_LOUDNESS = 0.05  # of full scale, root mean square: -26 dBFS


def build_codec(sizes: Sizes, device: torch.device | str) -> MimiModel:
    """With random weights and codebooks."""
    codec = loaders.get_mimi(None, sizes.codec, device=device, num_codebooks=_CODEBOOKS)
    for module in codec.modules():
        if hasattr(module, "embedding_sum"):  # a codebook: empty until it is trained
            module.embedding_sum.copy_(torch.randn(module.embedding_sum.shape, device="cpu"))
            module.cluster_usage.fill_(1.0)
            module._initialized.fill_(True)
            module._embedding = None
    _make_audible(codec)
    return codec


@torch.no_grad()
def _make_audible(codec: MimiModel) -> None:
    """Random biases drown what the tokens say in a hum; without them it babbles, and is made as loud as speech is."""
    convolutions = [module for module in codec.decoder.modules() if isinstance(module, nn.Conv1d | nn.ConvTranspose1d)]
    for convolution in convolutions:
        if convolution.bias is not None:
            convolution.bias.zero_()
    codes = torch.randint(codec.cardinality, (1, _CODEBOOKS, _BABBLED_FRAMES), device=next(codec.parameters()).device)
    convolutions[-1].weight.mul_(_LOUDNESS / codec.decode(codes).std())


def build_eye(sizes: EyeSizes, dim: int, device: torch.device | str, dtype: torch.dtype) -> Eye:
    return Eye(sizes, dim).to(device=device, dtype=dtype).eval()


def tiny(sampling: Sampling, *, device: str = "cpu", seeing: bool = True, seed: int = 0) -> DuplexModel:
    """All parts, very small; it babbles."""
    sizes = Sizes(codec=TINY_CODEC, eye=TINY_EYE if seeing else None)
    return random_model(sizes, sampling, Letters(), device=device, dtype=torch.float32, seed=seed, name="tiny")


def random_model(
    sizes: Sizes,
    sampling: Sampling,
    vocabulary: Vocabulary,
    *,
    device: str,
    dtype: torch.dtype,
    seed: int,
    name: str,
    prepare: Callable[[LMModel], None] = lambda language: None,
) -> DuplexModel:
    """``prepare`` is given the language model before it is used.

    :raises torch.cuda.OutOfMemoryError: it does not fit
    """
    torch.manual_seed(seed)
    language = build_language(sizes.language, seeing=sizes.eye is not None, device=device, dtype=dtype)
    prepare(language)
    codec = build_codec(sizes, device)
    eye = build_eye(sizes.eye, sizes.language["dim"], device, dtype) if sizes.eye else None
    about = {
        "model": name,
        "device": device,
        "weights": str(dtype).removeprefix("torch."),
        "sees": eye is not None,
        "parameters": count(language),
    }
    return DuplexModel(language, codec, vocabulary, eye, sampling, about)


def count(module: nn.Module) -> int:
    """Parameters."""
    return sum(parameter.numel() for parameter in module.parameters())
