"""Weights of the language model in 8 or 4 bits; sound and text stay as they are.

Each row of a matrix (of 4-bit weights each group of 64 in it) has a scale of its own; weights are symmetric around zero.  They are
unpacked at use, which torch.compile joins with the product on a GPU.  What this costs in quality is not measured here.
"""

from __future__ import annotations

import torch
from moshi.utils.quantize import QLinear
from torch import nn
from torch.nn import functional

_GROUP = 64
_MOST = {"int8": 127, "int4": 7}


class PackedLinear(QLinear):
    """A linear layer without bias; a ``QLinear`` to the package, which so keeps its caches in 16 bits."""

    scale: torch.Tensor

    def __init__(self, linear: nn.Linear, bits: str) -> None:
        nn.Module.__init__(self)
        rows, columns = linear.weight.shape
        group = _GROUP if bits == "int4" and columns % _GROUP == 0 else columns
        grouped = linear.weight.detach().float().reshape(rows, columns // group, group)
        scale = grouped.abs().amax(dim=2, keepdim=True).clamp(min=1e-8) / _MOST[bits]
        whole = (grouped / scale).round().to(torch.int8)
        self._shape, self._packed = (rows, columns // group, group), bits == "int4" and group % 2 == 0
        self.weight = nn.Parameter(_pack(whole) if self._packed else whole, requires_grad=False)
        self.register_buffer("scale", scale.to(torch.float16))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        whole = _unpack(self.weight) if self._packed else self.weight
        weight = (whole.to(self.scale.dtype) * self.scale).flatten(1)
        return functional.linear(x.to(weight.dtype), weight)


def _pack(whole: torch.Tensor) -> torch.Tensor:
    return ((whole[..., ::2] & 0xF) | (whole[..., 1::2] << 4)).to(torch.int8)


def _unpack(packed: torch.Tensor) -> torch.Tensor:
    low, high = (packed << 4) >> 4, packed >> 4  # the shift back keeps the sign
    return torch.stack([low, high], dim=-1).flatten(-2)


def quantise(module: nn.Module, weights: str) -> None:
    """Pack every linear layer of both transformers in place; nothing for "bf16"."""
    if weights not in _MOST:
        return
    for name in ("transformer", "depformer"):
        _replace(getattr(module, name), weights)


def _replace(module: nn.Module, weights: str) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, PackedLinear(child, weights))
        else:
            _replace(child, weights)
