"""The network over the crop of a person: a small residual CNN with heads for age group and for facing the camera."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from robot_runtime.perceive.ages import GROUPS

WIDTHS = (24, 40, 64, 96, 128)


class PeopleNetwork(nn.Module):
    """Crops (n, 3, 192, 96) in, scaled to 0 … 1, RGB; logits of the age groups (n, 3) and of facing (n, 1) out."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS, dropout: float = 0.2) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 5, 2, 2, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        self.blocks = nn.Sequential(*(_Block(before, after) for before, after in pairwise(widths)))
        self.dropout = nn.Dropout(dropout)
        self.age = nn.Linear(2 * widths[-1], len(GROUPS))
        self.facing = nn.Linear(2 * widths[-1], 1)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.blocks(self.stem(crops - 0.45))
        pooled = torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], 1)  # the figure as a whole, and what stands out: a face
        pooled = self.dropout(pooled)
        return self.age(pooled), self.facing(pooled)


class _Block(nn.Module):
    """Half as high and wide, by a residual pair of 3 x 3 convolutions (He et al., CVPR 2016)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after))

    def forward(self, seen: Tensor) -> Tensor:
        half = self.first(seen)
        return functional.relu(half + self.second(half))
