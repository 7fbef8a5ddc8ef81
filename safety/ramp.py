"""How a speed may change: up within the limits of acceleration and jerk, down at once.

Stops are of category 2 of IEC 60204-1 (the drive stays powered and holds) when protective, and the gate asks for them in
full at once: nothing here may delay them, and what the base can do, ``braking_mps2``, is reckoned with beforehand.  After an
emergency stop the driver takes the power away besides (category 1).
"""

from __future__ import annotations

import math


class Ramp:
    """One component of the velocity.  State: the last value, and how fast it rose."""

    def __init__(self, acceleration: float, jerk: float) -> None:
        self._acceleration, self._jerk = acceleration, jerk
        self.halt()

    def halt(self) -> None:
        """Stand still at once."""
        self.value = self._rise = 0.0

    def towards(self, wanted: float, dt_s: float) -> float:
        """The next value: never beyond ``wanted``, never more than it, and through zero to change sign."""
        start = self.value if self.value * wanted > 0.0 else 0.0
        left = abs(wanted) - abs(start)
        if left <= 0.0:
            return wanted
        rise = self._rise if start else 0.0
        rise = min(rise + self._jerk * dt_s, self._acceleration, math.sqrt(2.0 * self._jerk * left))  # eases into the wanted value
        return math.copysign(min(abs(start) + rise * dt_s, abs(wanted)), wanted)

    def took(self, value: float, dt_s: float) -> None:
        """What was really emitted, after all caps."""
        rose = abs(value) - (abs(self.value) if self.value * value > 0.0 else 0.0)
        self._rise = max(0.0, rose / dt_s) if dt_s > 0.0 else self._rise
        self.value = value
