"""What a thing looks like, roughly: the colours of the middle of its box.  Breaks ties, and knows clothes again."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Bgr, Boxes

Vector = NDArray[np.float64]

_HUES, _SHADES = 12, 4
LENGTH = 2 * _HUES + _SHADES
"""Hues of pale and of strong colours, and shades of grey."""
_GREY = 40  # of 255; with less saturation a hue means nothing


def looks_of(bgr: Bgr, boxes: Boxes) -> Vector:
    """A colour histogram of each box's middle, shape (n, LENGTH), each with sum 1; nan for boxes without a pixel."""
    found = np.full((len(boxes.scores), LENGTH), np.nan)
    for row, box in enumerate(boxes.ltwh_px.astype(np.float64)):
        crop = middle(bgr, box)
        if crop.size:
            found[row] = _histogram(crop)
    return found


def middle(picture: NDArray[np.uint8], ltwh_px: Vector) -> NDArray[np.uint8]:
    """The part of a picture within the inner half of a box's width and height; empty when the box has no pixels."""
    if not np.isfinite(ltwh_px).all():
        return picture[:0]
    height, width = picture.shape[:2]
    left, top = ltwh_px[:2] + ltwh_px[2:] / 4
    right, bottom = ltwh_px[:2] + ltwh_px[2:] * 3 / 4
    (x0, x1), (y0, y1) = np.clip((left, right), 0, width).astype(int), np.clip((top, bottom), 0, height).astype(int)
    return picture[y0 : y1 + 1, x0 : x1 + 1] if x0 < width and y0 < height and right >= left >= -1 and bottom >= top >= -1 else picture[:0]


def unlike(some: Vector, others: Vector) -> Vector:
    """Hellinger distance, 0 … 1, of looks of shapes (a, LENGTH) and (b, LENGTH), as (a, b); nan where one is unknown."""
    shared = np.sqrt(np.maximum(some, 0.0)) @ np.sqrt(np.maximum(others, 0.0)).T
    return np.asarray(np.sqrt(np.maximum(1.0 - shared, 0.0)))


def _histogram(crop: NDArray[np.uint8]) -> Vector:
    hue, saturation, value = (channel.reshape(-1).astype(np.intp) for channel in cv2.split(cv2.cvtColor(crop, cv2.COLOR_BGR2HSV)))
    strong = saturation >= 128
    coloured = hue * _HUES // 180 + strong * _HUES
    bins = np.where(saturation >= _GREY, coloured, 2 * _HUES + value * _SHADES // 256)
    counts = np.bincount(bins, minlength=LENGTH)
    return np.asarray(counts / counts.sum())
