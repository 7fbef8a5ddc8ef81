"""What the head camera covers: needed to tell "it is not there" from "I did not look"."""

from __future__ import annotations

import math

from robot_runtime.messages import RobotPose

Point = tuple[float, float, float]


def is_clearly_in_view(
    point_m: Point, pose: RobotPose, head_pan_rad: float, head_tilt_rad: float, camera_height_m: float, hfov_rad: float, aspect: float,
    range_m: tuple[float, float],
) -> bool:  # fmt: skip
    """Whether a point of the map lies well inside the picture (its middle 80 %) and at a distance where it would be recognised.

    ``head_tilt_rad`` is positive downwards, ``aspect`` is width over height of the picture.  A wall or a person in between is
    not considered here.
    """
    dx, dy = point_m[0] - pose.x_m, point_m[1] - pose.y_m
    distance = math.hypot(dx, dy)
    if not range_m[0] <= distance <= range_m[1]:
        return False
    half_width = 0.8 * hfov_rad / 2
    bearing = wrap_angle(math.atan2(dy, dx) - pose.yaw_rad - head_pan_rad)
    if abs(bearing) > half_width:
        return False
    half_height = 0.8 * math.atan(math.tan(hfov_rad / 2) / aspect)
    down = math.atan2(camera_height_m - point_m[2], distance)
    return abs(down - head_tilt_rad) <= half_height


def crosses_person(point_m: Point, pose: RobotPose, person_m: Point, radius_m: float = 0.35) -> bool:
    """Whether somebody stands within ``radius_m`` of the line of sight from the robot to a point."""
    dx, dy = point_m[0] - pose.x_m, point_m[1] - pose.y_m
    px, py = person_m[0] - pose.x_m, person_m[1] - pose.y_m
    length = dx * dx + dy * dy
    if length < 1e-9:
        return False
    along = (px * dx + py * dy) / length
    return 0 < along < 1 and math.hypot(px - along * dx, py - along * dy) <= radius_m


def wrap_angle(angle_rad: float) -> float:
    """The same angle within -π … π.

    >>> round(wrap_angle(3 * math.pi / 2), 3)
    -1.571
    """
    return math.atan2(math.sin(angle_rad), math.cos(angle_rad))
