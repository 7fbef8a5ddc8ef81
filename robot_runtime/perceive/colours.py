"""The colour of a thing in a word that people use, or "" where there is no saying.

Every pixel in the middle of a box has the name of its colour; what is around the box as well is the background that shows
through, and does not count.  Votes of many pictures decide, so that a moment's shade does not rename a thing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Bgr

Vector = NDArray[np.float64]

NAMES = ("red", "orange", "yellow", "green", "blue", "brown", "white", "black")
_NONE = len(NAMES)
"""Grey, violet, and whatever is between two colours."""

_RED_BELOW, _ORANGE_BELOW, _YELLOW_BELOW, _GREEN_BELOW, _BLUE_BELOW, _RED_FROM = 6, 17, 33, 86, 133, 168
"""Hues as OpenCV counts them, half degrees."""
_BROWN_BELOW = 21
_GREY_BELOW, _PALE_BELOW = 38, 80
"""Saturation, of 255: greys end at the first, colours begin at the second, but white is the lighter part of what is between."""
_DARK, _DIM, _LIGHT = 45, 150, 165
"""Brightness: black ends at the first, brown and a dark orange at the second, white begins at the third."""
_INNER = 0.2
"""So much of a box is left out on each side."""
_RIM = 0.25
"""So much around it is background."""
_LEAST_AREA_PX = 64.0
_FINE_PX = 48.0
"""Of a box with a side so many times as long every second, third, … pixel tells enough."""
_FADE = 0.9
_LEAST_VOTE, _CLEAR_BY = 0.3, 2.0
"""Of the middle's pixels, and how much more than of the next colour."""
_KEPT_BY = 1.3


class Colours:
    """Remembers how each track voted."""

    def __init__(self) -> None:
        self._votes: dict[str, Vector] = {}
        self._told: dict[str, str] = {}

    def reset(self) -> None:
        self._votes.clear()
        self._told.clear()

    def keep(self, tracks: Iterable[str]) -> None:
        """Forget all others."""
        known = set(tracks)
        for gone in [track for track in self._votes if track not in known]:
            del self._votes[gone], self._told[gone]

    def look(self, track: str, bgr: Bgr, ltwh_px: tuple[float, float, float, float]) -> str:
        """Take in how a track looks in a picture; its colour by all pictures so far.  Small boxes do not count: they show little."""
        if ltwh_px[2] * ltwh_px[3] >= _LEAST_AREA_PX:
            now = votes(bgr, ltwh_px)
            before = self._votes.get(track)
            total = now if before is None else _FADE * before + (1 - _FADE) * now
            self._votes[track], self._told[track] = total, _winner(total, self._told.get(track, ""))
        return self.of(track)

    def of(self, track: str) -> str:
        """The colour by the pictures so far, without another look, as at a thing that is half in a hand."""
        return self._told.get(track, "")


def votes(bgr: Bgr, ltwh_px: tuple[float, float, float, float]) -> Vector:
    """Which share of the middle of a box has each of the colours :data:`NAMES`, beyond its share around the box: shape (8,)."""
    longest_px = max(ltwh_px[2:])
    if longest_px >= 2 * _FINE_PX:
        step = max(int(min(longest_px, max(bgr.shape)) / _FINE_PX), 1)
        bgr, ltwh_px = bgr[::step, ::step], (ltwh_px[0] / step, ltwh_px[1] / step, ltwh_px[2] / step, ltwh_px[3] / step)
    left, top, width, height = ltwh_px
    across, down = _INNER * width, _INNER * height
    middle = _cut(bgr, left + across, top + down, left + width - across, top + height - down)
    if not middle.size:
        return np.zeros(_NONE)
    rim = max(_RIM * width, 2.0), max(_RIM * height, 2.0)
    outer = _cut(bgr, left - rim[0], top - rim[1], left + width + rim[0], top + height + rim[1])
    box = _cut(bgr, left, top, left + width, top + height)
    around = _counts(outer) - _counts(box)
    background = around / max(around.sum(), 1.0)
    inside = _counts(middle)
    return np.asarray(np.maximum(inside / inside.sum() - background, 0.0)[:_NONE])


def _winner(total: Vector, told: str) -> str:
    """The clear one; the one that was told before stays until another is clearly better."""
    order = np.argsort(-total, kind="stable")
    best, second = float(total[order[0]]), float(total[order[1]])
    if told and total[NAMES.index(told)] >= best / _KEPT_BY and best > 0:
        return told
    return NAMES[int(order[0])] if best >= _LEAST_VOTE and best >= _CLEAR_BY * second else ""


def _cut(bgr: Bgr, left: float, top: float, right: float, bottom: float) -> Bgr:
    """The part of a picture, with at least a pixel where the box has one in it."""
    height_px, width_px = bgr.shape[:2]
    if not all(map(math.isfinite, (left, top, right, bottom))):
        return bgr[:0]
    x0, y0 = max(math.floor(left), 0), max(math.floor(top), 0)
    return bgr[y0 : min(max(math.ceil(bottom), y0 + 1), height_px), x0 : min(max(math.ceil(right), x0 + 1), width_px)]


def _counts(part: Bgr) -> Vector:
    """How many pixels have each of the colours, and none: shape (9,)."""
    if not part.size:
        return np.zeros(_NONE + 1)
    return np.bincount(_named(part), minlength=_NONE + 1).astype(np.float64)


def _named(part: Bgr) -> NDArray[np.intp]:
    hue, saturation, value = (channel.reshape(-1).astype(np.intp) for channel in cv2.split(cv2.cvtColor(part, cv2.COLOR_BGR2HSV)))
    bounds = (_RED_BELOW, _ORANGE_BELOW, _YELLOW_BELOW, _GREEN_BELOW, _BLUE_BELOW, _RED_FROM)
    of_hue = np.array(
        [NAMES.index("red"), NAMES.index("orange"), NAMES.index("yellow"), NAMES.index("green"), NAMES.index("blue"), _NONE, 0]
    )
    found = of_hue[np.searchsorted(bounds, hue, side="right")]
    earthen = (hue < _BROWN_BELOW) & (hue >= _RED_BELOW) & ((value < _DIM) | (saturation < 140))
    found[earthen] = NAMES.index("brown")
    found[saturation < _PALE_BELOW] = _NONE
    found[(saturation < _GREY_BELOW) & (value >= _LIGHT)] = NAMES.index("white")
    found[value < _DARK] = NAMES.index("black")
    return found
