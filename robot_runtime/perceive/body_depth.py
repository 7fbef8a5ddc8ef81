"""Which of the depths in a person's box are the person's.

A box around somebody shows much that is not them: the wall between arm and trunk, the sofa, the table before them.  A fixed
window on the chest sees the wall when they sit sideways or point at something, and nothing tells it so.  Therefore the whole
box is sampled, with a rim around it; floor and ceiling are left out, and what is left is cut into upright slices of the room, as
thick as a body.  The box was drawn around the person, so their slice

- is a substantial share of the box and reaches (nearly) all of its rows and columns: what stands before somebody hides a part;
- hardly reaches beyond the box, while walls, tables and sofas go on;
- fills no side of the rim from corner to corner, as the frame of a door does behind which they are half hidden;
- ends at the floor, at the picture's edge, or where something nearer begins;
- is not behind the point where the foot of the box meets the floor, and makes no giant of them.

How well it does so is its score.  Of all slices with nearly the best score the nearest counts, so that nobody is supposed to
be farther away than they are; how much farther the farthest of them is says how much is in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.camera_model import View

Vector = NDArray[np.float64]

ROWS, COLUMNS = 24, 18
"""Samples down and across a box."""
_RIM = 3
"""So many more on every side of it; the innermost may still show the person, for boxes are not exact."""
_CELL = (4, 3)
"""So many samples down and across make a cell.  A slice reaches a cell in which it has ``_REACHED`` of them."""
_REACHED = 2
_BIN_M = 0.1
_THICK = 5
"""Bins of a slice: 0.5 m holds a trunk with an arm before it."""
_BINS = 150
_MOST = 6
"""Slices of a box that are looked at."""
_LEAST_SHARE = 0.06
_FULL_SHARE = 0.25
"""Of the box: less than the first is no slice; somebody with arms apart fills about the second."""
_MAYBE_NEARER = 0.45
_MAYBE_FARTHER = 0.75
"""A slice with this share of the best score may be the person too.  Set on rendered homes (``models.eyes.places``)."""
_STEP_M = 0.4
"""Just under a person's lowest point the picture shows the floor there, or what hides the rest: nothing this much farther."""
_LIFTED_M = 0.35
"""Who ends this high over the floor ends in mid-air."""
_MOST_HOLES = 0.3
"""Of the box's cells.  Black cloth gives no depth to a sensor, the wall around it does."""
_SOME_FILLED, _ALL_FILLED = 0.7, 0.9
"""Of a side of the rim: at the second it is surely filled."""
_LEAST_KNOWN = 0.5
"""Of a side's depths, to say so; beyond the picture's edge none are known."""
_FRONT, _THIN = 0.2, 3
"""The nearest of a slice begins where it has this share, and is so many bins thick."""
_PASSING = 0.6
"""So much less is the score of what surely fills a side: not all, for somebody may stand in a door, as near as its frame."""
_TRUNK = slice(ROWS // 10, ROWS * 6 // 10)
"""Rows of the box in which trunks are.  Legs are apart, and those of who sits are nearer."""
_SIGMA = 0.7413
"""Times the range between quartiles: the standard deviation of a normal distribution."""

_CELLS = (ROWS // _CELL[0], COLUMNS // _CELL[1])
_INSIDE = _CELLS[0] * _CELLS[1]
_ZONES_COUNT = _INSIDE + 1 + 8
_OUTSIDE = np.s_[_INSIDE + 1 :]
_INNER = np.s_[_RIM:-_RIM, _RIM:-_RIM]
_UNDER = np.s_[1 - _RIM :, _RIM:-_RIM]


def _zones() -> NDArray[np.intp]:
    """Of each sample the number of its cell, ``_INSIDE`` for the innermost rim, and one of eight more for the rest of the rim."""
    zones = np.full((ROWS + 2 * _RIM, COLUMNS + 2 * _RIM), _INSIDE)
    before, within, after = np.s_[: _RIM - 1], np.s_[_RIM - 1 : 1 - _RIM], np.s_[1 - _RIM :]
    around = [(before, before), (before, within), (before, after), (within, after), (after, after), (after, within), (after, before)]
    for number, part in enumerate([*around, (within, before)], _INSIDE + 1):
        zones[part] = number
    zones[_INNER] = np.arange(ROWS)[:, None] // _CELL[0] * _CELLS[1] + np.arange(COLUMNS) // _CELL[1]
    return zones


_ZONES = _zones()
_SIDES = np.array([[1, 1, 1, 0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 0], [1, 0, 0, 0, 0, 0, 1, 1]])
"""Which of the eight parts of the rim are above, right of, below and left of the box; corners belong to two sides."""
_SIDE_SAMPLES = _SIDES @ np.bincount(_ZONES.ravel())[_OUTSIDE]


class Room(NamedTuple):
    """Where a person in a box can be."""

    low_m: float  # what is lower is floor
    high_m: float  # what is higher is ceiling
    farthest_m: float  # along the floor
    foot_slope: float  # of the ray through the foot of the box, per metre along the floor


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """What is seen of a person: the middle of the side that is turned to the camera."""

    at_m: Vector  # (2,), map
    spread_m: float  # standard deviation of its distances
    seen: float  # share of the box's columns in which they are seen; the rest may hide a part of them
    doubt_m: float  # the person may be this much farther away


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """What the camera sees in a box and in its rim, on a grid of rows and columns; nan where there is no depth."""

    rays: Vector  # (3, rows, columns), one unit along the optical axis long
    ahead_m: Vector  # (rows, columns), along the optical axis
    level_m: Vector  # (rows, columns), along the floor


def find_body(depth_m: NDArray[np.float32], ltrb_px: Vector, view: View, depth_range_m: tuple[float, float], room: Room) -> Body | None:
    """None when no depth in the box can be a person's, or too many are missing.

    :param depth_m: along the optical axis, in whatever resolution; not empty
    :param ltrb_px: left, top, right and bottom of the box
    """
    samples = _sample(depth_m, ltrb_px, view, depth_range_m)
    counts = _count(samples, room, float(view.pose.position_m[2]))
    known = np.bincount(_ZONES[np.isfinite(samples.level_m)], minlength=_ZONES_COUNT)
    inner = counts[:_INSIDE].sum(axis=0)
    firsts = _slices(inner)
    if not len(firsts) or _INSIDE - np.count_nonzero(known[:_INSIDE]) > _MOST_HOLES * _INSIDE:
        return None
    scores = _scores(samples, counts, firsts, known[_OUTSIDE], room, float(view.pose.position_m[2]))
    if len(firsts) > 1:
        scores *= 1 - _PASSING * _passing(counts[_OUTSIDE], inner, firsts, known[_OUTSIDE])
    least = scores.max() * np.where(firsts <= firsts[scores.argmax()], _MAYBE_NEARER, _MAYBE_FARTHER)
    maybe = firsts[scores >= least]
    return _body(samples, int(maybe.min()), float(maybe.max() - maybe.min()) * _BIN_M, view)


def _sample(depth_m: NDArray[np.float32], ltrb_px: Vector, view: View, depth_range_m: tuple[float, float]) -> _Samples:
    lens, (rows, columns) = view.lens, depth_m.shape
    left, top, right, bottom = ltrb_px.tolist()
    across, down = left + (right - left) * _ACROSS, top + (bottom - top) * _DOWN
    picked = np.minimum(np.maximum(across * (columns / lens.width_px), 0), columns - 1).astype(np.intp)
    lines = np.minimum(np.maximum(down * (rows / lens.height_px), 0), rows - 1).astype(np.intp)
    ahead_m = depth_m[lines[:, None], picked].astype(np.float64)
    ahead_m[~((ahead_m >= depth_range_m[0]) & (ahead_m <= depth_range_m[1]))] = np.nan
    if down[0] < 0 or down[-1] >= lens.height_px:
        ahead_m[(down < 0) | (down >= lens.height_px)] = np.nan
    if across[0] < 0 or across[-1] >= lens.width_px:
        ahead_m[:, (across < 0) | (across >= lens.width_px)] = np.nan
    rays = _rays(across, down, view)
    return _Samples(rays, ahead_m, ahead_m * np.hypot(rays[0], rays[1]))


def _rays(across: Vector, down: Vector, view: View) -> Vector:
    """(3, rows, columns), between those of the outermost samples: exact but for a lens that distorts, and there near enough."""
    ends = np.array([[across[0], down[0]], [across[-1], down[0]], [across[0], down[-1]], [across[-1], down[-1]]])
    return np.asarray(view.rays(ends).T @ _CORNERS).reshape(3, len(down), len(across))


_ACROSS = (np.arange(-_RIM, COLUMNS + _RIM) + 0.5) / COLUMNS
_DOWN = (np.arange(-_RIM, ROWS + _RIM) + 0.5) / ROWS
"""Of the box's width and height: where the samples are."""


def _corner_weights() -> Vector:
    """How much each corner of the grid counts for each sample, (4, samples): upper left, upper right, lower left, lower right."""
    right, lower = np.linspace(0, 1, len(_ACROSS)), np.linspace(0, 1, len(_DOWN))[:, None]
    weights = np.stack([(1 - lower) * (1 - right), (1 - lower) * right, lower * (1 - right), lower * right])
    return np.ascontiguousarray(weights.reshape(4, -1))


_CORNERS = _corner_weights()


def _count(samples: _Samples, room: Room, eye_m: float) -> NDArray[np.intp]:
    """How many samples of each zone could be a person's and are nearer than each bin: (zones, bins + 1), up to where nobody can be."""
    height_m = eye_m + samples.ahead_m * samples.rays[2]
    farthest_m = max(min(_BINS * _BIN_M, room.farthest_m), 0.0)
    last = int(farthest_m / _BIN_M) + 1 + _THICK
    possible = (height_m > room.low_m) & (height_m < room.high_m) & (samples.level_m < farthest_m)
    bins = _ZONES[possible] * last + (samples.level_m[possible] / _BIN_M).astype(np.intp)
    counts = np.bincount(bins, minlength=_ZONES_COUNT * last).reshape(-1, last)
    nearer = np.zeros((_ZONES_COUNT, last + 1), np.intp)
    np.cumsum(counts, axis=1, out=nearer[:, 1:])
    return nearer


def _slices(inner: NDArray[np.intp]) -> NDArray[np.intp]:
    """The first bins of those that are large enough to matter, and apart from each other."""
    within = inner[_THICK:] - inner[:-_THICK]
    firsts: list[int] = []
    while len(firsts) < _MOST:
        first = int(within.argmax())
        if within[first] < _LEAST_SHARE * ROWS * COLUMNS:
            break
        firsts.append(first)
        within[max(first - _THICK + 1, 0) : first + _THICK] = 0
    return np.array(firsts, np.intp)


def _scores(
    samples: _Samples, counts: NDArray[np.intp], firsts: NDArray[np.intp], rim: NDArray[np.intp], room: Room, eye_m: float
) -> Vector:
    """From 0 to 1: how far each slice is what the box was drawn around.  ``rim`` is how many depths are known in each part outside."""
    within = counts[:, firsts + _THICK] - counts[:, firsts]
    cells = (within[:_INSIDE] >= _REACHED).reshape(*_CELLS, -1)
    reached = cells.any(axis=1).sum(axis=0) * cells.any(axis=0).sum(axis=0) / _INSIDE
    share = within[:_INSIDE].sum(axis=0) / (ROWS * COLUMNS)
    goes_on = within[_OUTSIDE].sum(axis=0) / max(rim.sum(), 1)
    level_m = (firsts + _THICK / 2) * _BIN_M
    under = samples.level_m[_UNDER]
    under = under[np.isfinite(under)]
    behind = (under[:, None] > level_m + _STEP_M).sum(axis=0) / max(len(under), 1)
    floats = np.where(eye_m + level_m * room.foot_slope > _LIFTED_M, behind, 0.0)
    return np.asarray(reached * np.minimum(1.0, share / _FULL_SHARE) * (1 - goes_on) * (1 - 0.6 * floats))


def _passing(outer: NDArray[np.intp], inner: NDArray[np.intp], firsts: NDArray[np.intp], rim: NDArray[np.intp]) -> Vector:
    """From 0 to 1: how surely each slice fills a whole side of the rim, from corner to corner, as a door's frame or a table's edge does.

    Somebody whose box is too narrow fills less of a side: what is above their shoulders is apart.  What is farther away than the
    nearest of the slice, such as the wall close behind somebody, does not count.

    :param outer: samples nearer than each bin in each part of the rim, (8, bins + 1)
    :param inner: likewise in the box, (bins + 1,)
    """
    known = _SIDES @ rim
    known = np.where(known < _LEAST_KNOWN * _SIDE_SAMPLES, np.inf, known)
    filled = (_SIDES @ (outer[:, firsts + _THICK] - outer[:, firsts])) / known[:, None]
    passing = np.zeros(len(firsts))
    for k in np.flatnonzero((filled > _SOME_FILLED).any(axis=0)).tolist():
        first = int(firsts[k])
        last = first + _front(inner[first : first + _THICK + 1])
        surely = float(((_SIDES @ (outer[:, last] - outer[:, first])) / known).max())
        passing[k] = min(max((surely - _SOME_FILLED) / (_ALL_FILLED - _SOME_FILLED), 0.0), 1.0)
    return passing


def _front(nearer: NDArray[np.intp]) -> int:
    """So many bins of a slice hold the nearest that it shows in the box."""
    begin = int((nearer - nearer[0] >= _FRONT * (nearer[-1] - nearer[0])).argmax()) - 1
    return min(begin + _THIN, _THICK)


def _body(samples: _Samples, first: int, doubt_m: float, view: View) -> Body:
    level_m = samples.level_m[_INNER]
    own = (level_m >= first * _BIN_M) & (level_m < (first + _THICK) * _BIN_M)
    trunk = np.zeros_like(own)
    trunk[_TRUNK] = own[_TRUNK]
    if trunk.sum() < 0.2 * own.sum():
        trunk = own
    low, _, high = _quartiles(level_m[trunk])
    ahead_m = samples.ahead_m[_INNER][trunk]
    middle = np.array([_median(ahead_m * samples.rays[axis][_INNER][trunk]) for axis in (0, 1)])
    return Body(view.pose.position_m[:2] + middle, _SIGMA * (high - low), np.count_nonzero(own.any(axis=0)) / COLUMNS, doubt_m)


def _median(values: Vector) -> float:
    return float(np.partition(values, len(values) // 2)[len(values) // 2])


def _quartiles(values: Vector) -> tuple[float, float, float]:
    ordered = np.sort(values)
    return float(ordered[len(ordered) // 4]), float(ordered[len(ordered) // 2]), float(ordered[3 * len(ordered) // 4])
