"""How people stand, walk, sit, hold things and gesture: poses of the simulator's walker, with arms of our own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import PersonCommand
from sim.description import PersonDescription
from sim.people import Walker
from sim.shapes.human import SEGMENTS

Vector = NDArray[np.float64]

POSTURES = ("standing", "walking", "sitting")
ARMS = ("hanging", "holding", "gesturing")
_UPPER_ARM, _FOREARM = SEGMENTS.index("upper_arm_l"), SEGMENTS.index("forearm_l")
_SIDE = 1  # the right limb follows the left one
_HEAD_TURN_RAD = 1.1
"""As far as the simulator's people turn their heads."""


@dataclass(frozen=True)
class Stance:
    """Where somebody is and what they do there."""

    at_m: tuple[float, float]
    yaw_rad: float
    posture: str
    arms: str
    seat_m: float = 0.45


def body_pose(person: PersonDescription, stance: Stance, rng: np.random.Generator) -> tuple[Vector, Vector]:
    """Positions (10, 3) and orientations (10, 4) of the segments, in the map; the head turned by chance."""
    walker = Walker(person.model_copy(update={"seat_m": stance.seat_m}), float(rng.uniform(0, math.tau)))
    if stance.posture == "walking":
        _walk(walker, rng)
    walker.x_m, walker.y_m = stance.at_m
    walker.yaw_rad = stance.yaw_rad
    walker.sitting = stance.posture == "sitting"
    walker.holding = stance.arms == "holding"
    if stance.posture != "walking":
        _turn_head(walker, rng)
    position, turn = walker.pose(float(rng.uniform(0, 10)))
    if stance.arms == "gesturing":
        _gesture(walker, position, turn, rng)
    return position, turn


def _walk(walker: Walker, rng: np.random.Generator) -> None:
    """Some steps straight on, to be in the middle of a stride."""
    x, y = walker.x_m, walker.y_m
    ahead = (x + 9 * math.cos(walker.yaw_rad), y + 9 * math.sin(walker.yaw_rad))
    walker.command(PersonCommand(0.0, walker.person.id, "", ahead, float(rng.uniform(0.5, 1.3))))
    for k in range(int(rng.integers(12, 30))):
        walker.step(0.1, 0.1 * k, (1e3, 1e3))


def _turn_head(walker: Walker, rng: np.random.Generator) -> None:
    """Let them notice something near, straight ahead most of the time."""
    off = float(np.clip(rng.normal(0, 0.45), -_HEAD_TURN_RAD, _HEAD_TURN_RAD))
    bearing = walker.yaw_rad + off
    walker.step(0.25, 0.0, (walker.x_m + math.cos(bearing), walker.y_m + math.sin(bearing)))


def _gesture(walker: Walker, position: Vector, turn: Vector, rng: np.random.Generator) -> None:
    """Lift one or both arms forward, as far as over the shoulder."""
    for side in range(2):
        if side == _SIDE or rng.random() < 0.4:
            upper, bend = -float(rng.uniform(0.2, 2.2)), float(rng.uniform(0.1, 1.6))
            shoulder = position[_UPPER_ARM + side]
            down = np.array([-math.cos(walker.yaw_rad) * math.sin(upper), -math.sin(walker.yaw_rad) * math.sin(upper), -math.cos(upper)])
            position[_FOREARM + side] = shoulder + walker.body.upper_arm * down
            turn[_UPPER_ARM + side] = _pitched(walker.yaw_rad, upper)
            turn[_FOREARM + side] = _pitched(walker.yaw_rad, upper - bend)


def _pitched(yaw_rad: float, pitch_rad: float) -> tuple[float, float, float, float]:
    cy, sy, cp, sp = math.cos(yaw_rad / 2), math.sin(yaw_rad / 2), math.cos(pitch_rad / 2), math.sin(pitch_rad / 2)
    return cy * cp, -sy * sp, cy * sp, sy * cp
