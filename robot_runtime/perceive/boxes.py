"""Boxes in a picture: the one form in which detectors hand over what they found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bgr = NDArray[np.uint8]
"""A picture, shape (height, width, 3), blue first, as OpenCV has it."""


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """What was found in one picture, the highest score first.

    From a :class:`~robot_runtime.perceive.detector.Detector` every number is finite, every box lies inside its picture
    and is wider and higher than zero, and scores lie within 0 … 1.
    """

    ltwh_px: NDArray[np.float32]  # shape (n, 4): left, top, width, height
    scores: NDArray[np.float32]  # shape (n,)
    class_ids: NDArray[np.int64]  # shape (n,)

    def __len__(self) -> int:
        return len(self.scores)


def no_boxes() -> Boxes:
    return Boxes(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What a network's output says, in pixels of the network's input, before overlaps are removed.  In any order."""

    ltrb: NDArray[np.float32]  # shape (n, 4): left, top, right, bottom
    scores: NDArray[np.float32]  # shape (n,)
    class_ids: NDArray[np.int64]  # shape (n,)

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Candidates:
        return Candidates(self.ltrb[chosen], self.scores[chosen], self.class_ids[chosen])

    def sound(self, classes: int) -> Candidates:
        """Those that mean something: finite, of a known class, not inside out; scores clipped to 0 … 1."""
        with np.errstate(invalid="ignore", over="ignore"):  # a network may put out anything
            size = self.ltrb[:, 2:] - self.ltrb[:, :2]
            good = np.isfinite(self.ltrb).all(axis=1) & (size > 0).all(axis=1) & np.isfinite(self.scores)
        good &= (self.class_ids >= 0) & (self.class_ids < classes)
        found = self if good.all() else self.take(good)
        return Candidates(found.ltrb, np.clip(found.scores, 0.0, 1.0), found.class_ids)


def areas(ltrb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Areas of boxes of shape (n, 4); 0 for boxes that are inside out."""
    width_height = np.maximum(ltrb[:, 2:] - ltrb[:, :2], 0.0)
    return np.asarray(width_height[:, 0] * width_height[:, 1])


def overlap(one: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of one box (4,) with many (n, 4); 0 where both are empty.

    >>> overlap(np.array([0.0, 0, 2, 2]), np.array([[0.0, 0, 2, 1], [5, 5, 6, 6]])).tolist()
    [0.5, 0.0]
    """
    sides = np.maximum(np.minimum(one[2:], many[:, 2:]) - np.maximum(one[:2], many[:, :2]), 0.0)
    shared = sides[:, 0] * sides[:, 1]
    union = areas(one[None])[0] + areas(many) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))
