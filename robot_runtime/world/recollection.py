"""All that outlives a run: one value, which stores keep and the world starts from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from robot_runtime.messages import Deed, Note, Person, Preference, WorldEvent, WorldObject
from robot_runtime.world.deeds import concerns


@dataclass(frozen=True, slots=True)
class Recollection:
    """Times are of the clock of the run that holds it; confidence is that of ``last_seen_s`` and has not faded."""

    objects: tuple[WorldObject, ...] = ()
    people: tuple[Person, ...] = ()
    events: tuple[WorldEvent, ...] = ()
    told_by: tuple[tuple[str, str], ...] = ()  # (object id, id of the person who told of it)
    preferences: tuple[Preference, ...] = ()  # how people want to be spoken to
    notes: tuple[Note, ...] = ()  # in the order of their ids
    deeds: tuple[Deed, ...] = ()  # in the order of their numbers


NOTHING = Recollection()


def shifted(memory: Recollection, by_s: float, now_s: float) -> Recollection:
    """The same on a clock that is ``by_s`` ahead; nothing lies in the future of ``now_s``, and nobody is in view any more."""

    def at(stamp_s: float) -> float:
        return min(stamp_s + by_s, now_s) if not math.isnan(stamp_s) else -math.inf

    return replace(
        memory,
        objects=tuple(replace(thing, last_seen_s=at(thing.last_seen_s)) for thing in memory.objects),
        people=tuple(unseen(replace(person, last_seen_s=at(person.last_seen_s))) for person in memory.people),
        events=tuple(replace(event, stamp_s=at(event.stamp_s)) for event in memory.events),
        preferences=tuple(replace(preference, stamp_s=at(preference.stamp_s)) for preference in memory.preferences),
        notes=tuple(replace(note, told_s=at(note.told_s), due_s=note.due_s + by_s) for note in memory.notes),  # what is due may lie ahead
        deeds=tuple(replace(deed, stamp_s=at(deed.stamp_s)) for deed in memory.deeds),
    )


def unseen(person: Person) -> Person:
    """Somebody who is only remembered."""
    return replace(person, seen=False, speaking=False, facing_robot=False, velocity_mps=(0.0, 0.0, 0.0))


def without(memory: Recollection, person_id: str) -> Recollection:
    """The memory as if it had never known this person.

    Things that they held stay, in nobody's hand.  Things known only because they told of them go,
    notes of what they told or that are about them, and deeds that they wanted or whose words name them.
    """
    name = next((person.name for person in memory.people if person.id == person_id), "")
    told = {thing for thing, teller in memory.told_by if teller == person_id}
    objects = tuple(thing for thing in memory.objects if not (thing.id in told and thing.provenance == "told"))
    return Recollection(
        objects=tuple(replace(thing, held_by="") if thing.held_by == person_id else thing for thing in objects),
        people=tuple(person for person in memory.people if person.id != person_id),
        events=tuple(event for event in memory.events if person_id not in _people_of(event)),
        told_by=tuple(pair for pair in memory.told_by if pair[1] != person_id),
        preferences=tuple(preference for preference in memory.preferences if preference.person_id != person_id),
        notes=tuple(note for note in memory.notes if person_id not in (note.teller_id, note.person_id)),
        deeds=tuple(deed for deed in memory.deeds if not concerns(deed, person_id, name)),
    )


def _people_of(event: WorldEvent) -> tuple[str, str, str]:
    return event.subject, event.before.held_by, event.after.held_by
