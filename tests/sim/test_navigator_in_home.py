"""The navigator in the simulated home, with its physics, lidar, odometry and people, behind a gate that passes everything."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest

from robot_runtime.act.navigator import Navigator
from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.flow import Flow
from robot_runtime.messages import NavGoal, NavStatus, PersonCommand, ProposedVelocity, SafetyState, Velocity
from robot_runtime.nodes import NODES, Node
from robot_runtime.perceive.perceive import Perceive
from robot_runtime.stage import Inbox, Outbox, latest
from robot_runtime.world.semantic_map import load_semantic_map
from sim.home import Home

SITE = "sim/homes/family_home"
START = (4.3, 2.9, math.pi)
ROWS = {node.name: node for node in NODES}


class OpenGate:
    """Emits what is proposed, as long as it is fresh."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._proposed: ProposedVelocity | None = None

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self._proposed = latest(inbox, "cmd_vel/proposed", ProposedVelocity, self._proposed)
        state = SafetyState(now_s, "running", (), 10.0, math.nan, math.nan, 0.0, 0.0)
        if self._proposed is None or now_s - self._proposed.stamp_s > 0.2:
            return [("safety/state", state)]
        velocity = Velocity(now_s, self._proposed.linear_mps, self._proposed.angular_radps)
        return [("cmd_vel", velocity), ("safety/state", state)]


@dataclass
class HomeRun:
    seed: int = 1
    statuses: list[NavStatus] = field(default_factory=list)
    worst_error_m: float = 0.0
    worst_error_rad: float = 0.0
    least_room_m: float = math.inf
    least_person_m: float = math.inf

    def __post_init__(self) -> None:
        self.home = Home(Home.Config(home=SITE, seed=self.seed))
        gate = Node("gate", "guard", "", inputs=("cmd_vel/proposed",), outputs=("cmd_vel", "safety/state"), rate_hz=50)
        navigator = Navigator(Navigator.Config(site=SITE, initial_pose=START))
        self.flow = Flow([
            (ROWS["home"], self.home), (ROWS["perceive"], Perceive(Perceive.Config(backend="oracle", home=SITE))),
            (ROWS["navigator"], navigator), (gate, OpenGate()),
        ])  # fmt: skip
        self.map = OccupancyMap.load(SITE)
        self.flow.listeners.append(self._listen)
        self.flow.run_for(0.6)

    def _listen(self, now_s: float, topic: str, message: Any) -> None:
        x_m, y_m, yaw_rad = self.home.robot.pose()
        if topic == "nav/status":
            self.statuses.append(message)
        elif topic == "pose":
            self.worst_error_m = max(self.worst_error_m, math.hypot(message.x_m - x_m, message.y_m - y_m))
            turn = (message.yaw_rad - yaw_rad + math.pi) % (2 * math.pi) - math.pi
            self.worst_error_rad = max(self.worst_error_rad, abs(turn))
        elif topic == "cmd_vel":
            self.least_room_m = min(self.least_room_m, float(self.map.clearance_m[self.map.cell(x_m, y_m)]))
            if message.linear_mps > 0.02:
                away = (math.hypot(walker.x_m - x_m, walker.y_m - y_m) for walker in self.home.walkers.values())
                self.least_person_m = min(self.least_person_m, *away)

    def drive(self, goal: NavGoal, limit_s: float = 60.0) -> NavStatus:
        self.flow.inject("nav/goal", goal)
        ends = ("reached", "failed", "cancelled")
        ended = self.flow.run_until(lambda: any(s.goal_id == goal.id and s.phase in ends for s in self.statuses[-1:]), limit_s)
        assert ended, f"no end of {goal}: {self.statuses[-1:]} at {self.home.robot.pose()}"
        return self.statuses[-1]

    def walk(self, person_id: str, to_m: tuple[float, float]) -> None:
        self.flow.inject("sim/people", PersonCommand(self.flow.now_s, person_id, "", to_m, 1.0))


def goal(id: str, x_m: float, y_m: float, yaw_rad: float = math.nan, stand_off_m: float = 0.0) -> NavGoal:
    return NavGoal(0.0, id, f"action-{id}", x_m, y_m, yaw_rad, stand_off_m, 0.8, False)


@pytest.mark.long
def test_it_reaches_every_place_and_every_thing_without_touching_anything() -> None:
    run = HomeRun()
    for name, place in load_semantic_map(SITE).places.items():
        x_m, y_m, yaw_rad = place.waypoint_m
        assert run.drive(goal(name, x_m, y_m, yaw_rad)).phase == "reached", name
        at_x, at_y, at_yaw = run.home.robot.pose()
        assert math.hypot(at_x - x_m, at_y - y_m) < 0.08, name
        assert abs(math.remainder(at_yaw - yaw_rad, 2 * math.pi)) < 0.08, name
    for name, thing in run.home.holding.things.items():
        x_m, y_m = float(thing.position_m[0]), float(thing.position_m[1])
        status = run.drive(goal(name, x_m, y_m, stand_off_m=0.62))
        assert status.phase == "reached", (name, status)
        at_x, at_y, at_yaw = run.home.robot.pose()
        away_m = math.hypot(at_x - x_m, at_y - y_m)
        assert 0.40 <= away_m <= 0.80, (name, away_m)  # the arm reaches from 0.32 to 0.82 m
        assert abs(math.remainder(at_yaw - math.atan2(y_m - at_y, x_m - at_x), 2 * math.pi)) < 0.13, name
    assert run.worst_error_m < 0.05 and math.degrees(run.worst_error_rad) < 2.0
    assert run.least_room_m > 0.20  # of the map's 5 cm cells, against a radius of 0.22 m
    assert run.least_person_m > 0.42


@pytest.mark.parametrize("seed", [2, 3])
def test_somebody_who_steps_in_is_waited_for(seed: int) -> None:
    run = HomeRun(seed)
    assert run.drive(goal("hall", 7.4, 1.8, 0.0)).phase == "reached"
    run.walk("anna", (5.3, 3.4))
    run.flow.run_for(4.0)
    run.flow.inject("nav/goal", goal("back", 3.6, 2.3, math.pi))
    assert run.flow.run_until(lambda: run.home.robot.pose()[0] < 7.2, 10.0)
    run.walk("anna", (5.75, 2.1))  # into the door
    run.flow.run_for(5.0)
    assert run.statuses[-1].phase == "blocked" and run.statuses[-1].detail == "waiting for a person in the way"
    run.walk("anna", (4.9, 3.6))
    assert run.flow.run_until(lambda: run.statuses[-1].phase in ("reached", "failed"), 40.0)
    assert run.statuses[-1].phase == "reached"
    assert run.least_person_m > 0.42


def test_it_faces_each_person_at_the_asked_distance() -> None:
    run = HomeRun(4)
    for id_, walker in run.home.walkers.items():
        assert run.drive(goal(id_, walker.x_m, walker.y_m, stand_off_m=1.0)).phase == "reached"
        x_m, y_m, _ = run.home.robot.pose()
        assert 0.75 < math.hypot(walker.x_m - x_m, walker.y_m - y_m) < 1.2, id_
    assert run.least_person_m > 0.42
