"""From which point and through which lens a picture was taken."""

from __future__ import annotations

import math
from dataclasses import replace

from robot_runtime.messages import CameraInfo, Image, JointPositions, RobotPose
from robot_runtime.perceive.camera_model import Intrinsics, View, camera_pose
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.perceive.past import PastJoints, PastPoses
from robot_runtime.stage import Inbox, news
from robot_runtime.topics import TOPICS

_HARDEST_MPS2, _HARDEST_RADPS2 = 1.0, 3.0
"""How much a base in a home changes its speed and its turning: what is not known of a pose that is carried on."""


class Viewpoint:
    """Keeps poses and joints for as long as a picture may be on its way."""

    def __init__(self, config: PerceiveConfig) -> None:
        self._config = config
        self._poses = PastPoses(TOPICS["pose"].max_age_s or 0.5)
        self._joints = PastJoints((config.pan_joint, config.tilt_joint), TOPICS["joint_states"].max_age_s or 0.3)
        self._lens: tuple[CameraInfo | None, int, int, Intrinsics] | None = None
        self.problem = ""

    def reset(self) -> None:
        self._poses.clear()
        self._joints.clear()
        self.problem = ""

    def take(self, inbox: Inbox) -> None:
        for pose in news(inbox, "pose", RobotPose):
            self._poses.add(pose)
        for joints in news(inbox, "joint_states", JointPositions):
            self._joints.add(joints)

    def robot_at(self, stamp_s: float) -> RobotPose | None:
        found = self._poses.at(stamp_s)
        return None if found is None else found[0]

    def view(self, picture: Image, width_px: int, height_px: int) -> View | None:
        """The camera when it took the picture; None, and ``problem`` says why, where that is not known."""
        lens = self._lens_of(picture, width_px, height_px)
        if lens is None:
            return None
        base, joints = self._poses.at(picture.stamp_s), self._joints.at(picture.stamp_s)
        if base is None or joints is None:
            self.problem = "no pose" if base is None else f"no {' and '.join(filter(None, self._joint_names()))}"
            return None
        robot, beyond_s = base
        pose = camera_pose(robot, joints[0] + self._config.pan_rad, joints[1] + self._config.tilt_rad, self._config.mount)
        if pose is None:
            return None
        self.problem = ""
        carried = beyond_s * beyond_s / 2
        std_m = math.hypot(pose.std_m, carried * _HARDEST_MPS2)
        return View(lens, replace(pose, std_m=std_m, angle_std_rad=math.hypot(pose.angle_std_rad, carried * _HARDEST_RADPS2)))

    def _joint_names(self) -> tuple[str, str]:
        return self._config.pan_joint, self._config.tilt_joint

    def _lens_of(self, picture: Image, width_px: int, height_px: int) -> Intrinsics | None:
        """As calibrated; a camera that says nothing, or only zeros as drivers do that do not know, has the parameter's field of view."""
        info = picture.info if picture.info is not None and any(picture.info.k) else None
        if self._lens is not None and self._lens[1:3] == (width_px, height_px) and _same(self._lens[0], info):
            return self._lens[3]
        try:
            if info is None:
                lens = Intrinsics.from_hfov(width_px, height_px, self._config.hfov_rad)
            else:
                calibrated = Intrinsics.from_camera_info(info.width_px, info.height_px, info.k, info.d, info.distortion_model)
                lens = calibrated.scaled_to(width_px, height_px)
        except ValueError as error:
            self.problem = f"the camera's calibration cannot be used: {error}"
            return None
        self._lens = info, width_px, height_px, lens
        return lens


def _same(one: CameraInfo | None, other: CameraInfo | None) -> bool:
    """Whatever time they were sent."""
    if one is None or other is None:
        return one is other
    return replace(one, stamp_s=0.0) == replace(other, stamp_s=0.0)
