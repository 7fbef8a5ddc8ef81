"""Runs the simulated home step by step for tests."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from robot_runtime.messages import JointPositions, PersonCommand, Velocity
from sim.home import STEP_S, Home

FAMILY_HOME = "sim/homes/family_home"


class HomeRunner:
    """A home with its clock; keeps everything that it published, by topic."""

    def __init__(self, **config: Any) -> None:
        self.home = Home(Home.Config(home=FAMILY_HOME, **config))
        self.now_s = 0.0
        self.sent: dict[str, list[Any]] = defaultdict(list)
        self._steps = 0

    def step(self, **inbox: list[Any]) -> None:
        for topic, message in self.home.step({name.replace("__", "/"): messages for name, messages in inbox.items()}, self.now_s):
            self.sent[topic].append(message)
        self._steps += 1
        self.now_s = self._steps * STEP_S

    def idle(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.step()

    def drive(self, seconds: float, linear_mps: float, angular_radps: float = 0.0) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.step(cmd_vel=[Velocity(self.now_s, linear_mps, angular_radps)])

    def aim(self, seconds: float, **joints: float) -> None:
        self.step(joints__command=[JointPositions(self.now_s, tuple(joints), tuple(joints.values()))])
        self.idle(seconds)

    def direct(self, person: str, *, say: str = "", path_m: tuple[float, ...] = (), speed_mps: float = 1.0) -> None:
        self.step(sim__people=[PersonCommand(self.now_s, person, say, path_m, speed_mps)])

    def place_robot(self, x_m: float, y_m: float, yaw_rad: float) -> None:
        self.home.robot.reset(x_m, y_m, yaw_rad)

    def last(self, topic: str) -> Any:
        return self.sent[topic][-1]
