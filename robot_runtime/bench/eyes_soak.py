"""``robot-runtime bench eyes --soak MINUTES``: does what the eyes keep grow while they run for long?

Five pictures a second of virtual time, as fast as the machine can, through the backend ``cnn`` as it runs on the robot.  The
pictures change every few seconds while the robot turns, so that people and things come and go all the time; voices are heard; and
in between the camera is lost, or time, picture, depths or calibration are nonsense.

Memory is that of the process.  It has settled after the first half; in the second it may grow by :data:`MOST_GROWN_MIB`.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from robot_runtime.bench.eyes_pictures import Moment
from robot_runtime.bench.gate import memory_mib
from robot_runtime.bench.machine import describe
from robot_runtime.messages import Image, VoiceDirection
from robot_runtime.perceive.cnn import CnnEyes

RATE_HZ = 5
MOST_GROWN_MIB = 8.0
"""Two kilobytes a picture over half of 30 minutes."""
_SHOWN = 12
"""Pictures before others come into view."""
_FAULT_EVERY = 7
_LOST_EVERY, _LOST = 300, 15
"""Once a minute the camera is gone for three seconds: as long as a track waits."""
_TURN_RADPS = 0.3
_SAMPLES = 100


def _nonsense(picture: Image) -> list[Image | None]:
    """What may come in the place of a picture."""
    bgr, info = picture.bgr, picture.info
    wrong: list[Any] = [bgr[:0], bgr[: len(bgr) // 2, :, :2], bgr.astype(np.float32), bgr.reshape(-1), None, "no picture"]
    depths: list[Any] = [np.empty((0, 0), np.float32), np.full((24, 32), np.nan, np.float32), bgr, None]
    return [
        *(replace(picture, bgr=one) for one in wrong),
        *(replace(picture, depth_m=one) for one in depths),
        *(replace(picture, stamp_s=stamp_s) for stamp_s in (math.nan, picture.stamp_s - 0.7, picture.stamp_s + 9.0)),
        replace(picture, bgr=bgr[: len(bgr) // 2]),  # cut off: the rest of the picture is missing
        replace(picture, info=info and replace(info, k=(math.nan,) * 9)),
        replace(picture, info=None),
        None,
    ]


@dataclass(frozen=True)
class Soak:
    """How it went."""

    pictures: int
    looked_at: int
    refused: int
    people: int  # ids that were told
    things: int
    wall_s: float
    begin_mib: float  # after the first pictures, with all buffers made
    half_mib: float
    end_mib: float
    kept: Mapping[str, tuple[int, int]]  # most entries of each container, in the first half and in the second

    @property
    def grown_mib(self) -> float:
        """In the second half."""
        return self.end_mib - self.half_mib


def soak(eyes: CnnEyes, moments: Sequence[Moment], pictures: int, told: Callable[[int], None] = lambda done: None) -> Soak:
    """Let the eyes look at so many pictures, bad ones included.

    :param pictures: at least 10
    :param told: gets how many are done, now and then
    """
    held_mib: list[float] = []
    kept: dict[str, list[int]] = {}
    ids: tuple[set[str], set[str]] = (set(), set())
    every, started_s = max(pictures // _SAMPLES, 1), time.perf_counter()
    for number in range(1, pictures + 1):
        now_s = number / RATE_HZ
        found = eyes.look(_inbox(moments, number, now_s), now_s)
        if found is not None:
            ids[0].update(person.id for person in found[1].people)
            ids[1].update(thing.track_id for thing in found[0].detections)
        if number % every == 0:
            held_mib.append(memory_mib())
            for name, size in sizes(eyes).items():
                most = kept.setdefault(name, [0, 0])
                most[2 * number > pictures] = max(most[2 * number > pictures], size)
            told(number)
    figures, tenth = eyes.diagnose()[1], max(len(held_mib) // 10, 1)
    middle = len(held_mib) // 2
    return Soak(
        pictures, int(figures["pictures"]), int(figures["refused"]), len(ids[0]), len(ids[1]), time.perf_counter() - started_s,
        held_mib[0], statistics.median(held_mib[middle : middle + tenth]), statistics.median(held_mib[-tenth:]),
        {name: (first, second) for name, (first, second) in sorted(kept.items())},
    )  # fmt: skip


def _inbox(moments: Sequence[Moment], number: int, now_s: float) -> dict[str, Sequence[object]]:
    """What the eyes get with a picture."""
    moment = moments[number // _SHOWN % len(moments)]
    x_m, y_m, yaw_rad = moment.base
    inbox = dict(replace(moment, base=(x_m, y_m, yaw_rad + _TURN_RADPS * now_s)).inbox(now_s))
    inbox["audio/direction"] = [VoiceDirection(now_s, "base_link", math.sin(now_s) if number % 2 else math.nan, 0.1, -30.0)]
    if number % _LOST_EVERY < _LOST:
        inbox["camera/image"] = []
    elif number % _FAULT_EVERY == 0:
        (picture,) = inbox["camera/image"]
        assert isinstance(picture, Image)
        choices = _nonsense(picture)
        bad = choices[number // _FAULT_EVERY % len(choices)]
        inbox["camera/image"] = [] if bad is None else [bad]
    return inbox


def sizes(root: object) -> dict[str, int]:
    """Of the containers that can grow, in the project's objects below ``root``: how many entries, by the names that lead there."""
    found: dict[str, int] = {}
    waiting, known = [("", root)], {id(root)}
    while waiting:
        name, one = waiting.pop()
        if isinstance(one, (Mapping, Set, list, deque)):
            found[name] = found.get(name, 0) + len(one)
            parts = [(name, part) for part in (one.values() if isinstance(one, Mapping) else one)]
        elif type(one).__module__.startswith("robot_runtime."):
            parts = [(f"{name}.{key}".lstrip("."), part) for key, part in _attributes(one)]
        else:
            continue
        fresh = [(path, part) for path, part in parts if id(part) not in known]
        known.update(id(part) for _, part in fresh)
        waiting += fresh
    return found


def _attributes(one: object) -> list[tuple[str, object]]:
    names = [*getattr(one, "__dict__", {}), *(name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ()))]
    return [(name, getattr(one, name)) for name in names if not name.startswith("__") and hasattr(one, name)]


def show(found: Soak, as_json: bool) -> int:
    """Print it; 0 when memory stayed flat."""
    flat = found.grown_mib <= MOST_GROWN_MIB
    if as_json:
        print(json.dumps({**asdict(found), "grown_mib": found.grown_mib, "flat": flat, "machine": dict(describe())}))
        return 0 if flat else 1
    minutes = found.pictures / RATE_HZ / 60
    print(f"{minutes:.1f} min of pictures in {found.wall_s / 60:.1f} min: {found.looked_at} looked at, {found.refused} refused")
    print(f"{found.people} people and {found.things} things came and went")
    print(f"memory: {found.begin_mib:.1f} MiB at first, {found.half_mib:.1f} at half time, {found.end_mib:.1f} at the end")
    print(f"grown by {found.grown_mib:+.1f} MiB in the second half; {'flat' if flat else 'NOT flat'}: at most {MOST_GROWN_MIB:g}")
    for name, (first, second) in found.kept.items():
        if second > first:
            print(f"{name}: at most {first} entries in the first half, {second} in the second")
    return 0 if flat else 1
