"""Compares what the robot heard and said with what was said to it.  Pure: the same record gives the same scores.

A turn is *lost* when nothing that the robot heard overlaps it, *misunderstood* when nothing of that means what was meant, *cut
off* when the robot took it for finished while its speaker had not.  Whatever the robot heard where nobody wanted anything of
it is a *false turn*, told apart by what sounded meanwhile; it counts as *answered* when words were understood in it or the robot said
something about it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from robot_runtime.bench.voice_record import SPEAKER_S, Answer, Conversed, Heard, Pace, Spoken, Stop

Outcome = Literal["understood", "misunderstood", "lost"]
Cause = Literal["itself", "backchannel", "noise", "aside", "other"]

MICROPHONE_S = 0.02
"""A frame is there when its last sample is; the simulated home gives it when its first one is."""

_AROUND_S = 0.2  # by so much may what was heard miss a turn's true times
_EARLY_S = 0.05  # who is answered that much before their end was cut off
_ANSWERED_S = 3.0  # an answer later than this has nothing to do with the turn
_STOP_LATE_S = 1.5
_SURVIVES_S = 1.5  # so long after a backchannel the robot must still speak, if it has more to say
_OWN_SHARE = 0.3  # of a false turn, in which the robot itself must have been heard for it to be its own voice
_FRAME_S = 0.02
_RINGS_S = 0.3  # how long its voice comes back from the room

_CAUSES: dict[str, Cause] = {"backchannel": "backchannel", "noise": "noise", "aside": "aside"}
NAN = math.nan


@dataclass(frozen=True)
class TurnScore:
    """One thing that somebody wanted of the robot; times are nan where something did not happen."""

    title: str
    family: str
    role: str
    words: str
    pace: Pace
    pause_s: float
    over_robot: bool
    over_others: bool
    outcome: Outcome
    cut_off: bool
    heard: str  # the words
    attributed: bool | None  # None when nothing was understood
    wait_s: float = NAN  # from the end of speech to the frame at which the turn was taken for over
    recognition_s: float = NAN  # … to the words being out
    mind_s: float = NAN  # … to the request to speak
    synthesis_s: float = NAN  # … to its first frame that is not silent
    speaker_s: float = NAN  # … until it leaves the speaker's buffer
    silence_s: float = NAN  # of a barge-in: from its first sound to the robot's last
    stop_s: float = NAN  # from the end of the stop word to the request
    latched_s: float = NAN  # … to the gate's latch
    still_s: float = NAN  # … to velocity zero
    asked: bool = False  # misunderstood, and the robot asked whether it was that

    @property
    def answer_s(self) -> float:
        """From the end of speech to the first sound of the answer, with what devices add."""
        return MICROPHONE_S + self.wait_s + self.recognition_s + self.mind_s + self.synthesis_s + self.speaker_s


@dataclass(frozen=True)
class FalseTurn:
    """Something that the robot heard, though nobody wanted anything of it."""

    title: str
    family: str
    at_s: float
    cause: Cause
    heard: str
    answered: bool
    stop: bool = False


@dataclass(frozen=True)
class Backchannel:
    """A listener's small word, or a cough, while the robot spoke."""

    title: str
    words: str
    survived: bool


@dataclass(frozen=True)
class Score:
    turns: tuple[TurnScore, ...]
    false_turns: tuple[FalseTurn, ...]
    backchannels: tuple[Backchannel, ...]


def score(conversed: Conversed) -> Score:
    """Everything about one conversation."""
    conversed = replace(conversed, heard=tuple(_once(conversed.heard)))
    wanted = [spoken for spoken in conversed.spoken if spoken.wants_answer]
    turns = tuple(_turn(conversed, spoken) for spoken in wanted)
    backchannels = tuple(_backchannels(conversed))
    return Score(turns, (*_false_turns(conversed, wanted), *_false_stops(conversed, wanted)), backchannels)


def _once(heard: tuple[Heard, ...]) -> Iterator[Heard]:
    """An utterance that is published again with its speaker is one, with the first's time and the last's speaker."""
    last = {utterance.id: utterance for utterance in heard}
    seen: set[str] = set()
    for utterance in heard:
        if utterance.id not in seen:
            seen.add(utterance.id)
            yield replace(utterance, speaker=last[utterance.id].speaker)


# ---------------------------------------------------------------- turns


def _turn(conversed: Conversed, spoken: Spoken) -> TurnScore:
    heard = [utterance for utterance in conversed.heard if _overlap(utterance, spoken)]
    right = [utterance for utterance in heard if _means(utterance, spoken)]
    stop = _stop_of(conversed, spoken) if spoken.intent == "stop" else None
    outcome: Outcome = "understood" if right or stop else "misunderstood" if heard else "lost"
    cut_off = any(utterance.decided_s + MICROPHONE_S < spoken.end_s - _EARLY_S for utterance in heard)
    known = right or [utterance for utterance in heard if utterance.intent]
    scored = TurnScore(
        conversed.title, conversed.family, spoken.role, spoken.words, spoken.pace, spoken.pause_s,
        over_robot(conversed, spoken) is not None, spoken.over_others, outcome, cut_off, " | ".join(utterance.text for utterance in heard),
        known[-1].speaker == spoken.who if right else None,
    )  # fmt: skip
    asked = outcome == "misunderstood" and any(_asks_about(answer_to(conversed, utterance), spoken) for utterance in heard)
    scored = replace(scored, silence_s=_silence_s(conversed, spoken), asked=asked)
    if stop is not None:
        latched_s, still_s = (NAN if at_s is None else at_s - spoken.end_s for at_s in (stop.latched_s, stop.still_s))
        scored = replace(scored, stop_s=stop.asked_s - spoken.end_s, latched_s=latched_s, still_s=still_s)
    return scored if cut_off or not heard or spoken.intent == "stop" else _with_stages(conversed, spoken, heard[-1], scored)


def _with_stages(conversed: Conversed, spoken: Spoken, heard: Heard, scored: TurnScore) -> TurnScore:
    """How long each stage took on the way to the answer."""
    scored = replace(scored, wait_s=heard.decided_s - spoken.end_s, recognition_s=heard.out_s - heard.decided_s)
    answer = answer_to(conversed, heard)
    if answer is None or answer.first_s is None:
        return scored
    return replace(scored, mind_s=answer.asked_s - heard.out_s, synthesis_s=answer.first_s - answer.asked_s, speaker_s=answer.waits_s)


def answer_to(conversed: Conversed, heard: Heard) -> Answer | None:
    """The first thing that the robot is asked to say after it has heard something, and before it hears the next thing."""
    later = [utterance.out_s for utterance in conversed.heard if utterance.out_s > heard.out_s]
    until_s = min([heard.out_s + _ANSWERED_S, *later])
    return next((answer for answer in conversed.answers if heard.out_s <= answer.asked_s < until_s), None)


def _asks_about(answer: Answer | None, spoken: Spoken) -> bool:
    """Whether it is a question that has the words, or names the thing, among what may have been said."""
    named = [words for words in (spoken.words, spoken.slots.get("object", "")) if words]
    return answer is not None and answer.text.endswith("?") and any(words in answer.text.lower() for words in named)


def over_robot(conversed: Conversed, spoken: Spoken) -> Answer | None:
    """What the robot is saying when somebody begins to speak, and would go on saying."""
    return conversed.robot_speaks(spoken.start_s - 0.1, spoken.start_s + _FRAME_S)


def _silence_s(conversed: Conversed, spoken: Spoken) -> float:
    """Infinite when the robot went on to its end."""
    answer = over_robot(conversed, spoken) if spoken.role in ("interruption", "stop") else None
    if answer is None:
        return NAN
    return answer.sounds_s[-1] + _FRAME_S + SPEAKER_S - spoken.start_s if answer.cancelled else math.inf


def _stop_of(conversed: Conversed, spoken: Spoken) -> Stop | None:
    return next((stop for stop in conversed.stops if spoken.start_s <= stop.asked_s <= spoken.end_s + _STOP_LATE_S), None)


def _overlap(heard: Heard, spoken: Spoken) -> bool:
    return heard.start_s < spoken.end_s + _AROUND_S and spoken.start_s - _AROUND_S < heard.end_s


def _means(heard: Heard, spoken: Spoken) -> bool:
    same = all(heard.slots.get(name, "").lower() == value.lower() for name, value in spoken.slots.items())
    return bool(heard.intent) and heard.intent == spoken.intent and same


# ---------------------------------------------------------------- where nobody wanted anything


def _false_turns(conversed: Conversed, wanted: list[Spoken]) -> Iterator[FalseTurn]:
    for heard in conversed.heard:
        if heard.end_s < conversed.begin_s or any(_overlap(heard, spoken) for spoken in wanted):
            continue
        answered = bool(heard.intent) or answer_to(conversed, heard) is not None
        yield FalseTurn(conversed.title, conversed.family, heard.start_s, _cause(conversed, heard), heard.text, answered)


def _false_stops(conversed: Conversed, wanted: list[Spoken]) -> Iterator[FalseTurn]:
    stops = [spoken for spoken in wanted if spoken.intent == "stop"]
    for stop in conversed.stops:
        if stop.asked_s >= conversed.begin_s and not any(s.start_s <= stop.asked_s <= s.end_s + _STOP_LATE_S for s in stops):
            at_s = stop.asked_s
            around = Heard("", "", "", {}, at_s - 0.6, at_s, at_s, at_s)
            yield FalseTurn(conversed.title, conversed.family, at_s, _cause(conversed, around), "stop", True, stop=True)


def _cause(conversed: Conversed, heard: Heard) -> Cause:
    for spoken in conversed.spoken:
        if _overlap(heard, spoken) and spoken.role in _CAUSES:
            return _CAUSES[spoken.role]
    frames = sum(heard.start_s <= at_s + _RINGS_S and at_s < heard.end_s for answer in conversed.answers for at_s in answer.sounds_s)
    return "itself" if frames * _FRAME_S >= _OWN_SHARE * (heard.end_s - heard.start_s) and frames else "other"


def _backchannels(conversed: Conversed) -> Iterator[Backchannel]:
    for spoken in conversed.spoken:
        answer = over_robot(conversed, spoken) if spoken.role in ("backchannel", "noise") else None
        if answer is None:
            continue
        survived = not answer.cancelled or answer.sounds_s[-1] > spoken.end_s + _SURVIVES_S
        yield Backchannel(conversed.title, spoken.words or "cough or laughter", survived)
