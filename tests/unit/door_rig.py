"""Scans of a home in which nothing stands but doors and a wall five metres behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from robot_runtime.messages import RobotPose, Scan
from robot_runtime.world.semantic_map import Door

SIGHT_M = 2.5
"""Of doors that are farther away walls hide the view."""


def a_scan(doors: Mapping[str, Door], is_open: Mapping[str, bool], pose: RobotPose, rays: int = 360) -> Scan:
    """One turn of a scanner; what meets none of the doors of ``is_open`` is a broken ray."""
    ranges_m = np.full(rays, math.nan, dtype=np.float32)
    for ray in range(rays):
        bearing = -math.pi + ray * 2 * math.pi / rays + pose.yaw_rad
        for name, opened in is_open.items():
            reach_m = _reach_m(doors[name], pose, bearing)
            if doors[name].distance_m(pose.x_m, pose.y_m) <= SIGHT_M and not math.isnan(reach_m):
                ranges_m[ray] = reach_m + 5.0 if opened else reach_m
    return Scan(pose.stamp_s, -math.pi, 2 * math.pi / rays, 0.12, 12.0, ranges_m)


def _reach_m(door: Door, pose: RobotPose, bearing: float) -> float:
    """How far a ray goes to a door's leaf; nan when it passes beside it."""
    (ax, ay), (bx, by) = door.start_m, door.end_m
    dx, dy, wx, wy = math.cos(bearing), math.sin(bearing), bx - ax, by - ay
    across = dx * wy - dy * wx
    if abs(across) < 1e-9:
        return math.nan
    reach_m = ((ax - pose.x_m) * wy - (ay - pose.y_m) * wx) / across
    along = ((ax - pose.x_m) * dy - (ay - pose.y_m) * dx) / across
    return reach_m if reach_m > 0 and 0 <= along <= 1 else math.nan
