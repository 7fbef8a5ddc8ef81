"""Rows of the table of sensors that see obstacles besides the main lidar, and what a message of each kind says."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from safety.mount import Mount
from safety.scan import BrokenScanError, Needs, Points, hits, thinned
from safety.types import PointSet, RangeReading, Scan


class Reading(NamedTuple):
    """What a message says."""

    x_m: Points = np.empty(0)  # obstacle points within the horizon, in base_link
    y_m: Points = np.empty(0)
    coarse_m: float = 0.0  # something may be this far from a point that stands for it
    touches: bool = False  # a bumper is pressed, a cliff is there


NOTHING = Reading()

MAX_POINTS = 400_000

ECHO_SPACING_M = 0.03
"""Points along the arc of an echo are this close together, so that no leg slips through between them."""


class _Source(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    frame_id: str = Field("", description="of its messages, by which sensors of one topic are told apart; empty: the name of the row")
    max_age_s: float = Field(0.35, gt=0, le=5, description="an older message counts as none")
    required: bool = Field(True, description="whether the base stands without it")
    mount: Mount = Field(default_factory=Mount, description="its pose in base_link")


class ScanSource(_Source):
    """A further planar lidar, on ``scan/others``."""

    kind: Literal["scan"]
    field_of_view_rad: float = Field(2 * math.pi, gt=0, le=2 * math.pi, description="around its x axis, that a scan must cover")
    range_max_m: float = Field(1.5, gt=0, le=100, description="it must see at least so far")


class PointSource(_Source):
    """A depth camera or a 3-D lidar, on ``points``."""

    kind: Literal["points"]
    field_of_view_rad: float = Field(0.0, ge=0, le=2 * math.pi, description="level, around its x axis, that it surely sees")
    least_height_m: float = Field(0.05, ge=-1, le=3, description="lower points are floor")
    most_height_m: float = Field(1.4, ge=-1, le=5, description="higher points are above the robot")
    least_points: int = Field(10, ge=0, le=10_000, description="fewer points, floor included, are those of a covered lens")


class RangeSource(_Source):
    """An ultrasonic or infrared sensor, on ``range``; its echo may come from anywhere in its cone."""

    kind: Literal["range"]


class BumperSource(_Source):
    """A contact sensor, on ``range``: a fixed-distance ranger, where -inf is contact (REP-117), as is all up to its minimum."""

    kind: Literal["bumper"]


class CliffSource(_Source):
    """A sensor that looks at the floor, on ``range``: a larger range, an infinite one, or none at all, is a drop."""

    kind: Literal["cliff"]
    floor_m: float = Field(0.1, gt=0, le=1, description="greatest range that is still floor")


Source = Annotated[ScanSource | PointSource | RangeSource | BumperSource | CliffSource, Field(discriminator="kind")]

TOPIC_OF = {"scan": "scan/others", "points": "points", "range": "range", "bumper": "range", "cliff": "range"}


def read(message: Any, source: Source, horizon_m: float) -> Reading:
    """What a message of a sensor says.

    :raises BrokenScanError: the message does not show what it must
    """
    return _READERS[source.kind](message, source, horizon_m)


def points_fault(cloud: PointSet) -> str:
    """What is wrong with the form of a message, "" if nothing."""
    if not isinstance(cloud, PointSet) or not isinstance(cloud.points_m, np.ndarray) or cloud.points_m.dtype != np.float32:
        return "not a PointSet"
    size = cloud.points_m.size
    return "" if cloud.points_m.ndim == 1 and size % 3 == 0 and size <= 3 * MAX_POINTS else "its shape is wrong"


def range_fault(reading: RangeReading) -> str:
    """Likewise; the range itself may be infinite or nan, each kind has its answer to that."""
    if not isinstance(reading, RangeReading) or not isinstance(float(reading.range_m), float):
        return "not a RangeReading"
    sound = 0.0 <= reading.field_of_view_rad <= 2 * math.pi and math.isfinite(reading.range_min_m) and math.isfinite(reading.range_max_m)
    return "" if sound else "its geometry is not a number"


def _read_scan(scan: Scan, source: ScanSource, horizon_m: float) -> Reading:
    needs = Needs(min(horizon_m, source.range_max_m), math.inf, source.field_of_view_rad)
    return _near(source, *hits(scan, needs), horizon_m)


def _read_points(cloud: PointSet, source: PointSource, horizon_m: float) -> Reading:
    """The points between floor and head, thinned out."""
    mount = source.mount
    with np.errstate(invalid="ignore", over="ignore"):  # the points that are nan are those without depth
        places = mount.rotation().astype(np.float32) @ cloud.points_m.reshape(-1, 3).T
        x_m, y_m, z_m = places[0] + np.float32(mount.x_m), places[1] + np.float32(mount.y_m), places[2] + np.float32(mount.z_m)
        distance2 = x_m * x_m + y_m * y_m
        if np.count_nonzero(np.isfinite(distance2)) < source.least_points:
            raise BrokenScanError("it sees next to nothing, not even the floor")
        counts = (distance2 <= horizon_m * horizon_m) & (z_m >= source.least_height_m) & (z_m <= source.most_height_m)
    kept = np.flatnonzero(counts)
    return Reading(*thinned(x_m.take(kept), y_m.take(kept)))


def _read_range(reading: RangeReading, source: RangeSource, horizon_m: float) -> Reading:
    if math.isnan(reading.range_m):
        raise BrokenScanError("its range is not a number")
    range_m = max(reading.range_m, reading.range_min_m, 0.0)
    if range_m > reading.range_max_m:
        return NOTHING
    range_m = min(range_m, 10.0)
    angles = reading.field_of_view_rad * np.linspace(-0.5, 0.5, 1 + 2 * math.ceil(reading.field_of_view_rad * range_m / ECHO_SPACING_M / 2))
    return _near(source, range_m * np.cos(angles), range_m * np.sin(angles), horizon_m)


def _read_bumper(reading: RangeReading, source: BumperSource, horizon_m: float) -> Reading:
    return Reading(touches=not reading.range_m > reading.range_min_m)  # nan is contact


def _read_cliff(reading: RangeReading, source: CliffSource, horizon_m: float) -> Reading:
    return Reading(touches=not reading.range_m <= source.floor_m)  # nan is a drop


_READERS: dict[str, Callable[[Any, Any, float], Reading]] = {
    "scan": _read_scan,
    "points": _read_points,
    "range": _read_range,
    "bumper": _read_bumper,
    "cliff": _read_cliff,
}


def _near(source: _Source, x_m: Points, y_m: Points, horizon_m: float) -> Reading:
    x_m, y_m = source.mount.planar(x_m, y_m)
    near = x_m * x_m + y_m * y_m <= horizon_m * horizon_m
    return Reading(x_m[near], y_m[near])
