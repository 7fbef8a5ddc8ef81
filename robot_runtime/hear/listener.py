"""From sound to what was said and when: activity, turn and recogniser together, without messages or devices."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.hear.activity import Activity
from robot_runtime.hear.grammar import Meaning
from robot_runtime.hear.recogniser import RATE_HZ, Hypothesis, Recogniser
from robot_runtime.hear.turn import Moment, Turn, TurnTimes

FRAME_S = 0.02
FRAME_SAMPLES = 320
_HEARD = 0.1  # so much is left of the robot's own voice …
_FADES = 0.95  # … 0.9 s after it, by this share a frame


class ListenerConfig(StageConfig):
    margin_db: float = Field(9.0, ge=0, le=40, description="how much louder than the room sound must be to be looked at [dB]")
    speech_probability: float = Field(0.5, gt=0, lt=1, description="from here on a frame counts as speech")
    start_s: float = Field(0.1, gt=0, le=1, description="speech for so long begins a turn [s]")
    pause_s: float = Field(0.22, gt=0, le=2, description="silence after which a complete command is answered [s]")
    end_s: float = Field(0.8, gt=0, le=5, description="silence after which the turn is over whatever was said [s]")
    longest_s: float = Field(15.0, gt=0, le=60, description="longest turn; what comes later begins a new one [s]")
    preroll_s: float = Field(0.4, ge=0, le=2, description="sound kept from before the turn was noticed [s]")
    preroll_over_s: float = Field(
        0.8, ge=0, le=3, description="likewise of a turn that begins over the robot's own voice, and so is noticed later [s]"
    )
    tail_s: float = Field(0.1, ge=0, le=1, description="silence after the last speech that is decoded with it [s]")
    confidence: float = Field(0.5, ge=0, lt=1, description="below it words count as not understood")
    pause_confidence: float = Field(0.65, ge=0, lt=1, description="below it a finished command is not answered before the turn is over")


@dataclass(frozen=True)
class Heard:
    """One turn of somebody: when they spoke, and what it means if it was understood."""

    start_s: float
    end_s: float
    hypothesis: Hypothesis
    meaning: Meaning | None  # None when it is not, or not surely, a sentence of the grammar

    @property
    def text(self) -> str:
        return self.hypothesis.text if self.meaning else ""


@dataclass(frozen=True)
class Condition:
    """Under which a frame was heard."""

    own_voice: float = 0.0  # likelihood that it holds nothing but what is left of the robot's own voice
    gain_db: float = 0.0  # that was applied to it
    moving: bool = False  # the robot hears its own motors


_PLAIN = Condition()


class Listener:
    """Takes frames of 20 ms, gives turns.

    At the first pause the sound is decoded.  A complete command ends the turn at once; somebody who hesitates in the middle
    of one is waited for.
    """

    def __init__(self, config: ListenerConfig, recogniser: Recogniser) -> None:
        self._config = config
        self._recogniser = recogniser
        self._activity = Activity(config.margin_db)
        times = TurnTimes(config.start_s, config.pause_s, config.end_s, config.longest_s)
        self._turn = Turn(times, config.speech_probability, FRAME_S)
        self.reset()

    def reset(self) -> None:
        self._activity.reset()
        self._turn.reset()
        self._before: deque[NDArray[np.int16]] = deque(maxlen=self._preroll(over_robot=True))
        self._own_voice = 0.0  # the most of it in the last moments before a turn
        self._sound: list[NDArray[np.int16]] = []
        self._ignored = False
        self._start_s = 0.0

    @property
    def in_turn(self) -> bool:
        """Whether somebody speaks whose words will be wanted."""
        return self._turn.open and not self._ignored

    def ignore_turn(self) -> None:
        """What is being said turns out to be nobody's: follow it to its end, and do not give it."""
        self._ignored = True

    @property
    def voiced(self) -> bool:
        """Whether the last frame was speech of that somebody, and no pause of theirs."""
        return self.in_turn and self._turn.silent_s == 0

    def hear(self, samples: NDArray[np.int16], until_s: float, *, ignore_new: bool = False, condition: Condition = _PLAIN) -> Heard | None:
        """Take in one frame of 320 samples at 16 kHz that ended at ``until_s``; what was said when it ends a turn.

        :param ignore_new: a turn that begins with this frame is followed to its end, and not given
        """
        speech = self._activity.probability(samples, condition.gain_db, condition.moving)
        moment = self._turn.hear(speech * (1.0 - condition.own_voice))
        self._own_voice = max(condition.own_voice, _FADES * self._own_voice)
        if moment is Moment.QUIET:
            self._before.append(samples)
            return None
        if moment is Moment.BEGAN:
            self._sound = list(self._before)[-self._preroll(self._own_voice > _HEARD) :]
            self._ignored = ignore_new
            self._start_s = until_s - self._turn.speech_s
        self._sound.append(samples)
        if self._ignored or moment in (Moment.BEGAN, Moment.SPEAKING):
            return None
        return self._judge(moment, until_s)

    def _preroll(self, over_robot: bool) -> int:
        """Frames from before a turn was noticed that belong to it."""
        seconds = max(self._config.preroll_over_s, self._config.preroll_s) if over_robot else self._config.preroll_s
        return max(1, round(seconds / FRAME_S))

    def _judge(self, moment: Moment, until_s: float) -> Heard | None:
        """At a pause only a finished, certain command ends the turn; at its end whatever there is."""
        hypothesis = self._recogniser.decode(self._speech())
        certain = hypothesis.confidence >= self._config.confidence
        if moment is Moment.PAUSED and not hypothesis.confidence >= max(self._config.pause_confidence, self._config.confidence):
            return None
        end_s = until_s - self._turn.silent_s
        self._turn.reset()
        self._before.clear()
        return Heard(self._start_s, end_s, hypothesis, self._recogniser.grammar.interpret(hypothesis.text) if certain else None)

    def _speech(self) -> NDArray[np.int16]:
        """The turn's sound, without most of the silence at its end, in which noise is taken for one more short word."""
        surplus_s = max(0.0, self._turn.silent_s - self._config.tail_s)
        return np.concatenate(self._sound[: len(self._sound) - int(surplus_s / FRAME_S + 1e-6)])


assert FRAME_S * RATE_HZ == FRAME_SAMPLES
