"""From pictures of any size to the network's input, and back from boxes there to pixels of the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Bgr, Boxes, Candidates

GREY = 114
"""Brightness of the bars.  Networks of the YOLO family are trained with this one."""

Allocate = Callable[[tuple[int, ...], np.dtype[Any]], NDArray[Any]]
"""Makes an array for the input; on a GPU, one in page-locked memory."""


class Fit(str, Enum):
    """How a picture comes to the size of the input."""

    CENTRE = "centre"  # aspect kept, equal bars on both sides (YOLOv5, v8, v11)
    CORNER = "corner"  # aspect kept, bars right and below (YOLOX)
    STRETCH = "stretch"  # aspect not kept, no bars (RT-DETR, D-FINE, most classifiers)


@dataclass(frozen=True, slots=True)
class Pixels:
    """What the network expects of a pixel: ``value * scale + offset``, per channel of its own order."""

    rgb: bool
    scale: tuple[float, float, float]
    offset: tuple[float, float, float]
    dtype: np.dtype[Any]  # float32, float16, or uint8 where the network scales on its own


@dataclass(frozen=True, slots=True)
class Placement:
    """Where in the input a picture lies.

    >>> placed = place(width_px=1280, height_px=720, input_width_px=640, input_height_px=640, fit=Fit.CENTRE)
    >>> placed.left_px, placed.top_px, placed.width_px, placed.height_px
    (0, 140, 640, 360)
    """

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    picture_width_px: int
    picture_height_px: int

    def to_picture(self, found: Candidates) -> Boxes:
        """The boxes in pixels of the picture, clipped to it; those of which nothing is left go."""
        ltrb = found.ltrb.astype(np.float64)
        ltrb[:, 0::2] = np.clip((ltrb[:, 0::2] - self.left_px) * (self.picture_width_px / self.width_px), 0, self.picture_width_px)
        ltrb[:, 1::2] = np.clip((ltrb[:, 1::2] - self.top_px) * (self.picture_height_px / self.height_px), 0, self.picture_height_px)
        ltwh = _ltwh(ltrb)
        left = (ltwh[:, 2:] > 0).all(axis=1)
        return Boxes(ltwh[left], found.scores[left].astype(np.float32), found.class_ids[left])

    def to_input(self, ltrb_px: NDArray[Any]) -> NDArray[np.float64]:
        """The other way: boxes (n, 4) in pixels of the picture, as left, top, right, bottom, in pixels of the input."""
        ltrb = np.array(ltrb_px, np.float64)
        ltrb[:, 0::2] = ltrb[:, 0::2] * (self.width_px / self.picture_width_px) + self.left_px
        ltrb[:, 1::2] = ltrb[:, 1::2] * (self.height_px / self.picture_height_px) + self.top_px
        return ltrb


def _ltwh(ltrb: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rounded to float32 so that left + width, reckoned in float32, never comes to lie beyond the right side."""
    ltwh = ltrb.astype(np.float32)
    right_bottom = ltwh[:, 2:].copy()
    ltwh[:, 2:] = right_bottom - ltwh[:, :2]
    beyond = ltwh[:, :2] + ltwh[:, 2:] > right_bottom
    ltwh[:, 2:] = np.where(beyond, np.nextafter(ltwh[:, 2:], np.float32(-1)), ltwh[:, 2:])
    return ltwh


def place(*, width_px: int, height_px: int, input_width_px: int, input_height_px: int, fit: Fit) -> Placement:
    """Where a picture of this size comes to lie.  The scale of each axis is exact for the whole pixels it is resized to."""
    if fit is Fit.STRETCH:
        return Placement(0, 0, input_width_px, input_height_px, width_px, height_px)
    scale = min(input_width_px / width_px, input_height_px / height_px)
    width, height = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    left, top = ((input_width_px - width) // 2, (input_height_px - height) // 2) if fit is Fit.CENTRE else (0, 0)
    return Placement(left, top, width, height, width_px, height_px)


def _allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.empty(shape, dtype)


class Letterbox:
    """Writes pictures into one buffer that is kept from call to call: what it gave last is overwritten by the next call.

    Each pixel is written once: resized as bytes, then turned, scaled and put in its place in one pass.  Bars are only
    painted where a picture lies elsewhere than the one before it, which with a camera is never.
    """

    def __init__(
        self,
        input_width_px: int,
        input_height_px: int,
        pixels: Pixels,
        fit: Fit,
        *,
        most: int,
        allocate: Allocate = _allocate,
    ) -> None:
        """:param most: pictures a call, at most"""
        self._size_px = (input_width_px, input_height_px)
        self._fit = fit
        self._rgb = pixels.rgb
        self._scale, self._offset = (np.array(v, np.float32).reshape(3, 1, 1) for v in (pixels.scale, pixels.offset))
        self._plain = bool((self._scale == 1).all())
        self._shifted = bool(self._offset.any())
        self._input = allocate((most, 3, input_height_px, input_width_px), pixels.dtype)
        self._input[:] = self._grey()
        self._placed: list[Placement | None] = [None] * most

    def __call__(self, pictures: Sequence[Bgr]) -> tuple[NDArray[Any], list[Placement]]:
        """The input, shape (n, 3, height, width), and where each picture lies in it."""
        placements = [self._put(slot, picture) for slot, picture in enumerate(pictures)]
        return self._input[: len(pictures)], placements

    def all_slots(self) -> NDArray[Any]:
        """The whole input with what was put there last: for networks that take a fixed number of pictures."""
        return self._input

    def _put(self, slot: int, picture: Bgr) -> Placement:
        height_px, width_px = picture.shape[:2]
        (input_width_px, input_height_px) = self._size_px
        placed = place(
            width_px=width_px, height_px=height_px, input_width_px=input_width_px, input_height_px=input_height_px, fit=self._fit
        )
        if placed != self._placed[slot]:
            self._input[slot] = self._grey()
            self._placed[slot] = placed
        rows, columns = slice(placed.top_px, placed.top_px + placed.height_px), slice(placed.left_px, placed.left_px + placed.width_px)
        self._write(_resized(picture, placed.width_px, placed.height_px), self._input[slot, :, rows, columns])
        return placed

    def _write(self, small: Bgr, target: NDArray[Any]) -> None:
        planes = (small[:, :, ::-1] if self._rgb else small).transpose(2, 0, 1)
        if self._plain:
            np.copyto(target, planes)
        else:
            np.multiply(planes, self._scale, out=target, casting="same_kind")
        if self._shifted:
            np.add(target, self._offset, out=target, casting="same_kind")

    def _grey(self) -> NDArray[np.float32]:
        return GREY * self._scale + self._offset


def _resized(picture: Bgr, width_px: int, height_px: int) -> Bgr:
    if picture.shape[:2] == (height_px, width_px):
        return picture
    resized = cv2.resize(np.ascontiguousarray(picture), (width_px, height_px), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)
