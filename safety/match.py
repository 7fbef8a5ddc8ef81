"""Whether a rule's conditions hold in a case."""

from __future__ import annotations

from collections.abc import Callable

from safety.case import Case, Party, in_groups
from safety.ontology import Thing, normalise
from safety.rules import When
from safety.types import AgeGroup


def matches(when: When, case: Case) -> str | None:
    """What made every condition hold, for the record; None when one does not hold.

    >>> matches(When(skills=frozenset({"say"})), Case("say")), matches(When(skills=frozenset({"say"})), Case("pick"))
    ('skill say', None)
    """
    found: list[str] = []
    for applies, holds in _CONDITIONS:
        if not applies(when):
            continue
        evidence = holds(when, case)
        if evidence is None:
            return None
        found.append(evidence)
    return ", ".join(found) or "always"


def _skill(when: When, case: Case) -> str | None:
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


def _near(when: When, case: Case) -> str | None:
    assert when.near is not None
    for somebody in case.near:
        if somebody.distance_m <= when.near.within_m and in_groups(somebody.group, when.near.age_groups):
            return f"{somebody.group.value} within {when.near.within_m:g} m"
    return None


def _places(when: When, case: Case) -> str | None:
    """By whole words, so that "the upstairs bathroom" is a bathroom."""
    named = {place for place in case.places for word in when.places if f" {normalise(word)} " in f" {place} "}
    return _listing("place", named)


def _hours(when: When, case: Case) -> str | None:
    assert when.hours is not None
    return f"between {when.hours.from_h:g} and {when.hours.until_h:g} h" if when.hours.contain(case.hour) else None


def _stale(when: When, case: Case) -> str | None:
    return _listing("stale", when.stale & case.stale)


_CONDITIONS: tuple[tuple[Callable[[When], bool], Callable[[When, Case], str | None]], ...] = (
    (lambda when: bool(when.skills), _skill),
    (lambda when: bool(when.moves), _moves),
    (lambda when: bool(when.object), _object),
    (lambda when: when.object_known is not None, _object_known),
    (lambda when: bool(when.held), _held),
    (lambda when: bool(when.recipient), _recipient),
    (lambda when: bool(when.requester), _requester),
    (lambda when: bool(when.person), _person),
    (lambda when: when.stranger is not None, _stranger),
    (lambda when: when.near is not None, _near),
    (lambda when: bool(when.places), _places),
    (lambda when: when.hours is not None, _hours),
    (lambda when: bool(when.stale), _stale),
)


def _thing(role: str, thing: Thing | None, properties: frozenset[str]) -> str | None:
    common = properties & thing.properties if thing else frozenset()
    return _listing(f"{role} {thing.name} is", common) if thing else None


def _party(role: str, party: Party | None, groups: frozenset[AgeGroup]) -> str | None:
    if party is None or not in_groups(party.group, groups):
        return None
    return f"{role} {party.id or '?'} is {'of unknown age' if party.group == AgeGroup.UNKNOWN else party.group.value}"


def _listing(prefix: str, names: frozenset[str] | frozenset[object] | set[str]) -> str | None:
    return f"{prefix} {', '.join(sorted(map(str, names)))}" if names else None
