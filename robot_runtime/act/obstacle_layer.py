"""What the lidar sees that the map does not hold: people, moved chairs, parcels.

A cell is kept until a ray is seen to pass through it, or until it has not been seen for a while.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robot_runtime.act.occupancy_map import Mask, OccupancyMap
from robot_runtime.act.planar import Points, Pose2, to_robot
from safety.types import Scan

UNEXPLAINED_M = 0.15
"""An end point farther than this from every mapped surface is news: the map's cells (5 cm), the pose's error (5 cm, and its
heading's over some metres) stay below it."""

_PASSED_M = 0.15  # a ray that ends so far behind a cell has passed through it
_BESIDE = np.array([[-1], [0], [1]])  # the nearest ray and its neighbours must all have passed


class ObstacleLayer:
    def __init__(self, occupancy: OccupancyMap, memory_s: float) -> None:
        self._map = occupancy
        self._open = (occupancy.surface_m > UNEXPLAINED_M) & occupancy.free
        self._memory_s = memory_s
        self.reset()

    def reset(self) -> None:
        self._seen_s: NDArray[np.float64] = np.full(self._map.shape, -np.inf)

    def update(self, scan: Scan, hits: Points, pose: Pose2) -> Points:
        """Take in a scan seen from ``pose``; returns those of its ``hits``, end points in the map, that are unexplained."""
        self._forget_passed(scan, pose)
        rows, columns = self._map.cells(hits)
        unexplained = self._open[rows, columns]
        self._seen_s[rows[unexplained], columns[unexplained]] = scan.stamp_s
        return hits[unexplained]

    def mask(self, now_s: float) -> Mask:
        """Cells that hold an obstacle now."""
        return np.asarray(self._seen_s > now_s - self._memory_s)

    def _forget_passed(self, scan: Scan, pose: Pose2) -> None:
        rows, columns = self._map.marked(self.mask(scan.stamp_s))
        if not len(rows):
            return
        cells = to_robot(pose, self._map.centres(rows, columns))
        bearing_rad = np.arctan2(cells[:, 1], cells[:, 0])
        turn_rad = (bearing_rad - scan.angle_min_rad) % (2.0 * np.pi)
        nearest = np.round(turn_rad / scan.angle_increment_rad).astype(np.intp)
        covered = nearest < len(scan.ranges_m) + 1
        rays = np.where(np.isnan(scan.ranges_m), 0.0, scan.ranges_m)  # a broken ray clears nothing
        shortest_m = rays[(nearest + _BESIDE) % len(rays)].min(axis=0)
        passed = covered & (shortest_m > np.hypot(cells[:, 0], cells[:, 1]) + _PASSED_M)
        self._seen_s[rows[passed], columns[passed]] = -np.inf
