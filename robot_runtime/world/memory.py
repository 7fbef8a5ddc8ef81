"""What the robot remembers of objects while it runs; what of it outlives the run is written by :mod:`~robot_runtime.world.keeper`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from robot_runtime.messages import WorldObject

MOST_OBJECTS = 1000
"""A home has a few hundred things; a detector's errors must not fill the memory over months."""


class ObjectMemory:
    """Objects by id, in the order in which they were first known; of too many the one seen longest ago is forgotten."""

    def __init__(self, known: Iterable[WorldObject] = (), most: int = MOST_OBJECTS) -> None:
        self._objects = {thing.id: thing for thing in known}
        self._most = most

    def __iter__(self) -> Iterator[WorldObject]:
        return iter(tuple(self._objects.values()))

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, object_id: str) -> WorldObject | None:
        return self._objects.get(object_id)

    def put(self, thing: WorldObject) -> None:
        self._objects[thing.id] = thing
        if len(self._objects) > self._most:
            oldest = min((other for other in self._objects.values() if other is not thing), key=lambda other: other.last_seen_s)
            del self._objects[oldest.id]

    def remove(self, object_id: str) -> None:
        """Forget one thing; nothing happens when it is not known."""
        self._objects.pop(object_id, None)

    def clear(self) -> None:
        self._objects.clear()
