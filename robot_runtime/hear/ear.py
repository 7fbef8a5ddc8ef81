"""From microphone frames to what a person said, once their turn is over."""

from __future__ import annotations

import logging
import math
from collections import deque
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.hear.activity import level_dbfs
from robot_runtime.hear.addressed import OWN_VOICE, Around, why_not
from robot_runtime.hear.backchannel import is_backchannel
from robot_runtime.hear.completeness import STOP
from robot_runtime.hear.echo_watch import Echo
from robot_runtime.hear.floor import FloorConfig
from robot_runtime.hear.floor_keeper import FloorKeeper
from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.guesses import guesses
from robot_runtime.hear.listener import FRAME_S, FRAME_SAMPLES, Condition, Heard, Listener, ListenerConfig
from robot_runtime.hear.own_words import OwnWords, too_fast
from robot_runtime.hear.pace import Pace, PaceConfig, Paces
from robot_runtime.hear.recogniser import Alternative, Hypothesis
from robot_runtime.hear.recognisers import RecogniserConfig, recogniser
from robot_runtime.hear.speakers import LEAST, Speakers
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.language.language import REFERENCE, languages
from robot_runtime.messages import (
    AudioFrame,
    People,
    SoundState,
    SpeechRequest,
    SpeechState,
    StopRequest,
    Utterance,
    VoiceDirection,
    VoiceHeard,
    WorldFacts,
)
from robot_runtime.stage import Inbox, Outbox, news
from robot_runtime.world.semantic_map import load_semantic_map
from safety.files import suggestion
from safety.ontology import Ontology

_STOPS = 0.08
"""Whatever else was likelier, a phrase that halts the robot and may have been said with this confidence does.  Of some 620 other
development sounds it would have stopped the robot in one (``docs/hearing.md``)."""

_VOICE_EVERY = 5
"""Frames between two messages that somebody is speaking: ten a second."""

_QUIET, _UNCANCELLED = Echo.QUIET.value, Echo.UNCANCELLED.value
_DOUBT_FRAMES = 6
_MOST_FRAMES = 1000
_OWN_S = 0.9  # after the robot's own voice, in which a turn may be made of it
_WENT_ON_S = 1.5
"""Who goes on so soon after what was not understood had only paused."""

_log = logging.getLogger(__name__)


class EarConfig(ListenerConfig):
    site: str = Field("", description="folder with semantic_map.yaml, whose places can be named; empty when the robot was told of none")
    ontology_file: str = Field("safety/ontology.yaml", description="things that can be named")
    late_s: float = Field(3.0, ge=0, le=10, description="how long after somebody spoke it may still turn out who it was [s]")
    lost_s: float = Field(0.5, gt=0, le=10, description="without sound for so long a turn is cut, and told as far as it was heard [s]")
    floor: FloorConfig = Field(FloorConfig(), description="who has the floor when somebody speaks while the robot does")
    pace: PaceConfig = Field(PaceConfig(), description="what is assumed of how fast people speak, and how long they pause")
    recogniser: RecogniserConfig = Field(RecogniserConfig(), description="what turns sound into words")
    hears: str = Field(REFERENCE, description="languages that people speak, as 'en fr'; all but en need another recogniser than embedded")
    prepare: bool = Field(True, description="make a grammar with new names ready while nobody speaks, not when it is needed")
    free_text: bool = Field(True, description="tell planners, and so the record, also what was said that is no sentence of the grammar")
    half_duplex: Literal["auto", "always", "never"] = Field(
        "auto", description="ignore turns that begin while the robot itself speaks: only while its echo is not cancelled, always, or never"
    )

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.hears.split())

    @model_validator(mode="after")
    def _can_hear_them(self) -> EarConfig:
        if not self.languages:
            raise ValueError(f"hears: names no language; known: {', '.join(languages())}")
        unknown = [name for name in self.languages if name not in languages()]
        if unknown:
            raise ValueError(f"hears: unknown language '{unknown[0]}'{suggestion(unknown[0], languages())}")
        if self.recogniser.backend == "embedded" and self.languages != (REFERENCE,):
            raise ValueError("hears: the embedded recogniser hears English only; choose another as recogniser.backend, or 'en'")
        return self


@dataclass(frozen=True)
class _Names:
    """What the robot has heard of so far, in lower case."""

    people: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()  # full names and classes

    def with_those_of(self, facts: WorldFacts) -> _Names:
        people = {person.name.lower() for person in facts.people if person.name}
        objects = {name for thing in facts.objects for name in (thing.name.lower(), thing.class_name) if name}
        return _Names(self.people | people, self.objects | objects)


_NO_NAMES = _Names()
_STEADY_S = 1.0  # without new names, before a grammar is made of those that are known


class Ear:
    """Listens all the time; the stop word has an ear of its own (``stop_word.py``), which nothing here can silence.

    Every other way to say "stop" needs the grammar, and so the end of the turn: it goes to the gate from here, past the planner.

    Speech outside the grammar gives an :class:`Utterance` with an empty text.  One that nobody was seen to say is published once
    more, with its speaker, when perception finds them within ``late_s`` and before the next turn begins.
    """

    Config = EarConfig

    def __init__(self, config: EarConfig) -> None:
        self._config = config
        self._own_words = OwnWords()
        self._catalogue = load_catalogue()
        self._ontology = Ontology.load(config.ontology_file)
        self._site = load_semantic_map(config.site)
        self._loaded = _NO_NAMES
        self._recogniser = recogniser(config.recogniser, self._build_grammar(_NO_NAMES), config.languages)
        self._listener = Listener(config, self._recogniser)
        self._floor = FloorKeeper(config.floor)
        self.reset()

    def reset(self) -> None:
        self._listener.reset()
        self._speakers = Speakers()
        self._around = Around()
        self._paces = Paces(self._config.pace)
        self._ages: dict[str, str] = {}
        self._floor.reset()
        self._last: Utterance | None = None
        self._until_s = -math.inf
        self._names, self._named_s = _NO_NAMES, -math.inf
        self._nobodys: Utterance | None = None  # the last one, if its speaker may still turn out
        self._robot_speaks = False
        self._sound: SoundState | None = None
        self._own_until_s = -math.inf  # the robot's own voice was played until then
        self._over_robot = False  # the turn that is open began over or just after it, or it was noticed just after the turn
        self._careful: deque[bool] = deque(maxlen=_MOST_FRAMES)  # of each frame lately, whether the echo was not cancelled
        self._own_words.reset()
        self._voice_dbfs = -math.inf
        self._sequence: int | None = None
        self.lost_frames = 0

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        for people in news(inbox, "people", People):
            self._speakers.take(people)
            self._around.see(people)
            self._ages = {person.id: person.age_group for person in people.people}
        for voice in news(inbox, "audio/direction", VoiceDirection):
            self._around.locate(voice)
        for facts in news(inbox, "world/facts", WorldFacts):
            self._take_names(facts)
        for request in news(inbox, "speech/say", SpeechRequest):
            self._floor.will_say(request)
        for state in news(inbox, "speech/state", SpeechState):
            self._robot_speaks = state.phase == "started"
            self._floor.robot_says(state)
        for frame in news(inbox, "audio/played", AudioFrame):
            self._own_words.play(frame)
        outbox = self._attribute(now_s)
        states = {state.sequence: state for state in news(inbox, "audio/state", SoundState)}
        frames = news(inbox, "audio/clean", AudioFrame)
        for waiting, frame in zip(reversed(range(len(frames))), frames, strict=True):
            self._sound = states.get(frame.sequence)
            outbox += self._hear(frame, now_s, hurried=waiting > 0)
        return outbox

    # ------------------------------------------------------------ sound

    def _hear(self, frame: AudioFrame, now_s: float, *, hurried: bool) -> Outbox:
        self._count_losses(frame)
        outbox = self._cut(now_s) if frame.stamp_s > self._until_s + self._config.lost_s else []
        self._until_s = frame.stamp_s + FRAME_S
        steady = self._until_s >= self._named_s + _STEADY_S
        if self._listener.in_turn or (self._config.prepare and steady and not hurried):
            self._load_names()
        self._doubt()
        condition = self._condition()
        heard = self._listener.hear(frame.samples, self._until_s, ignore_new=self._hears_itself, condition=condition, hurried=hurried)
        outbox += self._floor.hear(self._listener, heard, self._until_s, self._is_own)
        if self._floor.kept and self._listener.in_turn:
            heard = self._listener.finish()
        return outbox + (self._voice(frame) if heard is None else self._tell(heard, now_s))

    def _cut(self, now_s: float) -> Outbox:
        heard = self._listener.cut()
        return [] if heard is None else self._tell(heard, now_s)

    def close(self) -> Outbox:
        """What somebody was saying, as far as it was heard."""
        return self._cut(self._until_s)

    def _tell(self, heard: Heard, now_s: float) -> Outbox:
        heard = self._or_stop(heard)
        utterance = self._utterance(heard, now_s)
        if utterance.role != OWN_VOICE:
            self._learn_pace(heard, utterance)
        self._around.told(utterance)
        self._nobodys = utterance if self._may_turn_out(utterance) else None
        outbox: Outbox = [("speech/heard", utterance)]
        if utterance.intent == STOP and utterance.role != OWN_VOICE:
            outbox.insert(0, ("safety/stop_request", StopRequest(now_s, "word", utterance.text, utterance.confidence)))
        return outbox

    @property
    def _hears_itself(self) -> bool:
        """Whether what is heard now may be the robot's own voice.  Without word from the front end it is, whenever the robot speaks."""
        if self._config.half_duplex == "auto":
            return self._robot_speaks if self._sound is None else self._sound.echo == _UNCANCELLED
        return self._config.half_duplex == "always" and self._robot_speaks

    def _doubt(self) -> None:
        """A turn is the robot's own if what is heard of it holds an echo that was not cancelled, or soon is known not to be."""
        if self._sound is None or self._config.half_duplex != "auto":
            return
        self._careful.append(self._hears_itself)
        if self._sound.echo != _QUIET:
            self._own_until_s = self._until_s
        if not self._listener.in_turn:
            self._over_robot = self._until_s <= self._own_until_s + _OWN_S
        elif self._until_s <= self._listener.start_s + _OWN_S:
            self._over_robot |= self._hears_itself
        if self._listener.in_turn and self._over_robot and self._echoes(self._listener.frames):
            self._listener.ignore_turn()

    def _echoes(self, frames: int) -> bool:
        """Whether what was heard last holds an echo that was not cancelled."""
        return sum(islice(reversed(self._careful), frames)) >= _DOUBT_FRAMES

    def _is_own(self, sound: NDArray[np.int16]) -> bool:
        """Whether a turn that ends now is the robot's own voice."""
        if not self._over_robot or self._sound is None or self._config.half_duplex != "auto":
            return False
        return self._echoes(len(sound) // FRAME_SAMPLES) or self._own_words.explain(sound, self._until_s, self._sound.delay_s)

    def _condition(self) -> Condition:
        if self._sound is None:
            return Condition(pace=self._pace())
        own_voice = self._sound.own_voice if self._config.half_duplex == "auto" and not self._hears_itself else 0.0
        return Condition(own_voice, self._sound.gain_db, self._sound.moving, self._pace())

    def _pace(self) -> Pace:
        """Of who speaks now, as far as that is known."""
        who = self._speakers.between(self._listener.start_s, self._until_s) if self._listener.in_turn else ""
        return self._paces.of(who, self._ages.get(who, ""), self._until_s)

    def _learn_pace(self, heard: Heard, utterance: Utterance) -> None:
        """From what was understood; and that somebody went on whose turn had seemed over."""
        who, last, self._last = utterance.speaker_id, self._last, utterance
        if not who:
            return
        for pause_s in heard.pauses_s:
            self._paces.paused(who, pause_s, utterance.end_s)
        if heard.meaning is not None:
            self._paces.spoke(who, sum(map(str.isalpha, heard.text)), heard.speech_s, utterance.end_s)
        if last is not None and last.speaker_id == who and not last.text and utterance.start_s - last.end_s < _WENT_ON_S:
            self._paces.paused(who, utterance.start_s - last.end_s, utterance.end_s)

    def _voice(self, frame: AudioFrame) -> Outbox:
        """Says that somebody speaks.  The robot's own voice is nobody's, also when it falls into a person's turn."""
        if not self._listener.voiced or self._hears_itself:
            return []
        gain_db = self._sound.gain_db if self._sound else 0.0
        self._voice_dbfs = max(self._voice_dbfs, level_dbfs(frame.samples) - gain_db)
        if frame.sequence % _VOICE_EVERY:
            return []
        voice, self._voice_dbfs = VoiceHeard(frame.stamp_s + FRAME_S, self._voice_dbfs), -math.inf
        return [("audio/voice", voice)]

    def _count_losses(self, frame: AudioFrame) -> None:
        if self._sequence is not None and frame.sequence > self._sequence + 1:
            self.lost_frames += frame.sequence - self._sequence - 1
            _log.warning("ear: %d frames of sound lost so far", self.lost_frames)
        self._sequence = frame.sequence

    def _or_stop(self, heard: Heard) -> Heard:
        """The same, or that it may have been a stop."""
        said = heard.hypothesis
        for candidate in (Alternative(said.text, said.confidence), *said.alternatives):
            meaning = self._recogniser.grammar.interpret(candidate.text) if candidate.confidence >= _STOPS else None
            if meaning is not None and meaning.intent == STOP:
                return replace(
                    heard,
                    hypothesis=Hypothesis(candidate.text, candidate.confidence, free=said.free, language=said.language),
                    meaning=meaning,
                )
        return heard

    def _utterance(self, heard: Heard, now_s: float) -> Utterance:
        speaker, meaning = self._speakers.between(heard.start_s, heard.end_s, LEAST), heard.meaning
        role, why = self._role(heard, speaker)
        return Utterance(
            stamp_s=now_s,
            id=f"u{round(heard.end_s * 1000)}",
            text=heard.text if heard.whole else heard.hypothesis.begun,
            intent=meaning.intent if meaning else "",
            slots=meaning.slots if meaning else (),
            confidence=heard.hypothesis.confidence,
            start_s=heard.start_s,
            end_s=heard.end_s,
            speaker_id=speaker,
            language=heard.hypothesis.language,
            engine=self._recogniser.engine,
            role=role,
            free_text=heard.hypothesis.free if self._config.free_text and role == "turn" else "",
            guesses=guesses(heard.hypothesis, self._recogniser.grammar, understood=meaning is not None) if role == "turn" else (),
            why=why,
        )

    def _role(self, heard: Heard, speaker: str) -> tuple[str, str]:
        """What the words are to the robot, and why they are no turn."""
        if not heard.whole:
            return "cut", "the sound ended"
        if self._is_own(heard.sound):
            return OWN_VOICE, "it is what was played"
        if self._over_robot and too_fast(heard.hypothesis.text, heard.speech_s):
            return OWN_VOICE, "too many words for so little speech"
        if not speaker and self._speakers.several(heard.start_s, heard.end_s):
            return "several", "several were seen to speak"
        if self._floor.was_backchannel(heard):
            return "backchannel", "a sign of listening, or a noise"
        role, why = ("", "") if speaker else self._why_not(heard)
        return role or "turn", why

    def _why_not(self, heard: Heard) -> tuple[str, str]:
        """Of words that nobody was clearly seen to say: a stop counts from anywhere."""
        if heard.meaning is not None and heard.meaning.intent == STOP:
            return "", ""
        evidence = self._around.evidence(
            heard.start_s,
            heard.end_s,
            understood=heard.meaning is not None and not is_backchannel(heard.text),
            sure=heard.meaning is not None and heard.hypothesis.confidence >= self._config.sure,
            over_robot=self._over_robot,
            sighted=self._speakers.anybody(heard.start_s, heard.end_s),
        )
        return why_not(evidence)

    # ------------------------------------------------------------ whose it was

    def _may_turn_out(self, utterance: Utterance) -> bool:
        """Not when several were seen to speak, of whom none clearly did; and a stop is anybody's."""
        seen = self._speakers.anybody(utterance.start_s, utterance.end_s)
        unknown = not seen and not utterance.speaker_id and utterance.role == "turn"
        return unknown and utterance.intent not in ("", STOP)

    def _attribute(self, now_s: float) -> Outbox:
        """The last utterance again once perception has found who said it; who speaks anew may be somebody else."""
        utterance = self._nobodys
        if utterance is None:
            return []
        speaker = self._speakers.between(utterance.start_s, now_s)
        if speaker or self._listener.in_turn or now_s - utterance.end_s > self._config.late_s:
            self._nobodys = None
        if not speaker or self._listener.in_turn:
            return []
        return [("speech/heard", replace(utterance, stamp_s=now_s, speaker_id=speaker))]

    # ------------------------------------------------------------ names

    def _take_names(self, facts: WorldFacts) -> None:
        names = self._names.with_those_of(facts)
        if names != self._names:
            self._names, self._named_s = names, self._until_s

    def _load_names(self) -> None:
        """At the latest once a turn has begun, in time for its end; before that, names that come one after the other are waited for."""
        if self._names != self._loaded:
            self._loaded = self._names
            self._recogniser.load(self._build_grammar(self._names))

    def _build_grammar(self, names: _Names) -> Grammar:
        site, languages = self._site, dict.fromkeys((REFERENCE, *self._config.languages))  # the embedded recogniser needs English
        return robot_grammar(
            self._catalogue, self._ontology, site.places, names.people, names.objects, site.surfaces, tuple(languages), site.doors
        )
