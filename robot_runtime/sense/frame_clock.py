"""When a sound card was at which sample, on the robot's clock, though it is told so late and irregularly.

A card counts samples by a crystal of its own, up to 200 ppm beside any other.  Its count and the robot's time are seen together
whenever the card calls back; the call comes late, never early.  So of every half second the call that was least late counts,
and a Kalman filter with the states offset and rate draws the line through those.  Its gains are those of a PI controller that is
fast at first and slow later (a time constant of about 80 s).  See F. Adriaensen, "Using a DLL to filter time" (2005), for the
same idea with fixed gains.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

WINDOW_S = 0.5
JUMP_S = 0.02
"""Further off, it is no lateness and no drift: samples were lost, or the robot's clock was set."""

_LATE_WINDOWS = 10
"""… unless the processor is so busy that all calls of some windows are late; early a call is never."""

_JITTER_S = 1e-3
_FIRST_OFFSET_S, _FIRST_RATE = 0.01, 200e-6
_OFFSET_WALK, _RATE_WALK = 5e-6, 1e-7
"""Standard deviations after one second, of a card that gets warm."""

_MOST_RATE = 1e-3

_SEEN = 25
"""Steps, half a second."""


class FrameClock:
    """The line through (count of samples, time)."""

    def __init__(self, rate_hz: float) -> None:
        """``rate_hz``: what the card calls its rate."""
        self._rate_hz = rate_hz
        self.reset()

    def reset(self) -> None:
        self._started = False
        self._count, self._time_s, self._slow = 0.0, 0.0, 0.0  # a point of the line, and how much slower than its rate the card is
        self._covariance = np.diag([_FIRST_OFFSET_S**2, _FIRST_RATE**2])
        self._best: tuple[float, float] | None = None
        self._window_end = 0.0
        self._late_windows = 0
        self.jumps = 0

    @property
    def started(self) -> bool:
        return self._started

    @property
    def ppm(self) -> float:
        """How much faster than its rate the card is, in millionths."""
        return -1e6 * self._slow

    def time_of(self, count: float) -> float:
        """When the card was, or will be, at this count."""
        return self._time_s + (count - self._count) / self._rate_hz * (1.0 + self._slow)

    def count_at(self, time_s: float) -> float:
        """Where the card is at this time."""
        return self._count + (time_s - self._time_s) * self._rate_hz / (1.0 + self._slow)

    def observe(self, count: float, time_s: float) -> None:
        """At ``time_s``, or some time before it, the card was at ``count``; counts never go back."""
        if not math.isfinite(time_s):
            return
        if not self._started:
            self._started, self._count, self._time_s = True, count, time_s
            self._window_end = count + WINDOW_S * self._rate_hz
        if self._best is None or time_s - self.time_of(count) < self._best[1] - self.time_of(self._best[0]):
            self._best = count, time_s
        if count >= self._window_end:
            best, self._best = self._best, None
            self._window_end = count + WINDOW_S * self._rate_hz
            self._learn(*best)

    def doubt(self) -> None:
        """Samples were lost that the card never counted: the next calls tell anew where it is, even if they are late."""
        self._best, self._late_windows = None, _LATE_WINDOWS - 1

    def _learn(self, count: float, time_s: float) -> None:
        late_s = time_s - self.time_of(count)
        self._late_windows = self._late_windows + 1 if late_s > JUMP_S else 0
        self._predict(count)
        if late_s < -JUMP_S or self._late_windows >= _LATE_WINDOWS:
            self._jump(late_s)
        elif late_s <= JUMP_S:
            self._correct(late_s)

    def _predict(self, count: float) -> None:
        """Move the point of the line to ``count``; what is known of it gets older."""
        elapsed_s = (count - self._count) / self._rate_hz
        self._time_s, self._count = self.time_of(count), count
        step = np.array([[1.0, elapsed_s], [0.0, 1.0]])
        self._covariance = step @ self._covariance @ step.T + np.diag([_OFFSET_WALK**2, _RATE_WALK**2]) * max(elapsed_s, 0.0)

    def _correct(self, late_s: float) -> None:
        variance = self._covariance[0, 0] + _JITTER_S**2
        gain = self._covariance[:, 0] / variance
        bounded_s = float(np.clip(late_s, -3 * math.sqrt(variance), 3 * math.sqrt(variance)))  # one wild call moves little
        self._time_s += float(gain[0]) * bounded_s
        self._slow = float(np.clip(self._slow + gain[1] * bounded_s, -_MOST_RATE, _MOST_RATE))
        self._covariance -= np.outer(gain, self._covariance[0])

    def _jump(self, late_s: float) -> None:
        """The rate of the card stays; where it is begins anew."""
        self._time_s += late_s
        self._covariance[0, 0] = _FIRST_OFFSET_S**2
        self._covariance[0, 1] = self._covariance[1, 0] = 0.0
        self._late_windows = 0
        self.jumps += 1


class Offset:
    """The robot's clock beside the processor's, which sound is counted by: equal in pace, but it may be set or simulated."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=_SEEN)

    def update(self, now_s: float, processor_s: float) -> float:
        """What to add to a time of the processor.  Both were read just now, but the second may have been read late."""
        self._seen.append(now_s - processor_s)
        return max(self._seen)
