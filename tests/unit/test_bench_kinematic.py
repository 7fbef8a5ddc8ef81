"""The drive of ``bench gate`` is one that shows something: the base gets round, and all that there is slows it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from robot_runtime.bench import kinematic
from robot_runtime.bench.drive import DELAY_TICKS, PILLARS_M, ROUND_M, TICK_S, Drive
from robot_runtime.bench.kinematic import Steps


@pytest.fixture(scope="module")
def measured() -> Steps:
    return kinematic.steps(360, 1500)


def newest(drive: Drive, topic: str) -> Any:
    return drive.inbox()[topic][-1]


def test_the_base_drives_and_turns_most_of_the_time(measured: Steps) -> None:
    assert np.mean([motion.linear_mps > 0.1 for motion in measured.motions[:1000]]) > 0.5
    assert np.mean([motion.angular_radps != 0.0 for motion in measured.motions[:1000]]) > 0.5


def test_people_obstacles_and_zones_slow_it_and_sometimes_stop_it(measured: Steps) -> None:
    keys = {cap.key for motion in measured.motions for cap in motion.caps}
    assert {"near child", "way of adult", "meeting adult", "narrow", "obstacle ahead", "zone bubble", "zone collision"} <= keys
    assert any(motion.blocked for motion in measured.motions)


def test_the_stage_is_a_part_of_the_way_from_messages(measured: Steps) -> None:
    assert len(measured.stage_ms) == len(measured.messages_ms) == 1500
    assert all(0.0 < stage < whole for stage, whole in zip(measured.stage_ms, measured.messages_ms, strict=True))


def test_the_same_drive_is_the_same_motion(measured: Steps) -> None:
    assert kinematic.steps(360, 100).motions == measured.motions[:100]


@pytest.mark.long
def test_there_are_two_rows_for_each_number_of_points() -> None:
    rows = kinematic.figures(10)
    assert [row.count for row in rows] == [10] * 4
    assert "360" in rows[0].name and "24000" in rows[2].name


def test_a_scan_shows_walls_and_pillars() -> None:
    ranges_m = newest(Drive(360), "scan").ranges_m
    x_m, y_m = ROUND_M[0]
    assert ranges_m[0] == pytest.approx(x_m)  # behind it one wall, to the right another
    assert ranges_m[90] == pytest.approx(y_m)
    pillar_x_m, pillar_y_m, radius_m = PILLARS_M[2]
    towards = round(180 + np.degrees(np.arctan2(pillar_y_m - y_m, pillar_x_m - x_m)))
    assert ranges_m[towards] == pytest.approx(np.hypot(pillar_x_m - x_m, pillar_y_m - y_m) - radius_m, abs=0.02)


def test_the_base_obeys_late() -> None:
    drive = Drive(36)
    for tick in range(10):
        drive.follow(0.5, 0.0)
        assert newest(drive, "odom").x_m == pytest.approx(ROUND_M[0][0] + 0.5 * TICK_S * max(0, tick + 1 - DELAY_TICKS))


def test_close_to_a_corner_it_heads_for_the_next_one() -> None:
    drive = Drive(36)
    assert drive.proposal()[0] > 0.5
    while drive.proposal()[1] < 0.5:
        assert newest(drive, "pose").x_m < ROUND_M[1][0]
        drive.follow(1.0, 0.0)


def test_people_walk_to_and_fro_at_their_speed() -> None:
    drive, placed = Drive(36), []
    for _ in range(700):
        drive.follow(0.0, 0.0)
        placed.append(newest(drive, "people").people)
    for before, after in pairwise(placed):
        for one, other in zip(before, after, strict=True):
            assert np.linalg.norm(np.subtract(other.position_m, one.position_m)) <= np.linalg.norm(one.velocity_mps) * TICK_S + 1e-9
    anna = [people[0].velocity_mps[1] for people in placed]
    assert max(anna) > 0.5 and min(anna) < -0.5
