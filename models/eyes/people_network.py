"""The network over a person's crop and measures: a small residual CNN with heads for age group and for facing the camera."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.measures import COLUMNS

WIDTHS = (16, 32, 64, 96, 128)
TWICE = (64, 96)
"""Widths at which a second residual pair follows: there the map is small and a pair cheap, and it still shows a face."""
ROWS = 4
"""Heights at which what is seen is averaged: a box is filled from head to foot, so each is another part of the body."""
FUSED = 96


class PeopleNetwork(nn.Module):
    """Crops (n, 3, height, width), scaled to 0 … 1, RGB, and rows of ``measures.COLUMNS`` (n, columns) in; logits of the age
    groups (n, 3) and of facing (n, 1) out.

    Both inputs meet before the last hidden layer: what a height means depends on the posture, which only the crop shows.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS, dropout: float = 0.3) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 5, 2, 2, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        self.blocks = nn.Sequential(*(block for pair in pairwise(widths) for block in _stage(*pair)))
        self.size = nn.Sequential(nn.Linear(len(COLUMNS), 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU())
        self.fuse = nn.Sequential(nn.Linear((ROWS + 1) * widths[-1] + 48, FUSED), nn.ReLU())
        self.dropout = nn.Dropout(dropout)
        self.age = nn.Linear(FUSED, len(GROUPS))
        self.facing = nn.Linear(FUSED, 1)

    def forward(self, crops: Tensor, measures: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.blocks(self.stem(crops - 0.45))
        parts = seen.mean(3).unflatten(2, (ROWS, -1)).mean(3).flatten(1)
        pooled = torch.cat([parts, seen.amax((2, 3))], 1)  # the body's parts, and what stands out: a face
        fused = self.dropout(self.fuse(torch.cat([self.dropout(pooled), self.size(measures)], 1)))
        return self.age(fused), self.facing(fused)


def _stage(before: int, after: int) -> list[nn.Module]:
    return [_Block(before, after, 2), *([_Block(after, after, 1)] if after in TWICE else [])]


class _Block(nn.Module):
    """A residual pair of 3 x 3 convolutions (He et al., CVPR 2016), half as high and wide where ``stride`` is 2."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after))
        self._keeps = stride == 1

    def forward(self, seen: Tensor) -> Tensor:
        once = self.first(seen)
        return functional.relu((seen if self._keeps else once) + self.second(once))
