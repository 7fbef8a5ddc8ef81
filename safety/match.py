"""Whether a rule's conditions hold in a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from safety.case import Case, Party, in_groups
from safety.conditions import PartyRole, When
from safety.ontology import Thing, normalise
from safety.types import AgeGroup

GROWN_UP = frozenset({AgeGroup.ADULT, AgeGroup.ELDERLY})


def matches(when: When, case: Case) -> str | None:
    """What made every condition hold, for the record; None when one does not hold.

    >>> matches(When(skills=frozenset({"say"})), Case("say")), matches(When(skills=frozenset({"say"})), Case("pick"))
    ('skill say', None)
    """
    found: list[str] = []
    for name in reversed(when.given):  # skills and parts that move, the first ones, are what most rules have in common
        evidence = _CONDITIONS[name](when, case)
        if evidence is None:
            return None
        found.append(evidence)
    found.reverse()
    return ", ".join(found) or "always"


def _skills(when: When, case: Case) -> str | None:
    return f"skill {case.skill}" if case.skill in when.skills else None


def _moves(when: When, case: Case) -> str | None:
    return _listing("moves", when.moves & case.moves)


def _object(when: When, case: Case) -> str | None:
    return _thing("object", case.object, when.object)


def _object_known(when: When, case: Case) -> str | None:
    if case.object is None or case.object.known != when.object_known:
        return None
    return f"object {case.object.name} is {'known' if when.object_known else 'of no known class'}"


def _held(when: When, case: Case) -> str | None:
    return _thing("holds", case.held, when.held)


def _target(when: When, case: Case) -> str | None:
    return _thing("target", case.target, when.target)


def _beside(when: When, case: Case) -> str | None:
    if case.target is None and case.object is None:
        return None
    found = next(filter(None, (_thing("beside it", thing, when.beside) for thing in case.beside)), None)
    return found or ("unknown what is beside it" if "world/facts" in case.stale else None)


def _recipient(when: When, case: Case) -> str | None:
    return _party("recipient", case.recipient, when.recipient)


def _requester(when: When, case: Case) -> str | None:
    return _party("requester", case.requester, when.requester)


def _person(when: When, case: Case) -> str | None:
    return _party("person", case.person, when.person)


def _stranger(when: When, case: Case) -> str | None:
    if case.person is None or bool(case.person.known and case.person.name) == when.stranger:
        return None
    return f"person {case.person.id or '?'} is {'a stranger' if when.stranger else 'known by name'}"


def _unauthorised(when: When, case: Case) -> str | None:
    return _who(case, when.unauthorised, "has no authority", lambda party: not party.authorised)


def _inattentive(when: When, case: Case) -> str | None:
    return _who(case, when.inattentive, "does not look", lambda party: not party.attentive)


def _near(when: When, case: Case) -> str | None:
    assert when.near is not None
    for somebody in case.near:
        if somebody.distance_m <= when.near.within_m and in_groups(somebody.group, when.near.age_groups):
            return f"{somebody.group.value} within {when.near.within_m:g} m"
    return None


def _unsupervised(when: When, case: Case) -> str | None:
    assert when.unsupervised is not None
    within_m = when.unsupervised.within_m
    if any(somebody.group in GROWN_UP and somebody.distance_m <= within_m for somebody in case.near):
        return None
    return f"no grown-up within {within_m:g} m"


def _places(when: When, case: Case) -> str | None:
    """By whole words, so that "the upstairs bathroom" is a bathroom."""
    named = {place for place in case.places for word in when.places if f" {normalise(word)} " in f" {place} "}
    return _listing("place", named)


def _destination(when: When, case: Case) -> str | None:
    return _listing("goes to", when.destination & case.destination)


def _here(when: When, case: Case) -> str | None:
    return _listing("is in", when.here & case.here) or ("unknown where it is" if "world/facts" in case.stale else None)


def _hours(when: When, case: Case) -> str | None:
    assert when.hours is not None
    return f"between {when.hours.from_h:g} and {when.hours.until_h:g} h" if when.hours.contain(case.hour) else None


def _faster_than_mps(when: When, case: Case) -> str | None:
    assert when.faster_than_mps is not None
    return None if case.speed_mps <= when.faster_than_mps else f"faster than {when.faster_than_mps:g} m/s"  # nan is faster


def _health(when: When, case: Case) -> str | None:
    assert when.health is not None
    below = when.health.battery_below
    if below is not None and case.battery is not None and not case.battery >= below:  # nan is below
        return f"battery below {below:.0%}"
    return _listing("degraded", when.health.degraded & case.degraded)


def _topics(when: When, case: Case) -> str | None:
    return _listing("speaks of", when.topics & case.topics)


def _stale(when: When, case: Case) -> str | None:
    return _listing("stale", when.stale & case.stale)


_CONDITIONS: dict[str, Callable[[When, Case], str | None]] = {
    "skills": _skills,
    "moves": _moves,
    "object": _object,
    "object_known": _object_known,
    "held": _held,
    "target": _target,
    "beside": _beside,
    "recipient": _recipient,
    "requester": _requester,
    "person": _person,
    "stranger": _stranger,
    "unauthorised": _unauthorised,
    "inattentive": _inattentive,
    "near": _near,
    "unsupervised": _unsupervised,
    "places": _places,
    "destination": _destination,
    "here": _here,
    "hours": _hours,
    "faster_than_mps": _faster_than_mps,
    "health": _health,
    "topics": _topics,
    "stale": _stale,
}
assert _CONDITIONS.keys() == When.model_fields.keys()  # a condition that nobody checks would let everything pass


def _thing(role: str, thing: Thing | None, properties: frozenset[str]) -> str | None:
    common = properties & thing.properties if thing else frozenset()
    return _listing(f"{role} {thing.name} is", common) if thing else None


def _party(role: str, party: Party | None, groups: frozenset[AgeGroup]) -> str | None:
    if party is None or not in_groups(party.group, groups):
        return None
    return f"{role} {party.id or '?'} is {'of unknown age' if party.group == AgeGroup.UNKNOWN else party.group.value}"


def _who(case: Case, roles: Iterable[PartyRole], does: str, holds: Callable[[Party], bool]) -> str | None:
    """The first of the parties in these roles that it holds for; a role that the action has not got is nobody."""
    for role in sorted(roles):
        party: Party | None = getattr(case, role)
        if party is not None and holds(party):
            return f"{role} {party.id or '?'} {does}"
    return None


def _listing(prefix: str, names: frozenset[str] | frozenset[object] | set[str]) -> str | None:
    return f"{prefix} {', '.join(sorted(map(str, names)))}" if names else None
