"""How well identities are kept: the figures of multi-object tracking, of a history of what was there and what was told.

Identity switches, misses and false positives are CLEAR MOT's (K. Bernardin and R. Stiefelhagen, "Evaluating Multiple Object
Tracking Performance", EURASIP Journal on Image and Video Processing 2008): picture by picture a pair stays together while it is
within the gate, and what is left is paired for the smallest sum of distances.  Fragmentations are those of Y. Li, C. Huang and
R. Nevatia (CVPR 2009).  IDF1 is that of E. Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera
Tracking" (ECCV workshops 2016): one id for each target over the whole history, chosen so that most of it is right.

What is there but hardly to be seen need not be found; who finds it all the same has not made it up.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

SHORT_S = (0.5, 2.5)
"""So long a target is hidden in an occlusion of about two seconds …"""
LONG_S = 60.0
"""… and until here in an absence."""

Place = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that is truly there."""

    place_m: Place
    wanted: bool  # clearly to be seen: not to find it is a miss
    hidden: bool = False  # nothing of it is to be seen


@dataclass(frozen=True, slots=True)
class Instant:
    """One picture: what was there, by its true id, and the places of what was told as seen, by the id that was told."""

    stamp_s: float
    targets: Mapping[str, Target]
    told: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Switch:
    """A target got another id than it had."""

    stamp_s: float
    target: str
    before: str
    after: str
    apart_s: float  # between the last picture with the one and the first with the other


@dataclass(frozen=True, slots=True)
class Survived:
    """Of so many times hidden, how often the id was the same afterwards."""

    of: int
    kept: int

    @property
    def share(self) -> float:
        return self.kept / self.of if self.of else math.nan


@dataclass(frozen=True)
class Figures:
    """Of people, or of things.  Minutes are those of one target in view: two people for a minute are two."""

    minutes: float
    wanted: int  # targets that were clearly to be seen, summed over the pictures
    ids: int  # that were told
    misses: int
    false: int
    fragmentations: int
    switches: tuple[Switch, ...]
    idf1: float
    occlusions: Survived
    absences: Survived

    def per_minute(self, count: int) -> float:
        return count / self.minutes if self.minutes else math.nan

    @property
    def mota(self) -> float:
        """Multiple object tracking accuracy: 1 - (misses + false positives + switches) / wanted."""
        return 1.0 - (self.misses + self.false + len(self.switches)) / self.wanted if self.wanted else math.nan


def figures(history: Sequence[Instant], gate_m: float, period_s: float) -> Figures:
    """All of them, of pictures in the order of their time, one every ``period_s``."""
    pairs = paired(history, gate_m)
    wanted = sum(target.wanted for instant in history for target in instant.targets.values())
    found = sum(instant.targets[target].wanted for instant, pair in zip(history, pairs, strict=True) for target in pair)
    told = sum(len(instant.told) for instant in history)
    occlusions, absences = _survived(history, pairs)
    return Figures(
        minutes=wanted * period_s / 60.0,
        wanted=wanted,
        ids=len({id_ for instant in history for id_ in instant.told}),
        misses=wanted - found,
        false=told - sum(map(len, pairs)),
        fragmentations=_fragmentations(history, pairs),
        switches=tuple(_switches(history, pairs)),
        idf1=_idf1(history, pairs, gate_m),
        occlusions=occlusions,
        absences=absences,
    )


def paired(history: Sequence[Instant], gate_m: float) -> list[dict[str, str]]:
    """True id → told id, of each picture."""
    pairs: list[dict[str, str]] = []
    last: dict[str, str] = {}
    for instant in history:
        now = {target: id_ for target, id_ in last.items() if target in instant.targets and id_ in instant.told}
        now = {target: id_ for target, id_ in now.items() if math.dist(instant.targets[target].place_m, instant.told[id_]) <= gate_m}
        now.update(_nearest(instant, now, gate_m))
        last = {**{target: id_ for target, id_ in last.items() if id_ not in now.values()}, **now}
        pairs.append(now)
    return pairs


def _nearest(instant: Instant, taken: Mapping[str, str], gate_m: float) -> dict[str, str]:
    """Those that are left; a target that is wanted goes before one that is not."""
    targets = [target for target in instant.targets if target not in taken]
    ids = [id_ for id_ in instant.told if id_ not in taken.values()]
    if not targets or not ids:
        return {}
    apart_m = np.array([[math.dist(instant.targets[target].place_m, instant.told[id_]) for id_ in ids] for target in targets])
    unwanted = np.array([[0.0 if instant.targets[target].wanted else gate_m] for target in targets])
    rows, columns = linear_sum_assignment(np.where(apart_m <= gate_m, apart_m + unwanted, 1e6))
    return {targets[row]: ids[column] for row, column in zip(rows, columns, strict=True) if apart_m[row, column] <= gate_m}


def _switches(history: Sequence[Instant], pairs: Sequence[Mapping[str, str]]) -> list[Switch]:
    last: dict[str, tuple[str, float]] = {}
    found = []
    for instant, pair in zip(history, pairs, strict=True):
        for target, id_ in pair.items():
            before, seen_s = last.get(target, (id_, instant.stamp_s))
            if before != id_:
                found.append(Switch(instant.stamp_s, target, before, id_, instant.stamp_s - seen_s))
            last[target] = (id_, instant.stamp_s)
    return found


def _fragmentations(history: Sequence[Instant], pairs: Sequence[Mapping[str, str]]) -> int:
    """How often a target was lost in full view and found again before it went out of sight."""
    count, state = 0, dict[str, str]()
    for instant, pair in zip(history, pairs, strict=True):
        for name, target in instant.targets.items():
            if name in pair:
                count += state.get(name) == "lost"
                state[name] = "found"
            elif target.hidden:
                state[name] = "gone"
            elif target.wanted and state.get(name) == "found":
                state[name] = "lost"
        for name in state.keys() - instant.targets.keys():
            state[name] = "gone"
    return count


def _survived(history: Sequence[Instant], pairs: Sequence[Mapping[str, str]]) -> tuple[Survived, Survived]:
    """Of occlusions and of absences; those after which nothing was told of the target while it was in sight are misses."""
    counts: dict[str, Counter[bool]] = {"short": Counter(), "long": Counter()}
    last: dict[str, str] = {}
    hidden_s: dict[str, float] = {}
    waiting: dict[str, tuple[str, str]] = {}  # target → how long it was hidden, id before
    for instant, pair in zip(history, pairs, strict=True):
        for name in {*instant.targets, *last}:
            target = instant.targets.get(name)
            if target is None or (target.hidden and name not in pair):
                hidden_s.setdefault(name, instant.stamp_s)
                waiting.pop(name, None)
                continue
            gone_s = instant.stamp_s - hidden_s.pop(name, instant.stamp_s)
            if name in last and SHORT_S[0] <= gone_s <= LONG_S:
                waiting[name] = ("short" if gone_s <= SHORT_S[1] else "long", last[name])
            if name in pair:
                if name in waiting:
                    length, before = waiting.pop(name)
                    counts[length][pair[name] == before] += 1
                last[name] = pair[name]
    short, long = (Survived(sum(one.values()), one[True]) for one in counts.values())
    return short, long


def _idf1(history: Sequence[Instant], pairs: Sequence[Mapping[str, str]], gate_m: float) -> float:
    """2 · right / (wanted + told), both without what need not be found."""
    shared: dict[tuple[str, str], int] = defaultdict(int)
    wanted, told = Counter[str](), Counter[str]()
    for instant, pair in zip(history, pairs, strict=True):
        targets = {name: target for name, target in instant.targets.items() if target.wanted}
        extra = {id_ for name, id_ in pair.items() if name not in targets}
        ids = {id_: place_m for id_, place_m in instant.told.items() if id_ not in extra}
        wanted.update(targets.keys())
        told.update(ids.keys())
        for name, target in targets.items():
            for id_, place_m in ids.items():
                shared[name, id_] += math.dist(target.place_m, place_m) <= gate_m
    if not wanted or not told:
        return math.nan if not wanted else 0.0
    right: NDArray[np.int64] = np.array([[shared[name, id_] for id_ in told] for name in wanted])
    rows, columns = linear_sum_assignment(right, maximize=True)
    return 2.0 * float(right[rows, columns].sum()) / (sum(wanted.values()) + sum(told.values()))
