"""What drawn people show of their age and attention, as ``models.eyes.signs`` writes it: rows of numbers, beside their crops.

People of whole pictures come without; a number that is not known is ``nan``, and nothing is learned from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.letterbox import Placement

COLUMNS = (
    "head_across", "head_down", "head_side", "head_seen", "grey", "head_ahead", "head_left", "body_ahead", "body_left", "stoop",
)  # fmt: skip
"""``head_*``: its middle, and the longer side of its box, as shares of the input's width, height and height; whether it is seen.
``grey``: its hair.  ``*_ahead``, ``*_left``: cosine and sine of the angle from the way to the camera.  ``stoop``: in tens of degrees."""

Signs = NDArray[np.float32]
"""Shape (people, columns)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Of one person in one picture."""

    head_px: tuple[int, int, int, int] | None  # left, top, width, height in the picture
    stoop_deg: float
    body_turned_rad: float
    head_turned_rad: float
    grey: bool | None  # None: not known


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a part of a picture lies in the network's input."""

    left: float  # of the part in the picture, in its pixels
    top: float
    placed: Placement
    scale: float  # pixels of the part for each of the picture


def read(row: dict[str, Any]) -> Shown | None:
    """Of a portrait's row; None where nothing was written."""
    told = row.get("signs")
    if told is None:
        return None
    head_px = tuple(told["head_px"]) if told["head_px"] else None
    return Shown(head_px, told["stoop_deg"], told["body_turned_rad"], told["head_turned_rad"], told["grey"])


def sign_row(shown: Shown | None, cut: Cut, width_px: int, height_px: int) -> Signs:
    """One row of :data:`COLUMNS`, for an input of this size."""
    if shown is None:
        return np.full(len(COLUMNS), np.nan, np.float32)
    ways = [part(angle) for angle in (shown.head_turned_rad, shown.body_turned_rad) for part in (math.cos, math.sin)]
    if shown.head_px is None:
        row = [math.nan, math.nan, math.nan, 0.0, math.nan, math.nan, math.nan, *ways[2:], shown.stoop_deg / 10]
    else:
        grey = math.nan if shown.grey is None else float(shown.grey)
        row = [*_head(shown.head_px, cut, width_px, height_px), 1.0, grey, *ways, shown.stoop_deg / 10]
    return np.array(row, np.float32)


def _head(head_px: tuple[int, int, int, int], cut: Cut, width_px: int, height_px: int) -> tuple[float, float, float]:
    left, top, width, height = head_px
    larger = cut.scale * cut.placed.width_px / cut.placed.picture_width_px
    across = (cut.placed.left_px + larger * (left + width / 2 - cut.left)) / width_px
    down = (cut.placed.top_px + larger * (top + height / 2 - cut.top)) / height_px
    return across, down, larger * max(width, height) / height_px
