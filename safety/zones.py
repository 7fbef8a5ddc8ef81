"""Zones around the base, as Nav2's collision monitor has them: polygons in which a thing stops or slows it.

``stop``      nothing in it: the base does not move towards what is in it
``slow``      something in it: at most a share of the top speed
``limit``     something in it: at most this speed and this turn rate
``approach``  the base needs at least ``contact_s`` at its speed until the polygon touches something on its way

The first three are stretched in the direction of travel by speed times ``stretch_s``.  Turned around, a point that the
polygon must be stretched by s to take in leaves the base a speed of s / stretch_s: the cap follows from the geometry, does
not depend on the present speed, and never rises when a point is added.  Zones only tighten what the margins, the stopping
distance and the separation from people allow already.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from safety.footprint import Convex, Footprint
from safety.polygon import Polygon, PolygonM, Values
from safety.scan import Obstacles


class _Zone(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    min_points: int = Field(1, ge=1, le=1000, description="fewer points than this inside are noise")
    partial_because: str = Field("", description="why the polygon need not hold the whole footprint; empty: it must")


class _Stretched(_Zone):
    polygon_m: PolygonM = Field(description="corners [x, y] in base_link, of the base at rest")
    stretch_s: float = Field(0.0, ge=0, le=10, description="it grows ahead by the speed times this")


class StopZone(_Stretched):
    kind: Literal["stop"]


class SlowZone(_Stretched):
    kind: Literal["slow"]
    speed_ratio: float = Field(gt=0, le=1, description="share of the base's top speed and top turn rate")


class LimitZone(_Stretched):
    kind: Literal["limit"]
    max_speed_mps: float = Field(gt=0, le=2)
    max_turn_radps: float = Field(gt=0, le=4)


class ApproachZone(_Zone):
    kind: Literal["approach"]
    polygon_m: PolygonM | None = Field(None, description="convex; None: the footprint")
    contact_s: float = Field(gt=0, le=10, description="time to contact to keep")

    @model_validator(mode="after")
    def _is_convex(self) -> ApproachZone:
        if self.polygon_m is not None and not Polygon(self.polygon_m).convex:
            raise ValueError("polygon_m: an approach zone must be convex")
        return self


Zone = Annotated[StopZone | SlowZone | LimitZone | ApproachZone, Field(discriminator="kind")]


def misfit(zone: Zone, body: Polygon) -> str:
    """Why a zone does not hold the whole footprint, "" when it does or says that it need not."""
    if zone.partial_because or zone.polygon_m is None or Polygon(zone.polygon_m).holds(body):
        return ""
    return "does not hold the whole footprint; widen it, or say in partial_because why it need not"


class ZoneCap:
    """One zone, ready for use: what it allows in a direction of travel."""

    def __init__(self, name: str, zone: Zone, body: Footprint, max_speed_mps: float, max_turn_radps: float) -> None:
        self.name, self.kind = name, zone.kind
        self._max_speed_mps, self._points, self._rest = max_speed_mps, zone.min_points, (0.0, math.inf)
        self._stretch_s = self._contact_s = 0.0
        if isinstance(zone, ApproachZone):
            self._contact_s = zone.contact_s
            self._shape: Footprint = Convex(zone.polygon_m) if zone.polygon_m is not None else body
            return
        self._polygon, self._stretch_s = Polygon(zone.polygon_m), zone.stretch_s
        if isinstance(zone, SlowZone):
            self._rest = zone.speed_ratio * max_speed_mps, zone.speed_ratio * max_turn_radps
        elif isinstance(zone, LimitZone):
            self._rest = zone.max_speed_mps, zone.max_turn_radps

    @property
    def sees_m(self) -> float:
        """How far from the base centre a point may matter."""
        if self._contact_s:
            return self._shape.reach_m + self._contact_s * self._max_speed_mps
        return self._polygon.reach_m + self._stretch_s * self._max_speed_mps

    def allows(self, seen: Obstacles, linear: float, angular: float) -> tuple[float, float]:
        """Greatest speed [m/s] and turn rate [rad/s]; inf for what it does not limit."""
        if seen.x_m.size < self._points:
            return math.inf, math.inf
        return self._by_contact(seen, linear, angular) if self._contact_s else self._by_stretch(seen, linear)

    def _by_stretch(self, seen: Obstacles, linear: float) -> tuple[float, float]:
        speed_mps, turn_radps = self._rest
        direction = -1.0 if linear < 0.0 else 1.0
        entries_m = self._entries_m(seen, direction)
        if self.kind == "stop":  # what is in it already does not hold the base back from driving away
            entries_m = np.where(direction * seen.x_m > 0.0, entries_m, math.inf)
        entry_m = float(np.partition(entries_m, self._points - 1)[self._points - 1])
        if entry_m <= 0.0:
            return speed_mps, turn_radps
        return (max(speed_mps, entry_m / self._stretch_s) if self._stretch_s > 0.0 else math.inf), math.inf

    def _entries_m(self, seen: Obstacles, direction: float) -> Values:
        """How far the zone must be stretched to take in each point; points that stand for others are given their width."""
        entries_m = self._polygon.entry_m(seen.x_m, seen.y_m, direction)
        if seen.coarse_m == 0.0:
            return entries_m
        beside = (self._polygon.entry_m(seen.x_m, seen.y_m + side, direction) for side in (-seen.coarse_m, seen.coarse_m))
        widest: Values = np.maximum(np.minimum.reduce([entries_m, *beside]) - seen.coarse_m, 0.0)
        return widest

    def _by_contact(self, seen: Obstacles, linear: float, angular: float) -> tuple[float, float]:
        x_m, y_m, margin_m = seen.x_m, seen.y_m, seen.coarse_m
        if linear != 0.0:
            return self._shape.free_m(x_m, y_m, linear, angular, margin_m) / self._contact_s, math.inf
        return math.inf, self._shape.free_turn_rad(x_m, y_m, angular, margin_m) / self._contact_s
