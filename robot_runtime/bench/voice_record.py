"""What ``bench voice`` knows of one conversation: what was said, and what the robot did about it.  Times in seconds, on one clock."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Literal

Pace = Literal["slow", "normal", "fast"]
Role = Literal["turn", "backchannel", "interruption", "stop", "aside", "noise"]
WANTS_ANSWER = ("turn", "interruption", "stop")
SPEAKER_S = 0.04
"""``speaker.ahead_s``: sound that waits for the speaker so that a late step is not heard.  The card's own latency is not in it."""
SLOW_WPM, FAST_WPM = 130, 200
"""Voices slower or faster than this are called slow and fast: old people of the simulation, and its fast talkers."""


def pace(rate_wpm: float) -> Pace:
    """How fast somebody speaks, in one word.

    >>> pace(95), pace(160), pace(230)
    ('slow', 'normal', 'fast')
    """
    return "slow" if rate_wpm < SLOW_WPM else "fast" if rate_wpm > FAST_WPM else "normal"


@dataclass(frozen=True)
class Spoken:
    """Something that a person said, as it reached the microphone."""

    who: str
    role: Role
    words: str
    intent: str
    slots: dict[str, str]
    start_s: float
    end_s: float
    pause_s: float = 0.0  # the longest silence inside it
    pace: Pace = "normal"
    over_others: bool = False  # somebody else spoke at the same time

    @property
    def wants_answer(self) -> bool:
        """Whether the robot should react: by an answer, or by a stop."""
        return self.role in WANTS_ANSWER


@dataclass(frozen=True)
class Heard:
    """What the robot published on ``speech/heard``: ``decided_s`` is when the frame that ended the turn came, ``out_s`` when it was out."""

    id: str
    text: str
    intent: str
    slots: dict[str, str]
    start_s: float
    end_s: float
    decided_s: float
    out_s: float
    speaker: str = ""


@dataclass(frozen=True)
class Answer:
    """Something that the robot was asked to say: by whom it was asked does not matter here."""

    id: str
    text: str
    asked_s: float
    sounds_s: tuple[float, ...] = ()  # when each of its frames that is not silent went out, compute included
    cancelled: bool = False
    waits_s: float = SPEAKER_S  # how long the first of them waits for the speaker

    @property
    def first_s(self) -> float | None:
        return self.sounds_s[0] if self.sounds_s else None

    def speaks_at(self, start_s: float, end_s: float) -> bool:
        """Whether any of it sounds within a stretch of time."""
        index = bisect_left(self.sounds_s, start_s)
        return index < len(self.sounds_s) and self.sounds_s[index] < end_s


@dataclass(frozen=True)
class Stop:
    """A stop request of the voice, and what came of it; None where nothing did."""

    asked_s: float
    latched_s: float | None = None
    still_s: float | None = None  # the gate's first velocity of zero, if it was another before


@dataclass(frozen=True)
class Conversed:
    """One conversation, from ``begin_s`` to ``end_s``."""

    title: str
    family: str
    begin_s: float
    end_s: float
    spoken: tuple[Spoken, ...]
    heard: tuple[Heard, ...]
    answers: tuple[Answer, ...]
    stops: tuple[Stop, ...] = ()
    spent_s: dict[str, float] = field(default_factory=dict)  # computing time by node
    virtual_s: float = 0.0
    wall_s: float = 0.0

    def robot_speaks(self, start_s: float, end_s: float) -> Answer | None:
        """What the robot says in a stretch of time."""
        return next((answer for answer in self.answers if answer.speaks_at(start_s, end_s)), None)
