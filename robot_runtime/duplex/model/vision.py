"""Sight for the temporal transformer, as MoshiVis has it (Royer et al. 2025, arXiv 2503.15633).

After its self-attention each layer looks at the picture: a cross-attention whose projections all layers share, and a gate of its own that
says, channel by channel, how much of it counts.  Keys and values depend on the picture alone, so they are computed once a picture and kept
in buffers that stay where they are: a new picture is written into them between two frames, also under a CUDA graph.
"""

from __future__ import annotations

from typing import Any

import torch
from moshi.modules.transformer import RMSNorm, StreamingTransformerLayer, create_norm_fn
from torch import nn
from torch.nn import functional

_GATE_SHARE = 0.125  # width of the gate's hidden layer, of the model's
_GATE_SHIFT = 4.0  # an untrained gate is nearly shut
_EPSILON = 1e-5


class VarianceNorm(nn.Module):
    """A norm that the public code of MoshiVis has in its depth transformer and behind its image encoder: it divides by the variance where
    the package ``moshi`` and its own temporal transformer divide by the mean square.
    """

    def __init__(self, dim: int, eps: float = _EPSILON, in_float: bool = False) -> None:
        super().__init__()
        self.eps, self.in_float = eps, in_float
        self.alpha = nn.Parameter(torch.ones(1, 1, dim))

    @classmethod
    def of(cls, norm: RMSNorm) -> VarianceNorm:
        """One with the same weight."""
        own = cls(norm.alpha.shape[-1], norm.eps, norm.dtype is not None)
        own.alpha = norm.alpha
        return own

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``x`` of shape (batch, time, dim)."""
        y = x.float() if self.in_float else x
        variance = self.eps + y.var(dim=2, keepdim=True)
        return (y * (self.alpha.to(variance) * torch.rsqrt(variance))).to(x.dtype)


def use_variance_norms(module: nn.Module) -> None:
    """Exchange every norm of the package for this one."""
    for name, child in module.named_children():
        if isinstance(child, RMSNorm):
            setattr(module, name, VarianceNorm.of(child))
        else:
            use_variance_norms(child)


class Sight(nn.Module):
    """What all layers share: the projections, and keys and values of the picture that counts."""

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * dim, dim))
        self.out_proj = nn.Linear(dim, dim, bias=False)
        nn.init.xavier_uniform_(self.in_proj_weight)
        self.register_buffer("keys", torch.empty(0), persistent=False)
        self.register_buffer("values", torch.empty(0), persistent=False)
        self.open = False

    @torch.no_grad()
    def show(self, tokens: torch.Tensor) -> bool:
        """Take a picture's tokens, shape (1, count, dim); whether the buffers moved, so that a CUDA graph must be made anew."""
        _, wk, wv = self.in_proj_weight.chunk(3)
        keys, values = self._heads(functional.linear(tokens, wk)), self._heads(functional.linear(tokens, wv))
        moved = not self.open or self.keys.shape != keys.shape
        if self.keys.shape != keys.shape or self.keys.dtype != keys.dtype:
            self.keys, self.values = torch.empty_like(keys), torch.empty_like(values)
        self.keys.copy_(keys)
        self.values.copy_(values)
        self.open = True
        return moved

    def close(self) -> bool:
        """Forget the picture; whether there was one."""
        was, self.open = self.open, False
        return was

    def look(self, query: torch.Tensor) -> torch.Tensor:
        """``query`` of shape (batch, time, dim), and so is what is seen."""
        dim = query.shape[-1]
        q = self._heads(functional.linear(query, self.in_proj_weight[:dim]))
        keys, values = (kv.expand(query.shape[0], -1, -1, -1) for kv in (self.keys, self.values))
        seen = functional.scaled_dot_product_attention(q, keys, values)
        return self.out_proj(seen.transpose(1, 2).flatten(2))

    def _heads(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Gate(nn.Module):
    """How much of what is seen counts, by what is seen."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        hidden = int(_GATE_SHARE * dim)
        self.alpha = nn.Sequential(nn.Linear(dim, hidden, bias=False), nn.ReLU(), nn.Linear(hidden, dim, bias=False))

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        return seen * torch.sigmoid(self.alpha(seen) - _GATE_SHIFT)


class SeeingLayer(StreamingTransformerLayer):
    """A layer of the temporal transformer that looks at the picture between self-attention and feed-forward."""

    def __init__(self, *args: Any, d_model: int, **kwargs: Any) -> None:
        super().__init__(*args, d_model=d_model, **kwargs)
        self.norm_cross = create_norm_fn("rms_norm_f32", d_model)
        self.gate = Gate(d_model)
        self._sight: list[Sight] = []  # in a list: it is not a part of this layer

    def attach(self, sight: Sight) -> None:
        self._sight = [sight]

    def _sa_block(self, x: torch.Tensor) -> torch.Tensor:
        x = super()._sa_block(x)
        if not self._sight or not self._sight[0].open:
            return x
        return x + self.gate(self._sight[0].look(self.norm_cross(x)))
