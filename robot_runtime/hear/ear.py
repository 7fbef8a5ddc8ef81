"""From microphone frames to what a person said, once their turn is over."""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.config import StageConfig
from robot_runtime.hear.activity import Activity
from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.recogniser import RATE_HZ, Hypothesis, Recogniser
from robot_runtime.hear.speakers import Speakers
from robot_runtime.hear.turn import Moment, Turn, TurnTimes
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.messages import AudioFrame, People, SpeechState, Utterance, WorldFacts
from robot_runtime.stage import Inbox, Outbox, news
from robot_runtime.world.semantic_map import load_semantic_map
from safety.ontology import Ontology

FRAME_S = 0.02
_log = logging.getLogger(__name__)


class EarConfig(StageConfig):
    site: str = Field("sim/homes/family_home", description="folder with semantic_map.yaml, whose places can be named")
    ontology_file: str = Field("safety/ontology.yaml", description="things that can be named")
    margin_db: float = Field(9.0, ge=0, le=40, description="how much louder than the room sound must be to be looked at [dB]")
    speech_probability: float = Field(0.5, gt=0, lt=1, description="from here on a frame counts as speech")
    start_s: float = Field(0.1, gt=0, le=1, description="speech for so long begins a turn [s]")
    pause_s: float = Field(0.22, gt=0, le=2, description="silence after which a complete command is answered [s]")
    end_s: float = Field(0.8, gt=0, le=5, description="silence after which the turn is over whatever was said [s]")
    longest_s: float = Field(15.0, gt=0, le=60, description="longest turn; what comes later begins a new one [s]")
    preroll_s: float = Field(0.4, ge=0, le=2, description="sound kept from before the turn was noticed [s]")
    confidence: float = Field(0.5, ge=0, lt=1, description="below it words count as not understood")
    half_duplex: bool = Field(True, description="ignore turns that begin while the robot itself speaks: there is no echo canceller yet")


class Ear:
    """Listens all the time; the stop word has an ear of its own (``stop_word.py``), which nothing here can silence.

    At the first pause the sound is decoded.  A complete command is passed on at once; somebody who hesitates in the middle
    of one is waited for.  Speech outside the grammar gives an :class:`Utterance` with an empty text.
    """

    Config = EarConfig

    def __init__(self, config: EarConfig) -> None:
        self._config = config
        self._catalogue = load_catalogue()
        self._ontology = Ontology.load(config.ontology_file)
        self._places = tuple(load_semantic_map(Path(config.site)).places)
        self._grammar = self._build_grammar(frozenset())
        self._recogniser = Recogniser(self._grammar)
        self._activity = Activity(config.margin_db)
        times = TurnTimes(config.start_s, config.pause_s, config.end_s, config.longest_s)
        self._turn = Turn(times, config.speech_probability, FRAME_S)
        self.reset()

    def reset(self) -> None:
        self._activity.reset()
        self._turn.reset()
        self._speakers = Speakers()
        self._names: frozenset[str] = frozenset()
        self._before: deque[NDArray[np.int16]] = deque(maxlen=max(1, round(self._config.preroll_s / FRAME_S)))
        self._sound: list[NDArray[np.int16]] = []
        self._robot_speaks = False
        self._ignored = False
        self._sequence: int | None = None
        self.lost_frames = 0

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        for people in news(inbox, "people", People):
            self._speakers.take(people)
        for facts in news(inbox, "world/facts", WorldFacts):
            self._learn_names(frozenset(person.name.lower() for person in facts.people if person.name))
        for state in news(inbox, "speech/state", SpeechState):
            self._robot_speaks = state.phase == "started"
        outbox: Outbox = []
        for frame in news(inbox, "audio/in", AudioFrame):
            outbox += self._hear(frame, now_s)
        return outbox

    # ------------------------------------------------------------ sound

    def _hear(self, frame: AudioFrame, now_s: float) -> Outbox:
        self._count_losses(frame)
        moment = self._turn.hear(self._activity.probability(frame.samples))
        if moment is Moment.QUIET:
            self._before.append(frame.samples)
            return []
        if moment is Moment.BEGAN:
            self._sound = list(self._before)
            self._ignored = self._config.half_duplex and self._robot_speaks
        self._sound.append(frame.samples)
        if self._ignored or moment in (Moment.BEGAN, Moment.SPEAKING):
            return []
        return self._judge(moment, frame.stamp_s + FRAME_S, now_s)

    def _count_losses(self, frame: AudioFrame) -> None:
        if self._sequence is not None and frame.sequence > self._sequence + 1:
            self.lost_frames += frame.sequence - self._sequence - 1
            _log.warning("ear: %d frames of sound lost so far", self.lost_frames)
        self._sequence = frame.sequence

    def _judge(self, moment: Moment, heard_until_s: float, now_s: float) -> Outbox:
        """At a pause only a finished, certain command ends the turn; at its end whatever there is."""
        hypothesis = self._recogniser.decode(np.concatenate(self._sound))
        if moment is Moment.PAUSED and hypothesis.confidence < self._config.confidence:
            return []
        end_s = heard_until_s - self._turn.silent_s
        start_s = heard_until_s - (len(self._sound) - len(self._before)) * FRAME_S
        self._turn.reset()
        self._before.clear()
        return [("speech/heard", self._utterance(hypothesis, start_s, end_s, now_s))]

    def _utterance(self, hypothesis: Hypothesis, start_s: float, end_s: float, now_s: float) -> Utterance:
        certain = hypothesis.confidence >= self._config.confidence
        meaning = self._grammar.interpret(hypothesis.text) if certain else None
        return Utterance(
            stamp_s=now_s,
            id=f"u{round(end_s * 1000)}",
            text=hypothesis.text if meaning else "",
            intent=meaning.intent if meaning else "",
            slots=meaning.slots if meaning else (),
            confidence=hypothesis.confidence,
            start_s=start_s,
            end_s=end_s,
            speaker_id=self._speakers.between(start_s, end_s),
            language="en",
            engine=self._recogniser.engine,
        )

    # ------------------------------------------------------------ names

    def _learn_names(self, names: frozenset[str]) -> None:
        if names <= self._names:
            return
        self._names |= names
        self._grammar = self._build_grammar(self._names)
        self._recogniser.load(self._grammar)

    def _build_grammar(self, names: frozenset[str]) -> Grammar:
        return robot_grammar(self._catalogue, self._ontology, self._places, names)


assert FRAME_S * RATE_HZ == 320
