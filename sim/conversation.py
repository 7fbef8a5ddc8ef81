"""Recorded conversations: who says what when and from where, while the robot speaks, drives, or a television plays.

A conversation is a YAML file beside the scenarios (``sim/scenarios/conversations/`` holds one of each family); nothing in it
depends on what the robot does, so it can be played to a front end, a turn detector or a recogniser alone.  Lengths in
metres, times in seconds since its beginning, angles in degrees, coordinates in the map frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, model_validator

from robot_runtime.paths import resolve
from safety.files import FileError, load_yaml
from sim.description import HomeDescription, Point, Pose2D, Voice, load_home
from sim.references import Model, PersonId, Refers, SourceName, unknown_names
from sim.sound.description import SoundDescription

Family = Literal[
    "plain", "hesitating", "fast", "backchannel", "barge_in", "noise", "television", "two_at_once", "driving", "far",
]  # fmt: skip
Role = Literal["turn", "backchannel", "interruption", "stop", "aside", "noise"]
"""What something said is to the robot: a turn of its own; "mm-hm" while the robot speaks; a turn that takes the floor from the
robot; the stop word; talk to somebody else; a cough or laughter."""

FILLERS = ("um", "uh", "er", "hm")


class Said(Model):
    """Something that a person says, or ``*cough*`` and ``*laugh*``."""

    at_s: float = Field(ge=0)
    who: PersonId
    parts: list[str | float] = Field(min_length=1, description="words, and pauses in seconds between them")
    role: Role = "turn"
    intent: str = Field("", description="what it means to the robot; empty: nothing that it can do")
    slots: dict[str, str] = Field(default_factory=dict)
    louder_db: float = Field(0.0, ge=-30, le=20)

    @property
    def words(self) -> str:
        """What was said, without hesitation."""
        words = [part for part in self.parts if isinstance(part, str) and not part.startswith("*")]
        return " ".join(part for part in words if part not in FILLERS)

    @property
    def wants_answer(self) -> bool:
        """Whether the robot should react to it: by an answer, or by a stop."""
        return self.role in ("turn", "interruption", "stop")


class RobotSays(Model):
    """What the robot's loudspeaker plays meanwhile."""

    at_s: float = Field(ge=0)
    text: str = Field(min_length=1)
    until_s: float | None = Field(None, description="when it is cut off; empty: it is said to its end")


class Switched(Model):
    at_s: float = Field(ge=0)
    source: SourceName
    playing: bool = True
    louder_db: float = Field(0.0, ge=-40, le=20)


class Drives(Model):
    """The base drives like this from now on."""

    at_s: float = Field(ge=0)
    linear_mps: float = 0.0
    angular_radps: float = 0.0


class Walks(Model):
    at_s: float = Field(ge=0)
    who: PersonId
    to_m: Point
    speed_mps: float = Field(0.8, gt=0, le=2.5)


class Conversation(Model):
    title: str = Field(min_length=1)
    family: Family
    home: str = "sim/homes/family_home"
    seed: int = Field(1, ge=0)
    length_s: float = Field(gt=0, le=600)
    sound: SoundDescription = SoundDescription()
    robot: Pose2D
    people: Annotated[dict[str, Point], Refers("person")] = Field(
        default_factory=dict, description="where they stand; who is not here is not heard"
    )
    voices: Annotated[dict[str, Voice], Refers("person")] = Field(default_factory=dict, description="instead of those of the home")
    said: list[Said] = Field(default_factory=list)
    robot_says: list[RobotSays] = Field(default_factory=list)
    switched: list[Switched] = Field(default_factory=list)
    drives: list[Drives] = Field(default_factory=list)
    walks: list[Walks] = Field(default_factory=list)

    @model_validator(mode="after")
    def _possible(self) -> Conversation:
        absent = {said.who for said in self.said} - set(self.people)
        if absent:
            raise ValueError(f"people: say where {', '.join(sorted(absent))} stands")
        parts: list[Said | RobotSays | Switched | Drives | Walks] = [
            *self.said,
            *self.robot_says,
            *self.switched,
            *self.drives,
            *self.walks,
        ]
        if any(part.at_s >= self.length_s for part in parts):
            raise ValueError(f"length_s: {self.length_s:g}, but something begins later")
        return self

    def in_home(self) -> HomeDescription:
        """Its home, as it sounds in it.

        :raises FileError: there is no such home
        """
        home = load_home(self.home)
        people = {id_: person.model_copy(update={"voice": self.voices.get(id_, person.voice)}) for id_, person in home.people.items()}
        return home.model_copy(update={"people": people, "sound": home.sound.under(self.sound)})


def load_conversation(path: str | Path) -> Conversation:
    """Read and check a conversation: its form, and that everybody and everything it names exists.

    :raises FileError: it cannot be used; the message names the file and the field
    """
    conversation = load_yaml(resolve(path), Conversation)
    problems = list(_problems(conversation))
    if problems:
        raise FileError("; ".join(f"{path}: {problem}" for problem in problems))
    return conversation


def as_yaml(conversation: Conversation) -> str:
    """The file that :func:`load_conversation` reads."""
    content = conversation.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=140)


def _problems(conversation: Conversation) -> Iterator[str]:
    home = load_home(conversation.home)
    known: Mapping[str, Sequence[str]] = {
        "person": list(home.people),
        "source of sound": list(home.sound.under(conversation.sound).sources),
    }
    yield from unknown_names(conversation, known)
    yield from home.unknown_in(conversation.sound)
