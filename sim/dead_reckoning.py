"""What the reference firmware makes of its encoders: the pose since power-on."""

from __future__ import annotations

import math


class DeadReckoning:
    """Exact for arcs to second order in a turn of the main loop.

    Source: Borenstein, Everett, Feng, "Where am I?", 1996, section 1.2.
    """

    def __init__(self, ticks: tuple[int, int], ticks_per_m: int, track_m: float) -> None:
        self._ticks, self._ticks_per_m, self._track_m = ticks, ticks_per_m, track_m
        self.x_m = self.y_m = self.yaw_rad = 0.0

    def take(self, ticks: tuple[int, int]) -> None:
        """New counts, left and right."""
        left_m, right_m = ((now - before) / self._ticks_per_m for now, before in zip(ticks, self._ticks, strict=True))
        self._ticks = ticks
        forward_m, turn_rad = (left_m + right_m) / 2, (right_m - left_m) / self._track_m
        middle_rad = self.yaw_rad + turn_rad / 2
        self.x_m += forward_m * math.cos(middle_rad)
        self.y_m += forward_m * math.sin(middle_rad)
        self.yaw_rad = math.remainder(self.yaw_rad + turn_rad, 2 * math.pi)
