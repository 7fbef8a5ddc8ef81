"""What has been commanded and is not driven yet.

A base that obeys T seconds late and is told to go slower and slower goes on, for T, at the speeds that it was told before.
Its way until it obeys is therefore not speed times T but the sum of what was emitted in the last T, and that is what must
still fit in before it brakes.  (With speed times T alone, a base that creeps up to something oversteps the distance that
it should keep: a delay in a loop.)
"""

from __future__ import annotations

from bisect import bisect_left

KEPT_S = 3.0
"""Longer than any age and latency together."""

MOST = 1000
"""After so many entries the older ones are dropped."""

ROUNDING_S = 1e-9


class Flight:
    """State: the commands of the last seconds, as running totals, so that any stretch of them is one subtraction."""

    def __init__(self) -> None:
        self.latency_s = 0.0  # of the drive, as far as it is measured
        self._forget()

    def _forget(self) -> None:
        self._times_s: list[float] = []
        self._ways_m, self._angles_rad = [0.0], [0.0]  # before each of the times, and after the last

    def sent(self, linear_mps: float, angular_radps: float, now_s: float, held_s: float) -> None:
        """A command that was emitted at ``now_s`` and will hold for about ``held_s``."""
        if self._times_s and not now_s >= self._times_s[-1]:
            self._forget()
        self._times_s.append(now_s)
        self._ways_m.append(self._ways_m[-1] + abs(linear_mps) * held_s)
        self._angles_rad.append(self._angles_rad[-1] + abs(angular_radps) * held_s)
        if len(self._times_s) > MOST:
            old = bisect_left(self._times_s, now_s - KEPT_S)
            del self._times_s[:old], self._ways_m[:old], self._angles_rad[:old]

    def ahead(self, now_s: float, reaction_s: float) -> tuple[float, float]:
        """Way [m] and angle [rad] that were commanded within the last ``reaction_s``."""
        first = bisect_left(self._times_s, now_s - min(reaction_s, KEPT_S) - ROUNDING_S)
        return self._ways_m[-1] - self._ways_m[first], self._angles_rad[-1] - self._angles_rad[first]
