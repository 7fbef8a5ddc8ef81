"""Places by where the ray through the foot of a box meets the floor or a surface, see :mod:`robot_runtime.perceive.place`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.places import Place, PlaceSettings, Vector, across_std, covariance
from robot_runtime.world.semantic_map import Surface


class _Foot(NamedTuple):
    """Where the ray through the foot of a box meets a level plane."""

    point_m: Vector
    towards: Vector  # unit vector along the floor
    distance_m: float  # along the floor
    along_std_m: float
    across_std_m: float
    tilt_std_m: float  # what the doubt of the camera's direction does to the distance


class ByFoot:
    """For boxes (left, top, right, bottom) whose foot is seen, in a home with ``surfaces``; None where it tells no place."""

    def __init__(self, settings: PlaceSettings, surfaces: Sequence[Surface]) -> None:
        self._settings = settings
        self._surfaces = tuple(surfaces)

    def on_floor(self, box: Vector, is_person: bool, view: View) -> Place | None:
        foot = self._foot(box, view, 0.0)
        if foot is None or (is_person and not self._has_stature(box, foot, view)):
            return None
        if any(_is_over(surface, view, box, self._settings.furniture_m) for surface in self._surfaces):
            return None
        half_m, half_std_m = self._settings.foot_half_m, self._settings.foot_std_m
        point_m = foot.point_m + half_m * foot.towards
        covariance_m2 = covariance(foot.towards, math.hypot(foot.along_std_m, half_std_m), foot.across_std_m)
        return Place(point_m, covariance_m2, math.hypot(view.pose.std_m, foot.tilt_std_m), "floor")

    def on_surface(self, box: Vector, view: View) -> Place | None:
        under = [(foot.distance_m, surface.height_m, foot) for surface in self._surfaces if (foot := self._foot_on(surface, box, view))]
        if not under:
            return None
        _, height_m, foot = min(under, key=lambda found: found[0])
        per_px = math.hypot(foot.distance_m, view.pose.position_m[2] - height_m) / view.lens.fx_px
        width_m, tall_m = (box[2:] - box[:2]) * per_px
        half_m = 0.4 * min(width_m, tall_m)
        point_m = foot.point_m + half_m * foot.towards
        point_m[2] = height_m + tall_m / 2
        covariance_m2 = covariance(foot.towards, math.hypot(foot.along_std_m, 0.5 * half_m), foot.across_std_m)
        return Place(point_m, covariance_m2, math.hypot(view.pose.std_m, foot.tilt_std_m), "surface")

    def _foot_on(self, surface: Surface, box: Vector, view: View) -> _Foot | None:
        foot = self._foot(box, view, surface.height_m)
        return foot if foot and surface.is_under(foot.point_m[0], foot.point_m[1], surface.height_m) else None

    def _foot(self, box: Vector, view: View, height_m: float) -> _Foot | None:
        """None when the plane is out of range, or may be within one standard deviation."""
        settings, eye = self._settings, view.pose.position_m
        middle = (box[0] + box[2]) / 2
        row_std_px = math.hypot(1.0, settings.foot_std * float(box[3] - box[1]))
        points = view.on_plane(np.array([[middle, box[3] + shift] for shift in (0.0, -row_std_px, row_std_px)]), height_m)
        reach = np.hypot(*(points - eye)[:, :2].T)
        if not np.isfinite(reach).all() or not 1e-3 < reach[0] <= settings.range_m:
            return None
        drop_m, distance_m = eye[2] - height_m, float(reach[0])
        if drop_m <= 0:
            return None
        towards = _level(points[0] - eye)
        along_m = float(np.abs(reach[1:] - reach[0]).max())
        across_m = math.hypot(distance_m, drop_m) * across_std(box, view, settings)
        tilt_m = view.pose.angle_std_rad * (distance_m**2 + drop_m**2) / drop_m
        return _Foot(points[0], towards, distance_m, along_m, across_m, tilt_m)

    def _has_stature(self, box: Vector, foot: _Foot, view: View) -> bool:
        """Whether somebody whose feet are there would be of a human height."""
        top = view.rays(np.array([[(box[0] + box[2]) / 2, box[1]]]))[0]
        level = math.hypot(top[0], top[1])
        stature_m = view.pose.position_m[2] + foot.distance_m * top[2] / level if level > 1e-6 else math.nan
        is_cut = box[1] <= self._settings.edge_px
        low, high = self._settings.stature_m
        return bool(low <= stature_m <= high) or (is_cut and bool(stature_m <= high))


def _is_over(surface: Surface, view: View, box: Vector, margin_m: float) -> bool:
    """Whether the ray through the foot of a box passes through a surface, or just over its edge, before the floor."""
    hit = view.on_plane(np.array([[(box[0] + box[2]) / 2, box[3]]]), surface.height_m)[0]
    larger = surface.model_copy(update={"size_m": (surface.size_m[0] + 2 * margin_m, surface.size_m[1] + 2 * margin_m)})
    return bool(np.isfinite(hit).all()) and larger.is_under(float(hit[0]), float(hit[1]), surface.height_m)


def _level(direction: Vector) -> Vector:
    """The unit vector along the floor; nan for a direction that is upright."""
    length = math.hypot(direction[0], direction[1])
    return np.array([direction[0], direction[1], 0.0]) / length if length > 1e-9 else np.full(3, np.nan)
