"""The image encoder: a vision transformer with SigLIP's layout (Zhai et al. 2023, arXiv 2303.15343), and its projection to the model.

Parameters are named as transformers' ``SiglipVisionModel`` names them, since published checkpoints of MoshiVis hold them so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from robot_runtime.duplex.model.sizes import EyeSizes
from robot_runtime.duplex.model.vision import VarianceNorm

_EPSILON = 1e-6


class _Embeddings(nn.Module):
    def __init__(self, sizes: EyeSizes) -> None:
        super().__init__()
        self.patch_embedding = nn.Conv2d(3, sizes.width, sizes.patch_px, sizes.patch_px)
        self.position_embedding = nn.Embedding((sizes.position_px // sizes.patch_px) ** 2, sizes.width)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        patches = self.patch_embedding(pixels)
        return patches.flatten(2).transpose(1, 2) + self._positions(patches.shape[-2:])

    def _positions(self, shape: Any) -> torch.Tensor:
        """Those that were learned; interpolated for a picture of another size."""
        learned = self.position_embedding.weight
        side = round(learned.shape[0] ** 0.5)
        if tuple(shape) == (side, side):
            return learned[None]
        grid = learned.reshape(1, side, side, -1).permute(0, 3, 1, 2)
        return functional.interpolate(grid, size=tuple(shape), mode="bicubic", align_corners=False).permute(0, 2, 3, 1).flatten(1, 2)


class _Attention(nn.Module):
    def __init__(self, sizes: EyeSizes) -> None:
        super().__init__()
        self._count = sizes.heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(sizes.width, sizes.width) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (part(x).unflatten(-1, (self._count, -1)).transpose(1, 2) for part in (self.q_proj, self.k_proj, self.v_proj))
        return self.out_proj(functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class _Feed(nn.Module):
    def __init__(self, sizes: EyeSizes) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(sizes.width, sizes.hidden), nn.Linear(sizes.hidden, sizes.width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(functional.gelu(self.fc1(x), approximate="tanh"))


class _Layer(nn.Module):
    def __init__(self, sizes: EyeSizes) -> None:
        super().__init__()
        self.layer_norm1, self.layer_norm2 = (nn.LayerNorm(sizes.width, eps=_EPSILON) for _ in range(2))
        self.self_attn, self.mlp = _Attention(sizes), _Feed(sizes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class _Stack(nn.Module):
    def __init__(self, sizes: EyeSizes) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Layer(sizes) for _ in range(sizes.layers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class Encoder(nn.Module):
    """Pixels (batch, 3, height, width) from -1 to 1 → tokens (batch, patches, width)."""

    def __init__(self, sizes: EyeSizes) -> None:
        super().__init__()
        self.embeddings, self.encoder = _Embeddings(sizes), _Stack(sizes)
        self.post_layernorm = nn.LayerNorm(sizes.width, eps=_EPSILON)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.post_layernorm(self.encoder(self.embeddings(pixels)))


class Eye(nn.Module):
    """A picture → tokens that the language model's layers look at."""

    def __init__(self, sizes: EyeSizes, dim: int) -> None:
        super().__init__()
        self.sizes = sizes
        self.encoder = Encoder(sizes)
        self.projection = nn.Linear(sizes.width, dim)
        self.norm = VarianceNorm(dim)

    @torch.no_grad()
    def forward(self, picture: np.ndarray[Any, np.dtype[np.uint8]]) -> torch.Tensor:
        """RGB of shape (height, width, 3), of any size; tokens of shape (1, count, dim)."""
        weight = self.projection.weight
        pixels = torch.from_numpy(np.array(picture)).to(weight.device).permute(2, 0, 1)[None].float()
        side = self.sizes.image_px
        pixels = (
            functional.interpolate(pixels, size=(side, side), mode="bicubic", antialias=True, align_corners=False).round().clamp(0, 255)
        )
        return self.norm(self.projection(self.encoder((pixels / 127.5 - 1).to(weight.dtype))))
