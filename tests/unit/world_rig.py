"""Facts for the tests of the world's memory."""

from __future__ import annotations

import math
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from robot_runtime.messages import Person, Whereabouts, WorldEvent, WorldObject
from robot_runtime.world.recollection import Recollection
from robot_runtime.world.store import DiskStore

WALL_S = 1_800_000_000.0


def a_thing(thing_id: str = "red_cup", at: tuple[float, float, float] = (2.5, 6.1, 0.8), **other: Any) -> WorldObject:
    values: dict[str, Any] = {
        "class_name": "cup", "colour": "red", "name": "red cup", "place": "kitchen", "support": "kitchen table", "held_by": "",
        "last_seen_s": 5.0, "confidence": 0.9, "provenance": "seen",
    }  # fmt: skip
    return WorldObject(id=thing_id, position_m=at, **{**values, **other})


def an_event(number: int = 1, subject: str = "red_cup", kind: str = "moved", stamp_s: float = 5.0, **other: Any) -> WorldEvent:
    values: dict[str, Any] = {
        "name": subject.replace("_", " "), "before": Whereabouts("kitchen", "kitchen table"), "after": Whereabouts("living room"),
        "confidence": 0.9, "provenance": "seen",
    }  # fmt: skip
    return WorldEvent(number=number, stamp_s=stamp_s, kind=kind, subject=subject, **{**values, **other})


def somebody(name: str = "anna", last_seen_s: float = 5.0) -> Person:
    return Person(
        name, name.capitalize(), "adult", 0.95, (3.5, 2.0, 0.0), (0.0, 0.0, 0.0), 0.05,
        False, False, False, last_seen_s,
    )  # fmt: skip


MEMORY = Recollection(
    (a_thing(), a_thing("told_mug", last_seen_s=-math.inf, provenance="told", name="mug")),
    (somebody("anna"), somebody("leo")),
    (an_event(1), an_event(2, "anna", "came"), an_event(3, "red_cup", after=Whereabouts(held_by="anna"))),
    (("told_mug", "anna"),),
)


class Clock:
    """A wall clock that a test sets."""

    def __init__(self, wall_s: float = WALL_S) -> None:
        self.wall_s = wall_s

    def __call__(self) -> float:
        return self.wall_s


def quick_folder() -> TemporaryDirectory[str]:
    """In memory where the system has such a place: a property test closes hundreds of files, and each waits for the disk."""
    return TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)


def keep(path: Path, memory: Recollection = MEMORY, now_s: float = 10.0, wall_s: float = WALL_S) -> None:
    """Leave a memory in a file, as a robot that is shut down does."""
    store = DiskStore(path, Clock(wall_s))
    store.save(memory, now_s)
    store.close()
    assert store.problem == ""


def kept(path: Path, now_s: float = 10.0, wall_s: float = WALL_S) -> Recollection | None:
    """What a robot that starts finds."""
    store = DiskStore(path, Clock(wall_s))
    memory = store.load(now_s)
    store.close()
    return memory
