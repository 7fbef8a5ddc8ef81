"""Joints and gripper: picking up, carrying, handing over, putting down."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.sim.home_runner import HomeRunner

CUP_STAND_OFF = (2.6 + 0.62, 5.87, math.pi)  # east of the kitchen table, the red cup 0.62 m ahead


@pytest.fixture
def at_cup() -> HomeRunner:
    runner = HomeRunner()
    runner.place_robot(*CUP_STAND_OFF)
    runner.idle(0.1)
    return runner


def _pick(runner: HomeRunner) -> None:
    runner.aim(1.5, gripper=0.1, lift=0.85)
    runner.aim(1.5, arm=0.3)
    runner.aim(0.5, lift=0.797)
    runner.aim(1.0, gripper=0.0)


def test_joints_reach_their_targets_at_limited_speed(at_cup: HomeRunner) -> None:
    start = at_cup.home.robot.joint("lift")
    at_cup.aim(0.5, lift=1.1)
    assert at_cup.home.robot.joint("lift") - start <= 0.35 * 0.55
    at_cup.aim(2.5, lift=1.1, arm=0.5, head_pan=1.0, head_tilt=-0.4, gripper=0.08)
    joints = at_cup.last("joint_states")
    assert dict(zip(joints.names, joints.positions, strict=True)) == pytest.approx(
        {"lift": 1.1, "arm": 0.5, "head_pan": 1.0, "head_tilt": -0.4, "gripper": 0.08}, abs=0.01
    )


def test_the_grasp_point_is_where_the_contract_says(at_cup: HomeRunner) -> None:
    at_cup.aim(3.0, lift=0.7, arm=0.2)
    x, y, yaw = at_cup.home.robot.pose()
    expected = (x + math.cos(yaw) * 0.52, y + math.sin(yaw) * 0.52, 0.7)
    assert at_cup.home.robot.grasp_point_m() == pytest.approx(expected, abs=0.01)


def test_unknown_joints_and_non_numbers_change_nothing(at_cup: HomeRunner) -> None:
    before = at_cup.home.robot.joint_positions()
    at_cup.aim(0.5, tail=1.0, lift=math.nan)
    assert at_cup.home.robot.joint_positions() == pytest.approx(before, abs=2e-3)


def test_closing_on_a_cup_takes_it_and_it_moves_along(at_cup: HomeRunner) -> None:
    _pick(at_cup)
    state = at_cup.last("gripper/state")
    assert (state.holding, state.holding_class, state.closed) == ("red_cup", "cup", True)
    assert at_cup.home.robot.joint("gripper") == pytest.approx(0.07, abs=0.01)  # closed onto the cup, not through it
    at_cup.aim(1.5, lift=1.0, arm=0.1)
    assert at_cup.home.holding.things["red_cup"].position_m == pytest.approx(at_cup.home.robot.grasp_point_m(), abs=0.01)


def test_closing_on_nothing_takes_nothing(at_cup: HomeRunner) -> None:
    at_cup.aim(1.5, gripper=0.1, lift=1.1)
    at_cup.aim(1.5, gripper=0.0)
    assert at_cup.last("gripper/state").holding == ""
    assert at_cup.last("gripper/state").closed


def test_a_gripper_that_was_never_opened_takes_nothing(at_cup: HomeRunner) -> None:
    at_cup.aim(1.5, gripper=0.0)
    at_cup.aim(1.5, arm=0.3)
    at_cup.aim(1.5, lift=0.797)
    assert at_cup.last("gripper/state").holding == ""


def test_opening_near_a_person_hands_it_over(at_cup: HomeRunner) -> None:
    _pick(at_cup)
    at_cup.aim(1.0, lift=1.0, arm=0.0)
    leo = at_cup.home.walkers["leo"]
    leo.x_m, leo.y_m, leo.yaw_rad = 2.55, 6.7, -1.2
    at_cup.place_robot(3.1, 6.7, math.pi)
    at_cup.aim(0.2, lift=1.0)
    at_cup.home.holding.things["red_cup"].position_m = at_cup.home.robot.grasp_point_m()
    at_cup.aim(1.5, gripper=0.1)
    assert at_cup.last("gripper/state").holding == ""
    assert [(a.name, a.value) for a in at_cup.last("sim/state").holders] == [("red_cup", "leo")]
    hand = at_cup.home.holding.things["red_cup"].position_m
    assert np.hypot(hand[0] - leo.x_m, hand[1] - leo.y_m) < 0.5
    at_cup.direct("leo", path_m=(1.2, 6.8))
    at_cup.idle(2.0)
    moved = at_cup.home.holding.things["red_cup"].position_m
    assert np.hypot(*(moved - hand)[:2]) > 0.5  # it goes where leo goes


def test_opening_over_a_table_puts_it_down_there(at_cup: HomeRunner) -> None:
    _pick(at_cup)
    at_cup.aim(0.5, lift=0.9)
    at_cup.aim(1.5, arm=0.45)
    at_cup.aim(1.5, gripper=0.1)
    cup = at_cup.home.holding.things["red_cup"]
    assert cup.holder == ""
    assert cup.position_m[2] == pytest.approx(0.75 + 0.047, abs=1e-6)
    at_cup.aim(1.0, arm=0.0)
    assert cup.position_m[0] == pytest.approx(CUP_STAND_OFF[0] - 0.32 - 0.45, abs=0.02)


def test_opening_over_the_floor_drops_it_to_the_floor(at_cup: HomeRunner) -> None:
    _pick(at_cup)
    at_cup.place_robot(4.6, 6.0, 0.0)
    at_cup.aim(0.2, lift=0.8, gripper=0.0)
    at_cup.aim(1.5, gripper=0.1)
    assert at_cup.home.holding.things["red_cup"].holder == ""
    assert at_cup.home.holding.things["red_cup"].position_m[2] == pytest.approx(0.047)
