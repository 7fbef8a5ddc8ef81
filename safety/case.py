"""The situation that the rules are asked about: one action, and what holds around it, in the terms of the rules."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from safety.conditions import Part
from safety.ontology import Thing
from safety.types import AgeGroup


@dataclass(frozen=True, slots=True)
class Party:
    """A person who has a part in an action.  ``group`` is UNKNOWN when the confidence is too low."""

    id: str
    name: str  # "" when the robot does not know it
    group: AgeGroup
    known: bool  # the gate sees, hears or remembers somebody with this id
    authorised: bool = False  # surely an adult who may permit what others may not
    attentive: bool = False  # is seen to face the robot


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody around the robot."""

    group: AgeGroup
    distance_m: float  # centre to centre; 0 when unknown


@dataclass(frozen=True, slots=True)
class Case:
    """What the conditions of a rule look at.  A part that does not exist in the action is None or empty."""

    skill: str
    moves: frozenset[Part] = frozenset()
    object: Thing | None = None
    recipient: Party | None = None
    person: Party | None = None  # who is approached or followed
    requester: Party | None = None
    held: Thing | None = None
    near: tuple[Near, ...] = ()
    places: frozenset[str] = frozenset()  # normalised: the destination, and where the robot is
    hour: float = math.nan
    stale: frozenset[str] = field(default_factory=frozenset)
    target: Thing | None = None  # what the object is put on, poured into …
    beside: tuple[Thing, ...] = ()  # what is known to be on or in the target, or the object where there is no target
    destination: frozenset[str] = frozenset()  # kinds of place
    here: frozenset[str] = frozenset()  # kinds of place
    speed_mps: float = math.nan
    battery: float | None = None  # charge 0 … 1; nan unknown, None for a robot without a battery that it can ask
    degraded: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()  # of what is said


def counts_as(group: AgeGroup) -> AgeGroup:
    """Somebody of unknown age is treated as a child."""
    return AgeGroup.CHILD if group == AgeGroup.UNKNOWN else group


def in_groups(group: AgeGroup, groups: frozenset[AgeGroup]) -> bool:
    """Whether a condition on these groups holds for somebody of this group."""
    return group in groups or counts_as(group) in groups
