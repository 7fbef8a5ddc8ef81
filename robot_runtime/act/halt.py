"""Where to halt for a goal: on a point, or at a distance from it with a clear view of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.act.global_path import Costs
from robot_runtime.act.occupancy_map import Mask, OccupancyMap
from robot_runtime.act.planar import Points, Pose2
from robot_runtime.config import StageConfig
from robot_runtime.messages import NavGoal
from robot_runtime.world.semantic_map import SemanticMap, Surface

_ANGLES = 72
_RING_STEP_M = 0.05
_STAY_M = 0.05  # so much too far is near enough to stay
_SAME_M = 0.4  # a person so near to the goal point is the goal
_ASTRAY_M = 1.5  # so far may the place of a voice be wrong: three times its standard deviation


class HaltConfig(StageConfig):
    slack_m: float = Field(0.15, ge=0, le=1, description="how much farther away than asked the robot may halt, when it cannot come nearer")
    detour_m: float = Field(20.0, ge=0, le=100, description="metres of way that one metre of extra distance is worth")
    halt_clearance_m: float = Field(
        0.29, gt=0, le=1, description="least distance between centre and mapped things when halting near a target"
    )
    near_slack_m: float = Field(0.20, ge=0, le=1, description="how much nearer than asked the robot may already stand, and stay")
    eye_height_m: float = Field(1.25, gt=0, le=2.5, description="height of the camera; lower furniture does not hide what stands on it")
    person_room_m: float = Field(0.60, gt=0, le=2, description="never halt nearer to a person who is not the goal")
    beside_m: float = Field(0.50, ge=0, le=2, description="how far beside an occupied goal point the robot may halt instead")


class Halt(NamedTuple):
    """Where to stand; a ``nan`` yaw means that any will do."""

    x_m: float
    y_m: float
    yaw_rad: float
    note: str  # how it differs from what was asked, "" when it does not


def looked_over(occupancy: OccupancyMap, surfaces: Iterable[Surface], eye_m: float) -> Mask:
    """Cells of furniture that is too low to hide what stands on it from an eye at ``eye_m``."""
    rows, columns = occupancy.shape
    points = occupancy.centres(*(i.ravel() for i in np.indices((rows, columns))))
    mask = np.zeros(rows * columns, dtype=bool)
    for surface in surfaces:
        if surface.height_m >= eye_m:
            continue
        c, s = math.cos(surface.yaw_rad), math.sin(surface.yaw_rad)
        x, y = (points - surface.centre_m).T
        half_x, half_y = (0.5 * size + 0.5 * occupancy.resolution_m for size in surface.size_m)
        mask |= (np.abs(c * x + s * y) <= half_x) & (np.abs(c * y - s * x) <= half_y)
    return mask.reshape(rows, columns)


class HaltChooser:
    def __init__(self, config: HaltConfig, occupancy: OccupancyMap, semantic: SemanticMap) -> None:
        self._config = config
        self._map = occupancy
        self._semantic = semantic
        self._opaque = occupancy.occupied & ~looked_over(occupancy, semantic.surfaces.values(), config.eye_height_m)

    def choose(self, goal: NavGoal, costs: Costs, robot: Pose2, people: Points) -> Halt | None:
        """The best place that can be reached and is not taken by a person, or None when there is none."""
        if goal.stand_off_m <= 0.0:
            return self._on_point(goal, costs, people)
        return self._at_distance(goal, costs, robot, people) or self._on_this_side(goal, costs, robot, people)

    def _on_this_side(self, goal: NavGoal, costs: Costs, robot: Pose2, people: Points) -> Halt | None:
        """Whoever was only heard may be thought to be beyond the outer wall; then they are on the floor that is nearest to it."""
        if not self._semantic.places or self._semantic.place_at(goal.x_m, goal.y_m):
            return None
        floor = self._map.centres(*np.nonzero(np.isfinite(costs.cost)))
        away_m = np.hypot(floor[:, 0] - goal.x_m, floor[:, 1] - goal.y_m)
        if away_m.min(initial=np.inf) > _ASTRAY_M:
            return None
        x_m, y_m = (float(v) for v in floor[int(np.argmin(away_m))])
        halt = self._at_distance(replace(goal, x_m=x_m, y_m=y_m), costs, robot, people)
        note = f"the goal lies outside, taken for {away_m.min():.2f} m nearer"
        return None if halt is None else halt._replace(note="; ".join(filter(None, (note, halt.note))))

    def _on_point(self, goal: NavGoal, costs: Costs, people: Points) -> Halt | None:
        exact = np.array(((goal.x_m, goal.y_m),))
        if np.isfinite(self._price(exact, costs, people))[0]:
            return Halt(goal.x_m, goal.y_m, goal.yaw_rad, "")
        rows, columns = np.nonzero(np.isfinite(costs.cost))
        points = self._map.centres(rows, columns)
        beside_m = np.hypot(points[:, 0] - goal.x_m, points[:, 1] - goal.y_m)
        near = beside_m <= self._config.beside_m
        points, beside_m = points[near], beside_m[near]
        score = self._price(points, costs, people) + self._config.detour_m * beside_m
        if not np.isfinite(score).any():
            return None
        best = int(np.argmin(score))
        x_m, y_m = (float(v) for v in points[best])
        return Halt(x_m, y_m, goal.yaw_rad, f"{beside_m[best]:.2f} m beside the goal, which is not free")

    def _at_distance(self, goal: NavGoal, costs: Costs, robot: Pose2, people: Points) -> Halt | None:
        if self._may_stay(goal, costs, robot):
            return Halt(robot.x_m, robot.y_m, _yaw(goal, robot.x_m, robot.y_m), "")
        others = people[np.hypot(people[:, 0] - goal.x_m, people[:, 1] - goal.y_m) > _SAME_M]
        points, extra_m = self._ring(goal)
        roomy = self._map.clearance_m[self._map.cells(points)] >= self._config.halt_clearance_m
        score = np.where(roomy, self._price(points, costs, others), np.inf) + self._config.detour_m * extra_m
        for index in np.argsort(score, kind="stable"):
            if not np.isfinite(score[index]):
                return None
            x_m, y_m = (float(v) for v in points[index])
            if self._sees(goal, x_m, y_m):
                far = extra_m[index] > 1e-6
                note = f"{goal.stand_off_m + extra_m[index]:.2f} m away, nothing nearer is free" if far else ""
                return Halt(x_m, y_m, _yaw(goal, x_m, y_m), note)
        return None

    def _price(self, points: Points, costs: Costs, people: Points) -> NDArray[np.float64]:
        """Cost to come to each point; infinite outside of the map and where a person stands."""
        low, high = (
            np.asarray(self._map.origin_m),
            np.asarray(self._map.origin_m) + np.array(self._map.shape[::-1]) * self._map.resolution_m,
        )
        inside = ((points >= low) & (points < high)).all(axis=1)
        gaps = np.hypot(points[:, None, 0] - people[None, :, 0], points[:, None, 1] - people[None, :, 1])
        alone = gaps.min(axis=1, initial=np.inf) > self._config.person_room_m
        return np.where(inside & alone, costs.cost[self._map.cells(points)], np.inf)

    def _may_stay(self, goal: NavGoal, costs: Costs, robot: Pose2) -> bool:
        """Standing at the distance, or a little nearer: turn to it, do not shuffle about."""
        away_m = math.hypot(goal.x_m - robot.x_m, goal.y_m - robot.y_m)
        if not goal.stand_off_m - self._config.near_slack_m <= away_m <= goal.stand_off_m + _STAY_M:
            return False
        return bool(np.isfinite(costs.cost[self._map.cell(robot.x_m, robot.y_m)])) and self._sees(goal, robot.x_m, robot.y_m)

    def _ring(self, goal: NavGoal) -> tuple[Points, NDArray[np.float64]]:
        """Candidates around the target, and how much farther than asked each is."""
        extra_m = np.arange(0.0, self._config.slack_m + 1e-9, _RING_STEP_M)
        angle_rad = np.arange(_ANGLES) * (2.0 * math.pi / _ANGLES)
        extra, angle = (a.ravel() for a in np.meshgrid(extra_m, angle_rad))
        radius = goal.stand_off_m + extra
        return np.column_stack((goal.x_m + radius * np.cos(angle), goal.y_m + radius * np.sin(angle))), extra

    def _sees(self, goal: NavGoal, x_m: float, y_m: float) -> bool:
        """Nothing opaque in between; in the same room, the piece that the target itself is on (a sofa) does not count."""
        opaque = self._opaque[self._map.line((goal.x_m, goal.y_m), (x_m, y_m))]
        if not opaque.any():
            return True
        room = self._semantic.place_at(goal.x_m, goal.y_m)
        if room == "" or room != self._semantic.place_at(x_m, y_m):
            return False
        return not opaque[int(np.argmin(opaque)) :].any()


def _yaw(goal: NavGoal, x_m: float, y_m: float) -> float:
    return math.atan2(goal.y_m - y_m, goal.x_m - x_m) if math.isnan(goal.yaw_rad) else goal.yaw_rad
