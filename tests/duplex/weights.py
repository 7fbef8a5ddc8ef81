"""Weights that are the same on every machine: a generator of its own for each tensor, seeded by the tensor's name."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

CARD, FRAMES, PICTURE_TOKENS = 32, 120, 16


def fill(module: Any) -> None:
    """Overwrite all parameters, so that every one of them matters for what comes out."""
    import torch  # not above: tests are collected without it

    with torch.no_grad():
        for name, parameter in module.named_parameters():
            rng = np.random.default_rng(zlib.crc32(name.encode()))
            values = torch.from_numpy(rng.standard_normal(tuple(parameter.shape)).astype(np.float32))
            if parameter.dim() == 3:  # of a norm
                parameter.copy_(1 + 0.3 * values)
            else:
                parameter.copy_(values * (2.0 if ".gate.alpha." in name else parameter.shape[-1] ** -0.5))


def codes() -> NDArray[np.int64]:
    """What the person says, as tokens: shape (frames, 1, 8, 1)."""
    return np.random.default_rng(1).integers(0, CARD, (FRAMES, 1, 8, 1))


def pictures(dim: int) -> list[NDArray[np.float32]]:
    """Tokens of two pictures."""
    rng = np.random.default_rng(2)
    return [rng.standard_normal((1, PICTURE_TOKENS, dim)).astype(np.float32) for _ in range(2)]


SWAP = FRAMES // 2
MODES = {"none": (), "one": ((0, 0),), "swap": ((0, 0), (SWAP, 1))}
"""How the pictures come: (frame, picture)."""
