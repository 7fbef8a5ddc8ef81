"""Where the box of a track will be in the next picture: its centre moves on by a Kalman filter, its size is smoothed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.motion import coast

Vector = NDArray[np.float64]

_BOX_STD = 0.04
"""Of a box's centre, as a share of its larger side; ByteTrack and DeepSORT take 1/20 of the height."""
_AGILITY = 1.0
"""In one second the velocity of the centre changes by about so many of its larger sides per second."""
_SPEED_STD = 2.0
_GROWS, _SHRINKS = 0.5, 0.1
"""How far one box moves the size towards its own.  Boxes shrink when something comes in front; then the rest is still there."""


class BoxFilter:
    """Of one track; the noise of both directions is the same, so that one covariance serves both."""

    def __init__(self, stamp_s: float, ltwh_px: Vector, view: View | None) -> None:
        self._start(stamp_s, ltwh_px, view)

    def _start(self, stamp_s: float, ltwh_px: Vector, view: View | None) -> None:
        self._stamp_s, self._view = stamp_s, view
        self._size = ltwh_px[2:].copy()
        self._mean = np.stack((ltwh_px[:2] + ltwh_px[2:] / 2, np.zeros(2)))  # (2, 2): centre, velocity
        self._covariance = self._scale_px2 * np.diag([_BOX_STD**2, _SPEED_STD**2])

    @property
    def _scale_px2(self) -> float:
        return max(float(self._size.max()), 1.0) ** 2

    def turn(self, view: View | None, place_m: Vector | None = None) -> None:
        """Move the box along with the picture of a camera that has turned; it stays where it is when it is not in front any more.

        Where the camera's motion is known, this takes the place of the image registration of BoT-SORT (Aharon et al., 2022).

        :param place_m: where in the map the thing is; then the box also moves and grows as the camera drives
        """
        if view is None or self._view is None:
            self._view = view
            return
        ray = self._view.rays(self._mean[:1])
        reach = _reach(self._view, ray[0], place_m)
        offset = ray if reach is None else self._view.pose.position_m + reach * ray - view.pose.position_m
        moved = view.lens.project(offset @ view.pose.rotation)
        if np.isfinite(moved).all():
            self._mean[0] = moved[0]
            if reach is not None:
                self._size *= np.clip(reach / float(offset[0] @ view.pose.rotation[:, 2]), 0.5, 2.0)
            self._view = view

    def see(self, stamp_s: float, ltwh_px: Vector, view: View | None) -> None:
        """Take in the box of a picture; ``turn`` has been called with the picture's view."""
        if self._view is not view:  # what was expected lies behind the camera
            self._start(stamp_s, ltwh_px, view)
            return
        mean, covariance = self._predicted(stamp_s)
        centre = ltwh_px[:2] + ltwh_px[2:] / 2
        hidden_px = float(np.maximum(self._size - ltwh_px[2:], 0.0).max()) / 2
        gain = covariance[:, :1] / (covariance[0, 0] + _BOX_STD**2 * self._scale_px2 + hidden_px**2)
        self._mean = mean + gain * (centre - mean[0])
        self._covariance = covariance - gain * covariance[:1]
        self._size += np.where(ltwh_px[2:] > self._size, _GROWS, _SHRINKS) * (ltwh_px[2:] - self._size)
        self._stamp_s = stamp_s

    def hidden(self, ltwh_px: Vector) -> float:
        """Which share of its width a box lacks."""
        return float(np.clip(1.0 - ltwh_px[2] / max(self._size[0], 1e-6), 0.0, 1.0))

    def ltwh_px(self, now_s: float) -> Vector:
        """The box that is to be expected."""
        carried_s, _ = coast(max(now_s - self._stamp_s, 0.0))
        centre = self._mean[0] + carried_s * self._mean[1]
        return np.concatenate((centre - self._size / 2, self._size))

    def _predicted(self, stamp_s: float) -> tuple[Vector, Vector]:
        elapsed_s = max(stamp_s - self._stamp_s, 0.0)
        carried_s, kept = coast(elapsed_s)
        step = np.array([[1.0, carried_s], [0.0, kept]])
        noise = np.array([[elapsed_s**3 / 3, elapsed_s**2 / 2], [elapsed_s**2 / 2, elapsed_s]])
        return step @ self._mean, step @ self._covariance @ step.T + _AGILITY**2 * self._scale_px2 * noise


def _reach(view: View, ray: Vector, place_m: Vector | None) -> float | None:
    """How many times a ray, one unit along the optical axis long, to a thing at a place: as far along the floor as it is."""
    level = float(np.hypot(ray[0], ray[1]))
    if place_m is None or not np.isfinite(place_m).all() or not level > 1e-3:
        return None
    reach = float(np.hypot(*(place_m - view.pose.position_m)[:2])) / level
    return reach if reach > 1e-2 else None
