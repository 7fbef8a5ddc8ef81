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
    nearest_m: float  # from the base centre; inf when the scan saw nothing at all


NO_OBSTACLES = Obstacles(np.empty(0), np.empty(0), math.inf)


def obstacles(scan: Scan, horizon_m: float, broken_ratio: float, blind_sector_rad: float) -> Obstacles:
    """The points of a scan within ``horizon_m``.

    A range below the sensor's minimum, negative infinity included (REP-117: too close to measure), counts as something
    that touches the sensor's blind zone; one above the maximum as nothing seen.

    :raises BrokenScanError: too many rays are nan, or a gap of them is too wide
    """
    ranges_m = np.asarray(scan.ranges_m, dtype=np.float64)
    broken = np.isnan(ranges_m)
    if broken.any():
        _check_gaps(broken, abs(scan.angle_increment_rad), broken_ratio, blind_sector_rad)
    ranges_m = np.maximum(ranges_m, max(scan.range_min_m, 0.0))
    seen = ranges_m <= scan.range_max_m  # False for nan
    nearest_m = float(ranges_m[seen].min()) if seen.any() else math.inf
    near = seen & (ranges_m <= horizon_m)
    cosines, sines = _directions(scan.angle_min_rad, scan.angle_increment_rad, ranges_m.size)
    return Obstacles(ranges_m[near] * cosines[near], ranges_m[near] * sines[near], nearest_m)


def _check_gaps(broken: NDArray[np.bool_], increment_rad: float, broken_ratio: float, blind_sector_rad: float) -> None:
    share = float(broken.mean())
    if share > broken_ratio:
        raise BrokenScanError(f"{share:.0%} of its rays are broken")
    gap_rad = _longest_run(broken) * increment_rad
    if gap_rad >= blind_sector_rad:
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
