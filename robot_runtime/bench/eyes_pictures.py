"""What the eyes are measured on: pictures in memory, and where the robot stood when each was taken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_runtime.cli import UsageError
from robot_runtime.messages import CameraInfo, Image, JointPositions, RobotPose
from robot_runtime.perceive import pictures as picture_files
from robot_runtime.perceive.agreement import made_up_pictures
from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.camera_model import HeadMount, Intrinsics, View, camera_pose
from robot_runtime.perceive.pictures import PictureError

CAMERA_PX = (640, 480)
FOCAL_PX = 417.0
WALL_M = 3.5
SET = Path("places/val.jsonl")


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One picture."""

    bgr: Bgr
    focal_px: float
    base: tuple[float, float, float]  # x, y, yaw in the map
    pan_rad: float
    tilt_rad: float
    depth_m: NDArray[np.float32]
    labels: tuple[dict[str, Any], ...] = ()  # as models.eyes.render wrote them

    def inbox(self, stamp_s: float) -> dict[str, Sequence[object]]:
        """What the eyes get at that time: picture with depths, pose and joints."""
        height_px, width_px = self.bgr.shape[:2]
        k = (self.focal_px, 0.0, width_px / 2 - 0.5, 0.0, self.focal_px, height_px / 2 - 0.5, 0.0, 0.0, 1.0)
        info = CameraInfo(stamp_s, "camera", width_px, height_px, "plumb_bob", (0.0,) * 5, k)
        return {
            "camera/image": [Image(stamp_s, "camera", self.bgr, self.depth_m, info)],
            "pose": [RobotPose(stamp_s, *self.base, 0.02)],
            "joint_states": [JointPositions(stamp_s, ("head_pan", "head_tilt"), (self.pan_rad, self.tilt_rad))],
        }


def _seen(
    bgr: Bgr,
    focal_px: float,
    base: tuple[float, float, float],
    pan_rad: float,
    tilt_rad: float,
    labels: Sequence[dict[str, Any]] = (),
) -> Moment:
    """With the depths of the floor and of a wall all around: what work they make hardly depends on what they show.

    :raises ValueError: the robot's place is no number
    """
    height_px, width_px = bgr.shape[:2]
    pose = camera_pose(RobotPose(0.0, *base, 0.0), pan_rad, tilt_rad, HeadMount())
    if pose is None:
        raise ValueError(f"no place of a robot: {base}")
    view = View(Intrinsics(width_px, height_px, focal_px, focal_px, width_px / 2, height_px / 2), pose)
    pixels = np.stack(np.meshgrid(np.arange(width_px) + 0.5, np.arange(height_px) + 0.5), axis=-1)
    drop = -view.rays(pixels.reshape(-1, 2))[:, 2].reshape(height_px, width_px)  # per metre along the optical axis
    depth_m = np.minimum(pose.position_m[2] / np.maximum(drop, 1e-6), WALL_M).astype(np.float32)
    return Moment(bgr, focal_px, base, pan_rad, tilt_rad, depth_m, tuple(labels))


def of_validation_set(data: Path, most: int) -> list[Moment]:
    """Of a folder of ``models.eyes.render``, spread over its validation homes.

    :raises UsageError: it is no such folder
    """
    try:
        lines = (data / SET).read_text(encoding="utf-8").splitlines()
        chosen = np.linspace(0, len(lines) - 1, min(most, len(lines))).round().astype(int)
        return [_moment(data, json.loads(lines[k])) for k in chosen]
    except (OSError, ValueError, KeyError, PictureError) as error:
        raise UsageError(f"--data {data}: no folder of models.eyes.render: {error}") from error


def _moment(data: Path, entry: dict[str, Any]) -> Moment:
    joints, (x_m, y_m, yaw_rad) = entry["joints"], entry["base"]
    bgr = picture_files.read(data / entry["file"])
    return _seen(bgr, entry["focal_px"], (x_m, y_m, yaw_rad), joints["head_pan"], joints["head_tilt"], entry["labels"])


def of_samples(model: Path, samples: Sequence[str]) -> list[Moment]:
    """The sample pictures that lie beside a model, as a robot in the middle of a room would see them; made-up ones without any."""
    found = [picture_files.read(model.parent / name) for name in samples] or made_up_pictures(*CAMERA_PX)
    return [_seen(bgr, FOCAL_PX * bgr.shape[1] / CAMERA_PX[0], (0.0, 0.0, 0.0), 0.0, 0.3) for bgr in found]
