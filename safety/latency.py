"""How long the base takes to do what it is told, measured while it drives.

Whenever the commanded speed rises, the odometry's speed follows some time later.  For each odometry the time is looked up
at which that very speed was commanded; the difference is one sample, the drive's own time constant included.  A falling
speed is left out: how the base slows down is its braking, which is reckoned with separately.

What counts is a high quantile of the recent samples, never less than the configured value and never more than
``most_s``.  A base that does not follow at all gives the largest sample.
"""

from __future__ import annotations

import math
from collections import deque

KEPT = 150
FEWEST = 20
QUANTILE = 0.95
LEAST_RISE_MPS = 0.08
"""The command must have risen by this much without a break before a lag can be read off it."""

EDGE = 0.15
"""… and the odometry must have gone through this share of the rise, since noise would decide at its beginning.  Nor does it say
anything in the last such share, once the command does not rise any more."""


class Latency:
    """State: the present rise of the command, and the samples."""

    def __init__(self, configured_s: float, most_s: float) -> None:
        self._configured_s, self._most_s = configured_s, max(configured_s, most_s)
        self._samples: deque[float] = deque(maxlen=KEPT)
        self._seconds = configured_s
        self.halt()

    def halt(self) -> None:
        """The command was broken off; samples stay."""
        self._rise: deque[tuple[float, float]] = deque()
        self._odom_s = -math.inf

    @property
    def seconds(self) -> float:
        """The latency to reckon with."""
        return self._seconds

    def commanded(self, speed_mps: float, now_s: float) -> None:
        """Speed without its sign that was emitted; a change of direction passes through zero and ends the rise."""
        if self._rise and (speed_mps < self._rise[-1][1] or now_s <= self._rise[-1][0]):
            self._rise.clear()
        if speed_mps > 0.0:
            self._rise.append((now_s, speed_mps))
        while self._rise and now_s - self._rise[0][0] > 2.0 * self._most_s:
            self._rise.popleft()

    def observed(self, speed_mps: float, stamp_s: float) -> None:
        """Speed without its sign by the odometry of this time."""
        if not self._rise or not stamp_s > self._odom_s:
            return
        self._odom_s = stamp_s
        low, high = self._rise[0][1], self._rise[-1][1]
        edge = EDGE * (high - low)
        if high - low < LEAST_RISE_MPS or speed_mps > (high if self._rises else high - edge):
            return  # at an even speed that it has reached there is no lag to be seen
        lag_s = stamp_s - next(time_s for time_s, value in self._rise if value >= max(speed_mps, low + edge))
        if speed_mps >= low + edge or lag_s > self._seconds:  # before that, only a wait that is longer than expected says something
            self._add(min(max(lag_s, 0.0), self._most_s))

    @property
    def _rises(self) -> bool:
        """Whether the command rises still; asked of one that has risen."""
        return self._rise[-1][1] > self._rise[-2][1]

    def _add(self, lag_s: float) -> None:
        self._samples.append(lag_s)
        if len(self._samples) >= FEWEST:
            ranked = sorted(self._samples)
            self._seconds = max(self._configured_s, ranked[min(len(ranked) - 1, math.ceil(QUANTILE * len(ranked)))])
