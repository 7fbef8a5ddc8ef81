"""The pose stays right while odometry drifts, and its stated uncertainty is honest."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from robot_runtime.act.localise import Localiser, LocaliserConfig, end_points
from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.act.planar import Pose2, between, compose, wrap
from safety.types import Odometry, Scan
from tests.unit.nav_world import NavWorld, Walker, cast, goal, world_in

TOUR = ((8.0, 1.5), (3.0, 1.0), (8.5, 4.5), (1.0, 4.8), (4.0, 2.0), (8.5, 4.5), (3.8, 4.0))


def tour(world: NavWorld) -> None:
    for number, (x_m, y_m) in enumerate(TOUR):
        assert world.drive(goal(x_m, y_m, id=f"g{number}")).phase == "reached"


@pytest.mark.parametrize(("seed", "scale", "turn_scale"), [(1, 1.03, 0.97), (2, 0.97, 1.04)])
def test_error_stays_small_over_minutes_of_bad_odometry(site: Path, seed: int, scale: float, turn_scale: float) -> None:
    world = world_in(site, 1.0, 1.0, seed=seed)
    world.odom_scale, world.odom_turn_scale = scale, turn_scale
    tour(world)
    drift_m = math.hypot(world.odom[0] + 1.0 - world.x_m, world.odom[1] + 1.0 - world.y_m)
    assert drift_m > 0.3, "the odometry must be bad enough to show something"
    assert world.now_s > 60.0
    assert world.worst_error_m < 0.05
    assert math.degrees(world.worst_error_rad) < 2.0


def test_people_around_the_robot_do_not_pull_it_away(site: Path) -> None:
    world = world_in(site, 3.5, 2.0, seed=4)
    world.walkers = [Walker(f"p{i}", [(3.5 + 0.9 * math.cos(i), 2.0 + 0.9 * math.sin(i))]) for i in range(5)]
    world.wait(20.0)
    assert world.worst_error_m < 0.03


def test_a_wrong_start_is_found_again(site: Path) -> None:
    world = world_in(site, 3.0, 1.5, 0.4)
    world.x_m, world.y_m, world.yaw_rad = 3.35, 1.15, 0.65  # somebody pushed it before it was switched on
    world.wait(6.0)
    assert world.pose is not None
    assert math.hypot(world.pose.x_m - world.x_m, world.pose.y_m - world.y_m) < 0.05
    assert abs(wrap(world.pose.yaw_rad - world.yaw_rad)) < math.radians(2)


def lidar(x_m: float, y_m: float, yaw_rad: float, stamp_s: float, walls: list[tuple[float, float, float, float]]) -> Scan:
    angles = np.deg2rad(np.arange(360.0) - 180.0)
    ranges = cast(x_m, y_m, np.asarray(angles + yaw_rad), walls, [])
    return Scan(stamp_s, -math.pi, math.radians(1.0), 0.05, 12.0, ranges.astype(np.float32))


def test_a_scan_of_another_place_is_not_believed(site: Path) -> None:
    localiser = Localiser(LocaliserConfig(), OccupancyMap.load(site), Pose2(3.0, 1.5, 0.0))
    elsewhere = [(2.3, 0.8, 2.4, 2.2), (3.6, 0.8, 3.7, 2.2), (2.3, 0.8, 3.7, 0.9), (2.3, 2.1, 3.7, 2.2)]  # a small box around it
    localiser.on_odometry(Odometry(0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    before_m = localiser.std_m
    for second in range(1, 40):
        localiser.on_odometry(Odometry(float(second), 0.0, 0.0, 0.0, 0.0, 0.0))
        assert not localiser.on_scan(lidar(3.0, 1.5, 0.0, float(second), elsewhere))
    assert localiser.pose == Pose2(3.0, 1.5, 0.0)
    assert localiser.std_m > before_m + 0.1


def test_along_a_corridor_the_odometry_is_kept() -> None:
    rows = np.indices((60, 800))[0]
    wall = (rows < 10) | (rows >= 50)
    corridor = OccupancyMap(0.05, (0.0, 0.0), wall, ~wall)  # 2 m wide, 40 m long, no ends in sight
    localiser = Localiser(LocaliserConfig(), corridor, Pose2(20.0, 1.5, 0.0))
    walls = [(0.0, 0.0, 40.0, 0.5), (0.0, 2.5, 40.0, 3.0)]
    for tick in range(100):
        now_s = tick * 0.1
        localiser.on_odometry(Odometry(now_s, 0.05 * tick, 0.0, 0.0, 0.5, 0.0))
        localiser.on_scan(lidar(20.0 + 0.05 * tick, 1.45, 0.02, now_s, walls))  # truth: 5 cm to the right, turned a little
    pose = localiser.pose
    assert pose.x_m == pytest.approx(20.0 + 0.05 * 99, abs=0.15)
    assert pose.y_m == pytest.approx(1.45, abs=0.02) and pose.yaw_rad == pytest.approx(0.02, abs=0.01)
    assert localiser.std_m > 0.05, "and it says that it does not know how far along it is"


def test_a_scan_is_placed_where_it_was_taken(site: Path) -> None:
    localiser = Localiser(LocaliserConfig(), OccupancyMap.load(site), Pose2(1.0, 1.0, 0.0))
    for tick in range(11):
        localiser.on_odometry(Odometry(tick * 0.1, 0.08 * tick, 0.0, 0.0, 0.8, 0.0))
    assert localiser.pose_at(0.75).x_m == pytest.approx(1.6)
    assert localiser.pose_at(-9.0) == localiser.pose


def test_end_points_leave_out_what_is_no_return() -> None:
    ranges = np.array([1.0, math.inf, math.nan, 0.01, 12.0, 2.0], dtype=np.float32)
    points = end_points(Scan(0.0, 0.0, math.pi / 2, 0.05, 12.0, ranges))
    assert np.allclose(points, [[1.0, 0.0], [0.0, 2.0]], atol=1e-6)


def test_between_undoes_compose() -> None:
    a, b = Pose2(1.0, -2.0, 2.5), Pose2(0.3, 0.7, -1.9)
    assert between(a, compose(a, b)) == pytest.approx(b)
