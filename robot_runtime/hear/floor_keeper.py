"""Watches who speaks while the robot does, and says whose turn it is as soon as that is clear."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.backchannel import GRAMMAR, is_backchannel
from robot_runtime.hear.floor import Decision, Evidence, Floor, FloorConfig, decide, softly_s, undipped_s
from robot_runtime.hear.listener import FRAME_S, Heard, Listener
from robot_runtime.hear.own_words import too_fast
from robot_runtime.hear.recogniser import Hypothesis, Recogniser
from robot_runtime.messages import FloorDecision, SpeechRequest, SpeechState
from robot_runtime.stage import Outbox

_ASKED_S = 15.0
"""So long after a question a yes answers it."""
_AFTER_S = 1.0
"""So long after the robot's words a sign of listening is one for them."""
_MOST_REQUESTS = 64
_FOR_NOW = (Floor.DUCK, Floor.HOLD)
_NOTHING = Hypothesis("", 0.0)

Sound = NDArray[np.int16]


def _nobodys(sound: Sound) -> bool:
    return False


class FloorKeeper:
    """One decision for each time that somebody speaks into the robot's words: silent or soft first, then final.

    Before that, perhaps, a dip at what may be their beginning; where it was none the robot speaks on.
    """

    def __init__(self, config: FloorConfig) -> None:
        self._config = config
        self._small = Recogniser(GRAMMAR)
        self.reset()

    def reset(self) -> None:
        self._questions: OrderedDict[str, None] = OrderedDict()
        self._speaks = False
        self._spoke_s = -math.inf
        self._asked_s = -math.inf  # the question was last heard then
        self._asking = False
        self._onset_s = math.nan
        self._first: Floor | None = None  # until it is clear
        self._decided: Floor | None = None
        self._vain_s, self._vain = -math.inf, 0  # it was silent for nothing until then; so often in a row
        self._dip_s = math.nan  # it has hesitated since then
        self._undipped_s, self._dips = -math.inf, 0  # likewise of hesitating

    def will_say(self, request: SpeechRequest) -> None:
        """What the robot is going to say, to know its questions."""
        if request.purpose == "question" and request.text:
            self._questions[request.id] = None
            while len(self._questions) > _MOST_REQUESTS:
                self._questions.popitem(last=False)

    def robot_says(self, state: SpeechState) -> None:
        self._speaks = state.phase == "started"
        self._spoke_s = math.inf if self._speaks else state.stamp_s
        self._asking = state.request_id in self._questions
        if self._asking:
            self._asked_s = state.stamp_s

    def hear(self, listener: Listener, heard: Heard | None, until_s: float, is_own: Callable[[Sound], bool] = _nobodys) -> Outbox:
        """After the listener took in a frame: a decision, if there is one.

        :param is_own: whether sound that ends now is the robot's own voice
        """
        if heard is None and not listener.in_turn:
            return self._nobody(until_s) + self._perhaps(listener.stirs, until_s)
        self._dip_s = math.nan  # somebody does speak
        if math.isnan(self._onset_s):
            if heard is not None or not self._speaks:
                return []
            self._onset_s = listener.start_s  # also of a turn into which the robot begins to speak
        if self._decided is not None:
            return []
        evidence = self._evidence(listener, heard, until_s)
        decision = decide(evidence, self._config) if evidence else None
        if evidence is None or decision is None or (decision.floor in _FOR_NOW and self._first is not None):
            return []
        if decision.floor is Floor.YIELD and is_own(heard.sound if heard is not None else listener.sound):
            decision = Decision(Floor.KEEP, "the robot itself")
        return [self._decide(decision, self._onset_s, evidence.text, until_s)]

    @property
    def kept(self) -> bool:
        """Whether the robot speaks on, though somebody spoke into its words: so they have finished."""
        return self._decided is Floor.KEEP

    def was_backchannel(self, heard: Heard) -> bool:
        """Whether a turn was no more than a sign of listening; and so nothing to answer."""
        if self.kept:
            return True
        if heard.start_s > self._spoke_s + _AFTER_S:
            return False
        words = self._words(heard.hypothesis, heard.sound, heard.speech_s)
        sure = words.confidence >= self._config.confidence
        return sure and is_backchannel(words.text) and not self._wanted(heard.end_s)

    # ------------------------------------------------------------ parts

    def _nobody(self, until_s: float) -> Outbox:
        undecided = self._first is not None and self._decided is None
        told = [self._decide(Decision(Floor.KEEP, "the robot itself"), self._onset_s, "", until_s)] if undecided else []
        self._onset_s, self._first, self._decided = math.nan, None, None
        return told

    def _perhaps(self, stirs: bool, until_s: float) -> Outbox:
        """Somebody may have begun to speak, or has not after all."""
        if not math.isnan(self._dip_s):
            return [] if stirs or until_s < self._dip_s + self._config.dip_s - 1e-9 else [self._nothing(until_s)]
        may = self._speaks and self._config.dip_s > 0 and not self._in_vain(until_s)
        if not stirs or not may or until_s < self._undipped_s + undipped_s(self._dips, self._config):
            return []
        self._dip_s = until_s
        return [("speech/floor", FloorDecision(until_s, Floor.DIP.value, "perhaps somebody speaks", until_s - FRAME_S, ""))]

    def _nothing(self, until_s: float) -> tuple[str, FloorDecision]:
        onset_s, self._dip_s = self._dip_s - FRAME_S, math.nan
        self._undipped_s, self._dips = until_s, self._dips + 1
        return "speech/floor", FloorDecision(until_s, Floor.KEEP.value, "nothing came of it", onset_s, "")

    def _in_vain(self, until_s: float) -> bool:
        """Whether it has been silent for nothing lately."""
        return until_s < self._vain_s + softly_s(self._vain, self._config)

    def _evidence(self, listener: Listener, heard: Heard | None, until_s: float) -> Evidence | None:
        """None while what was said before a pause is not known yet."""
        wanted = self._wanted(until_s)
        if heard is None and listener.silent_s < self._config.over_s - 1e-9:
            held, in_vain = self._first is Floor.HOLD, self._in_vain(until_s)
            return Evidence(listener.speech_s, listener.silent_s, wanted=wanted, held=held, in_vain=in_vain)
        hypothesis = heard.hypothesis if heard is not None else listener.decoded
        if hypothesis is None:
            return None
        speech_s, sound = (heard.speech_s, heard.sound) if heard is not None else (listener.speech_s, listener.sound)
        words = self._words(hypothesis, sound, speech_s)
        return Evidence(speech_s, self._config.over_s, words.text, words.confidence, wanted)

    def _words(self, hypothesis: Hypothesis, sound: NDArray[np.int16], speech_s: float) -> Hypothesis:
        """By the robot's grammar; of short words that it is not sure of, by that of backchannels."""
        if too_fast(hypothesis.text, speech_s):
            hypothesis = _NOTHING
        if hypothesis.confidence >= self._config.sure or speech_s > self._config.short_s:
            return hypothesis
        return max(hypothesis, self._small.decode(sound), key=lambda words: words.confidence)

    def _wanted(self, now_s: float) -> bool:
        """Whether the robot has asked something lately, or does."""
        return (self._asking and self._speaks) or now_s - self._asked_s <= _ASKED_S

    def _decide(self, decision: Decision, onset_s: float, text: str, until_s: float) -> tuple[str, FloorDecision]:
        if decision.floor in _FOR_NOW:
            self._first = decision.floor
        else:
            self._first, self._decided = self._first or decision.floor, decision.floor
        if decision.floor is Floor.YIELD:
            self._vain = self._dips = 0
        elif decision.floor is Floor.KEEP and self._first is Floor.HOLD:
            self._vain_s, self._vain = until_s, self._vain + 1
        return "speech/floor", FloorDecision(until_s, decision.floor.value, decision.why, onset_s, text)
