"""Which part of what was played the microphone may hear now: the delay that was found, and the drift of the two clocks against
each other, turned into the place in the reference from which the next samples are read.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
HEADROOM = 320
"""Samples by which the reference comes early: an echo must not come before what causes it, and 20 ms are as easy as one."""

LEAST = 324
"""Samples: what is played now may reach the front end only after what is heard now; sound cards take longer than that."""

_SLACK = 200  # samples by which the delay may wander before the place is moved, and the filter has to learn anew
_LEAST_JUMP = 32  # samples; looks differ by less
_KEPT = 80  # looks: 20 s of speech
_LEAST_LOOKS = 10
_LEAST_SPAN_S = 3.0
_MOST_ERROR = 3.0  # samples, of a look against the line through all
_MOST_DRIFT = 1e-3


class Alignment:
    """``lag`` is how far behind the microphone the reference is read, in samples with fractions; all state in here."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.lag = float(LEAST)
        self.drift = 0.0
        """Samples by which the delay grows with each sample: 2e-4 are 200 ppm."""
        self.jumped = False
        """Whether the delay was another one than at the look before, all at once."""
        self._looks: deque[tuple[float, int]] = deque(maxlen=_KEPT)

    def found(self, at_s: float, delay: int, lost: bool = False) -> bool:
        """A sure look at the delay, at a time of the microphone; whether the place was moved.

        :param lost: the echo is not where it was, so that the delay may have jumped by little, too
        """
        by = delay - self._expected(at_s) if self._looks else 0.0
        self.jumped = abs(by) > (_LEAST_JUMP if lost else _SLACK)
        if self.jumped:
            self._looks.clear()
            self.lag = max(float(LEAST), self.lag + by)
        self._looks.append((at_s, delay))
        self._learn_drift()
        moved = abs(max(LEAST, delay - HEADROOM) - self.lag) > _SLACK
        if moved:
            self.lag = float(max(LEAST, delay - HEADROOM))
        return moved or self.jumped

    def advance(self, samples: int) -> None:
        """Time goes by while the clocks drift."""
        self.lag = max(float(LEAST), self.lag + self.drift * samples)

    def _expected(self, at_s: float) -> float:
        """The delay if it has not jumped."""
        last_s, delay = self._looks[-1]
        return delay + self.drift * RATE_HZ * (at_s - last_s)

    def _learn_drift(self) -> None:
        """The line of least squares through the looks, if they lie on one."""
        at_s, delay = np.array(self._looks).T
        if len(at_s) < _LEAST_LOOKS or at_s[-1] - at_s[0] < _LEAST_SPAN_S:
            return
        slope, start = np.polyfit(at_s - at_s[0], delay, 1)
        off = np.abs(delay - start - slope * (at_s - at_s[0]))
        if float(np.median(off)) <= _MOST_ERROR and abs(slope) <= _MOST_DRIFT * RATE_HZ:
            self.drift = float(slope) / RATE_HZ


def between(samples: NDArray[np.float32], fraction: float) -> NDArray[np.float32]:
    """``samples[1:-2]`` as they are ``fraction`` (0 … 1) of a sample later, by Lagrange's cubic through four neighbours.

    >>> between(np.arange(6, dtype=np.float32), 0.5).tolist()
    [1.5, 2.5, 3.5]
    """
    x = fraction
    weights = (-x * (x - 1) * (x - 2) / 6, (x + 1) * (x - 1) * (x - 2) / 2, -(x + 1) * x * (x - 2) / 2, (x + 1) * x * (x - 1) / 6)
    count = len(samples) - 3
    total = sum(np.float32(weight) * samples[index : index + count] for index, weight in enumerate(weights))
    return np.asarray(total, np.float32)
