"""When the memory is saved: soon after a change that matters, now and then for the rest, never more than once a second."""

from __future__ import annotations

import math
from collections.abc import Mapping

from robot_runtime.messages import Person, WorldObject
from robot_runtime.world.recollection import NOTHING, Recollection
from robot_runtime.world.store import Store

SAVE_S = 1.0
"""At most one write in this time: what a crash may cost of what matters."""

REFRESH_S = 10.0
"""Times and confidences, which change with every picture, are as old as this on disk at most."""

MOVED_M = 0.1


class Keeper:
    """Pure but for the store: time is passed in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._saved = NOTHING
        self._saved_s = -math.inf

    def keep(self, memory: Recollection, now_s: float) -> None:
        """Save it if it is time to."""
        waited_s = now_s - self._saved_s
        if 0 <= waited_s < SAVE_S or _same(memory, self._saved):
            return
        if not 0 <= waited_s < REFRESH_S or matters(memory, self._saved):
            self.save(memory, now_s)

    def save(self, memory: Recollection, now_s: float) -> None:
        """Save it in any case."""
        self._store.save(memory, now_s)
        self._saved, self._saved_s = memory, now_s


def matters(new: Recollection, old: Recollection) -> bool:
    """Whether something came, went, moved or happened."""
    if _told(new) != _told(old) or _newest(new) != _newest(old):
        return True
    return _differ({thing.id: thing for thing in old.objects}, new.objects) or _others({p.id for p in old.people}, new.people)


def _same(new: Recollection, old: Recollection) -> bool:
    """By identity, which is enough: the world replaces what changes and keeps what does not."""
    return (
        len(new.objects) == len(old.objects)
        and len(new.people) == len(old.people)
        and all(a is b for a, b in zip(new.objects, old.objects, strict=True))
        and all(a is b for a, b in zip(new.people, old.people, strict=True))
        and _newest(new) == _newest(old)
        and _told(new) == _told(old)
    )


def _told(memory: Recollection) -> tuple[object, ...]:
    return memory.told_by, memory.preferences, memory.notes, memory.deeds


def _newest(memory: Recollection) -> int:
    return memory.events[-1].number if memory.events else 0


def _differ(old: Mapping[str, WorldObject], new: tuple[WorldObject, ...]) -> bool:
    return len(old) != len(new) or any(_moved(old.get(thing.id), thing) for thing in new)


def _moved(old: WorldObject | None, new: WorldObject) -> bool:
    if old is new:
        return False
    if old is None:
        return True
    kept = (old.support, old.held_by, old.provenance, old.class_name) == (new.support, new.held_by, new.provenance, new.class_name)
    return not kept or (not new.held_by and not math.dist(old.position_m, new.position_m) <= MOVED_M)


def _others(old: set[str], new: tuple[Person, ...]) -> bool:
    return old != {person.id for person in new}
