"""Everybody cut out, and ready to be learned from several times: cutting costs as much as learning, so it is not done for every step.

What costs little differs from step to step: light, colour, and left and right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from models.eyes.people_data import HEIGHT_PX, WIDTH_PX, Cutter, Somebody
from models.eyes.people_network import HEAD_PX, around_head, halved
from models.eyes.people_signs import COLUMNS, Signs

_PART = 64
_PLACE_STD, _SIDE_STD = 0.1, 0.12
"""Error of where a head is looked at, in sides of the head, and of the logarithm of its side: about as the network errs."""
_ASTRAY, _ASTRAY_STD = 0.08, 0.6
"""How often it looks elsewhere: then what it sees there must say that it is no head, and nothing else."""
_GUESS, _GUESS_STD = (0.5, 0.15, 0.15), (0.15, 0.1, 0.03)
"""Where a head is looked for that is not seen."""
_HEAD = [COLUMNS.index(name) for name in ("head_across", "head_down", "head_side")]
_ACROSS, _LEFT = COLUMNS.index("head_across"), [COLUMNS.index(name) for name in ("head_left", "body_left")]


@dataclass(frozen=True, eq=False)
class People:
    """Of n people: what the network takes, and what it should say."""

    small: Tensor  # ``people_network.halved`` crops, (n, 3, height, width); in bytes while nobody learns from them
    faces: Tensor  # ``people_network.around_head``
    measures: Tensor
    ages: Tensor  # (n,)
    facing: Tensor  # (n,), 0 or 1
    signs: Tensor  # (n, len(COLUMNS)), nan: not known

    def sign(self, *names: str) -> Tensor:
        """Some columns, (n, names), or (n,) of one name."""
        found = self.signs[:, [COLUMNS.index(name) for name in names]]
        return found if len(names) > 1 else found[:, 0]

    def some(self, rows: Tensor, device: str) -> People:
        return People(*(column[rows].to(device) for column in vars(self).values()))


def pooled(people: Sequence[Somebody], rng: np.random.Generator) -> People:
    """Everybody once, a little different from other times."""
    cutter, count = Cutter(_PART), len(people)
    small = torch.empty((count, 3, HEIGHT_PX // 2, WIDTH_PX // 2), dtype=torch.uint8)
    faces = torch.empty((count, 3, HEAD_PX, HEAD_PX), dtype=torch.uint8)
    told: list[tuple[Tensor, ...]] = []
    for start in range(0, count, _PART):
        part = slice(start, start + _PART)
        batch = cutter.learned(people[part], rng)
        crops = torch.from_numpy(batch.crops).float()
        small[part] = halved(crops)
        faces[part] = around_head(crops, torch.from_numpy(_looked_at(batch.signs[:, _HEAD], rng)))
        told.append(tuple(torch.from_numpy(one) for one in (batch.measures, batch.ages, batch.facing, batch.signs)))
    return People(small, faces, *(torch.cat(column) for column in zip(*told, strict=True)))


def _looked_at(head: Signs, rng: np.random.Generator) -> Signs:
    astray = rng.random((len(head), 1)) < _ASTRAY
    off = rng.normal(0, np.where(astray, _ASTRAY_STD, (_PLACE_STD, _PLACE_STD, _SIDE_STD)))
    side = head[:, 2:]
    near = np.concatenate([head[:, :2] + off[:, :2] * side, side * np.exp(off[:, 2:])], 1)
    guess = np.array(_GUESS) + rng.normal(0, _GUESS_STD, head.shape)
    return np.asarray(np.where(np.isfinite(head), near, guess), np.float32)


def batches(pool: People, size: int, device: str, rng: np.random.Generator) -> Iterator[People]:
    """Everybody once, but for the last few that make no whole batch."""
    order = torch.from_numpy(rng.permutation(len(pool.ages)))
    for start in range(0, max(len(order) - size + 1, 1), size):
        chosen = order[start : start + size]
        people = pool.some(chosen, device)
        mirrored = torch.from_numpy(rng.random(len(chosen)) < 0.5).to(device)
        gain, shift = (one.to(device) for one in _light(len(chosen), rng))
        small, faces = (_seen(images, gain, shift, mirrored) for images in (people.small, people.faces))
        yield replace(people, small=small, faces=faces, signs=_turned(people.signs, mirrored))


def _light(count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Brightness, contrast and colour cast."""
    gain = np.exp(rng.normal(0, 0.15, (count, 1)) + rng.normal(0, 0.03, (count, 3)))
    shift = rng.normal(0, 8, (count, 1)) + np.zeros((count, 3))
    gains, shifts = (torch.from_numpy(one.astype(np.float32)[:, :, None, None] / 255) for one in (gain, shift))
    return gains, shifts


def _seen(images: Tensor, gain: Tensor, shift: Tensor, mirrored: Tensor) -> Tensor:
    lit = (images.float() * gain + shift).clamp(0, 1)
    turned = torch.where(mirrored[:, None, None, None], lit.flip(3), lit)
    return turned.contiguous(memory_format=torch.channels_last)


def _turned(signs: Tensor, mirrored: Tensor) -> Tensor:
    """Signs of who is seen in a mirror."""
    other = signs.clone()
    other[:, _ACROSS] = 1 - other[:, _ACROSS]
    other[:, _LEFT] = -other[:, _LEFT]
    return torch.where(mirrored[:, None], other, signs)
