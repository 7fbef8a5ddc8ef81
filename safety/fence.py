"""Geofences: where in the map the base may be, and how far its way is until it would leave that.

``keep_in``   areas of which at least one must hold the whole base; adjoining areas count as one
``keep_out``  areas that the base must not touch: the edge of stairs, a wet room, a nursery

The base counts as a disc around its whole outline, grown by the fence's margin and by the uncertainty of its pose.  It is
slowed so that it halts before that disc crosses a fence; once across, it may only move so that it comes back.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from safety.files import FileError, parse, read_yaml, resolve, suggestion
from safety.path import STRAIGHT_RADIUS_M
from safety.polygon import Corners, Polygon, PolygonM, Sides, Values, pieces, side_distance_m

STEP_M = 0.04
"""The way ahead is looked at in steps of this length."""

SHARPEST_1PM = 1e6
"""A bend that is sharper than this is turning in place."""

_NUDGE_M = 1e-4


class Fence(BaseModel):
    """One area of the map, by its corners or by the name of a place of ``semantic_map.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["keep_in", "keep_out"]
    polygon_m: PolygonM | None = Field(None, description="corners [x, y] in the map")
    place: str = Field("", description="or the name of a place")
    margin_m: float = Field(0.05, ge=0, le=5, description="kept between the base and the fence, besides the uncertainty of its pose")
    why: str = Field("", description="spoken of when it stops the base")

    @model_validator(mode="after")
    def _has_one_area(self) -> Fence:
        if (self.polygon_m is None) == (not self.place):
            raise ValueError("expected either polygon_m or place")
        return self


class Fences:
    """All fences of one site."""

    def __init__(self, areas: dict[str, tuple[Fence, Polygon]]) -> None:
        keep_in = {name: found for name, found in areas.items() if found[0].kind == "keep_in"}
        self._borders = [_Border(name, fence, [polygon]) for name, (fence, polygon) in areas.items() if name not in keep_in]
        if keep_in:
            widest = max((fence for fence, _ in keep_in.values()), key=lambda fence: fence.margin_m)
            self._borders.append(_Border("the area it may be in", widest, [polygon for _, polygon in keep_in.values()]))

    def __bool__(self) -> bool:
        return bool(self._borders)

    def free_m(
        self, pose: tuple[float, float, float], linear: float, angular: float, radius_m: float, horizon_m: float
    ) -> tuple[float, str, str]:
        """Length of the arc of ``(linear, angular)`` that stays within the fences, if it is shorter than ``horizon_m``.

        :param pose: of the base in the map: x [m], y [m], yaw [rad]
        :param radius_m: of the disc that must not cross; each fence adds its margin
        :return: the length, inf when the way is free and 0 when the base is across a fence and the way leads further out; the name of
            the fence that ends it, "" when it is free; and of the one that the base is across already, "" when it is not
        """
        x_m, y_m = np.array([pose[0]]), np.array([pose[1]])
        way: tuple[Values, Values] | None = None
        free_m, ahead, across = math.inf, "", ""
        for border in self._borders:
            need_m = radius_m + border.margin_m
            here_m = float(border.clearance_m(x_m, y_m)[0]) - need_m
            if here_m > horizon_m:
                continue
            way = way or _way(pose, linear, angular, horizon_m)
            found_m = _free_m(border.clearance_m(*way) - need_m, here_m)
            if found_m < free_m:
                free_m, ahead = found_m, border.name
            if here_m < 0.0:
                across = across or border.name
        return free_m, ahead, across


class _Border:
    """The line that separates allowed from forbidden ground."""

    def __init__(self, name: str, fence: Fence, polygons: list[Polygon]) -> None:
        self.name = f"{name}: {fence.why}" if fence.why else name
        self.margin_m = fence.margin_m
        self._inside = 1.0 if fence.kind == "keep_in" else -1.0
        self._polygons = polygons
        self._sides = _outer_sides(polygons)

    def clearance_m(self, x_m: Values, y_m: Values) -> Values:
        """Signed distance to the border, positive on allowed ground."""
        inside = np.zeros(x_m.shape, bool)
        for polygon in self._polygons:
            inside |= polygon.contains(x_m, y_m)
        return np.where(inside, self._inside, -self._inside) * side_distance_m(x_m, y_m, self._sides)


def load_fences(fences: dict[str, Fence], site: str) -> Fences:
    """The fences of a configuration; places are looked up in ``semantic_map.yaml`` of the site's folder.

    :raises FileError: a place is named and there is no site, or the site does not know it
    """
    named = {name: fence for name, fence in fences.items() if fence.place}
    places = _places(site, next(iter(named))) if named else {}
    areas: dict[str, tuple[Fence, Polygon]] = {}
    for name, fence in fences.items():
        if fence.place and fence.place not in places:
            raise FileError(f"gate: fences.{name}.place: unknown place '{fence.place}'{suggestion(fence.place, list(places))}")
        areas[name] = fence, Polygon(fence.polygon_m or places[fence.place])
    return Fences(areas)


class _Place(BaseModel):
    model_config = ConfigDict(frozen=True)  # what else the mind keeps about a place is none of the gate's business

    polygon_m: PolygonM


class _Places(BaseModel):
    model_config = ConfigDict(frozen=True)

    places: dict[str, _Place]


def _places(site: str, fence: str) -> dict[str, Corners]:
    if not site:
        raise FileError(f"gate: fences.{fence}.place: needs the folder of the site; set 'site'")
    path = Path(resolve(site)) / "semantic_map.yaml"
    content: Any = read_yaml(path)
    return {name: place.polygon_m for name, place in parse(content, _Places, str(path)).places.items()}


def _free_m(clear_m: Values, here_m: float) -> float:
    """From the clearance here and at each step of the way, the first one after half a step.

    Clearance shrinks by no more than the way that is driven: from the last free point the base may go on by what is left there.
    """
    if here_m < 0.0:  # across already: only what leads back
        return math.inf if clear_m[0] > here_m + _NUDGE_M else 0.0
    crossed = np.flatnonzero(~(clear_m >= 0.0))  # what is no number is no way
    if not crossed.size:
        return math.inf
    step = int(crossed[0])
    return (step - 0.5) * STEP_M + float(clear_m[step - 1]) if step else here_m


def _way(pose: tuple[float, float, float], linear: float, angular: float, horizon_m: float) -> tuple[Values, Values]:
    """Points of the arc, one step apart; the first is half a step ahead."""
    steps = np.arange(math.ceil(horizon_m / STEP_M) + 1, dtype=np.float64)
    along_m: Values = math.copysign(STEP_M, linear) * (steps + 0.5)
    x, y, yaw = pose
    if abs(linear) > STRAIGHT_RADIUS_M * abs(angular):
        return x + along_m * math.cos(yaw), y + along_m * math.sin(yaw)
    bend = min(max(angular / linear, -SHARPEST_1PM), SHARPEST_1PM)
    turned = yaw + bend * along_m
    return x + (np.sin(turned) - math.sin(yaw)) / bend, y - (np.cos(turned) - math.cos(yaw)) / bend


def _outer_sides(polygons: list[Polygon]) -> Sides:
    """The sides of the union of polygons: pieces that have the union on exactly one of their two sides."""
    ax, ay, bx, by = pieces(polygons, polygons)
    nx, ny = _NUDGE_M * (by - ay), _NUDGE_M * (ax - bx)  # to one side, by as much for each metre of the piece
    middle_x, middle_y = (ax + bx) / 2.0, (ay + by) / 2.0
    left, right = (np.any([p.contains(middle_x + way * nx, middle_y + way * ny) for p in polygons], axis=0) for way in (-1.0, 1.0))
    outer = left != right
    return ax[outer], ay[outer], bx[outer], by[outer]
