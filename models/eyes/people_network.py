"""The network over a person's crop and measures: age group, and whether they face the camera.

It looks twice, and cheaply: at the whole crop with half its pixels, which shows build, posture and where the head is; then closely at
the head, which shows hair and face.  On the way it names what it sees there (:class:`Told`), which training knows of drawn people.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.eyes.glimpse import glimpse
from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.measures import COLUMNS

BODY_WIDTHS, HEAD_WIDTHS = (24, 48, 96), (24, 48, 64)
ROWS = 4
"""Heights at which what is seen is averaged: a box is filled from head to foot, so each is another part of the body."""
HEAD_PX = 32
HEAD_ROOM = 1.5
"""Side of the square that is looked at closely, in sides of the head."""
SMALLEST, LARGEST = 0.03, 0.6
"""Side of a head, as a share of the crop's height."""
FUSED = 96
_MIDDLE = 0.45
"""About the mean brightness of pictures."""


class Told(NamedTuple):
    """What the network says of n people; directions are cosine and sine of the angle from the way to the camera."""

    age: Tensor  # logits, (n, 3)
    facing: Tensor  # logit, (n, 1)
    head: Tensor  # middle across and down, and side, as shares of the crop's width, height and height, (n, 3)
    head_map: Tensor  # logarithms of the share that each place has in where the head is, (n, rows, columns)
    head_seen: Tensor  # logit, (n,)
    grey: Tensor  # logit, (n,)
    head_way: Tensor  # (n, 2)
    body_way: Tensor  # (n, 2)
    stoop: Tensor  # in tens of degrees, (n,)


class _Found(NamedTuple):
    """Heads, as in :class:`Told`."""

    place: Tensor
    map: Tensor
    seen: Tensor


def halved(crops: Tensor) -> Tensor:
    """The whole crop as the network first sees it."""
    return functional.avg_pool2d(crops, 2)


def around_head(crops: Tensor, head: Tensor) -> Tensor:
    """What it looks at closely, (n, 3, HEAD_PX, HEAD_PX).

    :param head: as ``Told.head``
    """
    return glimpse(crops, head * torch.tensor([1.0, 1.0, HEAD_ROOM], device=head.device), HEAD_PX)


class PeopleNetwork(nn.Module):
    """Crops (n, 3, height, width), scaled to 0 … 1, RGB, and rows of ``measures.COLUMNS`` (n, columns) in; logits of the age
    groups (n, 3) and of facing (n, 1) out.

    All inputs meet before the last hidden layer: what a height means depends on the posture, which only the crop shows.
    """

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        body, head = BODY_WIDTHS[-1], HEAD_WIDTHS[-1]
        self.near = _Stages(BODY_WIDTHS[:-1], nn.Conv2d(3, BODY_WIDTHS[0], 6, 4, 1, bias=False))
        self.far = _Stage(*BODY_WIDTHS[-2:])
        self.locate, self.locate_far = nn.Conv2d(BODY_WIDTHS[-2], 1, 1), nn.Conv2d(body, 1, 1)
        self.found = nn.Linear(BODY_WIDTHS[-2], 2)
        look = _Stages(HEAD_WIDTHS, nn.Conv2d(3, HEAD_WIDTHS[0], 5, 2, 2, bias=False))
        self.head = nn.Sequential(look, nn.Flatten(), nn.Linear((HEAD_PX // 8) ** 2 * head, 64), nn.ReLU())
        self.of_head = nn.Linear(64, 3)
        self.body = nn.Sequential(nn.Linear((ROWS + 1) * body, 64), nn.ReLU())
        self.of_body = nn.Linear(64, 3)
        self.size = nn.Sequential(nn.Linear(len(COLUMNS), 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU())
        self.fuse = nn.Sequential(nn.Linear(64 + 64 + 48 + 7, FUSED), nn.ReLU())
        self.dropout = nn.Dropout(dropout)
        self.age = nn.Linear(FUSED, len(GROUPS))
        self.facing = nn.Linear(FUSED, 1)

    def forward(self, crops: Tensor, measures: Tensor) -> tuple[Tensor, Tensor]:
        """Looks at everybody as they are and in a mirror: two looks that err differently, for the price of one crop."""
        width = crops.shape[3]
        mirrored = crops.index_select(3, width - 1 - torch.arange(width, device=crops.device))  # ONNX exports no range that falls
        one, other = (self._alone(images, measures) for images in (crops, mirrored))
        return (one.age + other.age) / 2, (one.facing + other.facing) / 2

    def _alone(self, crops: Tensor, measures: Tensor) -> Told:
        near, far = self._look(halved(crops))
        found = self._find(near, far)
        return self._tell(far, found, around_head(crops, found.place), measures)

    def tell(self, small: Tensor, faces: Tensor, measures: Tensor) -> Told:
        """Everything it can tell, to learn it.

        :param small: :func:`halved` crops
        :param faces: what is :func:`around_head`, wherever that truly is
        """
        near, far = self._look(small)
        return self._tell(far, self._find(near, far), faces, measures)

    def _look(self, small: Tensor) -> tuple[Tensor, Tensor]:
        near = self.near(small - _MIDDLE)
        return near, self.far(near)

    def _tell(self, far: Tensor, found: _Found, faces: Tensor, measures: Tensor) -> Told:
        face = self.dropout(self.head(faces - _MIDDLE))
        parts = far.mean(3).unflatten(2, (ROWS, -1)).mean(3).flatten(1)
        body = self.body(self.dropout(torch.cat([parts, far.amax((2, 3))], 1)))
        grey, *head_way = self.of_head(face).split(1, 1)
        stoop, *body_way = self.of_body(body).split(1, 1)
        named = [found.seen[:, None], grey, *head_way, stoop, *body_way]
        fused = self.dropout(self.fuse(torch.cat([body, face, self.size(measures), *named], 1)))
        ways = torch.cat(head_way, 1), torch.cat(body_way, 1)
        return Told(self.age(fused), self.facing(fused), *found, grey[:, 0], *ways, stoop[:, 0])

    def _find(self, near: Tensor, far: Tensor) -> _Found:
        """Where the head is: the mean place of what looks like one (Levine et al., JMLR 2016), and how large that is."""
        rows, columns = near.shape[2:]
        likely = self.locate(near) + functional.interpolate(self.locate_far(far), scale_factor=2)
        shares = likely.flatten(1).log_softmax(1)
        share = shares.exp()
        grid = share.unflatten(1, (rows, columns))
        down = (grid.sum(2) * (torch.arange(rows, device=near.device) + 0.5)).sum(1) / rows
        across = (grid.sum(1) * (torch.arange(columns, device=near.device) + 0.5)).sum(1) / columns
        size, seen = self.found((near.flatten(2) * share[:, None]).sum(2)).unbind(1)
        side = SMALLEST + (LARGEST - SMALLEST) * size.sigmoid()
        return _Found(torch.stack([across, down, side], 1), shares.unflatten(1, (rows, columns)), seen)


class _Stages(nn.Sequential):
    """A first convolution, and a stage from each width to the next."""

    def __init__(self, widths: tuple[int, ...], first: nn.Conv2d) -> None:
        super().__init__(first, nn.BatchNorm2d(widths[0]), nn.ReLU(), *(_Stage(*pair) for pair in pairwise(widths)))


class _Stage(nn.Module):
    """A residual pair of 3 x 3 convolutions (He et al., CVPR 2016) at half the height and width."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after))

    def forward(self, seen: Tensor) -> Tensor:
        once = self.first(seen)
        return functional.relu(once + self.second(once))
