"""How a person's crop may look besides: boxed as roughly as a detector does, farther away, partly hidden."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.letterbox import Fit, place

_SIDE_STD, _SIDE_STD_PX = 0.025, 1.0
_MOST = 0.08
"""Of each side of a box: as a share of its width or height, and in pixels; and no side moves by more than this share and 3 pixels."""
_BORDER_PX = 1.0
_FEWEST_PX = 24


def boxed_by_a_detector(ltwh_px: NDArray[np.float32], size_px: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Each side shifted a little.  A side at the picture's border stays there within a pixel, as detectors' do."""
    left, top, width, height = ltwh_px.tolist()
    sides = np.array([left, top, left + width, top + height])
    lengths, last = np.array([width, height, width, height]), np.array([*size_px, *size_px])
    most = _MOST * lengths + 3 * _SIDE_STD_PX
    shift = np.clip(rng.normal(0, np.hypot(_SIDE_STD * lengths, _SIDE_STD_PX)), -most, most)
    at_border = (sides <= 0) | (sides >= last)
    shift = np.where(at_border, rng.normal(0, _BORDER_PX / 2, 4), shift)
    x0, y0, x1, y1 = np.clip(sides + shift, 0, last).tolist()
    return np.array([x0, y0, max(x1 - x0, 2.0), max(y1 - y0, 2.0)], np.float32)


def varied(seen: Bgr, width_px: int, height_px: int, rng: np.random.Generator) -> Bgr:
    """The crop at the size that it has in an input of this size, or smaller, changed.

    It is brought to that size first: what follows costs as much as there are pixels.
    """
    placed = place(width_px=seen.shape[1], height_px=seen.shape[0], input_width_px=width_px, input_height_px=height_px, fit=Fit.CENTRE)
    size = placed.width_px, placed.height_px
    small: Bgr = np.asarray(cv2.resize(np.ascontiguousarray(seen), size, interpolation=cv2.INTER_LINEAR), np.uint8)
    if rng.random() < 0.25:
        small = _farther(small, rng)
    if rng.random() < 0.25:
        small = _hidden(small, rng)
    return small


def _farther(seen: Bgr, rng: np.random.Generator) -> Bgr:
    """With as few pixels as somebody farther off has."""
    share = max(float(rng.uniform(0.35, 0.9)), _FEWEST_PX / seen.shape[0])
    if share >= 1:
        return seen
    size = max(1, round(seen.shape[1] * share)), max(1, round(seen.shape[0] * share))
    return np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA), np.uint8)


def _hidden(seen: Bgr, rng: np.random.Generator) -> Bgr:
    """A plain block in front of a part of the lower two thirds: whose head is hidden cannot be judged by anybody."""
    height, width = seen.shape[:2]
    top, left = int(height * rng.uniform(0.33, 0.9)), int(width * rng.uniform(-0.2, 0.8))
    bottom, right = top + int(height * rng.uniform(0.1, 0.4)) + 1, left + int(width * rng.uniform(0.2, 0.7)) + 1
    covered: Bgr = seen.copy()
    covered[top:bottom, max(left, 0) : max(right, 0)] = rng.integers(0, 256, 3)
    return covered
