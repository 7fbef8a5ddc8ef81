"""What the robot's own sensors report: wheel odometry and a planar lidar, each with seeded noise."""

from __future__ import annotations

import math
from copy import copy

import mujoco
import numpy as np

from robot_runtime.messages import Odometry, Scan
from sim.mjcf import GROUP_HIDDEN, GROUP_HOME, GROUP_PEOPLE
from sim.robot_model import LIDAR_HEIGHT_M, TRACK_M, WHEEL_RADIUS_M

RAYS = 360
RANGE_MIN_M, RANGE_MAX_M = 0.12, 12.0
TICKS_PER_TURN = 4096
TICK_M = 2 * math.pi * WHEEL_RADIUS_M / TICKS_PER_TURN

_SEEN = np.zeros(6, dtype=np.uint8)
_SEEN[[GROUP_HOME, GROUP_PEOPLE]] = 1


class Lidar:
    """A 360° scanner at 0.25 m above base_link.  Range noise is normal; rays beyond 12 m return ``inf``."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, std_m: float, rng: np.random.Generator) -> None:
        self._model = copy(model)  # its own, since it hides from its rays what they cannot hit
        self._data, self._std_m, self._rng = data, std_m, rng
        self._groups = model.geom_group.copy()
        angles = -math.pi + np.arange(RAYS) * 2 * math.pi / RAYS
        self._cos, self._sin = np.cos(angles), np.sin(angles)
        self._rays = np.zeros((RAYS, 3))
        self._geom = np.zeros(RAYS, dtype=np.int32)
        self._distance = np.zeros(RAYS)
        self._scene: tuple[object, ...] = ()
        self._movable = np.flatnonzero((model.body_mocapid[model.geom_bodyid] >= 0) & (_SEEN[model.geom_group] == 1))
        self._reach_m = model.geom_rbound  # of each geom from its middle

    def scan(self, x_m: float, y_m: float, yaw_rad: float, now_s: float) -> Scan:
        """One turn of the scanner with base_link at a pose."""
        places, turns = self._data.geom_xpos, self._data.geom_xmat
        level = np.abs(places[:, 2] - LIDAR_HEIGHT_M) < self._reach_m  # what the rays could hit: they are level
        moving = self._movable[level[self._movable]]
        scene = x_m, y_m, yaw_rad, moving.tobytes(), places[moving].tobytes(), turns[moving].tobytes()
        if scene != self._scene:  # else only the noise is new
            self._scene = scene
            self._model.geom_group[:] = np.where(level, self._groups, GROUP_HIDDEN)
            self._cast(x_m, y_m, yaw_rad)
        noisy = self._distance + self._std_m * self._rng.standard_normal(RAYS)
        none = (self._distance < 0) | (noisy > RANGE_MAX_M)
        ranges = np.where(none, np.inf, np.maximum(noisy, RANGE_MIN_M)).astype(np.float32)
        return Scan(now_s, -math.pi, 2 * math.pi / RAYS, RANGE_MIN_M, RANGE_MAX_M, ranges)

    def _cast(self, x_m: float, y_m: float, yaw_rad: float) -> None:
        c, s = math.cos(yaw_rad), math.sin(yaw_rad)
        self._rays[:, 0], self._rays[:, 1] = c * self._cos - s * self._sin, s * self._cos + c * self._sin
        origin = np.array([x_m, y_m, LIDAR_HEIGHT_M])
        mujoco.mj_multiRay(
            self._model, self._data, origin, self._rays.reshape(-1), _SEEN, True, -1, self._geom, self._distance, None, RAYS, RANGE_MAX_M
        )


class WheelOdometry:
    """Dead reckoning from encoder ticks, with what real wheels get wrong.

    Each wheel's radius differs from the nominal one by a fixed error, and each step adds random slip in proportion to the
    square root of the distance (the usual model: Thrun, Burgard, Fox, *Probabilistic Robotics*, ch. 5.4).
    """

    def __init__(self, scale_std: float, slip_std: float, rng: np.random.Generator) -> None:
        self._scale = (1.0 + scale_std * rng.standard_normal(2)).tolist()
        self._slip_std, self._rng = slip_std, rng
        self._rolled_m = [0.0, 0.0]  # true rolling with errors, before quantisation
        self._ticks = [0, 0]
        self._last_rad: tuple[float, float] | None = None
        self._x_m = self._y_m = self._yaw_rad = 0.0

    @property
    def ticks(self) -> tuple[int, int]:
        """What the encoders have counted, left and right."""
        return self._ticks[0], self._ticks[1]

    def update(self, wheels_rad: tuple[float, float], dt_s: float, now_s: float) -> Odometry:
        """Take in the wheel angles after another ``dt_s``."""
        before_rad, self._last_rad = self._last_rad or wheels_rad, wheels_rad
        chance = self._rng.standard_normal(2).tolist()
        left_m = self._roll(0, (wheels_rad[0] - before_rad[0]) * WHEEL_RADIUS_M, chance[0])
        right_m = self._roll(1, (wheels_rad[1] - before_rad[1]) * WHEEL_RADIUS_M, chance[1])
        return self._integrate((left_m + right_m) / 2, (right_m - left_m) / TRACK_M, dt_s, now_s)

    def _roll(self, wheel: int, turned_m: float, chance: float) -> float:
        """What the encoder of a wheel makes of ``turned_m``."""
        self._rolled_m[wheel] += turned_m * self._scale[wheel] + self._slip_std * math.sqrt(abs(turned_m)) * chance
        before, ticks = self._ticks[wheel], math.floor(self._rolled_m[wheel] / TICK_M)
        self._ticks[wheel] = ticks
        return (ticks - before) * TICK_M

    def _integrate(self, forward_m: float, turn_rad: float, dt_s: float, now_s: float) -> Odometry:
        middle = self._yaw_rad + turn_rad / 2
        self._x_m += forward_m * math.cos(middle)
        self._y_m += forward_m * math.sin(middle)
        self._yaw_rad = math.remainder(self._yaw_rad + turn_rad, 2 * math.pi)
        return Odometry(now_s, self._x_m, self._y_m, self._yaw_rad, forward_m / dt_s, turn_rad / dt_s)
