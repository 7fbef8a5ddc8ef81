"""What the Nav2 adapter decides, without ROS: which pose to ask for, what to tell of it, which velocity to pass on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from robot_runtime.messages import NavGoal, NavStatus, ProposedVelocity, RobotPose

Pose = tuple[float, float, float]  # x [m], y [m], yaw [rad] in the map frame
OnFeedback = Callable[[str, float, int], None]  # goal_id, remaining_m, recoveries so far
OnEnd = Callable[[str, str, str], None]  # goal_id, "reached", "failed" or "cancelled", detail


class Navigator(Protocol):
    """Nav2 as the adapter needs it.  Answers come by the callbacks of ``send``, each about the goal it was given."""

    def ready(self) -> bool:
        """Whether Nav2's action server is there."""
        ...

    def send(self, goal_id: str, pose: Pose, max_speed_mps: float, on_feedback: OnFeedback, on_end: OnEnd) -> None:
        """Drive to a pose, with calls of ``on_feedback`` on the way and one of ``on_end`` at the end."""
        ...

    def cancel(self) -> None:
        """Give up the goal that was sent last."""
        ...


class Drive:
    """One goal at a time; a new one replaces the old.

    Everything that a replaced or cancelled goal still says is ignored, and no velocity passes without a goal.
    """

    def __init__(self, navigator: Navigator, tell: Callable[[NavStatus], None], now_s: Callable[[], float]) -> None:
        self._navigator, self._tell, self._now_s = navigator, tell, now_s
        self._goal: NavGoal | None = None
        self._pose: RobotPose | None = None
        self._recoveries = 0

    def on_pose(self, pose: RobotPose) -> None:
        self._pose = pose

    def on_goal(self, goal: NavGoal) -> None:
        """Take a new goal, or the wish to give up the current one."""
        if goal.cancel:
            if self._goal is not None and goal.id == self._goal.id:
                self._navigator.cancel()
                self._end(goal.id, "cancelled", "asked to")
            return
        replaced, self._goal, self._recoveries = self._goal, goal, 0
        if replaced is not None:
            self._status(replaced.id, "cancelled", math.nan, f"replaced by {goal.id}")
        if (problem := self._problem(goal)) or self._pose is None:
            if replaced is not None:
                self._navigator.cancel()
            self._end(goal.id, "failed", problem)
            return
        self._status(goal.id, "running", math.nan, "")
        self._navigator.send(goal.id, target(goal, self._pose), goal.max_speed_mps, self._on_feedback, self._end)

    def velocity(self, linear_mps: float, angular_radps: float) -> ProposedVelocity | None:
        """Nav2's velocity on behalf of the current goal; None when there is none."""
        return None if self._goal is None else ProposedVelocity(self._now_s(), self._goal.action_id, linear_mps, angular_radps)

    def halt(self) -> None:
        """Give up whatever is under way."""
        if self._goal is not None:
            self._navigator.cancel()
            self._end(self._goal.id, "cancelled", "the adapter stops")

    def _problem(self, goal: NavGoal) -> str:
        if not self._navigator.ready():
            return "Nav2's navigate_to_pose is not there"
        if self._pose is None:
            return "the robot's pose is not known yet"
        if not all(map(math.isfinite, (goal.x_m, goal.y_m, goal.stand_off_m))):
            return f"not a place: x {goal.x_m:g}, y {goal.y_m:g}, stand-off {goal.stand_off_m:g}"
        return ""

    def _on_feedback(self, goal_id: str, remaining_m: float, recoveries: int) -> None:
        """Nav2 tries a recovery (backs up, turns, waits) when it cannot get through: that is told as "blocked"."""
        if self._goal is None or goal_id != self._goal.id:
            return
        blocked, self._recoveries = recoveries > self._recoveries, recoveries
        self._status(goal_id, "blocked" if blocked else "running", remaining_m, f"recovery {recoveries}" if blocked else "")

    def _end(self, goal_id: str, phase: str, detail: str) -> None:
        if self._goal is None or goal_id != self._goal.id:
            return
        self._goal = None
        self._status(goal_id, phase, 0.0 if phase == "reached" else math.nan, detail)

    def _status(self, goal_id: str, phase: str, remaining_m: float, detail: str) -> None:
        self._tell(NavStatus(self._now_s(), goal_id, phase, remaining_m, detail))


def target(goal: NavGoal, robot: RobotPose) -> Pose:
    """The pose to drive to: on the goal, or ``stand_off_m`` before it as the robot comes; a nan yaw faces the goal.

    >>> robot = RobotPose(0.0, 0.0, 0.0, 0.0, 0.1)
    >>> target(NavGoal(0.0, "g", "a", 2.0, 0.0, math.nan, 0.5, 0.5, False), robot)
    (1.5, 0.0, 0.0)
    """
    x_m, y_m = goal.x_m - robot.x_m, goal.y_m - robot.y_m
    distance_m = math.hypot(x_m, y_m)
    towards_rad = math.atan2(y_m, x_m) if distance_m > 0 else robot.yaw_rad
    yaw_rad = goal.yaw_rad if math.isfinite(goal.yaw_rad) else towards_rad
    if goal.stand_off_m <= 0:
        return goal.x_m, goal.y_m, yaw_rad
    if distance_m <= goal.stand_off_m:  # near enough: only turn
        return robot.x_m, robot.y_m, yaw_rad
    return goal.x_m - goal.stand_off_m * math.cos(towards_rad), goal.y_m - goal.stand_off_m * math.sin(towards_rad), yaw_rad
