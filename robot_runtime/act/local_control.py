"""Follows a path at 20 Hz: velocity for a differential base that slows near things and people and stops before them.

Regulated pure pursuit (Macenski et al., "Regulated pure pursuit for robot path tracking", Autonomous Robots 2023): aim at a
point some way ahead on the path, slow in bends, near obstacles and towards the end, turn in place when the path lies beside.
Added here: the gap to the first thing or person on the way sets the speed from which the robot can still stop (v² = 2 a d).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.act import gap
from robot_runtime.act.gap import Gap, Keep
from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.act.planar import Points, Pose2, to_robot, wrap
from robot_runtime.act.surroundings import Surroundings
from robot_runtime.config import StageConfig

_CREEP_MPS = 0.04  # slowest drive; a base does not follow less
_WINDUP_MPS, _WINDUP_RADPS = 0.15, 0.6  # how far the command may run ahead of what the wheels do
_TRUST = 0.6  # share of the braking that is counted on
_REACTION_S = 0.15  # the lidar's period and a step
_SPARE_M = 0.12  # stop so far before the first touch: two points of the path and a little
_SOFT_M = 0.25  # a nearer aim is steered at as if it were so far: its bearing is mostly noise
_NEAR_M = 2.0  # hits beyond do not matter for the next second


class FollowerConfig(StageConfig):
    max_speed_mps: float = Field(0.8, gt=0, le=2, description="fastest drive")
    max_turn_radps: float = Field(1.5, gt=0, le=4, description="fastest turn")
    acceleration_mps2: float = Field(0.5, gt=0, le=3, description="of the drive")
    braking_mps2: float = Field(0.8, gt=0, le=3, description="hardest braking for something in the way")
    halt_braking_mps2: float = Field(0.25, gt=0, le=3, description="gentle braking towards the goal")
    turn_acceleration_radps2: float = Field(3.0, gt=0, le=10, description="of the turn")
    side_acceleration_mps2: float = Field(0.35, gt=0, le=3, description="in bends; what is carried may spill")
    lookahead_s: float = Field(0.8, gt=0, le=3, description="the aim lies this far ahead on the path, in time")
    lookahead_min_m: float = Field(0.30, gt=0, le=2, description="shortest distance of the aim")
    lookahead_max_m: float = Field(0.70, gt=0, le=3, description="longest distance of the aim")
    base_radius_m: float = Field(0.22, gt=0, le=1, description="radius of the round base")
    touch_margin_m: float = Field(0.025, ge=0, le=0.5, description="least distance that the base keeps from what the lidar sees")
    person_speed_gain: float = Field(0.6, gt=0, le=5, description="speed allowed per metre beyond 0.4 m from the nearest person ahead")
    near_speed_mps: float = Field(0.22, gt=0, le=1, description="speed when just touching; one metre more of room allows 1 m/s more")
    position_tolerance_m: float = Field(0.05, gt=0, le=0.5, description="how near to the halt counts as there")
    yaw_tolerance_rad: float = Field(0.04, gt=0, le=1, description="how well the final heading must fit")


@dataclass(frozen=True)
class Command:
    linear_mps: float
    angular_radps: float
    remaining_m: float
    in_the_way: str  # "person", "obstacle" or ""
    reached: bool


@dataclass(frozen=True)
class _Aim:
    bearing_rad: float
    curvature: float
    free_m: float  # on the arc to it


class Follower:
    def __init__(self, config: FollowerConfig, occupancy: OccupancyMap) -> None:
        self._config = config
        self._map = occupancy
        self.reset()

    def reset(self) -> None:
        self._path: Points = np.zeros((0, 2))
        self._along_m: NDArray[np.float64] = np.zeros(0)
        self._yaw_rad = math.nan
        self._at = 0
        self._turning = False
        self._arrived = self._settled = False
        self.hold()

    def set_path(self, path: Points, yaw_rad: float) -> None:
        """Follow this line of evenly spaced points, then turn to ``yaw_rad`` (``nan``: any heading will do)."""
        self._path, self._yaw_rad, self._at = path, yaw_rad, 0
        self._along_m = np.concatenate(((0.0,), np.cumsum(np.hypot(*np.diff(path, axis=0).T))))
        self._arrived = self._settled = False

    @property
    def ahead(self) -> Points:
        """The part of the path that is still to drive."""
        return self._path[self._at :]

    def off_path_m(self, pose: Pose2) -> float:
        """Distance between the robot and the path."""
        return float(np.hypot(*(self._path[self._at] - (pose.x_m, pose.y_m))))

    def hold(self) -> None:
        """Tell that the base was stopped, so that the next command starts from rest."""
        self._linear_mps = self._angular_radps = 0.0

    def settle(self) -> None:
        """Take this position for the end of the path; only the heading is left to do."""
        self._settled = True

    def step(self, here: Surroundings, keep: Keep, cap_mps: float) -> Command:
        """The next velocity, at most ``cap_mps``."""
        self._advance(here.pose)
        to_end_m = math.hypot(self._path[-1, 0] - here.pose.x_m, self._path[-1, 1] - here.pose.y_m)
        limit_m = self._config.position_tolerance_m
        self._arrived = self._settled or to_end_m < (2.0 * limit_m if self._arrived else 0.8 * limit_m)
        return self._face(here) if self._arrived else self._drive(here, keep, min(cap_mps, self._config.max_speed_mps))

    def _advance(self, pose: Pose2) -> None:
        window = self._path[self._at : self._at + 20]
        self._at += int(((window[:, 0] - pose.x_m) ** 2 + (window[:, 1] - pose.y_m) ** 2).argmin())

    def _face(self, here: Surroundings) -> Command:
        """Turn to the final heading on the spot."""
        error_rad = 0.0 if math.isnan(self._yaw_rad) else wrap(self._yaw_rad - here.pose.yaw_rad)
        fits = abs(error_rad) < self._config.yaw_tolerance_rad
        if fits and abs(here.linear_mps) < 0.03 and abs(here.angular_radps) < 0.1:
            self.hold()
            return Command(0.0, 0.0, 0.0, "", True)
        return self._limited(here, 0.0, 0.0 if fits else self._turn_speed(error_rad), 0.0, "")

    def _drive(self, here: Surroundings, keep: Keep, cap_mps: float) -> Command:
        remaining_m = float(self._along_m[-1] - self._along_m[self._at]) + self.off_path_m(here.pose)
        path_gap = self._gap_on_path(here, keep)
        hits = to_robot(here.pose, here.hits)
        hits = hits[hits[:, 0] ** 2 + hits[:, 1] ** 2 < _NEAR_M**2]
        aim = self._aim(here, hits, remaining_m)
        if self._must_turn(aim, path_gap, here.linear_mps):
            return self._limited(here, 0.0, self._turn_speed(aim.bearing_rad), remaining_m, path_gap.before)
        free_m = min(path_gap.free_m, aim.free_m)
        pace_mps = min(cap_mps, self._pace(aim.curvature, remaining_m), self._pace_near_things(hits), self._pace_near_people(here))
        speed_mps = min(max(pace_mps, _CREEP_MPS), self._stoppable(free_m, abs(here.linear_mps)))
        if speed_mps < _CREEP_MPS:
            return self._limited(here, 0.0, 0.0, remaining_m, path_gap.before or "obstacle")
        return self._limited(here, speed_mps, speed_mps * aim.curvature, remaining_m, path_gap.before)

    # ---- where to

    def _aim(self, here: Surroundings, hits: Points, remaining_m: float) -> _Aim:
        """A point ahead on the path; a nearer one where the arc to it is not free, since that hugs the path more."""
        config = self._config
        reach_m = min(max(here.linear_mps * config.lookahead_s, config.lookahead_min_m), config.lookahead_max_m)
        far = self._aim_at(reach_m, here, hits, remaining_m)
        if far.free_m > 0.4:
            return far
        near = self._aim_at(0.5 * reach_m, here, hits, remaining_m)
        return near if near.free_m > far.free_m + 0.05 else far

    def _aim_at(self, lookahead_m: float, here: Surroundings, hits: Points, remaining_m: float) -> _Aim:
        ahead = int(self._along_m.searchsorted(self._along_m[self._at] + lookahead_m))
        x, y = to_robot(here.pose, self._path[min(ahead, len(self._path) - 1)][None])[0]
        bearing_rad = math.atan2(y, x)
        curvature = 2.0 * math.sin(bearing_rad) / max(math.hypot(x, y), _SOFT_M)
        reach_m = max(0.01, min(self._braking_m(here.linear_mps) + 0.5, remaining_m))
        radius_m = self._config.base_radius_m
        arc = gap.arc(curvature, reach_m)
        hits_m = gap.on_arc(arc, hits, radius_m + self._config.touch_margin_m)
        return _Aim(bearing_rad, curvature, min(hits_m, gap.on_map(arc, here.pose, self._map, radius_m)))

    def _must_turn(self, aim: _Aim, path_gap: Gap, speed_mps: float) -> bool:
        """Turn in place: the path lies beside or behind, or the arc would touch something that the path itself avoids."""
        limit_rad = 0.15 if self._turning else 0.8 if speed_mps < 0.1 else 1.2  # who moves already need not stop for a bend
        if aim.free_m < _SPARE_M and not path_gap.before:
            limit_rad = 0.05
        self._turning = abs(aim.bearing_rad) > limit_rad
        return self._turning

    def _gap_on_path(self, here: Surroundings, keep: Keep) -> Gap:
        reach_m = self._braking_m(here.linear_mps) + 0.8
        stretch = slice(self._at, int(self._along_m.searchsorted(self._along_m[self._at] + reach_m)) + 1)
        return gap.on_path(self._path[stretch], self._along_m[stretch] - self._along_m[self._at], self._path[-1], here, keep)

    # ---- how fast

    def _braking_m(self, speed_mps: float) -> float:
        return speed_mps**2 / (2.0 * self._config.braking_mps2 * _TRUST)

    def _stoppable(self, free_m: float, speed_mps: float) -> float:
        """The speed from which the robot still stops in time."""
        return math.sqrt(2.0 * self._config.braking_mps2 * _TRUST * max(0.0, free_m - _SPARE_M - _REACTION_S * speed_mps))

    def _pace(self, curvature: float, remaining_m: float) -> float:
        """The speed that bends and the end of the path allow."""
        bend = max(abs(curvature), 1e-6)
        side_mps = math.sqrt(self._config.side_acceleration_mps2 / bend)
        return min(self._config.max_turn_radps / bend, side_mps, math.sqrt(2.0 * self._config.halt_braking_mps2 * remaining_m) + _CREEP_MPS)

    def _pace_near_things(self, hits: Points) -> float:
        front = hits[hits[:, 0] > -0.1]
        room_m = math.sqrt((front**2).sum(axis=1).min(initial=_NEAR_M**2)) - self._config.base_radius_m
        return self._config.near_speed_mps + max(0.0, room_m)

    def _pace_near_people(self, here: Surroundings) -> float:
        front = to_robot(here.pose, here.people)
        front = front[front[:, 0] > -0.3]
        nearest_m = math.sqrt((front**2).sum(axis=1).min(initial=1e4))
        return max(0.15, self._config.person_speed_gain * (nearest_m - 0.4))

    def _turn_speed(self, error_rad: float) -> float:
        """Turns as fast as the acceleration lets it stop at the right heading, with half of it in hand."""
        speed_radps = min(self._config.max_turn_radps, 0.8 * math.sqrt(self._config.turn_acceleration_radps2 * abs(error_rad)))
        return math.copysign(min(speed_radps, 3.0 * abs(error_rad) + 0.05), error_rad)

    def _limited(self, here: Surroundings, linear_mps: float, angular_radps: float, remaining_m: float, in_the_way: str) -> Command:
        """Within the accelerations, from what was asked last or, where the gate gave less, from near what the wheels do."""
        config, dt_s = self._config, here.dt_s
        start_mps = min(max(self._linear_mps, here.linear_mps - _WINDUP_MPS), here.linear_mps + _WINDUP_MPS)
        start_radps = min(max(self._angular_radps, here.angular_radps - _WINDUP_RADPS), here.angular_radps + _WINDUP_RADPS)
        low_mps, high_mps = start_mps - config.braking_mps2 * dt_s, start_mps + config.acceleration_mps2 * dt_s
        change_radps = config.turn_acceleration_radps2 * dt_s
        self._linear_mps = max(0.0, min(max(linear_mps, low_mps), high_mps))
        self._angular_radps = min(max(angular_radps, start_radps - change_radps), start_radps + change_radps)
        return Command(self._linear_mps, self._angular_radps, remaining_m, in_the_way, False)
