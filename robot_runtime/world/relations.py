"""How things, people and places are related: on, in, near, held by.

Relations are worked out from the objects and never kept beside them, so a relation cannot contradict the place of its thing.
Each has the time, confidence and provenance of the less sure of the facts that it follows from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from robot_runtime.messages import Person, Whereabouts, WorldFacts, WorldObject
from robot_runtime.world.semantic_map import SemanticMap

NEAR_M = 0.5
"""Centre to centre: within an arm's movement, which is what "next to" means at a table."""

VESSEL_RADIUS_M: Mapping[str, float] = {
    "bowl": 0.12, "basket": 0.25, "box": 0.25, "bin": 0.20, "pan": 0.14, "pot": 0.14, "tray": 0.25, "bag": 0.20, "drawer": 0.30,
}  # fmt: skip
"""Classes of open things that others lie in, with half the usual width of their opening."""

_DEPTH_M = 0.25
"""How far above a vessel's centre the centre of something in it may be: what is higher stands behind it or is held over it."""


@dataclass(frozen=True, slots=True)
class Relation:
    subject: str  # id of an object or a person
    kind: str  # "on", "in", "near", "held_by" or "at" (a place)
    other: str  # a surface's or place's name, or an id
    seen_s: float
    confidence: float
    provenance: str  # "seen", "told" or "inferred"


def vessels(things: Iterable[WorldObject]) -> tuple[WorldObject, ...]:
    """Those that others may lie in."""
    return tuple(thing for thing in things if thing.class_name in VESSEL_RADIUS_M)


def container_of(thing: WorldObject, among: Iterable[WorldObject]) -> str:
    """Id of the nearest vessel whose opening the thing's centre is over, "" when it lies in none."""
    if thing.held_by or thing.class_name in VESSEL_RADIUS_M:
        return ""
    x, y, z = thing.position_m
    around = [
        (distance, vessel.id)
        for vessel in among
        if (distance := math.hypot(x - vessel.position_m[0], y - vessel.position_m[1])) <= VESSEL_RADIUS_M[vessel.class_name]
        and -0.05 <= z - vessel.position_m[2] <= _DEPTH_M
        and not vessel.held_by
    ]
    return min(around, default=(0.0, ""))[1]


def whereabouts(thing: WorldObject, among: Iterable[WorldObject]) -> Whereabouts:
    """Of one thing; ``among`` are the known vessels."""
    return Whereabouts(thing.place, thing.support, container_of(thing, among), thing.held_by)


def relations(facts: WorldFacts, site: SemanticMap) -> tuple[Relation, ...]:
    """All that hold, by subject in the world's order; "near" is told once a pair."""
    open_things = vessels(facts.objects)
    by_id = {thing.id: thing for thing in facts.objects}
    found: list[Relation] = []
    for index, thing in enumerate(facts.objects):
        where = whereabouts(thing, open_things)
        found += [
            Relation(thing.id, kind, other, thing.last_seen_s, thing.confidence, thing.provenance)
            for kind, other in (("at", where.place), ("on", where.support), ("held_by", where.held_by))
            if other
        ]
        if where.container:
            found.append(_inferred(thing, "in", by_id[where.container]))
        found += [_inferred(thing, "near", other) for other in facts.objects[index + 1 :] if is_near(thing, other)]
    return (*found, *(_at(person, place) for person in facts.people if (place := site.place_at(*person.position_m[:2]))))


def is_near(thing: WorldObject, other: WorldObject) -> bool:
    """Whether the two stand beside each other; what is in a hand is near nothing."""
    return not thing.held_by and not other.held_by and math.dist(thing.position_m, other.position_m) <= NEAR_M


def _inferred(thing: WorldObject, kind: str, other: WorldObject) -> Relation:
    """What follows from the positions of two things: as old as the older sighting, and true only if both are."""
    seen_s = min(thing.last_seen_s, other.last_seen_s)
    return Relation(thing.id, kind, other.id, seen_s, thing.confidence * other.confidence, "inferred")


def _at(person: Person, place: str) -> Relation:
    return Relation(person.id, "at", place, person.last_seen_s, 1.0 if person.seen else 0.5, "seen")
