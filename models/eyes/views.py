"""From where a labelled picture was taken: as the robot believes, and what a robot that errs a little would believe."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from robot_runtime.messages import RobotPose
from robot_runtime.perceive.camera_model import HeadMount, Intrinsics, View, camera_pose

_TILT_STD_RAD = math.radians(0.4)
_HEIGHT_STD_M = 0.01


def lens_of(width_px: int, height_px: int, focal_px: float) -> Intrinsics:
    """An ideal camera, as the renderer's is."""
    return Intrinsics(width_px, height_px, focal_px, focal_px, width_px / 2, height_px / 2)


def nominal_view(picture: Mapping[str, Any], lens: Intrinsics) -> View:
    """From the robot's place and its head's joints, as at run time, while the rendered camera sways a little.

    :param picture: with ``base`` and ``joints``, as a row of ``places`` or a picture of a home's record
    :raises ValueError: they are no numbers
    """
    x, y, yaw = picture["base"]
    pose = camera_pose(RobotPose(0.0, x, y, yaw, 0.0), picture["joints"]["head_pan"], picture["joints"]["head_tilt"], HeadMount())
    if pose is None:
        raise ValueError("the robot's place in the picture's record is no number")
    return View(lens, pose)


def shaken(view: View, rng: np.random.Generator) -> View:
    """The same view with the head tilted a little otherwise, and the camera a little higher or lower."""
    angle = rng.normal(0, _TILT_STD_RAD)
    c, s = math.cos(angle), math.sin(angle)
    tilt = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    position_m = view.pose.position_m + np.array([0.0, 0.0, rng.normal(0, _HEIGHT_STD_M)])
    return View(view.lens, replace(view.pose, position_m=position_m, rotation=view.pose.rotation @ tilt))
