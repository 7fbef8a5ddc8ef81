"""How much free way is left: along the path before people and unmapped things, along an arc before what the lidar sees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.act.planar import Points, Pose2, to_map
from robot_runtime.act.surroundings import Surroundings

_AWAY_M = 0.02  # something that gets farther, or nearer by less than this, is not driven into
_SAME_M = 0.5  # the lidar sees a person's legs as a thing at much the same place
_LEAST_PERSON_M = 0.42  # never nearer to a person's centre, wherever the goal is: base and half a body
_STRAIGHT_PER_M = 1e-4  # a flatter arc is a parabola, to less than a micrometre
_FORESIGHT_S = (0.0, 0.5, 1.0)  # where people are now and will be, if they walk on
_HERE = np.zeros(2)  # the robot, in its own frame


@dataclass(frozen=True)
class Keep:
    """Distances from the base's centre at which to wait for what is in the way."""

    person_m: float
    thing_m: float


@dataclass(frozen=True)
class Gap:
    free_m: float
    before: str  # "person", "obstacle" or ""


class Arc(NamedTuple):
    points: Points  # in the robot's frame
    along_m: NDArray[np.float64]  # how far along each is


def on_path(path: Points, along_m: NDArray[np.float64], end: NDArray[np.float64], here: Surroundings, keep: Keep) -> Gap:
    """Free way on the stretch ``path`` (``along_m`` from its start) of a path that ends at ``end``.

    Who stands at the end, because the goal is to halt near them, is approached as near as the goal wants it.
    """
    at = np.array(here.at_m)
    moves = np.concatenate([here.people + here.people_velocity_mps * ahead_s for ahead_s in _FORESIGHT_S])
    planned_m = np.hypot(here.people[:, 0] - end[0], here.people[:, 1] - end[1])
    keep_m = np.minimum(keep.person_m, np.maximum(planned_m - 0.05, _LEAST_PERSON_M))
    person_m = first_touch(path, along_m, at, moves, np.concatenate([keep_m] * len(_FORESIGHT_S)))
    thing_m = first_touch(path, along_m, at, here.unexplained, keep.thing_m)
    if person_m <= thing_m + _SAME_M and person_m < math.inf:
        return Gap(min(person_m, thing_m), "person")
    return Gap(thing_m, "obstacle" if thing_m < math.inf else "")


def arc(curvature: float, reach_m: float) -> Arc:
    """An arc that starts at the robot."""
    along_m = np.linspace(min(0.05, reach_m), reach_m, 12)
    if abs(curvature) < _STRAIGHT_PER_M:
        return Arc(np.stack((along_m, 0.5 * curvature * along_m**2), axis=1), along_m)
    turn = along_m * curvature
    return Arc(np.stack((np.sin(turn), 1.0 - np.cos(turn)), axis=1) / curvature, along_m)


def on_arc(way: Arc, hits: Points, keep_m: float) -> float:
    """Free way on an arc before what the lidar sees; ``hits`` in the robot's frame."""
    return first_touch(way.points, way.along_m, _HERE, hits, keep_m)


def on_map(way: Arc, pose: Pose2, occupancy: OccupancyMap, keep_m: float) -> float:
    """Free way on an arc before what the map holds: of a table the lidar sees only the legs."""
    room_m = occupancy.clearance_m[occupancy.cells(to_map(pose, way.points))]
    now_m = occupancy.clearance_m[occupancy.cell(pose.x_m, pose.y_m)] if occupancy.contains(pose.x_m, pose.y_m) else 0.0
    touched = room_m < min(keep_m, now_m - _AWAY_M)
    return float(way.along_m[int(np.argmax(touched))]) if touched.any() else math.inf


def first_touch(
    way: Points, along_m: NDArray[np.float64], at: NDArray[np.float64], things: Points, keep_m: NDArray[np.float64] | float
) -> float:
    """How far along ``way`` one first comes nearer than ``keep_m`` to one of ``things``; infinite when never.

    Things that one stands beside already, and that the way does not come nearer to, do not count.

    >>> way, along = np.array([[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]), np.array([0.0, 0.5, 1.0])
    >>> first_touch(way, along, way[0], np.array([[1.2, 0.0]]), np.array([0.4]))
    1.0
    """
    if not len(things) or not len(way):
        return math.inf
    now_m = np.hypot(things[:, 0] - at[0], things[:, 1] - at[1])
    near = now_m < along_m[-1] + keep_m + 0.1
    if not near.any():
        return math.inf
    things, limit_m = things[near], np.minimum(keep_m, now_m - _AWAY_M)[near]
    gaps_m = np.hypot(way[:, None, 0] - things[None, :, 0], way[:, None, 1] - things[None, :, 1])
    touched = (gaps_m < limit_m).any(axis=1)
    return float(along_m[int(np.argmax(touched))]) if touched.any() else math.inf
