"""One drive to one goal: choose the halt, plan, follow, wait for people, go around things, give up honestly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.act.gap import Keep
from robot_runtime.act.global_path import Costs, Planner, PlannerConfig
from robot_runtime.act.halt import Halt, HaltChooser, HaltConfig
from robot_runtime.act.local_control import Command, Follower, FollowerConfig
from robot_runtime.act.occupancy_map import Mask, OccupancyMap
from robot_runtime.act.planar import Points
from robot_runtime.act.surroundings import Surroundings
from robot_runtime.messages import NavGoal
from robot_runtime.world.semantic_map import SemanticMap

_REPLAN_S = 0.5  # least time between two plans
_CHECK_S = 0.1  # the lidar's period
_OFF_PATH_M = 0.35
_NEW_TARGET_M = 0.05  # a smaller shift of the target is noise of the eyes
_PERSON_CELLS_M = 0.5  # what the lidar sees so near to a person is that person
_STILL_MPS, _STILL_RADPS = 0.03, 0.1
_SHORT_M = 0.15
_PAUSE_S = 0.3  # a shorter standstill, between turning and driving, is none
_LEG_M = 0.15  # the lidar sees a leg, not the middle of a person
_CELL_M = 0.07  # room that the plan keeps beyond the distance at which the drive would wait: a cell, and tracking
_NOBODY: Points = np.zeros((0, 2))
_STUCK_S = 1.0  # standing still so long although a motion is asked means that the gate holds it back


class DriveConfig(PlannerConfig, HaltConfig, FollowerConfig):
    patience_s: float = Field(5.0, gt=0, le=60, description="how long to wait for a person in the way before going around")
    person_distance_m: float = Field(0.65, ge=0.45, le=2, description="distance between centres at which to wait for a person in the way")
    squeeze_distance_m: float = Field(0.50, ge=0.45, le=2, description="the same once the robot has waited and goes around them")
    obstacle_margin_m: float = Field(0.06, ge=0, le=0.5, description="distance between base and unmapped things at which to wait")
    person_detour_m: float = Field(6.0, ge=0, le=100, description="longest detour around somebody who stands, instead of waiting")
    give_up_s: float = Field(60.0, gt=0, le=600, description="a way blocked for so long makes the drive fail")


_Way = tuple[Costs, Halt]


@dataclass(frozen=True)
class Progress:
    """What to propose now, and what to report."""

    linear_mps: float
    angular_radps: float
    phase: str  # a NavStatus phase
    remaining_m: float
    detail: str  # "" for a base that is held back from outside


class Drive:
    def __init__(self, config: DriveConfig, occupancy: OccupancyMap, semantic: SemanticMap) -> None:
        self._config = config
        self._map = occupancy
        self._planner = Planner(config, occupancy)
        self._chooser = HaltChooser(config, occupancy, semantic)
        self._follower = Follower(config, occupancy)
        self.reset()

    def reset(self) -> None:
        self._follower.reset()
        self._goal: NavGoal | None = None
        self._halt: Halt | None = None
        self._outdated = False  # the plan belongs to former coordinates of the goal
        self._planned_s = self._checked_s = -math.inf
        self._waits_since_s = self._moved_s = math.nan
        self._squeeze = False

    def start(self, goal: NavGoal, now_s: float) -> None:
        """Take up a goal, or new coordinates of the goal in hand."""
        before, self._goal = self._goal, goal
        if before is not None and before.id == goal.id:
            if not _differs(before, goal):
                return
        else:
            self._squeeze = False
            self._waits_since_s = math.nan
            self._halt = None
        self._outdated = True
        self._moved_s = now_s

    def hold(self, now_s: float) -> None:
        """The base is kept still from outside; time spent so is not held against the drive."""
        self._follower.hold()
        self._moved_s = now_s
        self._waits_since_s = math.nan

    def step(self, here: Surroundings) -> Progress:
        """The next velocity towards the goal."""
        assert self._goal is not None
        if self._must_plan(here):
            self._plan(here)
        if self._halt is None:
            return self._no_way(here)
        command = self._follower.step(here, self._keep(here), min(here.cap_mps, self._goal.max_speed_mps))
        if self._stands_short(command, here):
            self._follower.settle()
        if command.reached and not self._outdated:
            return Progress(0.0, 0.0, "reached", 0.0, self._halt.note)
        return self._report(command, here)

    def _stands_short(self, command: Command, here: Surroundings) -> bool:
        """A hand's breadth before the halt a mapped thing leaves no room after all: that is near enough."""
        stands = here.now_s - self._moved_s > _STUCK_S and command.linear_mps == 0.0 and command.in_the_way == "obstacle"
        return stands and 0.0 < command.remaining_m < _SHORT_M

    # ---- planning

    def _must_plan(self, here: Surroundings) -> bool:
        if here.now_s - self._planned_s < _REPLAN_S:
            return False
        if self._halt is None or self._outdated or self._tired_of_waiting(here.now_s) or self._follower.off_path_m(here.pose) > _OFF_PATH_M:
            return True
        if not here.people_known or here.now_s - self._checked_s < _CHECK_S - 1e-6:
            return False
        self._checked_s = here.now_s
        way = self._follower.ahead[:80]
        return self._planner.blocked(way, here.obstacles) and self._planner.blocked(way, self._things(here))  # mostly nothing is there

    def _tired_of_waiting(self, now_s: float) -> bool:
        waited_s = now_s - self._waits_since_s
        return waited_s > self._config.patience_s and now_s - self._planned_s > self._config.patience_s

    def _keep(self, here: Surroundings) -> Keep:
        config = self._config
        if self._squeeze:
            return Keep(config.squeeze_distance_m, config.base_radius_m + config.obstacle_margin_m)
        blind_m = 0.0 if here.people_known else config.person_distance_m - _LEG_M
        return Keep(config.person_distance_m, max(blind_m, config.base_radius_m + config.obstacle_margin_m))

    def _plan(self, here: Surroundings) -> None:
        """Plan anew; where there is no way now, the old path stays, if there is one."""
        self._squeeze |= self._tired_of_waiting(here.now_s)
        self._planned_s = here.now_s
        self._outdated = False
        found = self._way_around(here) if self._squeeze else self._way(here)
        if found is None:
            self._squeeze = False
            return
        costs, self._halt = found
        path = self._planner.path(costs, here.at_m, (self._halt.x_m, self._halt.y_m))
        self._follower.set_path(path, self._halt.yaw_rad)

    def _way(self, here: Surroundings) -> _Way | None:
        """The usual way: around those who stand, when that is no long detour; those who walk will have gone on."""
        things, others = self._things(here), self._others(here)
        usual = self._explore(here, things, here.people[others], 0.0)
        standing = here.people[others & here.standing]
        if not len(standing):
            return usual
        around = self._explore(here, things, standing, self._config.person_distance_m + _CELL_M)
        if around is None or usual is None:
            return around or usual
        detour_m = self._price(around) - self._price(usual)
        return around if detour_m < self._config.person_detour_m else usual

    def _way_around(self, here: Surroundings) -> _Way | None:
        """The way past people who have been waited for in vain."""
        return self._explore(here, self._things(here), here.people[self._others(here)], self._config.squeeze_distance_m + _CELL_M)

    def _explore(self, here: Surroundings, things: Mask, people: Points, room_m: float) -> _Way | None:
        assert self._goal is not None
        costs = self._planner.explore(here.at_m, things, people, room_m)
        halt = None if costs is None else self._chooser.choose(self._goal, costs, here.pose, here.people)
        return None if costs is None or halt is None else (costs, halt)

    def _price(self, way: _Way) -> float:
        costs, halt = way
        return float(costs.cost[self._map.cell(halt.x_m, halt.y_m)])

    def _others(self, here: Surroundings) -> Mask:
        """People who are not the goal."""
        assert self._goal is not None
        away_m: NDArray[np.float64] = np.hypot(here.people[:, 0] - self._goal.x_m, here.people[:, 1] - self._goal.y_m)
        others: Mask = away_m > (_PERSON_CELLS_M if self._goal.stand_off_m > 0.0 else -1.0)
        return others

    def _things(self, here: Surroundings) -> Mask:
        """The obstacles that are not people."""
        people, obstacles = here.people, here.obstacles
        if not len(people) or not obstacles.any():
            return obstacles
        things: Mask = obstacles.copy()
        rows, columns = self._map.marked(obstacles)
        points = self._map.centres(rows, columns)
        gaps = np.hypot(points[:, None, 0] - people[None, :, 0], points[:, None, 1] - people[None, :, 1])
        person = gaps.min(axis=1) < _PERSON_CELLS_M
        things[rows[person], columns[person]] = False
        return things

    def _no_way(self, here: Surroundings) -> Progress:
        """Blocked for now when only passing things close the way, failed when the map itself has none."""
        assert self._goal is not None
        self._follower.hold()
        where = f"({self._goal.x_m:.2f}, {self._goal.y_m:.2f})"
        if self._waited_s(here.now_s) > self._config.give_up_s:
            return Progress(0.0, 0.0, "failed", math.nan, f"the way to {where} stayed blocked for {self._config.give_up_s:.0f} s")
        if here.now_s > self._planned_s:  # the answer of the last plan still holds
            return Progress(0.0, 0.0, "blocked", math.nan, f"something closes the way to {where}")
        costs = self._planner.explore(here.at_m, np.zeros_like(here.obstacles), _NOBODY)
        if costs is None or self._chooser.choose(self._goal, costs, here.pose, _NOBODY) is None:
            return Progress(0.0, 0.0, "failed", math.nan, f"the map has no way to {where}")
        return Progress(0.0, 0.0, "blocked", math.nan, f"something closes the way to {where}")

    # ---- reporting

    def _report(self, command: Command, here: Surroundings) -> Progress:
        still = abs(here.linear_mps) < _STILL_MPS and abs(here.angular_radps) < _STILL_RADPS
        asked = command.linear_mps > _STILL_MPS or abs(command.angular_radps) > _STILL_RADPS
        if not still:
            self._moved_s = here.now_s
            self._waits_since_s = math.nan
        phase, detail = "running", ""
        if still and here.now_s - self._moved_s > (_STUCK_S if asked else _PAUSE_S):
            phase = "blocked"
            detail = "" if asked else _WHO[command.in_the_way if here.people_known else "unknown"]
            if self._waited_s(here.now_s) > self._config.give_up_s:
                phase, detail = "failed", f"the way stayed blocked for {self._config.give_up_s:.0f} s"
        return Progress(command.linear_mps, command.angular_radps, phase, command.remaining_m, detail)

    def _waited_s(self, now_s: float) -> float:
        if math.isnan(self._waits_since_s):
            self._waits_since_s = now_s
        return now_s - self._waits_since_s


_WHO = {
    "person": "waiting for a person in the way",
    "obstacle": "something is in the way",
    "unknown": "something is in the way, perhaps a person: the eyes give no news",
    "": "no room to move",
}


def _differs(old: NavGoal, new: NavGoal) -> bool:
    """Whether the new coordinates need a new plan."""
    same_yaw = old.yaw_rad == new.yaw_rad or (math.isnan(old.yaw_rad) and math.isnan(new.yaw_rad))
    shift_m = math.hypot(old.x_m - new.x_m, old.y_m - new.y_m)
    return shift_m > _NEW_TARGET_M or not same_yaw or old.stand_off_m != new.stand_off_m
