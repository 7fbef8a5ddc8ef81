"""Boxes with words over a picture: for ``robot-runtime see``, for contact sheets of training pictures and for pages of results."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Bgr

Colour = tuple[int, int, int]
"""Blue, green, red."""

_BLACK: Colour = (0, 0, 0)
_FONT, _LETTERS = cv2.FONT_HERSHEY_SIMPLEX, 0.4
_EDGE_PX = 2
"""Black around words."""


def box(canvas: Bgr, ltwh_px: Sequence[float] | NDArray[np.floating], colour: Colour, words: str = "", scale: float = 1.0) -> None:
    """Draw a box on the outermost pixels of a thing, and words on black above it, or inside where there is no room above.

    :param canvas: drawn upon
    :param ltwh_px: left, top, width, height in pixels of the canvas
    :param scale: of lines and letters; 1 is for pictures of up to a thousand pixels
    """
    left, top, width, height = (round(float(value)) for value in ltwh_px)
    cv2.rectangle(canvas, (left, top), (left + width - 1, top + height - 1), colour, max(1, round(scale)))
    if words:
        _write(canvas, words, left, top, colour, scale)


def _write(canvas: Bgr, words: str, left: int, bottom: int, colour: Colour, scale: float) -> None:
    """On a strip, since letters of another thickness, as an outline, have another width (OpenCV 5)."""
    thickness, edge_px = max(1, round(scale)), round(_EDGE_PX * scale)
    (width, height), below = cv2.getTextSize(words, _FONT, _LETTERS * scale, thickness)
    left = max(min(left, canvas.shape[1] - width - 2 * edge_px), 0)
    bottom = max(bottom, height + below + edge_px)
    cv2.rectangle(canvas, (left, bottom - height - below - edge_px), (left + width + 2 * edge_px, bottom - 1), _BLACK, cv2.FILLED)
    cv2.putText(canvas, words, (left + edge_px, bottom - below), _FONT, _LETTERS * scale, colour, thickness, cv2.LINE_AA)


def class_colour(class_id: int, classes: int) -> Colour:
    """A hue of its own for each class.

    >>> class_colour(0, 3), class_colour(1, 3)
    ((55, 55, 255), (55, 255, 55))
    """
    hue = np.array([[[class_id * 180 // classes, 200, 255]]], np.uint8)
    blue, green, red = cv2.cvtColor(hue, cv2.COLOR_HSV2BGR)[0, 0].tolist()
    return blue, green, red
