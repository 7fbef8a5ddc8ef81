"""From a lidar scan to the points that the base must not run into."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safety.types import Scan

Points = NDArray[np.float64]


class BrokenScanError(ValueError):
    """A scan that leaves too much unseen to be trusted."""


@dataclass(frozen=True, eq=False)
class Obstacles:
    """Returns within the horizon, in base_link."""

    x_m: Points
    y_m: Points
    nearest_m: float  # from the base centre; inf before the first scan


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


def obstacles(scan: Scan, needs: Needs) -> Obstacles:
    """The points of a scan within the horizon.

    A range below the sensor's minimum, negative infinity included (REP-117: too close to measure), counts as something
    that touches the sensor's blind zone; one above the maximum as nothing seen.

    :raises BrokenScanError: it does not look everywhere, near and far enough; too many rays are nan, a gap of them is too
        wide, or no ray at all hits anything, as with a covered or dead sensor
    """
    _check_coverage(scan, needs)
    ranges_m = np.asarray(scan.ranges_m, dtype=np.float64)
    broken = np.isnan(ranges_m)
    if broken.any():
        _check_gaps(broken, abs(scan.angle_increment_rad), needs)
    ranges_m = np.maximum(ranges_m, max(scan.range_min_m, 0.0))
    seen = ranges_m <= scan.range_max_m  # False for nan
    if not seen.any():
        raise BrokenScanError("none of its rays hits anything")
    nearest_m = float(ranges_m[seen].min())
    near = seen & (ranges_m <= needs.horizon_m)
    cosines, sines = _directions(scan.angle_min_rad, scan.angle_increment_rad, ranges_m.size)
    return Obstacles(ranges_m[near] * cosines[near], ranges_m[near] * sines[near], nearest_m)


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
