"""From a lidar scan to the points that the base must not run into."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safety.mount import Mount
from safety.types import Scan

Points = NDArray[np.float64]

KEPT_RAYS = 1440
"""Of a finer scan, the nearest of each group of neighbouring rays is kept: a quarter of a degree or less, 6 mm at 1.4 m."""

CELLS_M = (0.02, 0.06)
MOST_POINTS = 2500
"""More points than this are thinned out, and more thoroughly if still so many are left."""


class BrokenScanError(ValueError):
    """A scan that leaves too much unseen to be trusted."""


@dataclass(frozen=True, eq=False)
class Obstacles:
    """Returns within the horizon, in base_link."""

    x_m: Points
    y_m: Points
    nearest_m: float  # from the base centre; inf before the first scan
    coarse_m: float = 0.0  # something may be this far from a point that stands for it


NO_OBSTACLES = Obstacles(np.empty(0), np.empty(0), math.inf)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a scan must show to be trusted."""

    horizon_m: float  # as far as the base must see to stop in time
    body_m: float  # nothing may hide between this and the base
    field_of_view_rad: float = 2 * math.pi  # around straight ahead
    increment_rad: float = math.radians(2)  # at most between two rays
    broken_ratio: float = 0.1  # of all rays, at most
    blind_sector_rad: float = math.radians(10)  # a gap as wide as this is too wide


def obstacles(scan: Scan, needs: Needs, mount: Mount = Mount()) -> Obstacles:  # noqa: B008  frozen
    """The points of a scan within the horizon.

    A range below the sensor's minimum, negative infinity included (REP-117: too close to measure), counts as something
    that touches the sensor's blind zone; one above the maximum as nothing seen.

    :raises BrokenScanError: it does not look everywhere, near and far enough; too many rays are nan, a gap of them is too
        wide, or no ray at all hits anything, as with a covered or dead sensor
    """
    x_m, y_m = mount.planar(*hits(scan, needs))
    distance2 = x_m * x_m + y_m * y_m
    near = distance2 <= needs.horizon_m * needs.horizon_m
    return Obstacles(x_m[near], y_m[near], math.sqrt(float(distance2.min())))


def hits(scan: Scan, needs: Needs) -> tuple[Points, Points]:
    """Where the rays end, in the sensor's plane; at least one does.

    :raises BrokenScanError: as :func:`obstacles`
    """
    _check_coverage(scan, needs)
    broken = np.isnan(scan.ranges_m)
    if broken.any():
        _check_gaps(broken, abs(scan.angle_increment_rad), needs)
    pooled = -(-scan.ranges_m.size // KEPT_RAYS)  # rays a group
    ranges_m = np.maximum(_pooled(scan.ranges_m, pooled).astype(np.float64), max(scan.range_min_m, 0.0))
    seen = ranges_m <= scan.range_max_m  # False for nan
    if not seen.any():
        raise BrokenScanError("none of its rays hits anything")
    first_rad = scan.angle_min_rad + scan.angle_increment_rad * (pooled - 1) / 2.0
    cosines, sines = _directions(first_rad, scan.angle_increment_rad * pooled, ranges_m.size)
    ranges_m = ranges_m[seen]
    return ranges_m * cosines[seen], ranges_m * sines[seen]


def thinned(x_m: NDArray[np.float32], y_m: NDArray[np.float32]) -> tuple[Points, Points, float]:
    """Where there are many, one point for each cell of a grid, and how far from it the others of its cell may be [m]."""
    coarse_m = 0.0
    for cell_m in CELLS_M:
        if x_m.size > MOST_POINTS:
            x_m, y_m = _one_a_cell(x_m, y_m, cell_m)
            coarse_m += math.sqrt(2.0) * cell_m
    return x_m.astype(np.float64), y_m.astype(np.float64), coarse_m


def _one_a_cell(x_m: NDArray[np.float32], y_m: NDArray[np.float32], cell_m: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scale = np.float32(1.0 / cell_m)
    columns = ((x_m - x_m.min()) * scale).astype(np.int32)
    rows = ((y_m - y_m.min()) * scale).astype(np.int32)
    width = int(columns.max()) + 1
    occupant = np.full(width * (int(rows.max()) + 1), -1, np.int32)
    occupant[rows * width + columns] = np.arange(x_m.size, dtype=np.int32)
    kept = occupant.take(np.flatnonzero(occupant >= 0))
    return x_m.take(kept), y_m.take(kept)


def _pooled(ranges_m: NDArray[np.floating[Any]], group: int) -> NDArray[np.floating[Any]]:
    """The nearest of each group of neighbours; nan only where all of a group are."""
    if group == 1:
        return ranges_m
    missing = -ranges_m.size % group
    padded = np.concatenate((ranges_m, np.full(missing, math.nan, ranges_m.dtype))) if missing else ranges_m
    columns = np.ascontiguousarray(padded.reshape(-1, group).T)  # much faster to go through than many short rows
    nearest: NDArray[np.floating[Any]] = np.fmin.reduce(columns)
    return nearest


def _check_coverage(scan: Scan, needs: Needs) -> None:
    """Whether the sensor itself can see what it must, whatever is there."""
    increment_rad = abs(scan.angle_increment_rad)
    if increment_rad > needs.increment_rad:
        raise BrokenScanError(f"its rays are {math.degrees(increment_rad):.1f} degrees apart")
    if scan.range_max_m < needs.horizon_m or scan.range_min_m > needs.body_m:
        raise BrokenScanError(f"it sees from {scan.range_min_m:.2f} to {scan.range_max_m:.2f} m")
    if not _covers(scan.angle_min_rad, scan.angle_increment_rad, scan.ranges_m.size, needs):
        raise BrokenScanError(f"it covers {math.degrees(increment_rad * scan.ranges_m.size):.0f} degrees, not all the way around ahead")


def _covers(first_rad: float, increment_rad: float, count: int, needs: Needs) -> bool:
    """Whether every direction of the field of view has a ray; a miss of less than the widest gap allowed is borne."""
    spare_rad = needs.blind_sector_rad
    if abs(increment_rad) * count >= 2 * math.pi - spare_rad:
        return True
    middle_rad = first_rad + increment_rad * (count - 1) / 2.0
    half_rad = abs(increment_rad) * count / 2.0
    return half_rad - abs(math.remainder(middle_rad, 2 * math.pi)) >= needs.field_of_view_rad / 2.0 - spare_rad / 2.0


def _check_gaps(broken: NDArray[np.bool_], increment_rad: float, needs: Needs) -> None:
    share = float(broken.mean())
    if share > needs.broken_ratio:
        raise BrokenScanError(f"{share:.0%} of its rays are broken")
    gap_rad = _longest_run(broken) * increment_rad
    if gap_rad >= needs.blind_sector_rad:
        raise BrokenScanError(f"it is blind over {math.degrees(gap_rad):.0f} degrees")


def _longest_run(flags: NDArray[np.bool_]) -> int:
    """The longest run of True on a circle; the caller has excluded that all are True.

    >>> _longest_run(np.array([True, False, True, True])), _longest_run(np.array([False, True]))
    (3, 1)
    """
    off = np.flatnonzero(~flags)
    return int(np.max(np.diff(off, append=off[0] + flags.size))) - 1


@lru_cache(maxsize=4)
def _directions(first_rad: float, increment_rad: float, count: int) -> tuple[Points, Points]:
    angles_rad = first_rad + increment_rad * np.arange(count)
    return np.cos(angles_rad), np.sin(angles_rad)
