"""What things rest on, or in whose hand they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from robot_runtime.messages import GripperState, JointPositions, Person, RobotPose
from robot_runtime.perceive.camera_model import View
from robot_runtime.world.semantic_map import SemanticMap

Point = tuple[float, float, float]

FLOOR, ROBOT = "floor", "robot"

_NEAR_EDGE_M = 0.10
"""A thing this far beyond the edge of a surface may stand on it: its middle is not known better."""
_STANDS_M = 0.08
"""A foot within this of a surface's height stands on it; beyond _FREE_M it surely does not."""
_FREE_M = 0.16
_ARM_M = 0.65
"""From somebody's middle to what they hold."""
_HANDS_M = (0.35, 1.9)
"""Heights at which hands hold things."""
_GRASP_M = 0.3
"""From the grasp point to what the gripper holds, as far as the eyes can tell."""


def height_of_foot_m(position_m: Point, ltwh_px: tuple[float, float, float, float], view: View) -> float:
    """How high over the floor a thing's lower end is, when it is about as deep as it is wide."""
    towards = np.array(position_m) - view.pose.position_m
    distance_m = float(np.linalg.norm(towards))
    if distance_m < 1e-6:
        return math.nan
    sine, cosine = -towards[2] / distance_m, math.hypot(towards[0], towards[1]) / distance_m
    wide_m, tall_m = distance_m * ltwh_px[2] / view.lens.fx_px, distance_m * ltwh_px[3] / view.lens.fy_px
    upright_m = (tall_m - wide_m * max(sine, 0.0)) / max(cosine, 0.3)
    return float(position_m[2] - max(upright_m, 0.0) / 2)


def support_of(site: SemanticMap, position_m: Point, foot_m: float, std_m: float) -> str:
    """The name of what a thing stands on, "floor", or "" where it is in the air or there is no saying."""
    x_m, y_m, _ = position_m
    if not math.isfinite(foot_m):
        return ""
    off_m = _STANDS_M + min(std_m, 0.1)
    near = [
        (abs(foot_m - surface.height_m), name)
        for name, surface in site.surfaces.items()
        if abs(foot_m - surface.height_m) <= off_m and _is_over(site, name, x_m, y_m)
    ]
    if near:
        return min(near)[1]
    return FLOOR if foot_m <= off_m else ""


def is_in_the_air(site: SemanticMap, position_m: Point, foot_m: float, std_m: float) -> bool:
    """Whether a thing surely rests on nothing that is known."""
    if not math.isfinite(foot_m):
        return False
    below = [s.height_m for name, s in site.surfaces.items() if _is_over(site, name, position_m[0], position_m[1])]
    return all(abs(foot_m - height_m) > _FREE_M + std_m for height_m in (*below, 0.0))


def holder_of(position_m: Point, people: Sequence[Person]) -> str:
    """The id of who is near enough to hold it, "" when nobody is; whoever is hidden now holds nothing that is seen."""
    if not _HANDS_M[0] <= position_m[2] <= _HANDS_M[1]:
        return ""
    near = [(math.dist(position_m[:2], person.position_m[:2]), person.id) for person in people if person.seen]
    distance_m, who = min((found for found in near if math.isfinite(found[0])), default=(math.inf, ""))
    return who if distance_m <= _ARM_M else ""


class Hand:
    """What the robot's own gripper knows of what it holds."""

    def __init__(self, reach_m: float) -> None:
        """:param reach_m: x in base_link of the grasp point with the arm drawn in"""
        self._reach_m = reach_m
        self.reset()

    def reset(self) -> None:
        self._gripper: GripperState | None = None
        self._joints: dict[str, float] = {}

    def take(self, grippers: Sequence[GripperState], joints: Sequence[JointPositions]) -> None:
        self._gripper = grippers[-1] if grippers else self._gripper
        for message in joints:
            self._joints.update(zip(message.names, message.positions, strict=False))

    def held(self, things: Iterable[tuple[str, str, Point]], robot: RobotPose | None) -> str:
        """Which of the things in view, given as id, class and place, is what the gripper holds; "" if none.

        It is the one nearest to the grasp point, and of the class that the gripper knows of, if it does.
        """
        gripper = self._gripper
        if robot is None or gripper is None or not (gripper.holding or gripper.holding_class):
            return ""
        forward_m = self._reach_m + self._joints.get("arm", 0.0)
        x_m, y_m = robot.x_m + forward_m * math.cos(robot.yaw_rad), robot.y_m + forward_m * math.sin(robot.yaw_rad)
        near = [
            (math.dist(position_m, (x_m, y_m, self._joints.get("lift", position_m[2]))), id_)
            for id_, class_name, position_m in things
            if gripper.holding_class in ("", class_name) and all(map(math.isfinite, position_m))
        ]
        off_m, nearest = min(near, default=(math.inf, ""))
        return nearest if off_m <= _GRASP_M else ""


def _is_over(site: SemanticMap, name: str, x_m: float, y_m: float) -> bool:
    surface = site.surfaces[name]
    larger = surface.model_copy(update={"size_m": (surface.size_m[0] + 2 * _NEAR_EDGE_M, surface.size_m[1] + 2 * _NEAR_EDGE_M)})
    return larger.is_under(x_m, y_m, surface.height_m)
