"""What the robot remembers of objects: one small store, so that another one (on disk) can take its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from robot_runtime.messages import WorldObject


class ObjectMemory:
    """Objects by id, in the order in which they were first known."""

    def __init__(self, known: Iterable[WorldObject] = ()) -> None:
        self._objects = {thing.id: thing for thing in known}

    def __iter__(self) -> Iterator[WorldObject]:
        return iter(tuple(self._objects.values()))

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, object_id: str) -> WorldObject | None:
        return self._objects.get(object_id)

    def put(self, thing: WorldObject) -> None:
        self._objects[thing.id] = thing

    def clear(self) -> None:
        self._objects.clear()
