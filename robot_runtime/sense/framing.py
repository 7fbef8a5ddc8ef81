"""From the sound of a card, at a rate of its own, to frames of 20 ms by the robot's clock."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from robot_runtime.sense.frame_clock import FrameClock
from robot_runtime.sense.rate import Converter
from robot_runtime.sense.sound_source import FRAME_S, FRAME_SAMPLES, Heard
from robot_runtime.sense.wav import RATE_HZ

SETTLE_S = 10.0
"""Time constant with which frames are brought to the times that they are stamped with."""
MOST_BEND = 3e-4
"""… by so much faster or slower than the card; a twentieth of a semitone is 3e-3."""

_JUMP_S = 0.03
"""What is further off is not bent but cut: samples were lost, or the robot's clock was set."""
_CLOCK_SET_S = 0.5
_LEAST_STEP_S = 1e-3


def bend(error_s: float) -> float:
    """Correction of a rate that makes an error go away, in its direction."""
    return min(max(error_s / SETTLE_S, -MOST_BEND), MOST_BEND)


class Framing:
    """Every frame is stamped 20 ms after the one before, and the rate is steered so that this is true.

    Stamps never go back, unless the robot's clock does.
    """

    def __init__(self, clock: FrameClock, rate_hz: float, start: int = 0) -> None:
        """:param start: the number of the first sample that will come, as the clock counts them"""
        self._clock, self._rate_hz = clock, rate_hz
        self._start, self._converter = start, Converter(rate_hz, RATE_HZ)
        self._rest = np.zeros(0, np.float32)
        self.due_s = math.nan
        """Stamp of the next frame; nan before the first sound."""
        self._stamped_s = -math.inf

    def take(self, sound: NDArray[np.float32]) -> list[Heard]:
        """The frames that are whole by now; the clock knows the time of this sound."""
        correction = self._correction()
        self._rest = np.concatenate([self._rest, self._converter.convert(sound, correction)])
        heard = []
        while len(self._rest) >= FRAME_SAMPLES:
            frame, self._rest = self._rest[:FRAME_SAMPLES], self._rest[FRAME_SAMPLES:]
            heard.append((self._stamp(), np.clip(np.rint(frame * 32768), -32768, 32767).astype(np.int16)))
            self.due_s += FRAME_S
        return heard

    def _correction(self) -> float:
        next_s = self._clock.time_of(self._start + self._converter.position)  # of the next sample that comes out …
        if math.isnan(self.due_s):
            self.due_s = next_s
        late_s = next_s - (self.due_s + len(self._rest) / RATE_HZ)  # … beside that of the grid
        if abs(late_s) > _JUMP_S:
            self.due_s += late_s
            late_s = 0.0
        return 1e-6 * self._clock.ppm - bend(late_s)

    def _stamp(self) -> float:
        clock_set = self._stamped_s - self.due_s > _CLOCK_SET_S
        self._stamped_s = self.due_s if clock_set else max(self.due_s, self._stamped_s + _LEAST_STEP_S)
        return self._stamped_s
