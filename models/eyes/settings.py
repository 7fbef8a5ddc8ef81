"""What a set of pictures is made from, and where each piece of its chance comes from."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass

import numpy as np

from sim.shapes.objects import KINDS

CLASSES = ("person", *sorted(KINDS))
"""Index is the class id in every label file."""

SETS = ("train", "val")

MIN_SHARE = 0.25
"""Of a thing's outline that must be seen (not hidden, not outside the picture) for it to be labelled."""
MIN_SIDE_PX = 6
"""Shorter side of the visible box: below it the oracle, too, sees nothing (``sim.oracle.SMALLEST_PX``, of half as wide a picture)."""
MIN_PIXELS = 80
"""Visible pixels: fewer do not tell a class from another."""

VERSION = 2
"""Goes up when the same seed would give other labels, so that two makes are never mixed in one folder."""


@dataclass(frozen=True)
class Settings:
    """Everything the pictures depend on; two folders with equal settings hold equal labels."""

    seed: int
    train: int  # pictures
    val: int
    per_home: int  # pictures of one home
    width_px: int
    height_px: int
    picture_format: str  # "jpg" or "png"
    version: int = VERSION

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def count(self, set_name: str) -> int:
        return self.train if set_name == "train" else self.val


@dataclass(frozen=True)
class Job:
    """The pictures of one home: what one process does at a time, and what an interrupted run repeats at most."""

    settings: Settings
    set_name: str
    home: int
    pictures: int

    @property
    def name(self) -> str:
        return f"{self.set_name}-{self.home:04d}"

    @property
    def crowded(self) -> bool:
        """Homes to train on hold more things and people than are natural: it is from them, not from walls, that networks learn."""
        return self.set_name == "train"

    def stem(self, picture: int) -> str:
        """Name of a picture's files, without folder and ending."""
        return f"{self.home:04d}_{picture:03d}"

    def chance(self, *what: object) -> np.random.Generator:
        """Random numbers for one purpose, the same in every run, on any number of processes."""
        purpose = zlib.crc32(" ".join(map(str, what)).encode())
        return np.random.default_rng([self.settings.seed, SETS.index(self.set_name), self.home, purpose])


def jobs(settings: Settings) -> list[Job]:
    """All homes of both sets."""
    found = []
    for name in SETS:
        count = settings.count(name)
        found += [
            Job(settings, name, k, min(settings.per_home, count - first)) for k, first in enumerate(range(0, count, settings.per_home))
        ]
    return found
