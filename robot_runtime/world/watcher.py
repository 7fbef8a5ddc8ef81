"""Notices what changes in the world, so that "what changed?" has an answer."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace

from robot_runtime.messages import Person, Whereabouts, WorldEvent, WorldFacts, WorldObject
from robot_runtime.world.recollection import Recollection
from robot_runtime.world.relations import vessels, whereabouts
from robot_runtime.world.semantic_map import SemanticMap

MOST_EVENTS = 1000
"""Some days of an ordinary home."""

SETTLE_S = 1.0
"""A change that lasts shorter is noise of perception: a thing at the edge of a table is on it and not on it by turns."""

MOVED_M = 0.3
"""A thing this far from where it was is somewhere else, even on the same table; three times what the eyes err."""

GONE_S = 60.0
"""Who was not seen for this long has left; a robot that looks elsewhere for a moment says nothing."""


@dataclass(slots=True)
class _Settled:
    """Where a thing is known to be, and where it seems to be since when."""

    where: Whereabouts
    position_m: tuple[float, float, float]
    seems: Whereabouts | None = None
    since_s: float = math.nan
    told: bool = False  # somebody said so; it was never looked at


class Watcher:
    """Compares each step's facts with what it has told of."""

    def __init__(self, site: SemanticMap, memory: Recollection) -> None:
        self._site = site
        self._events = deque(memory.events, MOST_EVENTS)
        self._number = max((event.number for event in memory.events), default=0)
        self._last = {event.subject: event for event in memory.events}
        self._looked: dict[str, WorldObject] = {}
        open_things = vessels(memory.objects)
        self._things = {thing.id: _settled(thing, whereabouts(thing, open_things)) for thing in memory.objects}
        self._people = {person.id: person.last_seen_s for person in memory.people}
        self._away = {person.id for person in memory.people if not person.seen}  # nobody is seen in a memory of an earlier run

    @property
    def events(self) -> tuple[WorldEvent, ...]:
        """The newest :data:`MOST_EVENTS`, oldest first."""
        return tuple(self._events)

    @property
    def number(self) -> int:
        """Of the newest event."""
        return self._number

    def watch(self, facts: WorldFacts) -> None:
        """Take in the facts of one step."""
        open_things = vessels(facts.objects)
        for thing in facts.objects:
            known = self._things.get(thing.id)
            if self._looked.get(thing.id) is not thing or (known is not None and known.seems is not None):
                self._looked[thing.id] = thing
                self._look_at(thing, known, whereabouts(thing, open_things), facts.stamp_s)
        if len(self._looked) > len(facts.objects):
            self._drop({thing.id for thing in facts.objects})
        for person in facts.people:
            self._meet(person, facts.stamp_s)
        if len(self._people) > len(facts.people):
            self._lose({person.id for person in facts.people})

    def missed(self, thing: WorldObject, stamp_s: float) -> None:
        """Its place is in clear view, and it is not there; told once, until it is seen again."""
        if not self._is_missing(thing.id):
            where = self._things[thing.id].where if thing.id in self._things else Whereabouts(thing.place, thing.support)
            self._tell("missing", stamp_s, thing, where, where)

    # ------------------------------------------------------------ things

    def _look_at(self, thing: WorldObject, known: _Settled | None, where: Whereabouts, now_s: float) -> None:
        if known is None:
            self._things[thing.id] = _settled(thing, where)
            if thing.provenance != "told":  # what somebody tells of is no change
                self._tell("appeared", now_s, thing, Whereabouts(), where)
            return
        found = self._is_missing(thing.id) and thing.last_seen_s > self._last[thing.id].stamp_s
        if self._differs(known, thing, where):
            self._wait_and_tell(known, thing, where, now_s)
            return
        known.seems = None
        if found:
            self._tell("found", thing.last_seen_s, thing, known.where, where)
        if known.told and thing.provenance != "told":
            self._things[thing.id] = _settled(thing, where)

    def _wait_and_tell(self, known: _Settled, thing: WorldObject, where: Whereabouts, now_s: float) -> None:
        if known.seems != where:
            known.seems, known.since_s = where, now_s
        if now_s - known.since_s >= SETTLE_S:
            self._tell("moved", known.since_s, thing, known.where, where)
            self._things[thing.id] = _settled(thing, where)

    @staticmethod
    def _differs(known: _Settled, thing: WorldObject, where: Whereabouts) -> bool:
        """What is in a hand goes about with it; that is no news.  Nor is on what a thing stands that was only told of so far."""
        if known.where.held_by or where.held_by:
            return known.where.held_by != where.held_by
        before = replace(known.where, support=where.support) if known.told and not known.where.support else known.where
        return before != where or math.dist(known.position_m, thing.position_m) > MOVED_M

    def _is_missing(self, thing_id: str) -> bool:
        return thing_id in self._last and self._last[thing_id].kind == "missing"

    def _drop(self, present: set[str]) -> None:
        for gone in set(self._looked) - present:
            del self._looked[gone]
            self._things.pop(gone, None)
            self._last.pop(gone, None)

    # ------------------------------------------------------------ people

    def _meet(self, person: Person, now_s: float) -> None:
        where = Whereabouts(self._site.place_at(*person.position_m[:2]))
        if person.seen:
            if person.id not in self._people or person.id in self._away:
                self._tell("came", now_s, person, Whereabouts(), where)
            self._away.discard(person.id)
            self._people[person.id] = now_s
        elif person.id in self._people and person.id not in self._away and now_s - self._people[person.id] >= GONE_S:
            self._away.add(person.id)
            self._tell("gone", self._people[person.id], person, where, where)

    def _lose(self, present: set[str]) -> None:
        """Who is not remembered any more is met anew."""
        for lost in set(self._people) - present:
            del self._people[lost]
            self._away.discard(lost)
            self._last.pop(lost, None)

    def _tell(self, kind: str, stamp_s: float, subject: WorldObject | Person, before: Whereabouts, after: Whereabouts) -> None:
        self._number += 1
        sure = (subject.confidence, subject.provenance) if isinstance(subject, WorldObject) else (1.0, "seen")
        event = WorldEvent(self._number, stamp_s, kind, subject.id, subject.name, before, after, *sure)
        self._events.append(event)
        self._last[subject.id] = event


def _settled(thing: WorldObject, where: Whereabouts) -> _Settled:
    return _Settled(where, thing.position_m, told=thing.provenance == "told")
