"""Simple polygons in the plane, and the questions that the gate asks of them, for many points at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Corners = tuple[tuple[float, float], ...]
Sides = tuple[Values, Values, Values, Values]
"""Start x, start y, end x, end y: one of each a side, or for many polygons at once of the shape (polygons, sides)."""

MAX_CORNERS = 64
MIN_AREA_M2 = 1e-4


def problem_of(corners: Corners) -> str:
    """Why these corners make no simple polygon, "" when they do.

    >>> problem_of(((0, 0), (1, 0), (1, 1), (0, 1))), problem_of(((0, 0), (1, 1), (1, 0), (0, 1)))
    ('', 'its sides 1 and 3 cross')
    """
    count = len(corners)
    if not 3 <= count <= MAX_CORNERS:
        return f"a polygon has 3 to {MAX_CORNERS} corners (got {count})"
    if not all(math.isfinite(value) for corner in corners for value in corner):
        return "a corner is not a number"
    for one in range(count):
        for other in range(one + 1, count):
            if corners[one] == corners[other]:
                return f"its corners {one + 1} and {other + 1} are the same"
    for one in range(count):
        for other in range(one + 1, count):
            if _sides_meet(corners, one, other):
                return f"its sides {one + 1} and {other + 1} cross"
    return "" if abs(_area_m2(corners)) >= MIN_AREA_M2 else "it encloses nothing"


def _checked(corners: Corners) -> Corners:
    """A simple polygon, counter-clockwise."""
    if problem := problem_of(corners):
        raise ValueError(problem)
    return corners if _area_m2(corners) > 0 else corners[::-1]


PolygonM = Annotated[Corners, AfterValidator(_checked)]
"""Field type: corners of a simple polygon in metres, in either direction; stored counter-clockwise."""


@dataclass(frozen=True, eq=False)
class Polygon:
    """A simple polygon, counter-clockwise.  Points come as arrays ``x_m`` and ``y_m`` of the shape (n,)."""

    corners: Corners

    @cached_property
    def _starts(self) -> tuple[Values, Values]:
        x, y = np.array(self.corners, float).T
        return x, y

    @cached_property
    def _ends(self) -> tuple[Values, Values]:
        x, y = self._starts
        return np.roll(x, -1), np.roll(y, -1)

    @cached_property
    def _lean(self) -> Values:
        """dx/dy of each side; level sides are never crossed by a level line, so theirs does not matter."""
        (ax, ay), (bx, by) = self._starts, self._ends
        rise = by - ay
        return np.where(rise == 0.0, 0.0, (bx - ax) / np.where(rise == 0.0, 1.0, rise))

    @property
    def sides(self) -> Sides:
        return (*self._starts, *self._ends)

    @cached_property
    def normals(self) -> tuple[Values, Values]:
        """Of each side, outwards, of length 1."""
        (ax, ay), (bx, by) = self._starts, self._ends
        length = np.hypot(bx - ax, by - ay)
        return (by - ay) / length, (ax - bx) / length

    @cached_property
    def reach_m(self) -> float:
        """Distance of the farthest corner from the origin."""
        return max(math.hypot(*corner) for corner in self.corners)

    @cached_property
    def inner_m(self) -> float:
        """Radius of the largest disc around the origin that fits in; 0 when the origin is outside."""
        origin = np.zeros(1)
        return float(side_distance_m(origin, origin, self.sides)[0]) if self.contains(origin, origin)[0] else 0.0

    @property
    def convex(self) -> bool:
        """No corner points inwards."""
        (ax, ay), (bx, by) = self._starts, self._ends
        dx, dy = bx - ax, by - ay
        return bool(np.all(dx * np.roll(dy, -1) - dy * np.roll(dx, -1) >= -1e-12))

    def contains(self, x_m: Values, y_m: Values) -> Flags:
        """Which points are inside; a point exactly on a side may count either way."""
        crossed, at_x = self._level_lines(y_m)
        inside: Flags = (np.sum(crossed & (at_x > x_m[:, None]), axis=1) % 2).astype(bool)
        return inside

    def entry_m(self, x_m: Values, y_m: Values, direction: float) -> Values:
        """How far the polygon must be stretched along x (``direction`` +1 or -1) until it takes in each point.

        0 for points inside, inf for those that it never meets.  Stretching sweeps the whole polygon, so that it only grows.
        """
        crossed, at_x = self._level_lines(y_m)
        inside = np.sum(crossed & (at_x > x_m[:, None]), axis=1) % 2 == 1
        ahead = direction * (x_m[:, None] - at_x)
        nearest: Values = np.min(np.where(crossed & (ahead >= 0.0), ahead, math.inf), axis=1)
        return np.where(inside, 0.0, nearest)

    def holds(self, other: Polygon) -> bool:
        """Whether the whole of another polygon is inside this one; it may touch the sides."""
        x, y = other._starts
        near = side_distance_m(x, y, self.sides) <= 1e-9
        return bool(np.all(self.contains(x, y) | near)) and not self._cut_by(other)

    def grown(self, margin_m: float) -> Polygon:
        """A convex polygon with each side moved outwards, so that it holds everything within ``margin_m`` of this one."""
        x, y, _, _ = self.grown_sides(np.array([margin_m]))
        return Polygon(tuple(zip(x[0].tolist(), y[0].tolist(), strict=True)))

    def grown_sides(self, margins_m: Values) -> Sides:
        """The same for many margins, as sides of the shape (margins, sides)."""
        (ax, ay), (nx, ny) = self._starts, self.normals
        px, py = np.roll(nx, 1), np.roll(ny, 1)  # of the side before
        scale = margins_m[:, None] / (1.0 + nx * px + ny * py)
        x, y = ax + scale * (nx + px), ay + scale * (ny + py)
        return x, y, np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)

    def _level_lines(self, y_m: Values) -> tuple[Flags, Values]:
        """Per point and side: whether a level line through the point crosses the side, and at which x."""
        (ax, ay), (_, by) = self._starts, self._ends
        y = y_m[:, None]
        return (ay <= y) != (by <= y), ax + (y - ay) * self._lean

    def _cut_by(self, other: Polygon) -> bool:
        """Whether a side of the other one passes through the outside: its middle pieces are tried."""
        ax, ay, bx, by = other.sides
        for share in (0.25, 0.5, 0.75):
            x, y = ax + share * (bx - ax), ay + share * (by - ay)
            outside = ~self.contains(x, y) & (side_distance_m(x, y, self.sides) > 1e-9)
            if outside.any():
                return True
        return False


def side_distance_m(x_m: Values, y_m: Values, sides: Sides) -> Values:
    """Distance of each point from the nearest of the segments (start x, start y, end x, end y)."""
    ax, ay, bx, by = sides
    dx, dy = bx - ax, by - ay
    fx, fy = x_m[:, None] - ax, y_m[:, None] - ay
    along = np.clip((fx * dx + fy * dy) / np.maximum(dx * dx + dy * dy, 1e-18), 0.0, 1.0)
    nearest: Values = np.sqrt(np.min((fx - along * dx) ** 2 + (fy - along * dy) ** 2, axis=1))
    return nearest


def disc(radius_m: float, corners: int = 24) -> Polygon:
    """A regular polygon around a disc at the origin."""
    outer_m = radius_m / math.cos(math.pi / corners)
    turns = (2.0 * math.pi * (index + 0.5) / corners for index in range(corners))
    return Polygon(tuple((outer_m * math.cos(turn), outer_m * math.sin(turn)) for turn in turns))


def _area_m2(corners: Corners) -> float:
    pairs = zip(corners, (*corners[1:], corners[0]), strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs) / 2.0


def _sides_meet(corners: Corners, one: int, other: int) -> bool:
    """Whether two sides have a point in common besides the corner that neighbours share."""
    count = len(corners)
    a, b = corners[one], corners[(one + 1) % count]
    c, d = corners[other], corners[(other + 1) % count]
    if b == c or d == a:  # neighbours: only folding back onto each other is a fault
        tip, joint, tail = (a, b, d) if b == c else (c, d, b)
        return _turn(tip, joint, tail) == 0.0 and _dot(joint, tip, tail) > 0.0
    crossing = _turn(a, b, c) * _turn(a, b, d) < 0.0 and _turn(c, d, a) * _turn(c, d, b) < 0.0
    return crossing or any(_on(p, q, r) for p, q, r in ((a, b, c), (a, b, d), (c, d, a), (c, d, b)))


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _dot(origin: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    return (a[0] - origin[0]) * (b[0] - origin[0]) + (a[1] - origin[1]) * (b[1] - origin[1])


def _on(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether c lies on the segment from a to b."""
    return _turn(a, b, c) == 0.0 and _dot(c, a, b) <= 0.0
