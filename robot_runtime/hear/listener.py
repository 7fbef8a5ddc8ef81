"""From sound to what was said and when: activity, turn, recogniser and turn model together, without messages or devices."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.hear.activity import Activity, level_dbfs
from robot_runtime.hear.completeness import completeness, is_all, is_understood
from robot_runtime.hear.fading import Fading
from robot_runtime.hear.grammar import Meaning
from robot_runtime.hear.pace import ANYBODY, Pace
from robot_runtime.hear.patience import Completeness, Patience
from robot_runtime.hear.recogniser import RATE_HZ, Decoding, Hypothesis, Recogniser
from robot_runtime.hear.turn import Moment, Turn, TurnTimes

FRAME_S = 0.02
FRAME_SAMPLES = 320
_PERHAPS_OWN = 0.5  # from here on what is heard is not likelier somebody's than the robot's own voice
_HEARD = 0.1  # so much is left of the robot's own voice …
_FADES = 0.95  # … 0.9 s after it, by this share a frame
_PIECES = 4
"""Of a decoding, a frame: about ten are needed, and forty where a second opinion is asked; each takes 5 to 10 ms."""
_EARLY_PIECES = 2  # likewise before it is sure that they have fallen silent
_UNSURE = 0.6  # a likelihood of speech
_PAUSE_S = 0.2
"""Shorter silences are part of words."""


class ListenerConfig(StageConfig):
    margin_db: float = Field(9.0, ge=0, le=40, description="how much louder than the room sound must be to be looked at [dB]")
    speech_probability: float = Field(0.5, gt=0, lt=1, description="from here on a frame counts as speech")
    perhaps_probability: float = Field(0.3, gt=0, le=1, description="from here on the robot hesitates if it speaks")
    start_s: float = Field(0.1, gt=0, le=1, description="speech for so long begins a turn [s]")
    longest_s: float = Field(15.0, gt=0, le=60, description="longest turn; what comes later begins a new one [s]")
    preroll_s: float = Field(0.4, ge=0, le=2, description="sound kept from before the turn was noticed [s]")
    preroll_over_s: float = Field(
        0.5, ge=0, le=3, description="likewise of a turn that begins over the robot's own voice, and so is noticed later [s]"
    )
    tail_s: float = Field(0.04, ge=0.02, le=0.5, description="silence after the last speech that is decoded with it, as soon as it is [s]")
    confidence: float = Field(0.5, ge=0, lt=1, description="below it words count as not understood")
    sure: float = Field(0.65, ge=0, lt=1, description="below it a whole sentence is waited for as one that may go on")
    patience: Patience = Field(Patience(), description="how long to wait for more words")


@dataclass(frozen=True)
class Heard:
    """One turn of somebody: when they spoke, and what it means if it was understood."""

    start_s: float
    end_s: float
    hypothesis: Hypothesis
    meaning: Meaning | None  # None when it is not, or not surely, a sentence of the grammar
    speech_s: float = math.nan  # of it, without its pauses
    pauses_s: tuple[float, ...] = ()  # its silences
    whole: bool = True  # False: it was cut off from outside
    sound: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16), compare=False, repr=False)

    @property
    def text(self) -> str:
        return self.hypothesis.text if self.meaning else ""


@dataclass(frozen=True)
class Condition:
    """Under which a frame was heard."""

    own_voice: float = 0.0  # likelihood that it holds nothing but what is left of the robot's own voice
    gain_db: float = 0.0  # that was applied to it
    moving: bool = False  # the robot hears its own motors
    pace: Pace = ANYBODY  # of who speaks


_PLAIN = Condition()


class Listener:
    """Takes frames of 20 ms, gives turns.

    As soon as somebody seems to fall silent their words are decoded, a piece with each frame, so that the result is there when the
    shortest wait is over; if they do not, the work is dropped.  How long to wait follows from the words: see :class:`Patience`.  After a
    whole sentence that is very sure the turn is over while speech still fades; what is left of it belongs to no turn.
    """

    def __init__(self, config: ListenerConfig, recogniser: Recogniser) -> None:
        self._config = config
        self._recogniser = recogniser
        self._activity = Activity(config.margin_db)
        self._turn = Turn(TurnTimes(config.start_s, config.longest_s), config.speech_probability, FRAME_S)
        self.reset()

    def reset(self) -> None:
        self._activity.reset()
        self._own_voice = 0.0  # the most of it in the last moments before a turn
        self._rings: Fading | None = None  # what is left of a turn that was over while speech still faded
        self._stirs = False
        self._forget_turn()

    def _forget_turn(self) -> None:
        self._turn.reset()
        self._fading = Fading()
        self._before: deque[NDArray[np.int16]] = deque(maxlen=self._preroll(over_robot=True))
        self._sound: list[NDArray[np.int16]] = []
        self._decoding: Decoding | None = None
        self._complete: Completeness | None = None  # how complete what it came to is
        self._pauses_s: list[float] = []
        self._silent_s = 0.0
        self._ignored = False
        self._start_s = self._spoke_s = self._until_s = 0.0

    @property
    def in_turn(self) -> bool:
        """Whether somebody speaks whose words will be wanted."""
        return self._turn.open and not self._ignored

    @property
    def voiced(self) -> bool:
        """Whether the last frame was speech of that somebody, and no pause of theirs."""
        return self.in_turn and self._turn.silent_s == 0

    @property
    def stirs(self) -> bool:
        """Whether the last frame may be somebody's first who will be in turn in a moment."""
        return self._stirs

    @property
    def start_s(self) -> float:
        """When the turn that is open began."""
        return self._start_s

    @property
    def speech_s(self) -> float:
        """Of the turn that is open, without its pauses."""
        return self._turn.speech_s

    @property
    def silent_s(self) -> float:
        """How long its pause has lasted."""
        return self._turn.silent_s

    @property
    def frames(self) -> int:
        """Of the turn that is open, with what is kept from before it was noticed."""
        return len(self._sound)

    @property
    def sound(self) -> NDArray[np.int16]:
        """Of the turn that is open."""
        return np.concatenate([np.zeros(0, np.int16), *self._sound])

    @property
    def decoded(self) -> Hypothesis | None:
        """What was said before its pause, once that is known."""
        return self._decoding.result if self._decoding else None

    def ignore_turn(self) -> None:
        """What is being said turns out to be nobody's: follow it to its end, and do not give it."""
        self._ignored = True

    def hear(
        self, samples: NDArray[np.int16], until_s: float, *, ignore_new: bool = False, condition: Condition = _PLAIN, hurried: bool = False
    ) -> Heard | None:
        """Take in one frame of 320 samples at 16 kHz that ended at ``until_s``; what was said when it ends a turn.

        :param ignore_new: a turn that begins with this frame is followed to its end, and not given
        :param hurried: more frames wait already, so that little time is taken for decoding
        """
        speech = self._activity.probability(samples, condition.gain_db, condition.moving)
        perhaps = speech >= self._config.perhaps_probability and condition.own_voice < _PERHAPS_OWN
        speech *= 1.0 - condition.own_voice
        level = level_dbfs(samples)
        if self._rings is not None and not self._rings.hear(speech, level):
            self._rings = None
        moment = self._turn.hear(0.0 if self._rings is not None else speech)
        self._own_voice = max(condition.own_voice, _FADES * self._own_voice)
        self._until_s = until_s
        self._stirs = perhaps and moment is Moment.QUIET and self._rings is None and not ignore_new
        if moment is Moment.QUIET:
            self._before.append(samples)
            return None
        if moment is Moment.BEGAN:
            self._sound = list(self._before)[-self._preroll(self._own_voice > _HEARD) :]
            self._ignored = ignore_new
            self._start_s = until_s - self._turn.speech_s
        self._sound.append(samples)
        fades, pieces = self._fading.hear(speech, level), 1 if hurried else _PIECES
        if moment is Moment.SILENT:
            return self._wait(condition.pace, pieces) or self._faded(fades, speech, condition.pace)
        self._speaks(fades, pieces)
        return self._end() if moment is Moment.ENDED else self._faded(fades, speech, condition.pace)

    def finish(self) -> Heard:
        """End the turn that is open: what was said is known to be all."""
        return self._end()

    def cut(self) -> Heard | None:
        """End a turn that cannot go on, since there is no more sound: what was heard of it, which is not all."""
        if not self.in_turn:
            self._forget_turn()
            return None
        return self._end(whole=False)

    # ------------------------------------------------------------ parts

    def _preroll(self, over_robot: bool) -> int:
        """Frames from before a turn was noticed that belong to it."""
        seconds = max(self._config.preroll_over_s, self._config.preroll_s) if over_robot else self._config.preroll_s
        return max(1, round(seconds / FRAME_S))

    def _speaks(self, fades: int, pieces: int) -> None:
        """Go on, or perhaps not for long.

        :param fades: frames since speech began to fade
        """
        if self._silent_s >= _PAUSE_S:
            self._pauses_s.append(self._silent_s)
        self._silent_s = 0.0
        if fades <= 1:
            self._decoding, self._complete, self._spoke_s = None, None, self._until_s
        if fades and not self._ignored:
            self._decode(min(pieces, _EARLY_PIECES))

    def _wait(self, pace: Pace, pieces: int) -> Heard | None:
        """Decode on; what was said if the silence lasts longer than is waited for."""
        patience, self._silent_s = self._config.patience, self._turn.silent_s
        if self._ignored:
            if self._silent_s >= patience.wait_s(Completeness.NOTHING, pace):
                self._forget_turn()
            return None
        if self._decoding is None and self._silent_s < self._config.tail_s - 1e-9:
            return None
        hypothesis = self._decode(pieces)
        if hypothesis is None:
            return None
        self._complete = self._complete or self._completeness(hypothesis)
        return self._end() if self._silent_s >= patience.wait_s(self._complete, pace) - 1e-9 else None

    def _faded(self, fades: int, speech: float, pace: Pace) -> Heard | None:
        """What was said if it surely is all, speech has faded for long enough, and voice activity is no longer sure of it."""
        said = self._decoding.result if self._decoding is not None and not self._ignored else None
        if said is None or speech >= _UNSURE or (fades - 1) * FRAME_S < self._config.patience.faded_s * pace.slowness - 1e-9:
            return None
        if not is_all(said, self._recogniser.grammar.of(said.language)):
            return None
        rings, heard = self._fading, self._end()
        self._rings = rings
        return heard

    def _decode(self, pieces: int) -> Hypothesis | None:
        """Go on to decode what was heard when it seemed to be all; what it came to, once that is known."""
        if self._decoding is None:
            self._decoding = Decoding(self._recogniser, np.concatenate(self._sound))
        self._decoding.advance(pieces)
        return self._decoding.result

    def _completeness(self, hypothesis: Hypothesis) -> Completeness:
        return completeness(hypothesis, self._recogniser.grammar.of(hypothesis.language), self._config.confidence, self._config.sure)

    def _end(self, *, whole: bool = True) -> Heard:
        decoding = self._decoding or Decoding(self._recogniser, np.concatenate(self._sound))
        hypothesis = decoding.finish()
        grammar = self._recogniser.grammar.of(hypothesis.language)
        understood = is_understood(hypothesis, grammar, self._config.confidence, self._config.sure)
        meaning = grammar.interpret(hypothesis.text) if understood else None
        pauses_s, sound = tuple(self._pauses_s), np.concatenate(self._sound)
        heard = Heard(self._start_s, self._spoke_s, hypothesis, meaning, self._turn.speech_s, pauses_s, whole, sound)
        self._forget_turn()
        return heard


assert FRAME_S * RATE_HZ == FRAME_SAMPLES
