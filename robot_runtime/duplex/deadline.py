"""Whether the model keeps up: every frame that goes in must be answered before the next one is whole."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from robot_runtime.duplex.frames import FRAME_S

_WINDOW = 125
"""Frames that the figures speak of: ten seconds."""

RECENT = 25
"""Frames that tell whether the engine keeps up now: two seconds."""


@dataclass(frozen=True)
class Timing:
    """Figures of the last ten seconds."""

    frames: int  # answered since the start
    misses: int  # of these, later than a frame
    p50_ms: float
    p99_ms: float
    budget_share: float  # of the 80 ms, at the median
    missed_share: float  # of the last two seconds


class Deadlines:
    """Counts frames sent and answered; time is passed in.

    >>> clock = Deadlines()
    >>> clock.sent(0, 1.0); clock.sent(1, 1.08)
    >>> round(clock.answered(0, 1.05), 2), round(clock.answered(1, 1.20), 2), clock.timing().misses
    (0.05, 0.12, 1)
    """

    def __init__(self) -> None:
        self._open: deque[tuple[int, float]] = deque()
        self._took_s: deque[float] = deque(maxlen=_WINDOW)
        self._frames = 0
        self._misses = 0

    def sent(self, frame: int, now_s: float) -> None:
        """Frame ``frame`` went to the engine."""
        self._open.append((frame, now_s))

    def answered(self, frame: int, now_s: float) -> float:
        """The engine has answered it; how long that took in seconds.

        :raises ValueError: it was not asked, or frames before it were left out
        """
        if not self._open or self._open[0][0] != frame:
            raise ValueError(f"frame {frame} was answered, expected {self._open[0][0] if self._open else 'none'}")
        took_s = now_s - self._open.popleft()[1]
        self._took_s.append(took_s)
        self._frames += 1
        self._misses += took_s > FRAME_S
        return took_s

    @property
    def open_frames(self) -> int:
        """Asked and not answered."""
        return len(self._open)

    def oldest_wait_s(self, now_s: float) -> float:
        """How long the oldest unanswered frame has waited; 0 if there is none."""
        return now_s - self._open[0][1] if self._open else 0.0

    def timing(self) -> Timing:
        if not self._took_s:
            return Timing(0, 0, 0.0, 0.0, 0.0, 0.0)
        took_s = np.array(self._took_s)
        p50_s, p99_s = np.percentile(took_s, [50, 99])
        recent = took_s[-RECENT:]
        late = float(np.mean(recent > FRAME_S)) if len(recent) == RECENT else 0.0
        return Timing(self._frames, self._misses, 1e3 * float(p50_s), 1e3 * float(p99_s), float(p50_s) / FRAME_S, late)
