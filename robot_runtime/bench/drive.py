"""A base that drives among people, for measuring: what it senses 50 times a second, and how it follows its commands.

A room with walls and pillars in which four people walk and one stands.  The base heads for one corner of a round after another
and obeys 0.1 s late, so that pose, speed, scan and people are others at every step.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from safety.types import JointPositions, Listening, Odometry, People, Person, RobotPose, Scan

TICK_S = 0.02
ROOM_M = (8.0, 6.0)
ROUND_M = ((1.2, 1.2), (6.8, 1.1), (6.9, 4.8), (1.1, 4.9))
PILLARS_M = ((3.4, 0.68, 0.15), (6.3, 0.7, 0.15), (4.0, 3.0, 0.25), (7.7, 3.0, 0.3), (6.2, 4.5, 0.15))
"""x, y, radius."""

LEGS_M = 0.12
WALKS = (
    # id, age group, one end of the walk, the other end, speed [m/s]
    ("anna", "adult", (2.9, 3.6), (2.7, 0.4), 0.9),
    ("leo", "child", (4.6, 3.6), (4.9, 0.6), 0.8),
    ("rose", "elderly", (7.5, 3.2), (5.4, 3.9), 0.3),
    ("guest", "unknown", (6.4, 5.4), (6.6, 1.8), 0.7),
    ("paul", "adult", (5.2, 3.4), (5.2, 3.4), 0.0),
)
AHEAD_MPS, TURN_RADPS = 0.6, 1.0
NEAR_M = 0.4
DELAY_TICKS = 5
JOINTS = ("head_pan", "head_tilt", "lift", "arm", "gripper")

Array = NDArray[np.float64]


class Drive:
    """State: time, where the base is, and the commands that it has not obeyed yet."""

    def __init__(self, points: int) -> None:
        """:param points: rays of a scan"""
        self.now_s = 0.0
        self._angles_rad = -math.pi + 2 * math.pi / points * np.arange(points)
        self._x_m, self._y_m, self._yaw_rad = *ROUND_M[0], 0.0
        self._linear_mps = self._angular_radps = 0.0
        self._corner = 1
        self._told: deque[tuple[float, float]] = deque([(0.0, 0.0)] * DELAY_TICKS)

    def inbox(self) -> dict[str, Sequence[object]]:
        """News of everything, each stamped now."""
        now_s, people = self.now_s, _people(self.now_s)
        step_rad = float(self._angles_rad[1] - self._angles_rad[0])
        return {
            "scan": [Scan(now_s, -math.pi, step_rad, 0.05, 12.0, self._ranges_m(people).astype(np.float32))],
            "odom": [Odometry(now_s, self._x_m, self._y_m, self._yaw_rad, self._linear_mps, self._angular_radps)],
            "pose": [RobotPose(now_s, self._x_m, self._y_m, self._yaw_rad, 0.02)],
            "people": [People(now_s, "bench", people)],
            "joint_states": [JointPositions(now_s, JOINTS, (0.0, 0.0, 0.6, 0.0, 0.1))],
            "safety/listening": [Listening(now_s, round(now_s / TICK_S) + 1)],
        }

    def proposal(self) -> tuple[float, float]:
        """Towards the next corner: m/s and rad/s."""
        x_m, y_m = ROUND_M[self._corner]
        if math.hypot(x_m - self._x_m, y_m - self._y_m) < NEAR_M:
            self._corner = (self._corner + 1) % len(ROUND_M)
        off_rad = math.remainder(math.atan2(y_m - self._y_m, x_m - self._x_m) - self._yaw_rad, 2 * math.pi)
        return AHEAD_MPS * max(math.cos(off_rad), 0.0), min(max(2.0 * off_rad, -TURN_RADPS), TURN_RADPS)

    def follow(self, linear_mps: float, angular_radps: float) -> None:
        """One tick later, with this command on its way."""
        self._told.append((linear_mps, angular_radps))
        self._linear_mps, self._angular_radps = self._told.popleft()
        self._yaw_rad = math.remainder(self._yaw_rad + self._angular_radps * TICK_S, 2 * math.pi)
        self._x_m += self._linear_mps * TICK_S * math.cos(self._yaw_rad)
        self._y_m += self._linear_mps * TICK_S * math.sin(self._yaw_rad)
        self.now_s = round(self.now_s + TICK_S, 6)

    def _ranges_m(self, people: Sequence[Person]) -> Array:
        """Where each ray meets a wall, a pillar or a leg first."""
        angles_rad = self._angles_rad + self._yaw_rad
        cosines, sines = np.cos(angles_rad), np.sin(angles_rad)
        ranges_m = np.minimum(_to_wall_m(self._x_m, cosines, ROOM_M[0]), _to_wall_m(self._y_m, sines, ROOM_M[1]))
        for x_m, y_m, radius_m in (*PILLARS_M, *((*person.position_m[:2], LEGS_M) for person in people)):
            ranges_m = np.minimum(ranges_m, _to_disc_m(x_m - self._x_m, y_m - self._y_m, radius_m, cosines, sines))
        return ranges_m


def _to_wall_m(at_m: float, towards: Array, length_m: float) -> Array:
    """Along rays of which ``towards`` is the share in one direction, from 0 to ``length_m``."""
    away = np.where(np.abs(towards) < 1e-9, 1e-9, towards)
    return np.maximum(-at_m / away, (length_m - at_m) / away)


def _to_disc_m(x_m: float, y_m: float, radius_m: float, cosines: Array, sines: Array) -> Array:
    along_m, aside_m = x_m * cosines + y_m * sines, x_m * sines - y_m * cosines
    half2 = radius_m * radius_m - aside_m * aside_m
    return np.where((half2 > 0.0) & (along_m > 0.0), np.maximum(along_m - np.sqrt(np.maximum(half2, 0.0)), 0.0), math.inf)


def _people(now_s: float) -> tuple[Person, ...]:
    return tuple(_person(*walk, now_s) for walk in WALKS)


def _person(who: str, group: str, one: tuple[float, float], other: tuple[float, float], speed_mps: float, now_s: float) -> Person:
    """To and fro between two places."""
    length_m = math.dist(one, other)
    walked_m = speed_mps * now_s % (2 * length_m) if length_m else 0.0
    back = walked_m > length_m
    share = (2 * length_m - walked_m if back else walked_m) / (length_m or 1.0)
    rate = (-speed_mps if back else speed_mps) / (length_m or 1.0)
    away_x, away_y = other[0] - one[0], other[1] - one[1]
    position, velocity = (one[0] + share * away_x, one[1] + share * away_y, 0.0), (rate * away_x, rate * away_y, 0.0)
    return Person(who, who.title(), group, 0.95, position, velocity, 0.05, True, False, False, now_s)
