"""What the sensors showed while a skill ran: outcomes are judged by it, and not by what the skill says of itself."""

from __future__ import annotations

import math

from robot_runtime.world.semantic_map import SemanticMap
from robot_runtime.world.situation import Situation


class Trail:
    """Filled at each tick of a skill, before the skill acts."""

    def __init__(self) -> None:
        self.began_s = math.nan
        self.driven_m = 0.0  # along the way
        self.turned_rad = 0.0  # to either side, added up
        self.places: set[str] = set()  # where the robot was
        self.let_go_s = math.nan  # when the gripper was first empty after it held something
        self._held = False
        self._spans: dict[str, tuple[float, float]] = {}
        self._pose: tuple[float, float, float] | None = None

    def observe(self, situation: Situation, site: SemanticMap) -> None:
        """Take in what is known now."""
        if math.isnan(self.began_s):
            self.began_s = situation.now_s
        for name, position in situation.joints.items():
            low, high = self._spans.get(name, (position, position))
            self._spans[name] = min(low, position), max(high, position)
        if self._held and situation.gripper is not None and not situation.holding:
            self.let_go_s = situation.now_s
        self._held = bool(situation.holding)
        if situation.pose is not None:
            self._move(situation.pose.x_m, situation.pose.y_m, situation.pose.yaw_rad)
            self.places |= {site.place_at(situation.pose.x_m, situation.pose.y_m)} - {""}

    def swing(self, joint: str) -> float:
        """How far a joint has moved to and fro, radians or metres; 0 for one of which nothing is known."""
        low, high = self._spans.get(joint, (0.0, 0.0))
        return high - low

    def _move(self, x_m: float, y_m: float, yaw_rad: float) -> None:
        if self._pose is not None:
            self.driven_m += math.hypot(x_m - self._pose[0], y_m - self._pose[1])
            self.turned_rad += abs(math.remainder(yaw_rad - self._pose[2], math.tau))
        self._pose = x_m, y_m, yaw_rad
