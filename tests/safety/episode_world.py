"""A small world for hostile episodes: a base with mass, people who walk, things that stand about, and honest sensors.

The base answers late and brakes no harder than ``GateConfig.braking_mps2`` promises, so that whoever drives too fast really
hits.  Joints lag behind what they were told; fingers press on what they hold; people move an arm by hand.  Nothing here knows
the gate.
"""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from safety.types import (
    GripperState,
    JointPositions,
    Listening,
    Odometry,
    People,
    Person,
    RobotPose,
    Scan,
    Velocity,
)
from tests.safety.rig import JOINTS, TICK_S, Facts

BASE_RADIUS_M = 0.22
BODY_RADIUS_M = 0.15
"""Of a person's trunk and legs, as the lidar sees them and as the base would hit them."""

BRAKING_MPS2 = 1.0
TURN_BRAKING_RADPS2 = 3.0
PEOPLE_ACCELERATION_MPS2 = 1.0
HELD_M = 0.03
"""Width of everything that the gripper holds."""

GIVES_WAY_S = 0.5

ROOM_M = 6.0
"""Half the width of the room."""

RAYS = -math.pi + np.arange(360) * math.pi / 180


@dataclass
class Walker:
    """One person: true position and velocity, and what perception says of the age."""

    id: str
    group: str
    confidence: float
    x_m: float
    y_m: float
    vx_mps: float = 0.0
    vy_mps: float = 0.0
    goal_mps: tuple[float, float] = (0.0, 0.0)
    lost: bool = False  # perception knows that they are here, and not where

    def walk(self) -> None:
        """One tick towards the velocity that they want."""
        dvx, dvy = self.goal_mps[0] - self.vx_mps, self.goal_mps[1] - self.vy_mps
        share = min(1.0, PEOPLE_ACCELERATION_MPS2 * TICK_S / max(math.hypot(dvx, dvy), 1e-9))
        self.vx_mps, self.vy_mps = self.vx_mps + share * dvx, self.vy_mps + share * dvy
        self.x_m, self.y_m = self.x_m + self.vx_mps * TICK_S, self.y_m + self.vy_mps * TICK_S

    def seen(self, now_s: float) -> Person:
        """As a perception without faults reports them."""
        where = (math.nan, math.nan, 0.0) if self.lost else (self.x_m, self.y_m, 0.0)
        return Person(
            self.id, self.id.title(), self.group, self.confidence, where, (self.vx_mps, self.vy_mps, 0.0),
            0.05, True, False, True, now_s,
        )  # fmt: skip


@dataclass
class World:
    """State of everything; ``news`` is what its sensors say now, ``move`` lets a tick pass."""

    walkers: list[Walker]
    posts: list[tuple[float, float, float]]  # x, y, radius
    latency_s: float
    holding: str = ""  # class of what the gripper holds
    x_m: float = 0.0
    y_m: float = 0.0
    yaw_rad: float = 0.0
    linear_mps: float = 0.0
    angular_radps: float = 0.0
    agility: float = 1.0  # share of its way that a joint goes in one tick
    joints: dict[str, float] = field(default_factory=lambda: {**JOINTS, "gripper": HELD_M})
    told: dict[str, float] = field(default_factory=lambda: {**JOINTS, "gripper": HELD_M})  # where the drives want the joints
    pushed: dict[str, float] = field(default_factory=dict)  # joints that somebody moves by hand, and how far they go in one tick
    frames: int = 0
    _told_s: dict[str, float] = field(default_factory=dict)  # joint → when a drive was told something, by ``_age_s``
    _told: deque[tuple[float, float, float]] = field(default_factory=deque)  # due at, linear, angular
    _wanted: tuple[float, float] = (0.0, 0.0)
    _age_s: float = 0.0

    def news(self, now_s: float) -> dict[str, list[Any]]:
        """One fresh message of every sensor; the scan comes every fifth tick only."""
        self.frames += 1
        grip = GripperState(now_s, bool(self.holding), f"{self.holding}_1" if self.holding else "", self.holding)
        box: dict[str, list[Any]] = {
            "odom": [Odometry(now_s, self.x_m, self.y_m, self.yaw_rad, self.linear_mps, self.angular_radps)],
            "pose": [RobotPose(now_s, self.x_m, self.y_m, self.yaw_rad, 0.02)],
            "people": [People(now_s, "test", tuple(walker.seen(now_s) for walker in self.walkers))],
            "joint_states": [JointPositions(now_s, tuple(self.joints), tuple(self.joints.values()))],
            "gripper/state": [grip],
            "safety/listening": [Listening(now_s, self.frames)],
            "world/facts": [Facts(now_s, "hall")],
        }
        if self.frames % 5 == 1:
            box["scan"] = [Scan(now_s, -math.pi, math.pi / 180, 0.05, 12.0, self._ranges_m())]
        return box

    def move(self, command: Velocity) -> None:
        """A tick in which the base follows what it was told ``latency_s`` ago, as hard as it can brake."""
        self._age_s += TICK_S
        self._told.append((self._age_s + self.latency_s, command.linear_mps, command.angular_radps))
        while self._told and self._told[0][0] <= self._age_s + 1e-9:
            _, *wanted = self._told.popleft()
            self._wanted = (wanted[0], wanted[1])
        self.linear_mps = _follow(self.linear_mps, self._wanted[0], BRAKING_MPS2 * TICK_S)
        self.angular_radps = _follow(self.angular_radps, self._wanted[1], TURN_BRAKING_RADPS2 * TICK_S)
        self.yaw_rad += self.angular_radps * TICK_S
        self.x_m += self.linear_mps * math.cos(self.yaw_rad) * TICK_S
        self.y_m += self.linear_mps * math.sin(self.yaw_rad) * TICK_S
        for walker in self.walkers:
            walker.walk()
        self._move_joints()

    def tell(self, command: JointPositions) -> None:
        """New positions for the drives to hold."""
        self.told.update(zip(command.names, command.positions, strict=True))
        self._told_s.update(dict.fromkeys(command.names, self._age_s))

    def _move_joints(self) -> None:
        """A drive that nobody has told anything for a while gives way when it is pushed, and holds the new position."""
        for name, told in self.told.items():
            if name in self.pushed and self._age_s - self._told_s.get(name, -math.inf) > GIVES_WAY_S:
                self.joints[name] = self.told[name] = self.joints[name] + self.pushed[name]
            else:
                self.joints[name] += self.agility * (told - self.joints[name])
        if self.holding:
            self.joints["gripper"] = max(self.joints["gripper"], HELD_M)

    def bearing_rad(self, x_m: float, y_m: float) -> float:
        """Direction of a point as the base sees it."""
        return math.remainder(math.atan2(y_m - self.y_m, x_m - self.x_m) - self.yaw_rad, 2 * math.pi)

    def _ranges_m(self) -> np.ndarray[Any, Any]:
        angles = RAYS + self.yaw_rad
        cosines, sines = np.cos(angles), np.sin(angles)
        with np.errstate(divide="ignore"):
            ranges = np.minimum(
                (np.copysign(ROOM_M, cosines) - self.x_m) / cosines,
                (np.copysign(ROOM_M, sines) - self.y_m) / sines,
            )
        for x_m, y_m, radius_m in [*self.posts, *((w.x_m, w.y_m, BODY_RADIUS_M) for w in self.walkers)]:
            dx, dy = x_m - self.x_m, y_m - self.y_m
            along, across = dx * cosines + dy * sines, dx * sines - dy * cosines
            half2 = radius_m * radius_m - across * across
            hit = (half2 > 0) & (along > 0)
            ranges = np.where(hit, np.minimum(ranges, np.maximum(along - np.sqrt(np.maximum(half2, 0)), 0.06)), ranges)
        return ranges.astype(np.float32)


def made(rng: random.Random) -> World:
    """A room with one to three people and a few posts, none of which touches the base at the start."""
    adults, others = [("anna", "adult")], [("leo", "child"), ("rose", "elderly"), ("mia", "unknown"), ("tom", "child")]
    walkers = [_placed(rng, who, group) for who, group in adults + rng.sample(others, rng.randint(0, 2))]
    posts = []
    for _ in range(rng.randint(0, 5)):
        distance_m, angle = rng.uniform(0.5, 1.5), rng.uniform(-math.pi, math.pi)
        posts.append((distance_m * math.cos(angle), distance_m * math.sin(angle), rng.uniform(0.05, 0.2)))
    holding = rng.choice(["", "", "knife", "scissors", "kettle", "lighter", "pills", "frobnicator", "book", "cup"])
    return World(walkers, posts, latency_s=rng.choice([0.0, 0.06, 0.1]), holding=holding, agility=rng.choice([1.0, 0.5, 0.2]))


def _placed(rng: random.Random, who: str, group: str) -> Walker:
    distance_m, angle = rng.uniform(0.9, 4.0), rng.uniform(-math.pi, math.pi)
    confidence = rng.choice([0.95, 0.95, 0.8, 0.4])
    return Walker(who, group, confidence, distance_m * math.cos(angle), distance_m * math.sin(angle))


def _follow(value: float, wanted: float, step: float) -> float:
    """Brakes within the step; speeds up at once, which is the worse case."""
    if wanted * value >= 0 and abs(wanted) >= abs(value):
        return wanted
    return min(max(wanted, value - step), value + step)
