"""What a rule may ask of a situation, and the situations that it is tried on.

Conditions that a rule leaves out hold always, those that it gives must all hold, and a list inside one means "any of
these".  Every condition is careful with what is not known: unknown data match like the dangerous case, so that a sensor
that fails, a name that nobody knows or an age that is in doubt never loosens a verdict.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from safety.types import AgeGroup

Part = Literal["base", "head", "arm", "gripper"]
InputName = Literal["people", "pose", "world/facts", "gripper/state"]
PartyRole = Literal["requester", "recipient", "person"]
Component = Literal["lidar", "camera", "microphone", "localisation", "arm", "base"]
"""What a rule may call degraded; ``safety/health.py`` says when each is."""

Distance = Annotated[float, Field(gt=0, le=20, description="metres from the robot, centre to centre")]


class Model(BaseModel):
    """Unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hours(Model):
    """Part of the day, local time; may cross midnight."""

    from_h: float = Field(ge=0, lt=24)
    until_h: float = Field(ge=0, le=24)

    def contain(self, hour: float) -> bool:
        """An unknown hour (nan) counts as inside."""
        if hour != hour:
            return True
        return self.from_h <= hour < self.until_h if self.from_h <= self.until_h else hour >= self.from_h or hour < self.until_h


class Nearby(Model):
    """Somebody of these age groups within a distance of the robot."""

    age_groups: frozenset[AgeGroup] = Field(min_length=1)
    within_m: Distance


class Unsupervised(Model):
    """No adult or elderly person is known to be within a distance of the robot: nobody is here, or only children are."""

    within_m: Distance


class Health(Model):
    """The robot itself is not well, in any of these ways."""

    battery_below: float | None = Field(None, gt=0, le=1, description="charge, 1 is full; unknown charge matches, no battery does not")
    degraded: frozenset[Component] = Field(default=frozenset(), description="any of these works badly or not at all")

    @model_validator(mode="after")
    def _asks_something(self) -> Health:
        if self.battery_below is None and not self.degraded:
            raise ValueError("health: give battery_below, degraded or both")
        return self


class When(Model):
    """Conditions; those left out hold always.  Somebody of unknown age matches wherever a child does."""

    skills: frozenset[str] = Field(default=frozenset(), description="any of these skills; empty: every skill")
    moves: frozenset[Part] = Field(default=frozenset(), description="the skill moves any of these parts")
    object: frozenset[str] = Field(default=frozenset(), description="the thing that is acted on has any of these properties")
    object_known: bool | None = Field(default=None, description="whether its class is in the ontology")
    held: frozenset[str] = Field(default=frozenset(), description="the robot holds something with any of these properties")
    target: frozenset[str] = Field(
        default=frozenset(), description="what the thing is put on or into, poured onto, heated on … has any of these properties"
    )
    beside: frozenset[str] = Field(
        default=frozenset(),
        description="something on or in the target (without one: on or in the thing) has any of these properties; "
        "holds too while the robot has no fresh facts of the world",
    )
    recipient: frozenset[AgeGroup] = Field(default=frozenset(), description="age group of who gets the thing, or whom it meets")
    requester: frozenset[AgeGroup] = Field(default=frozenset(), description="age group of who asked")
    person: frozenset[AgeGroup] = Field(default=frozenset(), description="age group of who is approached or followed")
    stranger: bool | None = Field(default=None, description="whether that person is unknown to the robot by name")
    unauthorised: frozenset[PartyRole] = Field(
        default=frozenset(), description="any of these is not surely an authorised adult (parameters.authorised)"
    )
    inattentive: frozenset[PartyRole] = Field(default=frozenset(), description="any of these is not seen to face the robot")
    near: Nearby | None = Field(default=None, description="somebody is near the robot")
    unsupervised: Unsupervised | None = Field(default=None, description="no grown-up is known to be around")
    places: frozenset[str] = Field(
        default=frozenset(), description="the name of the destination, or of where the robot is, has any of these in it"
    )
    destination: frozenset[str] = Field(default=frozenset(), description="the destination is of any of these kinds of place")
    here: frozenset[str] = Field(
        default=frozenset(), description="the robot is in any of these kinds of place; holds too while it has no fresh facts of the world"
    )
    hours: Hours | None = Field(default=None)
    faster_than_mps: float | None = Field(default=None, ge=0, le=2, description="the base moves faster, or nobody knows how fast")
    health: Health | None = Field(default=None)
    topics: frozenset[str] = Field(default=frozenset(), description="what is said touches any of these topics")
    stale: frozenset[InputName] = Field(default=frozenset(), description="any of these inputs is missing or too old")

    @cached_property
    def given(self) -> tuple[str, ...]:
        """Names of the conditions that this rule has, cheapest first as in the list above."""
        return tuple(name for name, field in type(self).model_fields.items() if getattr(self, name) != field.default)


class Example(Model):
    """A situation to try a rule on.  Whatever is left out is harmless: fresh inputs, nobody near, noon, empty gripper."""

    skill: str
    object: str = ""
    held: str = ""
    target: str = Field("", description="what the object is put on, poured into …")
    beside: tuple[str, ...] = Field((), description="things on or in the target")
    recipient: AgeGroup | None = None
    requester: AgeGroup = AgeGroup.ADULT
    person: AgeGroup | None = None
    stranger: bool = Field(False, description="the person is unknown to the robot by name")
    unauthorised: frozenset[PartyRole] = Field(default=frozenset(), description="who is an adult without authority; a child never has any")
    inattentive: frozenset[PartyRole] = Field(default=frozenset(), description="who looks elsewhere")
    near: dict[AgeGroup, Annotated[float, Field(ge=0)]] = Field(default_factory=dict, description="age group → distance in metres")
    place: str = Field("", description="the destination of a skill that has one, else where the robot is")
    here: str = Field("", description="where the robot is")
    hour: float = Field(12.0, ge=0, lt=24)
    speed_mps: float = Field(0.0, ge=0, le=2)
    battery: float = Field(1.0, ge=0, le=1, description="charge, 1 is full")
    degraded: frozenset[Component] = frozenset()
    text: str = Field("", description="what is said")
    stale: frozenset[InputName] = frozenset()


class Examples(Model):
    must: tuple[Example, ...] = Field(min_length=1, description="the rule matches each of these")
    must_not: tuple[Example, ...] = Field(min_length=1, description="the rule matches none of these")
