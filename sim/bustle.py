"""A busy hour at home, drawn from a seed: people walk about, stand, leave and come back; the robot stands, looks about, drives.

Nothing is asked of the robot: this is what its eyes are tried on.  People go where they like, mostly where the robot is; who
would run into somebody stops and goes elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from robot_runtime.act.global_path import Planner, PlannerConfig
from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.messages import JointPositions, NavGoal, PersonCommand, SafetyMode, SafetyState, SimState
from robot_runtime.stage import Outbox
from sim.description import Point, load_home
from sim.truth import Truth, truth_reader

PACE_MPS = (0.4, 1.2)
PAUSE_S = (0.5, 6.0)
NEAR_M = (1.0, 4.0)
"""Most ways end so far from the robot, in its room …"""
STAYS = 0.75
"""… with this probability; the others anywhere in the home."""
APART_M = 0.55
"""Nearer to each other nobody walks."""
ROOM_M = 0.45
"""Around others, where a way is looked for."""
PHASE_S = (8.0, 20.0)
GLANCE_S = 2.0
GLANCE_RAD = 1.5
SPEED_MPS = 0.5
CLEAR_M = 0.4
TRIES = 200


class Bustle:
    """Tells people and the robot of one home what to do.  The same seed and states give the same commands.

    :raises FileError: the home cannot be used
    """

    def __init__(self, home: str, seed: int) -> None:
        self._home, self._read = load_home(home), truth_reader(home)
        self._site = OccupancyMap.load(home)
        self._planner = Planner(PlannerConfig(), self._site)
        self._floor = self._site.centres(*self._site.marked(self._site.clearance_m >= CLEAR_M))
        self._people = {
            id_: _Stroller(id_, self, np.random.default_rng([seed, number])) for number, id_ in enumerate(self._home.people, start=1)
        }
        self._robot = _Looker(self, np.random.default_rng([seed, 0]))

    def follow(self, state: SimState) -> Outbox:
        """What happens next, given how things stand."""
        truth = self._read(state)
        now_s = state.stamp_s
        out: Outbox = [("safety/state", SafetyState(now_s, SafetyMode.RUNNING.value, (), SPEED_MPS, math.nan, math.nan, 0.0, 0.0))]
        for stroller in self._people.values():
            out += [("sim/people", command) for command in stroller.follow(truth)]
        return out + list(self._robot.follow(truth))

    def way(self, start_m: Point, end_m: Point, others: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """From point to point around others, without the start; None where there is none."""
        costs = self._planner.explore(start_m, np.zeros(self._site.shape, np.bool_), others, ROOM_M)
        if costs is None or not math.isfinite(costs.cost[self._site.cell(*end_m)]):
            return None
        return self._planner.path(costs, start_m, end_m)[1::4]

    def somewhere(self, rng: np.random.Generator, truth: Truth) -> Point:
        """A free spot of the floor."""
        robot = truth.robot_xy
        room = self._home.room_at(*robot) if rng.random() < STAYS else ""
        for _ in range(TRIES):
            x_m, y_m = self._floor[int(rng.integers(len(self._floor)))].tolist()
            if not room or (self._home.room_at(x_m, y_m) == room and NEAR_M[0] <= math.dist((x_m, y_m), robot) <= NEAR_M[1]):
                break
        return x_m, y_m


class _Stroller:
    """One person."""

    def __init__(self, id_: str, bustle: Bustle, rng: np.random.Generator) -> None:
        self._id, self._bustle, self._rng = id_, bustle, rng
        self._next_s = float(rng.uniform(0.0, 2.0))
        self._walks, self._before_m = False, (0.0, 0.0)

    def follow(self, truth: Truth) -> Iterator[PersonCommand]:
        others = [at_m for id_, at_m in truth.people.items() if id_ != self._id]
        if self._walks and self._collides(truth, others):
            self._walks, self._next_s = False, truth.stamp_s + float(self._rng.uniform(0.4, 1.5))
            yield PersonCommand(truth.stamp_s, self._id, "", (), 0.0)
        if truth.stamp_s >= self._next_s:
            yield from self._set_out(truth, others)

    def _collides(self, truth: Truth, others: list[Point]) -> bool:
        """Whether the last step went towards somebody who is too near."""
        now_m = truth.people[self._id]
        before_m, self._before_m = self._before_m, now_m
        return any(math.dist(now_m, other) < APART_M and math.dist(now_m, other) < math.dist(before_m, other) for other in others)

    def _set_out(self, truth: Truth, others: list[Point]) -> Iterator[PersonCommand]:
        self._before_m = truth.people[self._id]
        end_m, pace_mps = self._bustle.somewhere(self._rng, truth), float(self._rng.uniform(*PACE_MPS))
        way = self._bustle.way(self._before_m, end_m, np.array([*others, truth.robot_xy]))
        if way is None or not len(way):
            self._next_s = truth.stamp_s + 0.5
            return
        length_m = float(np.hypot(*np.diff(np.vstack((self._before_m, way)), axis=0).T).sum())
        self._next_s = truth.stamp_s + length_m / pace_mps + 1.0 + float(self._rng.uniform(*PAUSE_S))
        self._walks = True
        yield PersonCommand(truth.stamp_s, self._id, "", tuple(way.ravel().tolist()), pace_mps)


class _Looker:
    """The robot."""

    def __init__(self, bustle: Bustle, rng: np.random.Generator) -> None:
        self._bustle, self._rng = bustle, rng
        self._phase, self._end_s, self._due_s = "", 0.0, 0.0
        self._goals, self._away = 0, False

    def follow(self, truth: Truth) -> Outbox:
        now_s = truth.stamp_s
        out: Outbox = []
        if now_s >= self._end_s:
            out += self._begin(truth)
        if now_s >= self._due_s:
            out += self._go_on(truth)
        return out

    def _begin(self, truth: Truth) -> Outbox:
        was = self._phase
        self._phase = str(self._rng.choice(["stands", "looks about", "glances", "drives"]))
        self._end_s = truth.stamp_s + float(self._rng.uniform(*PHASE_S))
        self._due_s, self._away = truth.stamp_s, False
        return [("nav/goal", self._goal(truth, cancel=True))] if was == "drives" else []

    def _go_on(self, truth: Truth) -> Outbox:
        now_s, ahead_rad = truth.stamp_s, self._towards_somebody(truth)
        if self._phase == "stands":
            self._due_s = math.inf
            return [_pan(now_s, ahead_rad)]
        if self._phase == "looks about":
            self._due_s = now_s + float(self._rng.uniform(0.8, 3.0))
            return [_pan(now_s, float(self._rng.uniform(-1.2, 1.2)))]
        if self._phase == "glances":
            self._away = not self._away
            self._due_s = now_s + (GLANCE_S if self._away else float(self._rng.uniform(2.0, 4.0)))
            return [_pan(now_s, ahead_rad + math.copysign(GLANCE_RAD, self._rng.uniform(-1, 1)) if self._away else ahead_rad)]
        self._due_s = math.inf
        self._goals += 1
        return [_pan(now_s, 0.0), ("nav/goal", self._goal(truth, cancel=False))]

    def _towards_somebody(self, truth: Truth) -> float:
        """Where the nearest person is, seen from the robot."""
        nearest = min(truth.people.values(), key=lambda at_m: math.dist(at_m, truth.robot_xy))
        return math.remainder(_bearing(truth.robot_xy, nearest) - truth.robot[2], 2 * math.pi)

    def _goal(self, truth: Truth, cancel: bool) -> NavGoal:
        x_m, y_m = self._bustle.somewhere(self._rng, truth)
        yaw_rad = _bearing((x_m, y_m), next(iter(truth.people.values())))
        return NavGoal(truth.stamp_s, f"goal-{self._goals}", "bustle", x_m, y_m, yaw_rad, 0.0, SPEED_MPS, cancel)


def _pan(now_s: float, pan_rad: float) -> tuple[str, JointPositions]:
    return "joints/command", JointPositions(now_s, ("head_pan",), (min(max(pan_rad, -2.6), 2.6),))


def _bearing(from_m: Point, to_m: Point) -> float:
    return math.atan2(to_m[1] - from_m[1], to_m[0] - from_m[0])
