"""Poses and points in the plane, right-handed, x forward, yaw counter-clockwise (REP-103)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Shape (n, 2): x and y in metres."""


class Pose2(NamedTuple):
    x_m: float
    y_m: float
    yaw_rad: float


def wrap(angle_rad: float) -> float:
    """The same direction within (-pi, pi].

    >>> wrap(3 * math.pi) == math.pi, wrap(-0.5)
    (True, -0.5)
    """
    return math.pi - (math.pi - angle_rad) % (2.0 * math.pi)


def compose(a: Pose2, b: Pose2) -> Pose2:
    """``b``, given in the frame of ``a``, in the frame that ``a`` is given in."""
    c, s = math.cos(a.yaw_rad), math.sin(a.yaw_rad)
    return Pose2(a.x_m + c * b.x_m - s * b.y_m, a.y_m + s * b.x_m + c * b.y_m, wrap(a.yaw_rad + b.yaw_rad))


def between(a: Pose2, b: Pose2) -> Pose2:
    """``b`` in the frame of ``a``; the inverse of :func:`compose`.

    >>> between(Pose2(1, 2, 0), Pose2(3, 3, 0))
    Pose2(x_m=2.0, y_m=1.0, yaw_rad=0.0)
    """
    c, s = math.cos(a.yaw_rad), math.sin(a.yaw_rad)
    dx, dy = b.x_m - a.x_m, b.y_m - a.y_m
    return Pose2(c * dx + s * dy, c * dy - s * dx, wrap(b.yaw_rad - a.yaw_rad))


def to_map(pose: Pose2, points: Points) -> Points:
    """Points in the robot's frame, in the map."""
    c, s = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    return np.asarray(points @ np.array(((c, s), (-s, c))) + pose[:2])


def to_robot(pose: Pose2, points: Points) -> Points:
    """Points in the map, in the robot's frame."""
    c, s = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    return np.asarray((points - pose[:2]) @ np.array(((c, -s), (s, c))))
