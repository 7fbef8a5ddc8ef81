"""How large in metres the person in a box is, and how far away: what a crop, brought to one size, no longer shows.

A child who stands and an adult who sits are about as high; which of the two it is the picture tells.  A classifier that takes a
second input gets one row of :data:`COLUMNS` a person.  Every column is a plain number in metres or 0 … 1, and 0 where it is not
known; the columns ``view``, ``place`` and ``floor`` say which are known:

==============  ===========  =====================================================================================================
column          known with   what it is
==============  ===========  =====================================================================================================
view                         1: where the camera is and looks is known
place           view         1: the distance is known, by depth or by feet on the floor, and not by a guess at the person's size
by_depth        place        1: from a depth camera
distance_m      place        along the floor, from the camera
top_m           place        height over the floor of the box's upper side, at that distance
foot_m          place        likewise of its lower side
width_m         place        of the box
floor           view         1: the lower side of the box is in the picture, and below the horizon by enough
stature_m       floor        height of the box's upper side if its lower side stands on the floor: no depth, no place is needed
cut_above                    1: the upper side is the picture's border, and there may be more of the person beyond it
cut_below                    likewise
cut_beside                   likewise on the left or on the right
==============  ===========  =====================================================================================================
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.places import Places, Vector

Measures = NDArray[np.float32]
"""Shape (people, columns)."""

COLUMNS = (
    "view", "place", "by_depth", "distance_m", "top_m", "foot_m", "width_m", "floor", "stature_m", "cut_above", "cut_below", "cut_beside",
)  # fmt: skip

MEASURED = ("depth", "floor")
"""Sources of places that say something of a person's size, rather than being told by it."""

_UNSURE_STD_M = 0.4
"""Along the line of sight.  At a distance that is less sure the heights say nothing."""
_EDGE_PX = 2.0
"""A side of a box that comes this near to the picture's border is cut by it (as ``PlaceSettings.edge_px``)."""
_FARTHEST_M = 10.0
_HIGHEST_M, _WIDEST_M = 4.0, 4.0
_LEAST_FALL = 0.12
"""How far the ray through feet must fall a metre: a camera at 1.25 m sees the floor so at about 10 m."""
_LEVEL = 1e-3


def unknown(count: int) -> Measures:
    """Rows for people of whom nothing is measured."""
    return np.zeros((count, len(COLUMNS)), np.float32)


def measure(boxes: Boxes, places: Places | None, view: View | None, size_px: tuple[int, int]) -> Measures:
    """A row a box; whatever is missing or no number is unknown, whoever the other people are.

    :param places: of the same boxes, row by row
    :param size_px: width and height of the picture
    """
    rows = unknown(len(boxes))
    ltrb = boxes.ltwh_px.astype(np.float64).reshape(-1, 4)
    with np.errstate(over="ignore", invalid="ignore"):
        ltrb[:, 2:] += ltrb[:, :2]
    good = np.asarray(np.isfinite(ltrb).all(axis=1))
    ltrb[~good] = 0.0
    beyond = np.concatenate((ltrb[:, :2] <= _EDGE_PX, ltrb[:, 2:] >= np.array(size_px) - _EDGE_PX), axis=1)
    _set(rows, good, cut_above=beyond[:, 1], cut_below=beyond[:, 3], cut_beside=beyond[:, 0] | beyond[:, 2])
    if view is None or not np.isfinite(view.pose.position_m).all() or not math.isfinite(view.pose.std_m):
        return rows
    slopes, spread = _slopes(ltrb, view)
    seen = good & np.isfinite(slopes).all(axis=1) & np.isfinite(spread)
    _set(rows, seen, view=1.0)
    _measure_stature(rows, seen, slopes, float(view.pose.position_m[2]))
    if places is not None:
        _measure_heights(rows, seen, slopes, spread, places, view)
    return rows


def take(rows: Measures, columns: tuple[str, ...]) -> Measures:
    """The columns that a network wants, in its order.

    >>> take(unknown(2), ("top_m", "place")).shape
    (2, 2)
    """
    return np.ascontiguousarray(rows[:, [COLUMNS.index(name) for name in columns]])


def column(rows: Measures, name: str) -> Measures:
    """One of :data:`COLUMNS`, of everybody."""
    return np.asarray(rows[:, COLUMNS.index(name)])


def _set(rows: Measures, where: NDArray[np.bool_], **values: NDArray[np.bool_] | Vector | float) -> None:
    for name, value in values.items():
        rows[:, COLUMNS.index(name)] = np.where(where, value, 0.0)


def _slopes(ltrb: Vector, view: View) -> tuple[Vector, Vector]:
    """How far rays through the middles of the upper and of the lower side rise a metre along the floor, shape (n, 2); and how far
    the left and the right side are apart a metre away, shape (n,).
    """
    across = (ltrb[:, 0] + ltrb[:, 2]) / 2
    down = (ltrb[:, 1] + ltrb[:, 3]) / 2
    points = [(across, ltrb[:, 1]), (across, ltrb[:, 3]), (ltrb[:, 0], down), (ltrb[:, 2], down)]
    rays = view.rays(np.concatenate([np.stack(point, axis=1) for point in points])).reshape(4, -1, 3)
    level = np.hypot(rays[:, :, 0], rays[:, :, 1])
    level = np.where(level > _LEVEL, level, np.nan)
    slopes = (rays[:2, :, 2] / level[:2]).T
    flat = rays[2:, :, :2] / level[2:, :, None]
    return slopes, np.hypot(*(flat[1] - flat[0]).T)


def _measure_stature(rows: Measures, seen: NDArray[np.bool_], slopes: Vector, eye_m: float) -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        stature_m = eye_m * (1.0 - slopes[:, 0] / slopes[:, 1])
    floor = seen & (slopes[:, 1] < -_LEAST_FALL) & (column(rows, "cut_below") == 0) & np.isfinite(stature_m)
    _set(rows, floor, floor=1.0, stature_m=np.clip(np.where(floor, stature_m, 0.0), 0.0, _HIGHEST_M))


def _measure_heights(rows: Measures, seen: NDArray[np.bool_], slopes: Vector, spread: Vector, places: Places, view: View) -> None:
    eye_m = view.pose.position_m
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        off_m = places.position_m[:, :2] - eye_m[:2]
        distance_m = np.hypot(off_m[:, 0], off_m[:, 1])
        along_m2 = np.einsum("ni,nij,nj->n", off_m, places.covariance_m2[:, :2, :2], off_m) / distance_m**2
    measured = np.array([source in MEASURED for source in places.sources], np.bool_)
    known = seen & measured & (along_m2 <= _UNSURE_STD_M**2) & (distance_m > 0) & (distance_m <= _FARTHEST_M)  # nan is not
    distance_m = np.where(known, distance_m, 0.0)
    heights_m = np.clip(eye_m[2] + distance_m[:, None] * np.where(known[:, None], slopes, 0.0), -1.0, _HIGHEST_M)
    by_depth = np.array([source == "depth" for source in places.sources], np.bool_)
    _set(rows, known, place=1.0, by_depth=by_depth, distance_m=distance_m, top_m=heights_m[:, 0], foot_m=heights_m[:, 1])
    _set(rows, known, width_m=np.clip(distance_m * np.where(known, spread, 0.0), 0.0, _WIDEST_M))
