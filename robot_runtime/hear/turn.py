"""When a person's turn begins, and how long it has been silent since, from speech probabilities alone.

What was said decides when it is over: see ``patience.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

_HYSTERESIS = 0.7
"""Once a turn has begun, less counts as speech: it is softer at its ends."""


class Moment(Enum):
    """What the newest frame means for the turn."""

    QUIET = "quiet"
    BEGAN = "began"
    SPEAKING = "speaking"
    SILENT = "silent"  # a pause, or the end
    ENDED = "ended"  # so long that it is cut here


@dataclass(frozen=True)
class TurnTimes:
    """Lengths in seconds."""

    start_s: float  # speech for so long begins a turn, so a click does not
    longest_s: float


class Turn:
    """The turn of one person.  Time is counted in frames, so that a test needs no clock."""

    def __init__(self, times: TurnTimes, threshold: float, frame_s: float) -> None:
        self._times = times
        self._threshold = threshold
        self._frame_s = frame_s
        self.reset()

    def reset(self) -> None:
        self.open = False
        self.silent_s = 0.0
        self.speech_s = 0.0  # of it so far, without its pauses
        self._length_s = 0.0

    def hear(self, probability: float) -> Moment:
        """Take in one frame."""
        speech = probability >= self._threshold * (_HYSTERESIS if self.open else 1.0)
        if not self.open:
            return self._before(speech)
        self._length_s += self._frame_s
        self.silent_s = 0.0 if speech else self.silent_s + self._frame_s
        self.speech_s += self._frame_s if speech else 0.0
        if self._length_s >= self._times.longest_s:
            self.open = False
            return Moment.ENDED
        return Moment.SPEAKING if speech else Moment.SILENT

    def _before(self, speech: bool) -> Moment:
        self.speech_s = self.speech_s + self._frame_s if speech else 0.0
        if self.speech_s < self._times.start_s - 1e-9:
            return Moment.QUIET
        self.open, self.silent_s, self._length_s = True, 0.0, self.speech_s
        return Moment.BEGAN
