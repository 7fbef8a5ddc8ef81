"""A differential base in numbers: two wheels that follow a goal as well as their motors can, and count what they roll."""

from __future__ import annotations

import math

ACCELERATION_MPS2 = 2.5
BRAKE_MPS2 = 5.0
ANGULAR_ACCELERATION_RADPS2 = 10.0


class Wheels:
    """A plant for :class:`sim.microcontroller.Microcontroller` without a physics engine."""

    def __init__(self, ticks_per_m: int = 8149, track_m: float = 0.34) -> None:
        self._ticks_per_m, self._track_m = ticks_per_m, track_m
        self._goal = (0.0, 0.0)
        self._rolled_m = [0.0, 0.0]
        self.linear_mps = self.angular_radps = 0.0
        self.powered = False

    def drive(self, linear_mps: float, angular_radps: float, powered: bool) -> None:
        """The goal from now on; without power the brakes hold."""
        self._goal, self.powered = (linear_mps, angular_radps) if powered else (0.0, 0.0), powered

    def step(self, dt_s: float) -> None:
        """Time goes on."""
        self.linear_mps = slew(self.linear_mps, self._goal[0], ACCELERATION_MPS2 * dt_s, BRAKE_MPS2 * dt_s)
        turn = ANGULAR_ACCELERATION_RADPS2 * dt_s
        self.angular_radps = slew(self.angular_radps, self._goal[1], turn, 2 * turn)
        for side, sign in ((0, -1), (1, 1)):
            self._rolled_m[side] += (self.linear_mps + sign * self.angular_radps * self._track_m / 2) * dt_s

    def ticks(self) -> tuple[int, int]:
        """Encoder counts, left and right."""
        left, right = (math.floor(rolled_m * self._ticks_per_m) for rolled_m in self._rolled_m)
        return left, right

    def speed(self) -> tuple[float, float]:
        """Forward and angular velocity."""
        return self.linear_mps, self.angular_radps


def slew(value: float, goal: float, faster: float, slower: float) -> float:
    """One step towards a goal: at most ``faster`` when the magnitude grows, ``slower`` when it shrinks or turns round."""
    growing = abs(goal) > abs(value) and goal * value >= 0
    limit = faster if growing else slower
    return value + min(max(goal - value, -limit), limit)
