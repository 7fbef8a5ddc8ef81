"""Evidence files: what eyes and ears say of people over time, and what the robot says to them, for replay without a robot."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from robot_runtime.messages import HeardProsody, People, Person, RobotPose, Utterance
from safety.files import load_yaml, suggestion


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Looks(_Model):
    """How the eyes see somebody from now on."""

    age_group: Literal["child", "adult", "elderly", "unknown"] = "unknown"
    confidence: float = Field(0.9, ge=0, le=1)
    distance_m: float = Field(1.5, gt=0, le=20)
    facing: bool = True
    seen: bool = True


class Words(_Model):
    """A turn of theirs, and how it sounded."""

    text: str
    intent: str = Field("", description="as the grammar gives it; empty for a text that only a recogniser without grammar has")
    seconds: float = Field(1.0, gt=0, le=60)
    pitch_hz: float = Field(math.nan, gt=40, le=600)
    level_dbfs: float = Field(-30.0, ge=-90, le=0)
    rate_syllables_ps: float = Field(math.nan, gt=0.5, le=12)
    vocal_tract_m: float = Field(math.nan, gt=0.05, le=0.3)


class Event(_Model):
    at_s: float = Field(ge=0, le=3600)
    person: str = Field("", description="whom it is about; for what the robot says, to whom")
    see: Looks | None = None
    hear: Words | None = None
    say: str = ""

    @model_validator(mode="after")
    def _one_thing(self) -> Event:
        if (self.see is not None) + (self.hear is not None) + bool(self.say) != 1:
            raise ValueError("expected one of see, hear and say")
        if self.see is not None and not self.person:
            raise ValueError("see: whom? give person")
        return self


class Evidence(_Model):
    """One file."""

    name: str = Field(pattern=r"[a-z][a-z_]*")
    about: str
    policy: str = Field("home.yaml", description="file beside the shipped ones, or a path")
    people: dict[str, str] = Field(description="id → name, empty for a stranger")
    until_s: float = Field(gt=0, le=3600)
    true_person: str = Field("", description="whose style is judged")
    true_style: str = Field("", description="the one that is right for them, to tell how long a wrong guess held")
    from_s: float = Field(0.0, ge=0, description="when what it takes to know that is there")
    events: tuple[Event, ...]

    @model_validator(mode="after")
    def _people_are_known(self) -> Evidence:
        for index, event in enumerate(self.events):
            if event.person and event.person not in self.people:
                raise ValueError(f"events.{index}.person: nobody is called '{event.person}'{suggestion(event.person, list(self.people))}")
        return self


def load_evidence(path: str | Path) -> Evidence:
    """
    Read one evidence file.

    :raises FileError: it is missing or does not fit; the message names the field
    """
    return load_yaml(path, Evidence)


def people_now(evidence: Evidence, now_s: float) -> People:
    """What the eyes report at an instant: each person as last described; the robot stands in the origin."""
    looks: dict[str, Looks] = {}
    for event in sorted(evidence.events, key=lambda event: event.at_s):
        if event.see is not None and event.at_s <= now_s + 1e-9:
            looks[event.person] = event.see
    persons = (_person(who, evidence.people[who], seen, now_s) for who, seen in looks.items())
    return People(now_s, "evidence file", tuple(persons))


def pose(now_s: float) -> RobotPose:
    """Where the robot stands."""
    return RobotPose(now_s, 0.0, 0.0, 0.0, 0.01)


def turn(event: Event, number: int, now_s: float) -> tuple[Utterance, HeardProsody]:
    """What the ear makes of a turn that has just ended."""
    assert event.hear is not None
    words, who = event.hear, event.person
    utterance = Utterance(now_s, f"u{number}", words.text, words.intent, (), 0.9, now_s - words.seconds, now_s, who, "en", "evidence file")
    prosody = HeardProsody(
        now_s, utterance.id, who, now_s, words.pitch_hz, math.nan, words.level_dbfs, math.nan, words.rate_syllables_ps,
        words.vocal_tract_m, 0.012 if words.vocal_tract_m > 0 else math.nan, 0.6 * words.seconds, 0.9,
    )  # fmt: skip
    return utterance, prosody


def _person(who: str, name: str, seen: Looks, now_s: float) -> Person:
    return Person(
        who, name, seen.age_group, seen.confidence, (seen.distance_m, 0.0, 0.0), (0.0, 0.0, 0.0), 0.05, seen.seen, False,
        seen.facing and seen.seen, now_s,
    )  # fmt: skip
