"""A gate with everything it needs to run, in a world of numbers: no ROS, no simulator."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from safety.gate import Gate
from safety.types import (
    ActionVerdict,
    Argument,
    GripperState,
    JointPositions,
    Listening,
    Odometry,
    People,
    Person,
    ProposedAction,
    ProposedJoints,
    ProposedVelocity,
    RearmRequest,
    RobotPose,
    SafetyState,
    Scan,
    StopRequest,
    Velocity,
    WorldObject,
)

TICK_S = 0.02
JOINTS = {"head_pan": 0.0, "head_tilt": 0.0, "lift": 0.6, "arm": 0.0, "gripper": 0.1}


class Facts:
    """Stands in for robot_runtime.messages.WorldFacts, which safety does not know."""

    def __init__(self, stamp_s: float, robot_place: str = "", objects: tuple[WorldObject, ...] = ()) -> None:
        self.stamp_s = stamp_s
        self.robot_place = robot_place
        self.objects = objects


def person(
    who: str, group: str, x_m: float, y_m: float = 0.0, velocity: tuple[float, float, float] = (0.0, 0.0, 0.0), **changes: Any
) -> Person:
    fields: dict[str, Any] = {
        "id": who, "name": who.title(), "age_group": group, "age_group_confidence": 0.95, "position_m": (x_m, y_m, 0.0),
        "velocity_mps": velocity, "position_std_m": 0.05, "seen": True, "speaking": False, "facing_robot": True, "last_seen_s": 0.0,
    }  # fmt: skip
    return Person(**{**fields, **changes})


def scan(now_s: float, ranges_m: float | np.ndarray[Any, Any] = 6.0) -> Scan:
    """A full turn in steps of one degree, from -180; one number puts a circular wall around the base."""
    ranges = np.full(360, ranges_m, np.float32) if isinstance(ranges_m, float) else ranges_m.astype(np.float32)
    return Scan(now_s, -math.pi, math.pi / 180, 0.05, 12.0, ranges)


def wall_ahead(distance_m: float, half_width_m: float = 0.5) -> np.ndarray[Any, Any]:
    """Ranges to a flat wall across the way at x = distance_m, and free space elsewhere."""
    angles = -math.pi + np.arange(360) * math.pi / 180
    cosines = np.cos(angles)
    ranges = np.where(cosines > 1e-6, distance_m / np.maximum(cosines, 1e-6), np.inf)
    return np.where(np.abs(ranges * np.sin(angles)) <= half_width_m, ranges, np.inf)


def action(
    skill: str, action_id: str = "a1", plan_id: str = "", requester: str = "anna", stamp_s: float = 0.0, **arguments: str
) -> ProposedAction:
    values = tuple(Argument(name, value) for name, value in arguments.items())
    return ProposedAction(stamp_s, action_id, plan_id, skill, values, "u1", "some words", requester)


class Rig:
    """Steps a gate at 50 Hz; the base obeys at once and the pose is true."""

    def __init__(self, run_dir: Path | str = "", **config: Any) -> None:
        self.gate = Gate(Gate.Config(run_dir=str(run_dir), **{"state_dir": "memory", "classifier_folder": "none", **config}))
        self.now_s = 0.0
        self.x_m = self.y_m = self.yaw_rad = 0.0
        self.people: list[Person] = [person("anna", "adult", 20.0)]
        self.ranges: float | np.ndarray[Any, Any] = 6.0
        self.holding = ("", "")
        self.joints = dict(JOINTS)
        self.facts = Facts(0.0, "hall")
        self.silent: set[str] = set()  # topics that do not come any more
        self.velocity = Velocity(0.0, 0.0, 0.0)
        self.state: SafetyState | None = None
        self.verdicts: list[ActionVerdict] = []
        self.seen: list[tuple[float, str, Any]] = []

    def tick(self, **news: Sequence[Any]) -> Velocity:
        """One step with the sensors' news and these messages besides (``a__b`` is the topic ``a/b``)."""
        box = self.sensors()
        for name, messages in news.items():
            box[name.replace("__", "/")] = list(messages)
        self.take(self.gate.step({topic: m for topic, m in box.items() if topic not in self.silent}, self.now_s))
        self.now_s = round(self.now_s + TICK_S, 9)
        return self.velocity

    def sensors(self) -> dict[str, list[Any]]:
        t = self.now_s
        return {
            "scan": [scan(t, self.ranges)],
            "odom": [Odometry(t, self.x_m, self.y_m, self.yaw_rad, self.velocity.linear_mps, self.velocity.angular_radps)],
            "pose": [RobotPose(t, self.x_m, self.y_m, self.yaw_rad, 0.02)],
            "people": [People(t, "test", tuple(replace(p, last_seen_s=t) if p.seen else p for p in self.people))],
            "joint_states": [JointPositions(t, tuple(self.joints), tuple(self.joints.values()))],
            "gripper/state": [GripperState(t, bool(self.holding[0]), *self.holding)],
            "safety/listening": [Listening(t, round(t / TICK_S) + 1)],
            "world/facts": [Facts(t, self.facts.robot_place, self.facts.objects)],
        }

    def take(self, outbox: list[tuple[str, Any]]) -> None:
        commands = [message for topic, message in outbox if topic == "cmd_vel"]
        assert len(commands) == 1  # always one, whatever happens
        self.velocity = commands[0]
        for topic, message in outbox:
            self.seen.append((self.now_s, topic, message))
            if topic == "action/verdict":
                self.verdicts.append(message)
            elif topic == "safety/state":
                self.state = message
            elif topic == "joints/command":
                self.joints.update(zip(message.names, message.positions, strict=True))
        self.yaw_rad += self.velocity.angular_radps * TICK_S
        self.x_m += self.velocity.linear_mps * math.cos(self.yaw_rad) * TICK_S
        self.y_m += self.velocity.linear_mps * math.sin(self.yaw_rad) * TICK_S

    def propose(self, skill: str, action_id: str = "a1", plan_id: str = "", requester: str = "anna", **arguments: str) -> ActionVerdict:
        """Propose an action in the next tick; returns the verdict."""
        self.tick(action__proposed=[action(skill, action_id, plan_id, requester, self.now_s, **arguments)])
        return next(v for v in reversed(self.verdicts) if v.action_id == action_id)

    def ready(self) -> Rig:
        """Fresh inputs, and an approved drive a1 to the kitchen."""
        self.tick()
        assert self.propose("go_to", place="kitchen").verdict == "allow"
        return self

    def drive(self, linear: float, angular: float = 0.0, action_id: str = "a1", ticks: int = 1, **news: Sequence[Any]) -> Velocity:
        for _ in range(ticks):
            self.tick(cmd_vel__proposed=[ProposedVelocity(self.now_s, action_id, linear, angular)], **news)
        return self.velocity

    def move_joints(self, action_id: str = "a1", **targets: float) -> None:
        proposed = ProposedJoints(self.now_s, action_id, tuple(targets), tuple(targets.values()))
        self.tick(joints__proposed=[proposed])

    def stop(self) -> None:
        self.tick(safety__stop_request=[StopRequest(self.now_s, "word", "stop", 0.9)])

    def rearm(self, requester: str = "anna") -> None:
        """As the mind passes it on."""
        self.tick(safety__rearm_request=[RearmRequest(self.now_s, "voice", requester, "u2")])

    def call_rearm(self) -> None:
        """As the service does."""
        self.tick(service__rearm=[RearmRequest(self.now_s, "service", "", "")])

    @property
    def mode(self) -> str:
        assert self.state is not None
        return self.state.mode

    def records(self, kind: str = "") -> list[dict[str, Any]]:
        return [record for line in self.gate.audit.kept if (record := json.loads(line))["kind"] == kind or not kind]
