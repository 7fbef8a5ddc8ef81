"""What planner and speech ask of the world.  Pure functions over the facts and the events; sentences are made elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from robot_runtime.messages import Person, Whereabouts, WorldEvent, WorldFacts, WorldObject
from robot_runtime.world.relations import container_of, is_near, vessels, whereabouts
from robot_runtime.world.semantic_map import SemanticMap

HERE_S = 60.0
"""Who was seen this recently is taken to be here still."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where something or somebody is, and how that is known."""

    id: str
    name: str
    where: Whereabouts
    near: tuple[str, ...]  # ids of things beside it
    position_m: tuple[float, float, float]
    age_s: float  # since it was seen; infinite for what was never seen
    confidence: float  # 0 … 1, now
    provenance: str  # "seen", "told" or "inferred"
    missing: bool = False  # the robot looked there since, and it was not there


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one thing or person, from the first to the last of its events."""

    id: str
    name: str
    kind: str  # of the last event; see WorldEvent
    before: Whereabouts
    after: Whereabouts
    age_s: float  # of the last event
    confidence: float
    provenance: str


def where_is(subject: str, facts: WorldFacts, site: SemanticMap, events: Iterable[WorldEvent] = ()) -> Answer | None:
    """Where the object or person with this id is; None for one that nobody knows of."""
    thing = next((thing for thing in facts.objects if thing.id == subject), None)
    if thing is not None:
        return _beside(_of_thing(thing, facts, _missed(events), vessels(facts.objects)), thing, facts)
    person = next((person for person in facts.people if person.id == subject), None)
    return _of_person(person, facts.stamp_s, site) if person is not None else None


def where_are(things: Iterable[WorldObject], facts: WorldFacts, events: Iterable[WorldEvent] = ()) -> list[Answer]:
    """Where each of many things is, without what is beside it: among thousands of things that alone takes seconds."""
    missed, open_things = _missed(events), vessels(facts.objects)
    return [_of_thing(thing, facts, missed, open_things) for thing in things]


def last_seen(subject: str, facts: WorldFacts, site: SemanticMap, events: Sequence[WorldEvent] = ()) -> Answer | None:
    """Where the robot's own eyes saw it last; None when they never did.

    For a thing whose place was inferred since (it was handed to somebody), the place comes from the newest event that was seen,
    and its position is not known any more (nan).
    """
    answer = where_is(subject, facts, site, events)
    if answer is None or answer.provenance == "seen":
        return answer
    seen = [event for event in events if event.subject == subject and event.provenance == "seen" and event.kind != "missing"]
    if not seen:
        return None
    event = max(seen, key=lambda event: (event.stamp_s, event.number))
    nowhere = (math.nan, math.nan, math.nan)
    return Answer(subject, event.name, event.after, (), nowhere, _age(event.stamp_s, facts.stamp_s), event.confidence, "seen")


def who_is_here(facts: WorldFacts, site: SemanticMap, place: str = "", within_s: float = HERE_S) -> tuple[Answer, ...]:
    """People seen within ``within_s``, in the whole home or in one place; who is in view comes first, then by age."""
    answers = [_of_person(person, facts.stamp_s, site) for person in facts.people]
    here = [answer for answer in answers if answer.age_s <= within_s and place in ("", answer.where.place)]
    return tuple(sorted(here, key=lambda answer: answer.age_s))


def what_is_on(surface: str, facts: WorldFacts, events: Sequence[WorldEvent] = ()) -> tuple[Answer, ...]:
    """Things on a surface, the surest first."""
    return _surest_first(where_are((thing for thing in facts.objects if thing.support == surface), facts, events))


def what_is_in(name: str, facts: WorldFacts, events: Sequence[WorldEvent] = ()) -> tuple[Answer, ...]:
    """Things in a place, in a container (by its id), or in somebody's hand (by theirs), the surest first."""
    open_things = vessels(facts.objects)
    inside = [thing for thing in facts.objects if name in (thing.place, thing.held_by, container_of(thing, open_things))]
    return _surest_first(where_are(inside, facts, events))


def what_changed(since_s: float, now_s: float, events: Iterable[WorldEvent]) -> tuple[Change, ...]:
    """What became of each thing and person since then, the newest first; what is again as it was is left out."""
    stories: dict[str, list[WorldEvent]] = {}
    for event in sorted(events, key=lambda event: event.number):
        if event.stamp_s >= since_s:
            stories.setdefault(event.subject, []).append(event)
    changes = [_change(story, now_s) for story in stories.values() if not _undone(story)]
    return tuple(sorted(changes, key=lambda change: change.age_s))


# ---------------------------------------------------------------- parts


def _missed(events: Iterable[WorldEvent]) -> dict[str, float]:
    """Ids of what was missed at its place, and when, unless something else was heard of it later."""
    last = {event.subject: event for event in sorted(events, key=lambda event: event.number)}
    return {subject: event.stamp_s for subject, event in last.items() if event.kind == "missing"}


def _beside(answer: Answer, thing: WorldObject, facts: WorldFacts) -> Answer:
    return replace(answer, near=tuple(other.id for other in facts.objects if other.id != thing.id and is_near(thing, other)))


def _of_thing(thing: WorldObject, facts: WorldFacts, missed: Mapping[str, float], open_things: Sequence[WorldObject]) -> Answer:
    return Answer(
        thing.id, thing.name, whereabouts(thing, open_things), (), thing.position_m,
        _age(thing.last_seen_s, facts.stamp_s), thing.confidence, thing.provenance,
        missing=thing.id in missed and missed[thing.id] >= thing.last_seen_s,
    )  # fmt: skip


def _of_person(person: Person, now_s: float, site: SemanticMap) -> Answer:
    """Of somebody out of view only the last place is known; how sure that still is, halves in a minute."""
    age_s = 0.0 if person.seen else _age(person.last_seen_s, now_s)
    where = Whereabouts(site.place_at(*person.position_m[:2]))
    return Answer(person.id, person.name, where, (), person.position_m, age_s, math.pow(0.5, age_s / HERE_S), "seen")


def _age(stamp_s: float, now_s: float) -> float:
    return max(0.0, now_s - stamp_s)


def _surest_first(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    return tuple(sorted(answers, key=lambda answer: (answer.missing, -answer.confidence)))


def _undone(story: Sequence[WorldEvent]) -> bool:
    """Moved and moved back, missed and found again, gone and come back; what appeared, stays news."""
    first, last = story[0], story[-1]
    if first.kind in ("came", "gone"):
        return first.kind != last.kind and first.kind == "gone"
    return first.kind != "appeared" and last.kind != "missing" and first.before == last.after


def _change(story: Sequence[WorldEvent], now_s: float) -> Change:
    first, last = story[0], story[-1]
    return Change(last.subject, last.name, last.kind, first.before, last.after, _age(last.stamp_s, now_s), last.confidence, last.provenance)
