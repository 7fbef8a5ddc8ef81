"""The facts of which a plan may speak in conditions and expectations, and how each is looked up in the world.

What the robot cannot know is neither so nor otherwise: a condition on it is not taken for granted either way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from robot_runtime.messages import Person, WorldObject
from robot_runtime.mind.known import Known
from robot_runtime.mind.plan_document import Fact

PERSON_AGE_S = 60.0
"""Who was seen longer ago may be anywhere by now; as in ``robot_runtime/world/queries.py``."""


@dataclass(frozen=True)
class FactSpec:
    """One kind of fact: its arguments' types, and a sentence that tells a planner what it means."""

    about: str
    arguments: Mapping[str, str]  # name → "object", "person", "place", "surface" or "door"
    look_up: Callable[[Known, Fact], bool | None]


def shows(fact: Fact, known: Known) -> bool | None:
    """Whether the world shows what the fact wants; None when the robot cannot tell.

    :raises KeyError: there is no such kind of fact
    """
    found = FACTS[fact.name].look_up(known, fact)
    return None if found is None else found is fact.wanted


def _things(known: Known, words: str) -> list[WorldObject]:
    fitting = known.references.objects(words, known.situation.facts)
    return [thing for thing in fitting if thing.confidence >= known.known_confidence]


def _any(known: Known, fact: Fact, fits: Callable[[WorldObject], bool]) -> bool | None:
    """Of a description, whether any thing that it means fits; None when no such thing is known of."""
    things = _things(known, fact.value("object"))
    return any(fits(thing) for thing in things) if things else None


def _thing_on(known: Known, fact: Fact) -> bool | None:
    return _any(known, fact, lambda thing: thing.support == fact.value("surface") and not thing.held_by)


def _thing_in(known: Known, fact: Fact) -> bool | None:
    return _any(known, fact, lambda thing: thing.place == fact.value("place"))


def _thing_known(known: Known, fact: Fact) -> bool | None:
    return bool(_things(known, fact.value("object")))


def _held_by(known: Known, fact: Fact) -> bool | None:
    return _any(known, fact, lambda thing: thing.held_by == fact.value("person"))


def _robot_holds(known: Known, fact: Fact) -> bool | None:
    if known.situation.gripper is None:
        return None
    held = known.situation.holding
    return held != "" and any(thing.id == held for thing in known.references.objects(fact.value("object"), known.situation.facts))


def _robot_in(known: Known, fact: Fact) -> bool | None:
    pose, place = known.situation.pose, known.site.places.get(fact.value("place"))
    if place is None:
        return None
    here = known.situation.facts.robot_place
    return place.contains(pose.x_m, pose.y_m) if pose is not None else here == fact.value("place") if here else None


def _whereabouts(known: Known, person: Person) -> str | None:
    age_s = 0.0 if person.seen else known.situation.now_s - person.last_seen_s
    return known.site.place_at(*person.position_m[:2]) if age_s <= PERSON_AGE_S else None


def _person_in(known: Known, fact: Fact) -> bool | None:
    person = known.situation.person(fact.value("person"))
    where = None if person is None else _whereabouts(known, person)
    return None if where is None else where == fact.value("place")


def _person_seen(known: Known, fact: Fact) -> bool | None:
    person = known.situation.person(fact.value("person"))
    return person is not None and person.seen


def _somebody_in(known: Known, fact: Fact) -> bool | None:
    """Yes when somebody was seen there lately; that nobody is, is only known of the place where the robot is."""
    place = fact.value("place")
    if any(_whereabouts(known, person) == place for person in known.situation.facts.people):
        return True
    return False if known.situation.facts.robot_place == place else None


def _door_open(known: Known, fact: Fact) -> bool | None:
    door = known.situation.door(fact.value("door"))
    return door.is_open if door is not None and door.confidence >= known.known_confidence else None


FACTS: Mapping[str, FactSpec] = {
    "thing_on": FactSpec("a thing stands on a piece of furniture", {"object": "object", "surface": "surface"}, _thing_on),
    "thing_in": FactSpec("a thing is in a place", {"object": "object", "place": "place"}, _thing_in),
    "thing_known": FactSpec("the robot knows where a thing is", {"object": "object"}, _thing_known),
    "held_by": FactSpec("a person holds a thing", {"object": "object", "person": "person"}, _held_by),
    "robot_holds": FactSpec("the robot holds a thing", {"object": "object"}, _robot_holds),
    "robot_in": FactSpec("the robot is in a place", {"place": "place"}, _robot_in),
    "person_in": FactSpec("a person is in a place", {"person": "person", "place": "place"}, _person_in),
    "person_seen": FactSpec("the robot sees a person now", {"person": "person"}, _person_seen),
    "somebody_in": FactSpec("anybody is in a place", {"place": "place"}, _somebody_in),
    "door_open": FactSpec("a door is open", {"door": "door"}, _door_open),
}
