"""A busy hour at home, drawn from a seed: people walk about, cross each other, stand, leave and come back, and ask things of the robot.

What they ask is understood already, as if the ear had heard it; everything after that is the robot's own: it plans, asks its gate, drives,
turns its head, waits for people in its way, and refuses.  People go where they like, mostly where the robot is; who would run into
somebody stops and goes elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from robot_runtime.act.global_path import Planner, PlannerConfig
from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.messages import Argument, PersonCommand, SimState, Utterance
from robot_runtime.stage import Outbox
from robot_runtime.world.semantic_map import load_semantic_map
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
ASKS_S = (8.0, 20.0)
CLEAR_M = 0.4
TRIES = 200


class Bustle:
    """Tells people of one home what to do.  The same seed and states give the same commands.

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
        things = [f"{thing.colour} {thing.class_name}".strip() for thing in self._home.objects.values()]
        self._asker = _Asker(list(load_semantic_map(home).places), things, np.random.default_rng([seed, 0]))

    def follow(self, state: SimState) -> Outbox:
        """What happens next, given how things stand."""
        truth = self._read(state)
        out: Outbox = [("sim/people", command) for stroller in self._people.values() for command in stroller.follow(truth)]
        return out + [("speech/heard", utterance) for utterance in self._asker.ask(state.stamp_s)]

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


class _Asker:
    """Whoever it is who asks the robot to go somewhere, or to look for something, over and over again."""

    def __init__(self, places: list[str], things: list[str], rng: np.random.Generator) -> None:
        self._places, self._things, self._rng = places, things, rng
        self._count, self._next_s = 0, float(rng.uniform(*ASKS_S))

    def ask(self, now_s: float) -> Iterator[Utterance]:
        if now_s < self._next_s:
            return
        self._count += 1
        self._next_s = now_s + float(self._rng.uniform(*ASKS_S))
        intent, slot, words = ("go_to", "place", self._places) if self._rng.random() < 0.5 else ("find", "object", self._things)
        value = words[int(self._rng.integers(len(words)))]
        text = f"{intent.replace('_', ' ')} the {value}"
        slots = (Argument(slot, value),)
        yield Utterance(now_s, f"bustle-{self._count}", text, intent, slots, 1.0, now_s - 1.0, now_s, "", "en", "bustle")
