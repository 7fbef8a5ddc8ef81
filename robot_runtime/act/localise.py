"""Where the robot is in the map: wheel odometry, corrected by the lidar a few times a second.

An extended Kalman filter whose correction step is an iterated fit of the whole scan (:mod:`robot_runtime.act.scan_match`):
along a corridor, where the walls say nothing, the odometry is kept.  On a robot with Nav2, AMCL does this instead.
"""

from __future__ import annotations

import math
from collections import deque
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.act.planar import Points, Pose2, between, compose, wrap
from robot_runtime.act.scan_match import Fit, ScanMatcher
from robot_runtime.config import StageConfig
from safety.types import Odometry, Scan

_HISTORY_S = 1.0
_MODEL_STD_M = 0.01  # what no fit can know: the map's own error
_POOR_GROWTH_MPS = 0.005  # growth of the uncertainty while the scan does not fit the map
_NO_MOTION = Pose2(0.0, 0.0, 0.0)
_SURE = 0.8  # share of rays that must be explained for a jump to another pose: half a scan fits many places
_WIDEST_M, _WIDEST_RAD = 1.6, 0.5  # largest search; beyond it the robot must be told where it is


class LocaliserConfig(StageConfig):
    scan_match_hz: float = Field(4.0, gt=0, le=10, description="corrections a second while moving")
    rays: int = Field(120, ge=30, le=720, description="rays of a scan that are used, evenly spread")
    min_explained: float = Field(0.5, ge=0.1, le=0.95, description="share of rays that must end on the map for a fit to count")
    odom_std_per_m: float = Field(0.06, gt=0, le=0.5, description="odometry: metres of error per metre driven")
    odom_std_per_rad: float = Field(0.06, gt=0, le=0.5, description="odometry: radians of error per radian turned")
    initial_std_m: float = Field(0.10, gt=0, le=2, description="how well the initial pose is known")
    search_after_s: float = Field(1.0, ge=0, le=30, description="search around the pose when no scan has fitted for so long")


class Localiser:
    """Feed it every odometry message and every scan, in the order of their stamps.

    ``origin`` is the map pose at which the odometry read zero.
    """

    def __init__(self, config: LocaliserConfig, occupancy: OccupancyMap, origin: Pose2) -> None:
        self._config = config
        self._matcher = ScanMatcher(occupancy)
        self._origin = origin
        self.reset()

    def reset(self) -> None:
        self._odometry: deque[tuple[float, Pose2]] = deque()
        self._pose = self._origin
        std_m = self._config.initial_std_m
        self._covariance: NDArray[np.float64] = np.diag((std_m**2, std_m**2, (0.5 * std_m) ** 2))
        self._matched_s = -math.inf
        self._matched_pose = self._origin
        self._fitted_s = -math.inf  # last scan that fitted
        self.explained = math.nan

    @property
    def pose(self) -> Pose2:
        """The pose in the map at the newest odometry."""
        return self._pose

    @property
    def std_m(self) -> float:
        """Standard deviation of the position along its worst direction."""
        (a, b), (_, d) = self._covariance[:2, :2].tolist()
        largest = 0.5 * (a + d) + math.hypot(0.5 * (a - d), b)
        return math.sqrt(largest + _MODEL_STD_M**2)

    def pose_at(self, stamp_s: float) -> Pose2:
        """The pose in the map a moment ago, when a scan was taken; the newest one for a stamp that is not remembered."""
        since = self._motion_since(stamp_s)
        return self._pose if since is None else _before(self._pose, since)

    def on_odometry(self, odometry: Odometry) -> None:
        now = Pose2(odometry.x_m, odometry.y_m, odometry.yaw_rad)
        if not self._odometry:
            self._pose = compose(self._origin, now)
        else:
            if odometry.stamp_s <= self._odometry[-1][0]:
                return
            self._move(between(self._odometry[-1][1], now))
        self._odometry.append((odometry.stamp_s, now))
        while self._odometry[0][0] < odometry.stamp_s - _HISTORY_S:
            self._odometry.popleft()

    def _move(self, motion: Pose2) -> None:
        if motion == _NO_MOTION:
            return
        c, s = math.cos(self._pose.yaw_rad), math.sin(self._pose.yaw_rad)
        self._pose = compose(self._pose, motion)
        yaw_moves = np.array(((1.0, 0.0, -s * motion.x_m - c * motion.y_m), (0.0, 1.0, c * motion.x_m - s * motion.y_m), (0.0, 0.0, 1.0)))
        driven_m, turned_rad = math.hypot(motion.x_m, motion.y_m), abs(motion.yaw_rad)
        # variances that grow with the way, so that the sum does not depend on how finely the odometry is sampled
        along = 0.1 * self._config.odom_std_per_m**2 * driven_m
        turn = 0.1 * (self._config.odom_std_per_rad**2 * turned_rad + self._config.odom_std_per_m**2 * driven_m)
        self._covariance = yaw_moves @ self._covariance @ yaw_moves.T
        self._covariance.flat[::4] += (along, along, turn)

    def on_scan(self, scan: Scan) -> bool:
        """Correct the pose; True when the scan was used, False when it was not due, too old, or did not fit."""
        if not self._due(scan.stamp_s):
            return False
        since = self._motion_since(scan.stamp_s)
        points = end_points(scan)
        points = points[:: max(1, len(points) // self._config.rays)]
        if since is None or len(points) < 20:
            return False
        elapsed_s = min(scan.stamp_s - self._matched_s, 1.0)
        self._matched_s, self._matched_pose = scan.stamp_s, self._pose
        return self._correct(points, since, scan.stamp_s, elapsed_s)

    def _correct(self, points: Points, since: Pose2, stamp_s: float, elapsed_s: float) -> bool:
        guess = _before(self._pose, since)
        fit = self._fit(points, guess, stamp_s)
        self.explained = fit.explained
        if fit.explained < self._config.min_explained:
            self._covariance[[0, 1], [0, 1]] += (_POOR_GROWTH_MPS * elapsed_s) ** 2 + 2 * self.std_m * _POOR_GROWTH_MPS * elapsed_s
            return False
        self._fitted_s = stamp_s
        self._pose, self._covariance = compose(fit.pose, since), fit.covariance
        return True

    def _fit(self, points: Points, guess: Pose2, stamp_s: float) -> Fit:
        fit = self._matcher.refine(points, guess, self._covariance)
        lost = fit.explained < self._config.min_explained and stamp_s - self._fitted_s > self._config.search_after_s
        if not lost:
            return fit
        radius_m, radius_rad = min(_WIDEST_M, 3 * self.std_m + 0.3), min(_WIDEST_RAD, 3 * self.std_m + 0.2)
        found = self._matcher.search(points[::2], guess, radius_m, radius_rad)
        wide = self._covariance + np.diag((0.1**2, 0.1**2, 0.1**2))
        again = self._matcher.refine(points, found, wide)
        return again if again.explained > _SURE else fit

    def _due(self, stamp_s: float) -> bool:
        moved = between(self._matched_pose, self._pose)
        still = math.hypot(moved.x_m, moved.y_m) < 0.01 and abs(moved.yaw_rad) < 0.01
        return stamp_s - self._matched_s >= (1.0 if still else 1.0 / self._config.scan_match_hz) - 1e-6

    def _motion_since(self, stamp_s: float) -> Pose2 | None:
        """The odometry's motion from ``stamp_s`` until now; None when the stamp lies outside what is remembered."""
        if not self._odometry or not self._odometry[0][0] - 0.03 <= stamp_s <= self._odometry[-1][0] + 0.1:
            return None
        now_pose = self._odometry[-1][1]
        after_s, after = self._odometry[-1]
        for before_s, before in reversed(self._odometry):
            if before_s <= stamp_s:
                share = min(1.0, (stamp_s - before_s) / max(after_s - before_s, 1e-9))
                step = between(before, after)
                return between(compose(before, Pose2(step.x_m * share, step.y_m * share, step.yaw_rad * share)), now_pose)
            after_s, after = before_s, before
        return between(self._odometry[0][1], now_pose)


def _before(pose: Pose2, motion: Pose2) -> Pose2:
    """The pose from which ``motion`` led to ``pose``."""
    yaw_rad = wrap(pose.yaw_rad - motion.yaw_rad)
    start = compose(Pose2(0.0, 0.0, yaw_rad), motion)
    return Pose2(pose.x_m - start.x_m, pose.y_m - start.y_m, yaw_rad)


def end_points(scan: Scan) -> Points:
    """Where the rays of a scan end, in the robot's frame; rays without a return, broken or out of range are left out."""
    ranges_m = scan.ranges_m.astype(np.float64)
    with np.errstate(invalid="ignore"):
        good = (ranges_m >= scan.range_min_m) & (ranges_m < scan.range_max_m)  # neither nan nor infinite
    return _directions(scan.angle_min_rad, scan.angle_increment_rad, len(ranges_m))[good] * ranges_m[good][:, None]


@lru_cache(maxsize=4)
def _directions(first_rad: float, increment_rad: float, count: int) -> Points:
    """Unit vectors of the rays."""
    angles_rad = first_rad + increment_rad * np.arange(count)
    return np.stack((np.cos(angles_rad), np.sin(angles_rad)), axis=1)
