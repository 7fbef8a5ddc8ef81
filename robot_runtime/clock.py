"""Virtual time that follows real time: what paces the simulation.  Pure; the steady time is passed in."""

from __future__ import annotations


class VirtualClock:
    """Counts ticks of virtual time and tells how many are due.

    Falling behind by more than ``slack_s`` of real time is not made up for: virtual time then slips, so that a machine that
    is too slow gives a slow simulation, never a burst of old time.

    >>> clock = VirtualClock(100.0, tick_s=0.02)
    >>> clock.due(5.0), clock.due(5.05)
    (0, 2)
    >>> clock.advance()
    100.02
    """

    def __init__(self, start_s: float, tick_s: float = 0.02, factor: float = 1.0, slack_s: float = 0.2) -> None:
        self._start_s, self._tick_s, self._period_s, self._slack_s = start_s, tick_s, tick_s / factor, slack_s
        self._ticks = 0
        self._next_s: float | None = None  # steady time at which the next tick is due
        self.slipped_s = 0.0  # real time that was given up so far

    @property
    def now_s(self) -> float:
        return self._start_s + self._ticks * self._tick_s

    def due(self, steady_s: float) -> int:
        """How many ticks are due at this steady time; the first call only starts the clock."""
        if self._next_s is None:
            self._next_s = steady_s + self._period_s
        behind_s = steady_s - self._next_s
        if behind_s > self._slack_s:
            self.slipped_s += behind_s
            self._next_s = steady_s
            behind_s = 0.0
        return max(0, int(behind_s / self._period_s + 1e-6) + 1) if behind_s >= 0 else 0

    def advance(self) -> float:
        """Make one tick; returns the time after it."""
        self._ticks += 1
        if self._next_s is not None:
            self._next_s += self._period_s
        return self.now_s
