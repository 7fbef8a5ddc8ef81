"""When a person's turn begins and ends, from speech probabilities alone; what was said decides how long to wait."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Moment(Enum):
    """What the newest frame means for the turn."""

    QUIET = "quiet"
    BEGAN = "began"
    SPEAKING = "speaking"
    PAUSED = "paused"  # silent long enough that a finished command could be answered
    ENDED = "ended"  # silent so long that the turn is over whatever was said


@dataclass(frozen=True)
class TurnTimes:
    """Lengths in seconds."""

    start_s: float  # speech for so long begins a turn, so a click does not
    pause_s: float
    end_s: float
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
        self.speech_s = 0.0
        self._length_s = 0.0
        self._told_pause = False

    def hear(self, probability: float) -> Moment:
        """Take in one frame."""
        speech = probability >= (self._threshold if not self.open else self._threshold * 0.7)
        if not self.open:
            return self._before(speech)
        self._length_s += self._frame_s
        self.silent_s = 0.0 if speech else self.silent_s + self._frame_s
        self.speech_s += self._frame_s if speech else 0.0
        if speech:
            self._told_pause = False
        if self.silent_s >= self._times.end_s - 1e-9 or self._length_s >= self._times.longest_s:
            self.open = False
            return Moment.ENDED
        if self.silent_s >= self._times.pause_s - 1e-9 and not self._told_pause:
            self._told_pause = True
            return Moment.PAUSED
        return Moment.SPEAKING

    def _before(self, speech: bool) -> Moment:
        self.speech_s = self.speech_s + self._frame_s if speech else 0.0
        if self.speech_s < self._times.start_s - 1e-9:
            return Moment.QUIET
        self.open, self.silent_s, self._length_s, self._told_pause = True, 0.0, self.speech_s, False
        return Moment.BEGAN
