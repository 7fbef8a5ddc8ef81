"""The outline of the base, round or a convex polygon: how far it can drive or turn before it touches something."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Protocol

import numpy as np

from safety.path import STRAIGHT_RADIUS_M, free_path_m
from safety.polygon import Corners, Flags, Polygon, Sides, Values, disc, side_distance_m

_TURN = 2.0 * math.pi
_ROUNDING_RAD = 1e-6
_SHORT_M = 1e-6


class Footprint(Protocol):
    """The outline in base_link; margins grow it on all sides."""

    @property
    def reach_m(self) -> float:
        """Radius of the smallest disc around the base centre that holds it."""
        ...

    @property
    def inner_m(self) -> float:
        """Radius of the largest disc around the base centre that fits in."""
        ...

    @property
    def outline(self) -> Polygon:
        """A polygon that holds it."""
        ...

    def free_m(self, x_m: Values, y_m: Values, linear: float, angular: float, margin_m: float) -> float:
        """Length of the arc of ``(linear, angular)`` until it touches a point; inf if never.

        What it touches already counts only when the motion presses on it.
        """
        ...

    def free_turn_rad(self, x_m: Values, y_m: Values, angular: float, margin_m: float) -> float:
        """Angle that it can turn in place until it touches a point; inf if never."""
        ...

    def gap_m(self, x_m: Values, y_m: Values, within_m: float) -> float:
        """Distance to the nearest point, at most ``within_m``; 0 when it is inside."""
        ...


class Round:
    """A disc around the base centre."""

    def __init__(self, radius_m: float) -> None:
        self.reach_m = self.inner_m = radius_m
        self.outline = disc(radius_m)

    def free_m(self, x_m: Values, y_m: Values, linear: float, angular: float, margin_m: float) -> float:
        return free_path_m(x_m, y_m, linear, angular, self.reach_m + margin_m)

    def free_turn_rad(self, x_m: Values, y_m: Values, angular: float, margin_m: float) -> float:
        """A disc that turns in place sweeps nothing new."""
        return math.inf

    def gap_m(self, x_m: Values, y_m: Values, within_m: float) -> float:
        nearest_m = math.sqrt(float(np.min(x_m * x_m + y_m * y_m))) if x_m.size else math.inf
        return min(max(nearest_m - self.reach_m, 0.0), within_m)


class Convex:
    """A convex polygon."""

    def __init__(self, corners: Corners) -> None:
        self.outline = Polygon(corners)
        self.reach_m, self.inner_m = self.outline.reach_m, self.outline.inner_m

    def free_m(self, x_m: Values, y_m: Values, linear: float, angular: float, margin_m: float) -> float:
        if linear == 0.0 or x_m.size == 0:
            return math.inf
        shape = _grown(self.outline.corners, margin_m)
        inside = _offset_m(shape, x_m, y_m) <= 0.0
        if _pressed(shape, x_m[inside], y_m[inside], linear, angular):
            return 0.0
        if abs(linear) > STRAIGHT_RADIUS_M * abs(angular):  # what it leaves behind on a straight line does not come back
            return float(np.min(shape.entry_m(x_m[~inside], y_m[~inside], math.copysign(1.0, linear)), initial=math.inf))
        turn_radius_m = linear / angular
        return self._turned_rad(shape, x_m, y_m, inside, turn_radius_m, angular) * abs(turn_radius_m)

    def free_turn_rad(self, x_m: Values, y_m: Values, angular: float, margin_m: float) -> float:
        if angular == 0.0 or x_m.size == 0:
            return math.inf
        shape = _grown(self.outline.corners, margin_m)
        near = x_m * x_m + y_m * y_m <= shape.reach_m * shape.reach_m
        x_m, y_m = x_m[near], y_m[near]
        inside = _offset_m(shape, x_m, y_m) <= 0.0
        if _pressed(shape, x_m[inside], y_m[inside], 0.0, angular):
            return 0.0
        return self._turned_rad(shape, x_m, y_m, inside, 0.0, angular)

    def _turned_rad(self, shape: Polygon, x_m: Values, y_m: Values, inside: Flags, centre_y_m: float, angular: float) -> float:
        """Angle until the first contact, when nothing inside is pressed."""
        first = _swept_rad(shape.sides, x_m[~inside], y_m[~inside], centre_y_m, angular)
        if not inside.any():
            return first
        x_m, y_m = x_m[inside], y_m[inside]
        offset_m = _offset_m(self.outline, x_m, y_m)
        touched = offset_m <= 0.0
        leaving = _swept_rad(self.outline.sides, x_m[touched], y_m[touched], centre_y_m, angular, meeting=1)
        # The base turns away from the others, and may bring another corner round to them: each counts where it is as near again.
        sides = self.outline.grown_sides(np.maximum(offset_m[~touched] - _SHORT_M, 0.0))
        return min(first, leaving, _swept_rad(sides, x_m[~touched], y_m[~touched], centre_y_m, angular))

    def gap_m(self, x_m: Values, y_m: Values, within_m: float) -> float:
        near = x_m * x_m + y_m * y_m <= (self.reach_m + within_m) ** 2
        x_m, y_m = x_m[near], y_m[near]
        if x_m.size == 0:
            return within_m
        if self.outline.contains(x_m, y_m).any():
            return 0.0
        return min(within_m, float(np.min(side_distance_m(x_m, y_m, self.outline.sides))))


def footprint(radius_m: float, corners: Corners | None) -> Footprint:
    """The polygon where there is one, else the disc."""
    return Convex(corners) if corners else Round(radius_m)


@lru_cache(maxsize=32)
def _grown(corners: Corners, margin_m: float) -> Polygon:
    return Polygon(corners).grown(margin_m)


def _offset_m(shape: Polygon, x_m: Values, y_m: Values) -> Values:
    """By how much a convex polygon has to grow until it holds each point; negative inside."""
    return np.asarray(np.max(_beyond_m(shape, x_m, y_m), axis=1))


def _beyond_m(shape: Polygon, x_m: Values, y_m: Values) -> Values:
    """How far each point, in rows, lies outside the line through each side."""
    (ax, ay, _, _), (nx, ny) = shape.sides, shape.normals
    return np.asarray((x_m[:, None] - ax) * nx + (y_m[:, None] - ay) * ny)


def _pressed(shape: Polygon, x_m: Values, y_m: Values, linear: float, angular: float) -> bool:
    """Whether a point inside the shape comes deeper into it: it moves against the outward normal of its nearest side."""
    if x_m.size == 0:
        return False
    nearest = np.argmax(_beyond_m(shape, x_m, y_m), axis=1)
    nx, ny = (normal[nearest] for normal in shape.normals)
    outwards = (angular * y_m - linear) * nx - angular * x_m * ny  # the point, as seen from the base
    return bool(np.any(outwards <= 1e-9))


def _swept_rad(sides: Sides, x_m: Values, y_m: Values, centre_y_m: float, angular: float, meeting: int = 0) -> float:
    """Smallest angle about (0, centre) by which a shape turns until it meets one of the points; each may have a shape of its own.

    Seen from the base each point runs on a circle around the centre, the other way round; it meets the shape where that
    circle cuts a side.

    :param meeting: 0 for points outside; 1 for points inside, which meet it first where they leave it
    """
    ax, ay, bx, by = sides
    if x_m.size == 0:
        return math.inf
    down = y_m - centre_y_m
    radius2 = x_m * x_m + down * down
    dx, dy, fx, fy = bx - ax, by - ay, ax, ay - centre_y_m
    a, b = dx * dx + dy * dy, fx * dx + fy * dy
    discriminant = b * b - a * ((fx * fx + fy * fy) - radius2[:, None])
    root = np.sqrt(np.maximum(discriminant, 0.0))
    bearing = np.arctan2(down, x_m)[:, None]
    sign = -math.copysign(1.0, angular)  # the points turn against the base
    angles = []
    for share in ((-b - root) / a, (-b + root) / a):
        angle = (sign * (np.arctan2(fy + share * dy, fx + share * dx) - bearing)) % _TURN
        angle = np.where(angle > _TURN - _ROUNDING_RAD, 0.0, angle)  # on the side already, but for rounding
        meets = (discriminant >= 0.0) & (share >= 0.0) & (share <= 1.0)
        angles.append(np.where(meets, angle, math.inf))
    met = np.concatenate(angles, axis=1)
    return float(np.min(met if meeting == 0 else np.partition(met, meeting, axis=1)[:, meeting]))
