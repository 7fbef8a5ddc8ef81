"""Simple polygons in the plane, and the questions that the gate asks of them, for many points at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
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
    for one, other in combinations(range(count), 2):
        if corners[one] == corners[other]:
            return f"its corners {one + 1} and {other + 1} are the same"
    for one, other in combinations(range(count), 2):
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
        return np.divide(bx - ax, rise, out=np.zeros_like(rise), where=rise != 0.0)

    @cached_property
    def _columns(self) -> tuple[Values, Values, Values, Values]:
        """Of each side in a row of its own: where it starts, the y where it ends, and its lean."""
        (ax, ay), (_, by) = self._starts, self._ends
        return ax[:, None], ay[:, None], by[:, None], self._lean[:, None]

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
        origin = np.array([0.0])
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
        inside: Flags = np.logical_xor.reduce(crossed & (at_x > x_m))
        return inside

    def entry_m(self, x_m: Values, y_m: Values, direction: float) -> Values:
        """How far the polygon must be stretched along x (``direction`` +1 or -1) until it takes in each point.

        0 for points inside, inf for those that it never meets.  Stretching sweeps the whole polygon, so that it only grows.
        """
        crossed, at_x = self._level_lines(y_m)
        ahead = direction * (x_m - at_x)
        nearest: Values = np.where(crossed & (ahead >= 0.0), ahead, math.inf).min(axis=0)
        nearest[np.logical_xor.reduce(crossed & (at_x > x_m))] = 0.0
        return nearest

    def holds(self, other: Polygon) -> bool:
        """Whether the whole of another polygon is inside this one; it may touch the sides."""
        ax, ay, bx, by = pieces([other], [self])
        x, y = (ax + bx) / 2.0, (ay + by) / 2.0
        return bool(np.all(self.contains(x, y) | (side_distance_m(x, y, self.sides) <= 1e-9)))

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
        """Per side and point: whether a level line through the point crosses the side, and at which x."""
        ax, ay, by, lean = self._columns
        return (ay <= y_m) != (by <= y_m), ax + (y_m - ay) * lean


def side_distance_m(x_m: Values, y_m: Values, sides: Sides) -> Values:
    """Distance of each point from the nearest of the segments (start x, start y, end x, end y)."""
    ax, ay, bx, by = (ends[:, None] for ends in sides)  # a row for each side
    dx, dy = bx - ax, by - ay
    fx, fy = x_m - ax, y_m - ay
    along = np.minimum(np.maximum((fx * dx + fy * dy) / np.maximum(dx * dx + dy * dy, 1e-18), 0.0), 1.0)
    gx, gy = fx - along * dx, fy - along * dy
    nearest: Values = np.sqrt((gx * gx + gy * gy).min(axis=0))
    return nearest


def pieces(polygons: list[Polygon], cutters: list[Polygon]) -> Sides:
    """The sides of polygons, cut so that each piece lies wholly inside, wholly outside, or along a side, of each cutter."""
    ax, ay, bx, by = np.array([piece for one in polygons for side in zip(*one.sides, strict=True) for piece in _cut(side, cutters)]).T
    return ax, ay, bx, by


def _cut(side: tuple[float, float, float, float], cutters: list[Polygon]) -> list[tuple[float, float, float, float]]:
    """One side in pieces, cut where a cutter's side crosses or ends on it."""
    ax, ay, bx, by = side
    dx, dy = bx - ax, by - ay
    shares = {0.0, 1.0}
    for cutter in cutters:
        cx, cy, ex, ey = cutter.sides
        cross = dx * (ey - cy) - dy * (ex - cx)
        with np.errstate(divide="ignore", invalid="ignore"):  # parallel sides meet nowhere
            share = ((cx - ax) * (ey - cy) - (cy - ay) * (ex - cx)) / cross
            along = ((cx - ax) * dy - (cy - ay) * dx) / cross
        met = share[(along >= -1e-9) & (along <= 1 + 1e-9)]
        projected = ((cx - ax) * dx + (cy - ay) * dy) / (dx * dx + dy * dy)  # corners, of sides that run along this one
        shares.update(np.clip((*met, *projected), 0.0, 1.0).tolist())  # what lies beyond its ends cuts nothing
    stops = sorted(shares)
    return [(ax + p * dx, ay + p * dy, ax + q * dx, ay + q * dy) for p, q in pairwise(stops) if q - p > 1e-9]


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
    if b == c or d == a:  # neighbours; where one folds back onto the other, it ends on that or that on it, and a third side touches
        return False
    crossing = _turn(a, b, c) * _turn(a, b, d) < 0.0 and _turn(c, d, a) * _turn(c, d, b) < 0.0
    return crossing or any(_on(p, q, r) for p, q, r in ((a, b, c), (a, b, d), (c, d, a), (c, d, b)))


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _dot(origin: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    return (a[0] - origin[0]) * (b[0] - origin[0]) + (a[1] - origin[1]) * (b[1] - origin[1])


def _on(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether c lies on the segment from a to b."""
    return _turn(a, b, c) == 0.0 and _dot(c, a, b) <= 0.0
