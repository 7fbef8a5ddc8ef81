"""What happens in a scenario: the form of its ``steps``."""

from __future__ import annotations

from pydantic import Field, model_validator

from robot_runtime.messages import ActionStatus
from sim.description import Point
from sim.references import ActionPhase, Holder, Model, ModeName, ObjectId, PersonId, Room, SkillName, SourceName, StepName, exactly_one
from sim.rules import VerdictIs


class Say(Model):
    """Somebody speaks: a text in their own voice, or a recording."""

    who: PersonId
    text: str = Field("", description="words, or a sound of theirs: *cough*, *laugh*")
    wav: str = Field("", pattern=r"(?i)^$|\.wav$", description="path of a recording; relative to the scenario's folder or the project")

    @model_validator(mode="after")
    def _one_source(self) -> Say:
        return exactly_one(self, ("text", "wav"))


class Walk(Model):
    """Somebody walks from where they stand through the way-points."""

    who: PersonId
    path_m: list[Point] = Field(min_length=1)
    speed_mps: float = Field(0.8, gt=0, le=2.5)


class Stand(Model):
    """Somebody stops walking."""

    who: PersonId


class Switch(Model):
    """Something that sounds, by the name that it has under ``sound.sources``, is switched on or off."""

    source: SourceName
    playing: bool = True
    louder_db: float = Field(0.0, ge=-40, le=20, description="than the home or the scenario describes it")


class Do(Model):
    """What a step does; several at once are allowed."""

    say: Say | None = None
    walk: Walk | None = None
    stand: Stand | None = None
    sound: Switch | None = None
    e_stop: bool | None = Field(None, description="press (true) or release (false) the emergency-stop button")
    robot_says: str = Field("", description="the robot is given something to say, besides what its mind says")

    @model_validator(mode="after")
    def _something(self) -> Do:
        if not self.model_fields_set:
            raise ValueError("a step does at least one of: say, walk, stand, sound, e_stop, robot_says")
        return self


class ActionIs(Model):
    """An action of a skill has come to a phase."""

    skill: SkillName
    phase: ActionPhase

    def matches(self, status: ActionStatus) -> bool:
        """Whether this is such a status."""
        return (status.skill, status.phase) == (self.skill, self.phase)


class RobotNear(Model):
    person: PersonId
    within_m: float = Field(gt=0)


class Held(Model):
    object: ObjectId
    by: Holder = "robot"


class Steadily(Model):
    """The robot drives, or stands, for a time."""

    for_s: float = Field(0.5, ge=0)


class When(Model):
    """Conditions that must all hold.  Happenings count once ``after``'s step has begun; without one, from the start."""

    at_s: float | None = Field(None, ge=0, description="not before this time since the robot was ready")
    after: StepName = ""
    delay_s: float = Field(0.0, ge=0, description="wait so long after all else holds")
    robot_said: str = Field("", description="the robot has finished saying something with these words in it")
    verdict: VerdictIs | None = None
    action: ActionIs | None = None
    safety: ModeName = ""
    robot_near: RobotNear | None = None
    robot_in: Room = ""
    held: Held | None = None
    robot_moving: Steadily | None = None
    robot_still: Steadily | None = None

    @model_validator(mode="after")
    def _something(self) -> When:
        if not self.model_fields_set - {"delay_s"}:
            raise ValueError("name at least one condition, such as at_s: 2 or after: some step")
        return self


class Step(Model):
    name: str = Field(min_length=1)
    when: When
    do: Do
