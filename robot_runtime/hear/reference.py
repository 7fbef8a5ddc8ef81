"""What the robot's speaker was given, laid out in the microphone's time, so that any stretch of it can be asked for."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame

RATE_HZ = 16_000
_JITTER = 160  # samples; frames that follow each other do so without a gap, whatever their stamps say within this


class Reference:
    """Frames by their stamps; silence wherever nothing was played.  Positions are counted in samples of the robot's clock.

    :param kept: samples that are remembered
    """

    def __init__(self, kept: int = 1 << 16) -> None:
        self._kept = kept
        self.reset()

    def reset(self) -> None:
        self._ring = np.zeros(self._kept, np.float32)
        self._end: int | None = None
        self._sequence: int | None = None

    @property
    def end_s(self) -> float:
        """Until when it is known what was played."""
        return -math.inf if self._end is None else self._end / RATE_HZ

    def put(self, frame: AudioFrame) -> bool:
        """Take in what is played at the frame's stamp; False if frames before it were lost."""
        whole = self._sequence is None or frame.sequence <= self._sequence + 1  # it begins anew with a voice that does
        self._sequence = frame.sequence
        start = position(frame.stamp_s)
        if self._end is None or abs(start - self._end) > self._kept:  # the first one, or after a long silence or a jump of the clock
            self._ring[:] = 0.0
            self._end = start
        if abs(start - self._end) <= _JITTER:
            start = self._end
        self._silence(self._end, start)
        samples = frame.samples.astype(np.float32) / 32768
        self._ring[np.arange(start, start + len(samples)) % self._kept] = samples
        self._end = start + len(samples)
        return whole

    def take(self, start: int, count: int, until: int) -> NDArray[np.float32]:
        """``count`` samples in -1 … 1 from a position on that is no further before what was put last than is remembered.

        :param until: from here on it is silence: what is later may not have come yet
        """
        if self._end is None or not self._end - self._kept <= start < self._end:
            return np.zeros(count, np.float32)
        stretch = self._ring[np.arange(start, start + count) % self._kept]
        stretch[max(0, min(self._end, until) - start) :] = 0.0
        return stretch

    def _silence(self, start: int, end: int) -> None:
        if start < end:
            self._ring[np.arange(start, end) % self._kept] = 0.0


def position(stamp_s: float) -> int:
    """Sample of the robot's clock at a time.

    >>> position(2.0)
    32000
    """
    return round(stamp_s * RATE_HZ)
