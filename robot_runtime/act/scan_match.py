"""Fits a lidar scan to the map: a fine Gauss-Newton fit from a good guess, and a search around a bad one.

The map is a field of signed distances to the nearest surface: the end point of a ray should lie where it is 0 (likelihood
fields: Thrun, Burgard and Fox, Probabilistic Robotics, 2005, section 6.4; Gauss-Newton with bilinear gradients: Kohlbrecher
et al., SSRR 2011).  Rays that hit people or moved things lie far from 0 and lose their weight (Geman-McClure).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.act.planar import Points, Pose2, to_map, wrap

Matrix3 = NDArray[np.float64]

HIT_M = 0.10
"""A ray counts as explained by the map when it ends this near to a surface: two cells of the usual 5 cm."""

RAY_STD_M = 0.04
"""Noise of a lidar (1-2 cm) and half a cell of the map, together."""

INDEPENDENT = 0.1
"""Share of the rays that count as independent evidence: neighbours share the map's errors, so the plain sum would claim
millimetres (Probabilistic Robotics, section 6.3.4, weighs the scan's likelihood for the same reason)."""

_SCALES_M = (0.4, 0.2, 0.1, 0.1, 0.1, 0.1)  # wide first, so that a 20 cm error still finds its wall
_SETTLED_M = 5e-4


@dataclass(frozen=True, eq=False)
class Fit:
    """``explained`` is the share of rays that end on a surface of the map."""

    pose: Pose2
    covariance: Matrix3
    explained: float


class ScanMatcher:
    def __init__(self, occupancy: OccupancyMap) -> None:
        self._resolution_m = occupancy.resolution_m
        self._origin_m = np.asarray(occupancy.origin_m)
        self._field = np.minimum(occupancy.surface_m, 2.0).astype(np.float64)
        self._limit = np.array(self._field.shape[::-1]) - 1.001

    def refine(self, points: Points, guess: Pose2, covariance: Matrix3) -> Fit:
        """The pose that best joins the scan with a guess of the given covariance; points are in the robot's frame."""
        prior = np.linalg.inv(covariance)
        pose = guess
        information = prior
        for scale_m in _SCALES_M:
            distance_m, jacobian = self._linearise(points, pose)
            weight = (1.0 / (1.0 + (distance_m / scale_m) ** 2)) ** 2 * (INDEPENDENT / RAY_STD_M**2)
            weighted = jacobian * weight[:, None]
            information = prior + weighted.T @ jacobian
            offset = np.array((guess.x_m - pose.x_m, guess.y_m - pose.y_m, wrap(guess.yaw_rad - pose.yaw_rad)))
            step = np.linalg.solve(information, prior @ offset - weighted.T @ distance_m)
            pose = Pose2(pose.x_m + step[0], pose.y_m + step[1], wrap(pose.yaw_rad + step[2]))
            if scale_m == _SCALES_M[-1] and np.abs(step).max() < _SETTLED_M:
                break
        return Fit(pose, np.linalg.inv(information), self.explained(points, pose))

    def explained(self, points: Points, pose: Pose2) -> float:
        """Share of rays that end on a surface of the map, seen from ``pose``."""
        distance_m, _ = self._linearise(points, pose)
        return float(np.mean(np.abs(distance_m) < HIT_M))

    def search(self, points: Points, around: Pose2, radius_m: float, radius_rad: float) -> Pose2:
        """The best pose of a grid of poses around one (correlative scan matching: Olson, ICRA 2009, one resolution).

        The grid has at most 17 x 17 positions, so its result is a start for :meth:`refine`, not an estimate.
        """
        shifts_m = np.linspace(-radius_m, radius_m, min(17, 2 * math.ceil(radius_m / 0.1) + 1))
        turns_rad = np.linspace(-radius_rad, radius_rad, 2 * math.ceil(radius_rad / 0.07) + 1)
        grid = np.stack(np.meshgrid(shifts_m, shifts_m), axis=-1).reshape(-1, 1, 2)
        best_score, best = -math.inf, around
        for turn_rad in turns_rad:
            turned = to_map(Pose2(around.x_m, around.y_m, around.yaw_rad + float(turn_rad)), points)
            cells = ((turned[None] + grid - self._origin_m) / self._resolution_m).astype(np.intp)
            np.clip(cells, 0, self._limit.astype(np.intp), out=cells)
            scores = np.exp(-0.5 * (self._field[cells[..., 1], cells[..., 0]] / 0.1) ** 2).mean(axis=1)
            winner = int(np.argmax(scores))
            if scores[winner] > best_score:
                best_score = float(scores[winner])
                shift = grid[winner, 0]
                best = Pose2(around.x_m + shift[0], around.y_m + shift[1], wrap(around.yaw_rad + float(turn_rad)))
        return best

    def _linearise(self, points: Points, pose: Pose2) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Signed distance of each end point, shape (n,), and its derivative by x, y and yaw, shape (n, 3)."""
        world = to_map(pose, points)
        cell = np.minimum(np.maximum((world - self._origin_m) / self._resolution_m - 0.5, 0.0), self._limit)
        corner = cell.astype(np.intp)
        u, v = (cell - corner).T
        column, row = corner.T
        low_left, low_right = self._field[row, column], self._field[row, column + 1]
        high_left, high_right = self._field[row + 1, column], self._field[row + 1, column + 1]
        low, high = low_left + u * (low_right - low_left), high_left + u * (high_right - high_left)
        along_x = ((1 - v) * (low_right - low_left) + v * (high_right - high_left)) / self._resolution_m
        along_y = (high - low) / self._resolution_m
        arm = world - (pose.x_m, pose.y_m)
        return low + v * (high - low), np.column_stack((along_x, along_y, along_y * arm[:, 0] - along_x * arm[:, 1]))
