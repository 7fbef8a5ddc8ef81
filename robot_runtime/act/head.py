"""Where the head looks.  Nobody waits for it: it is quick, and what it is turned for does not depend on it."""

from __future__ import annotations

import math

from robot_runtime.act.skill import SkillContext


def look_at(context: SkillContext, point_m: tuple[float, float, float], aside_rad: float = 0.0) -> None:
    """Turn the camera to a point of the map, or to one side of it, as far as the neck goes."""
    settings = context.settings
    point = context.situation.in_base(point_m[0], point_m[1])
    if point is None:
        return
    pan_rad = min(max(math.atan2(point[1], point[0]) + aside_rad, -settings.pan_max_rad), settings.pan_max_rad)
    tilt_rad = math.atan2(settings.camera_height_m - point_m[2], math.hypot(*point))
    context.propose_joints({"head_pan": pan_rad, "head_tilt": min(max(tilt_rad, -settings.tilt_max_rad), settings.tilt_max_rad)})


def towards(context: SkillContext, bearing_deg: str) -> dict[str, float]:
    """Where the joints of the head have to be to look along a bearing in base_link, as far as the neck goes.

    :param bearing_deg: degrees, positive to the left
    :raises SkillError: it is no number
    """
    try:
        bearing_rad = math.remainder(math.radians(float(bearing_deg)), math.tau)
    except ValueError:  # of infinity, too
        bearing_rad = math.nan
    if math.isnan(bearing_rad):
        raise context.failed("no_skill")
    limit_rad = context.settings.pan_max_rad
    return {"head_pan": min(max(bearing_rad, -limit_rad), limit_rad), "head_tilt": context.settings.rest_tilt_rad}


def look_ahead(context: SkillContext) -> None:
    """Turn it to where the robot drives: people and the floor before the base are in view."""
    context.propose_joints({"head_pan": 0.0, "head_tilt": context.settings.rest_tilt_rad})
