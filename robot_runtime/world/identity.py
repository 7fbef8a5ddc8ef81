"""Which remembered thing a track of the eyes is.

A track is a guess of some seconds, what is remembered is what somebody told or what was seen often; where they contradict each
other the track is of another thing, for a cup that turns into another one is the wrong cup in somebody's hand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from robot_runtime.messages import Detection, WorldObject
from robot_runtime.world.memory import ObjectMemory

_FIRM = 5
"""Pictures in which a thing of a colour or class was seen, after which that is no chance any more."""
_CHANCE = 3
"""So many pictures in a row must contradict what is firm; until then it is a shade."""
_REACH_M = 0.15
"""A thing whose colour the eyes cannot tell is a remembered one only within this and the doubt of its place."""
_JUMP_M, _SIGMAS = 0.1, 3.0
"""A track that is seen this much and so many standard deviations from where its thing was is another one's …"""
_BLINK_S, _SPEED_MPS = 0.5, 1.5
"""… unless it was out of sight for longer, and somebody who hurries could have carried it there."""
_STALE = 15
"""For so many pictures a track that jumped is of the colour of what it was on before."""
_SETTLED, _RESTS_M = 15, 0.1
"""A thing that was within this place for so many pictures rests there."""
_ONE_M, _TWIN_M, _BESIDE_M = 0.04, 0.12, 0.3
"""Twins this near are one thing, and within the second where they were never seen beside each other: within the third."""

_MOST_TRACKS = 2000


@dataclass
class _Rest:
    """Where a thing was at rest, and where it seems to come to rest."""

    at: WorldObject
    seems: WorldObject
    pictures: int = 0

    def see(self, thing: WorldObject) -> None:
        if _apart_m(self.seems, thing) > _RESTS_M or thing.held_by:
            self.seems, self.pictures = thing, 0
        self.pictures += 1
        if self.pictures >= _SETTLED:
            self.at = self.seems


class Identities:
    """Of the things of one memory."""

    def __init__(self, memory: ObjectMemory, restored: frozenset[str], association_m: float) -> None:
        """:param restored: ids of an earlier run, whose tracks may have had the names that other tracks have now"""
        self._memory, self._restored, self._association_m = memory, restored, association_m
        self._ids: dict[str, str] = {}  # track id → object id
        self._seen_as: dict[str, int] = {}  # object id → in how many pictures it was as it is known
        self._told = {thing.id for thing in memory}
        self._rests = {thing.id: _Rest(thing, thing) for thing in memory}
        self._contradicted: dict[str, int] = {}  # track id → by how many pictures in a row
        self._two: set[tuple[str, str]] = set()  # objects that were seen beside each other

    def told(self, object_id: str) -> None:
        """Somebody said what a thing is."""
        self._told.add(object_id)

    def order(self, detections: Iterable[Detection]) -> list[Detection]:
        """First those whose tracks are known: what they are is not to be taken for by a new one."""
        return sorted(detections, key=lambda detection: detection.track_id not in self._ids)

    def of(self, detection: Detection, stamp_s: float, taken: set[str]) -> tuple[str, WorldObject | None]:
        """Which thing a detection is, and what is known of it: its firm class and colour, though this picture may tell another.

        :param taken: the things of this picture so far
        """
        before = self._ids.get(detection.track_id, "")
        known = self._memory.get(before)
        found = before
        if known is not None and before != detection.track_id and _jumps(known, detection, stamp_s):
            found = self._identity(replace(detection, colour=""), taken, before)
            self._contradicted[detection.track_id] = -_STALE
        elif known is None or before in taken:
            found = self._identity(detection, taken, before)
        elif self._is_another(known, detection):
            found = self._identity(detection, taken, before)
            self._contradicted.pop(detection.track_id, None)
            self._put_back(known)
        elif not known.colour and detection.colour and before not in self._told:
            found = self._nearest_twin(detection, taken, before) or before
        if found != before:
            self._leave(known, detection)
            self._note(detection.track_id, found)
        return found, self._memory.get(found)

    def _note(self, track_id: str, object_id: str) -> None:
        """Of too many tracks that were known, as of things that are remembered no more, the first are forgotten."""
        self._ids[track_id] = object_id
        if len(self._ids) > _MOST_TRACKS:
            gone = next(iter(self._ids))
            del self._ids[gone]
            self._contradicted.pop(gone, None)
        if len(self._rests) > len(self._memory) + _MOST_TRACKS:
            self._rests = {thing.id: self._rests[thing.id] for thing in self._memory if thing.id in self._rests}
            self._seen_as = {thing.id: self._seen_as[thing.id] for thing in self._memory if thing.id in self._seen_as}
            self._two = {pair for pair in self._two if self._rests.keys() >= set(pair)}

    def seen(self, before: WorldObject | None, now: WorldObject) -> None:
        """Take in how a thing was seen."""
        same = before is not None and (before.class_name, before.colour) == (now.class_name, now.colour)
        self._seen_as[now.id] = self._seen_as.get(now.id, 0) + 1 if same else 1
        self._rests.setdefault(now.id, _Rest(now, now)).see(now)

    def is_firm(self, object_id: str) -> bool:
        return object_id in self._told or self._seen_as.get(object_id, 0) >= _FIRM

    def merge(self, seen: set[str]) -> None:
        """Make one of the things that are one: of a class and a colour, and at one place.  The one that is known for longer stays.

        :param seen: the things of this picture; what they are joined with is added
        """
        things = [thing for thing in self._memory if not thing.held_by]
        present = [thing for thing in things if thing.id in seen]
        self._two.update(
            _pair(one.id, other.id) for one in present for other in present if one is not other and _apart_m(one, other) <= _BESIDE_M
        )
        places = {thing.id: place for place, thing in enumerate(things)}
        classes = {thing.class_name for thing in present}
        candidates = [thing for thing in things if thing.class_name in classes]
        gone: set[str] = set()
        for thing in present:
            x_m = thing.position_m[0]
            for other in candidates:
                if abs(other.position_m[0] - x_m) > _TWIN_M:
                    continue  # nearly all of a large memory
                elder, younger = sorted((thing, other), key=lambda one: places[one.id])
                if not gone & {elder.id, younger.id} and self._are_one(elder, younger):
                    self._join(elder, younger)
                    gone.add(younger.id)
                    seen.add(elder.id)

    def _are_one(self, one: WorldObject, other: WorldObject) -> bool:
        if one.id == other.id or (one.class_name, one.colour) != (other.class_name, other.colour) or other.id in self._told:
            return False
        return _apart_m(one, other) <= (_ONE_M if _pair(one.id, other.id) in self._two else _TWIN_M)

    def _join(self, elder: WorldObject, younger: WorldObject) -> None:
        """The elder keeps its id and is where the younger was seen."""
        newer = max(younger, elder, key=lambda thing: thing.last_seen_s)
        self._memory.put(replace(newer, id=elder.id))
        self._ids = {track: elder.id if thing == younger.id else thing for track, thing in self._ids.items()}
        self.forget(younger.id)

    def forget(self, object_id: str) -> None:
        self._memory.remove(object_id)
        self._seen_as.pop(object_id, None)
        self._rests.pop(object_id, None)
        self._two = {pair for pair in self._two if object_id not in pair}

    # ------------------------------------------------------------ contradiction

    def _is_another(self, known: WorldObject, detection: Detection) -> bool:
        """Whether a track is not of the thing that it was of: beyond chance of another class or colour."""
        if alike(known, detection) or not self.is_firm(known.id):
            self._contradicted.pop(detection.track_id, None)
            return False
        count = self._contradicted[detection.track_id] = self._contradicted.get(detection.track_id, 0) + 1
        return count >= _CHANCE

    def _put_back(self, known: WorldObject) -> None:
        """A track has carried a thing along that was another one: it is where it was at rest before."""
        rest = self._rests.get(known.id)
        if rest is None or known.held_by or _apart_m(known, rest.at) <= _RESTS_M:
            return
        self._memory.put(replace(known, position_m=rest.at.position_m, place=rest.at.place, support=rest.at.support))
        self._two = {pair for pair in self._two if known.id not in pair}

    def _leave(self, known: WorldObject | None, detection: Detection) -> None:
        """A track turned out to be another thing: what was known only by its mistake was never there."""
        if known is None or known.id in self._told or list(self._ids.values()).count(known.id) > 1:
            return
        is_misnamed = known.class_name != detection.class_name and math.dist(known.position_m, detection.position_m) <= _REACH_M
        if is_misnamed or not self.is_firm(known.id):
            self.forget(known.id)

    # ------------------------------------------------------------ whose it is

    def _identity(self, detection: Detection, taken: set[str], refused: str) -> str:
        """A new track is the remembered twin that is nearest to it, if one is near and not seen elsewhere; else a new thing.

        What perception calls by the id of a remembered thing is that thing, unless the memory of an earlier run says otherwise:
        there a twin at this very place goes first, and a namesake of another class or colour is somebody else.
        """
        namesake = self._memory.get(detection.track_id)
        if namesake is not None and namesake.id not in {*self._restored, *taken, refused}:
            return namesake.id
        if nearest := self._nearest_twin(detection, taken, refused):
            return nearest
        if namesake is None or (alike(namesake, detection) and namesake.id not in {*taken, refused}):
            return detection.track_id
        return self._unused(detection.track_id)

    def _nearest_twin(self, detection: Detection, taken: set[str], refused: str) -> str:
        """The id of a thing; empty where none is near enough."""
        reach_m = self._association_m if detection.colour else min(_REACH_M + detection.position_std_m, self._association_m)
        twins = [
            (math.dist(thing.position_m, detection.position_m), thing.id)
            for thing in self._memory
            if alike(thing, detection) and thing.id not in taken and thing.id != refused
        ]
        distance_m, nearest = min(twins, default=(math.inf, ""))
        return nearest if distance_m <= reach_m else ""

    def _unused(self, track_id: str) -> str:
        """An id made of the track's, which no thing has."""
        number = 2
        while self._memory.get(f"{track_id}.{number}") is not None:
            number += 1
        return f"{track_id}.{number}"


def alike(thing: WorldObject, detection: Detection) -> bool:
    """Of one class, and not of two colours; a colour that nobody could tell is any."""
    return thing.class_name == detection.class_name and ("" in (thing.colour, detection.colour) or thing.colour == detection.colour)


def _jumps(known: WorldObject, detection: Detection, stamp_s: float) -> bool:
    """Whether a track is where its thing cannot have come to."""
    if known.held_by or detection.held_by or known.provenance != "seen":
        return False
    carried_m = _SPEED_MPS * max(stamp_s - known.last_seen_s - _BLINK_S, 0.0)
    allowed_m = _JUMP_M + _SIGMAS * detection.position_std_m + carried_m
    return math.dist(known.position_m[:2], detection.position_m[:2]) > allowed_m


def _apart_m(one: WorldObject, other: WorldObject) -> float:
    return math.dist(one.position_m, other.position_m)


def _pair(one: str, other: str) -> tuple[str, str]:
    return (min(one, other), max(one, other))
