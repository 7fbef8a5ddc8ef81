"""The simulated base: tracking, dead-man, contact, odometry."""

from __future__ import annotations

import math

import pytest

from robot_runtime.messages import Velocity
from tests.sim.home_runner import HomeRunner

HALL = (6.6, 1.75, 0.0)  # a free stretch of 2.8 m ahead


@pytest.fixture
def hall() -> HomeRunner:
    runner = HomeRunner()
    runner.place_robot(*HALL)
    runner.idle(0.1)
    return runner


def test_it_stands_still_without_commands(hall: HomeRunner) -> None:
    before = hall.home.robot.pose()
    hall.idle(2.0)
    assert hall.home.robot.pose() == pytest.approx(before, abs=2e-4)


@pytest.mark.parametrize(("linear", "angular"), [(0.1, 0.0), (0.5, 0.0), (0.8, 0.0), (-0.2, 0.0), (0.0, 0.5), (0.0, -1.5), (0.4, 0.8)])
def test_it_tracks_velocity_commands(hall: HomeRunner, linear: float, angular: float) -> None:
    hall.drive(1.2, linear, angular)
    assert hall.home.robot.speed() == pytest.approx((linear, angular), abs=0.03)


def test_it_never_tips_or_sinks_under_the_hardest_commands(hall: HomeRunner) -> None:
    for linear, angular in [(0.8, 0.0), (-0.8, 0.0), (0.8, 1.5), (0.0, -1.5)] * 2:
        for _ in range(20):
            hall.drive(0.02, linear, angular)
            w, x, y, _ = hall.home.data.qpos[3:7]
            assert 2 * math.hypot(x, y) * abs(w) < math.sin(math.radians(4))
            assert abs(hall.home.data.qpos[2]) < 0.01


@pytest.mark.parametrize("speed", [0.2, 0.35, 0.5, 0.6])
def test_it_stands_within_200_ms_after_the_last_command(hall: HomeRunner, speed: float) -> None:
    hall.drive(1.0, speed)
    hall.idle(0.2)
    assert abs(hall.home.robot.speed()[0]) < 0.03


def test_it_keeps_going_while_commands_are_younger_than_the_timeout(hall: HomeRunner) -> None:
    hall.drive(1.0, 0.3)
    hall.idle(0.04)
    assert hall.home.robot.speed()[0] > 0.28


@pytest.mark.parametrize("stamp_s", [0.0, math.nan])
def test_a_command_that_was_long_on_its_way_is_none(hall: HomeRunner, stamp_s: float) -> None:
    for _ in range(20):
        hall.step(cmd_vel=[Velocity(stamp_s, 0.4, 0.0)])
    assert abs(hall.home.robot.speed()[0]) < 0.01


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_command_that_is_no_number_brakes(hall: HomeRunner, bad: float) -> None:
    hall.drive(1.0, 0.4)
    hall.drive(0.3, bad)
    assert abs(hall.home.robot.speed()[0]) < 0.02


def test_a_wall_stops_it(hall: HomeRunner) -> None:
    hall.place_robot(8.6, 3.0, math.pi / 2)  # looks at the wall between hall and bedroom, beside the door
    hall.drive(3.0, 0.5)
    _, y, _ = hall.home.robot.pose()
    assert 3.2 < y < 3.6 - 0.06 - 0.2


def test_a_person_stops_it(hall: HomeRunner) -> None:
    anna = hall.home.walkers["anna"]
    anna.x_m, anna.y_m = 8.0, 1.75
    hall.drive(4.0, 0.4)
    x, _, _ = hall.home.robot.pose()
    assert x < 8.0 - 0.3
    assert (anna.x_m, anna.y_m) == (8.0, 1.75)


def test_odometry_drifts_within_its_bounds_and_is_not_perfect() -> None:
    """1.5 m there and back, with a turn: errors stay below 3 % of the way and 3 degrees."""
    errors = []
    for seed in range(1, 6):
        runner = HomeRunner(seed=seed)
        runner.place_robot(*HALL)
        runner.idle(0.1)
        runner.drive(3.0, 0.5)
        runner.drive(math.pi, 0.0, 1.0)
        runner.drive(3.0, 0.5)
        runner.idle(0.5)
        odom = runner.last("odom")
        x, y, yaw = runner.home.robot.pose()
        errors.append(math.hypot(odom.x_m - (x - HALL[0]), odom.y_m - (y - HALL[1])))
        assert abs(math.remainder(odom.yaw_rad - yaw, 2 * math.pi)) < math.radians(3)
    assert max(errors) < 0.03 * 3.0
    assert min(errors) > 1e-4
