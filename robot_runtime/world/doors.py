"""Whether the doors of the home are open: seen by the rays that pass their openings or end in them, known for a while, else not known.

A closed leaf and a box that fills an opening look alike to a level scanner, and glass looks open.  The numbers below were
chosen by hand for a scanner with a ray each degree and a pose that errs some centimetres; none of them comes from a standard.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from robot_runtime.messages import DoorFact, RobotPose, Scan
from robot_runtime.world.semantic_map import Door

FRAME_M = 0.15
"""So much beside each end of an opening is not looked at: frame, wall's edge, the pose's error."""

FARTHEST_M = 4.0
"""Beyond this the rays lie too far apart, and an error of the heading moves them too far."""

STEEPEST = 0.35
"""Sine of the least angle between a ray and the wall: a ray along the wall tells little."""

BEHIND_M, AT_M = 0.3, 0.2
"""A ray that goes on so far behind the opening went through; one that ends so near it was stopped there."""

SLICES = 8
"""An opening is looked at in as many upright slices."""

OPEN_SLICES, CLOSED_SLICES = 2, 6
"""A gap of two slices is open, also beside a leaf that is ajar; closed is what stops rays in six and lets none through."""

LOOKS = 3
"""So many looks in a row must agree before the robot changes its mind: a turn of the base smears a scan."""

POSE_STD_M, LATE_S = 0.15, 0.15
"""With a worse pose, or a scan so much older or newer than it, nothing is looked at."""

IN_THE_DOOR_M = 0.25
"""So near the middle line of an opening the robot itself stands in it: it is open."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one scan shows of a door."""

    is_open: bool
    sureness: float  # the share of the opening that decided, 0 … 1


@dataclass(slots=True)
class _Seen:
    fact: DoorFact | None = None
    other: bool | None = None  # what the newest looks show instead
    times: int = 0


class Doors:
    """What is known of the doors of one home."""

    def __init__(self, doors: Mapping[str, Door], half_life_s: float) -> None:
        self._doors = doors
        self._half_life_s = half_life_s
        self._seen = {name: _Seen() for name in doors}

    def look(self, scan: Scan, pose: RobotPose) -> None:
        """Take in a scan seen from a pose."""
        if not pose.std_m <= POSE_STD_M or not abs(scan.stamp_s - pose.stamp_s) <= LATE_S:
            return
        for name, door in self._doors.items():
            if door.distance_m(pose.x_m, pose.y_m) <= IN_THE_DOOR_M:
                self._seen[name] = _Seen(DoorFact(name, True, scan.stamp_s, 1.0, "inferred"))
                continue
            found = look_at(door, scan, pose)
            if found is not None:
                self._take(self._seen[name], DoorFact(name, found.is_open, scan.stamp_s, found.sureness, "seen"))

    def facts(self, now_s: float) -> tuple[DoorFact, ...]:
        """The doors of which something is known, each as sure as it still is: people open and close them unseen."""
        return tuple(self._faded(seen.fact, now_s) for seen in self._seen.values() if seen.fact is not None)

    def _take(self, seen: _Seen, fact: DoorFact) -> None:
        if seen.fact is not None and seen.fact.is_open is fact.is_open:
            seen.fact, seen.other, seen.times = fact, None, 0
            return
        seen.times = seen.times + 1 if seen.other is fact.is_open else 1
        seen.other = fact.is_open
        if seen.times >= LOOKS:
            seen.fact, seen.other, seen.times = fact, None, 0

    def _faded(self, fact: DoorFact, now_s: float) -> DoorFact:
        age_s = max(0.0, now_s - fact.last_seen_s)
        return replace(fact, confidence=fact.confidence * math.pow(0.5, age_s / self._half_life_s))


def look_at(door: Door, scan: Scan, pose: RobotPose) -> Look | None:
    """What a scan shows of a door; None when too few rays reach it, or somebody stands before it."""
    (ax, ay), (bx, by) = door.start_m, door.end_m
    middle_m = (ax + bx) / 2 - pose.x_m, (ay + by) / 2 - pose.y_m
    if math.hypot(*middle_m) > FARTHEST_M:
        return None
    along = (bx - ax) / door.width_m, (by - ay) / door.width_m
    apart_m = middle_m[1] * along[0] - middle_m[0] * along[1]  # of the robot from the wall's line, with a sign
    bearings = pose.yaw_rad + scan.angle_min_rad + scan.angle_increment_rad * np.arange(len(scan.ranges_m))
    facing = np.sin(bearings) * along[0] - np.cos(bearings) * along[1]  # of each ray: how squarely it meets the wall
    with np.errstate(divide="ignore", invalid="ignore"):
        reach_m = apart_m / facing  # along each ray, from the robot to the wall's line
        at_m = (pose.x_m - ax + reach_m * np.cos(bearings)) * along[0] + (pose.y_m - ay + reach_m * np.sin(bearings)) * along[1]
    meets = (reach_m > 0) & (np.abs(facing) >= STEEPEST) & (at_m > FRAME_M) & (at_m < door.width_m - FRAME_M)
    ends_m, reach_m = scan.ranges_m[meets], reach_m[meets]
    slices = ((at_m[meets] - FRAME_M) / (door.width_m - 2 * FRAME_M) * SLICES).astype(int)
    through = set(slices[ends_m > reach_m + BEHIND_M].tolist())
    stopped = set(slices[np.abs(ends_m - reach_m) <= AT_M].tolist()) - through
    if len(through) >= OPEN_SLICES:
        return Look(True, len(through | stopped) / SLICES)
    return Look(False, len(stopped) / SLICES) if len(stopped) >= CLOSED_SLICES and not through else None
