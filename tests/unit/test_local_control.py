"""The follower: limits, gaps, no wind-up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from robot_runtime.act import gap
from robot_runtime.act.gap import Keep
from robot_runtime.act.global_path import resample
from robot_runtime.act.local_control import Command, Follower, FollowerConfig
from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.act.planar import Pose2
from robot_runtime.act.surroundings import Surroundings

NONE = np.zeros((0, 2))
KEEP = Keep(0.65, 0.28)
STRAIGHT = resample(np.array([[0.0, 0.0], [6.0, 0.0]]), 0.05)


def here(x_m: float = 0.0, y_m: float = 0.0, yaw_rad: float = 0.0, v: float = 0.0, w: float = 0.0, **changes: Any) -> Surroundings:
    known: dict[str, Any] = {
        "now_s": 0.0, "dt_s": 0.05, "pose": Pose2(x_m, y_m, yaw_rad), "linear_mps": v, "angular_radps": w, "cap_mps": 1.0,
        "hits": NONE, "unexplained": NONE, "obstacles": np.zeros((1, 1), dtype=bool), "people": NONE,
        "people_velocity_mps": NONE, "people_known": True,
    }  # fmt: skip
    return Surroundings(**{**known, **changes})


def hall(table: bool = False) -> OccupancyMap:
    """Ten metres of free floor around the origin, with an invisible table ahead on demand."""
    occupied = np.zeros((200, 200), dtype=bool)
    occupied[90:110, 112:130] = table  # from x = 0.6 on
    return OccupancyMap(0.05, (-5.0, -5.0), occupied, ~occupied)


def follower(yaw_rad: float = math.nan, table: bool = False) -> Follower:
    made = Follower(FollowerConfig(), hall(table))
    made.set_path(STRAIGHT, yaw_rad)
    return made


def settle(made: Follower, situation: Surroundings, cap_mps: float = 1.0, steps: int = 60) -> Command:
    """The command after the same situation for three seconds."""
    for _ in range(steps):
        command = made.step(situation, KEEP, cap_mps)
    return command


def test_it_starts_within_its_acceleration_and_reaches_its_speed() -> None:
    made, v, speeds = follower(), 0.0, []
    for _ in range(60):
        v = made.step(here(v=v), KEEP, 1.0).linear_mps
        speeds.append(v)
    assert np.diff([0.0, *speeds]).max() <= 0.5 * 0.05 + 1e-9
    assert speeds[-1] == pytest.approx(0.8)


@pytest.mark.parametrize("cap", [0.1, 0.3])
def test_it_obeys_the_cap(cap: float) -> None:
    assert settle(follower(), here(v=cap), cap).linear_mps == pytest.approx(cap)


def test_a_gate_that_holds_it_back_does_not_wind_it_up() -> None:
    made = follower()
    for _ in range(200):
        assert made.step(here(v=0.0), KEEP, 1.0).linear_mps <= 0.15 + 0.5 * 0.05 + 1e-9


def test_it_turns_in_place_for_a_path_behind() -> None:
    command = settle(follower(), here(yaw_rad=math.pi - 0.1))
    assert command.linear_mps == 0.0 and command.angular_radps < -0.3


def test_it_steers_back_to_the_path() -> None:
    assert settle(follower(), here(1.0, 0.1, v=0.4)).angular_radps < 0.0
    assert settle(follower(), here(1.0, -0.1, v=0.4)).angular_radps > 0.0


@pytest.mark.parametrize("ahead_m", [1.0, 1.4, 2.0])
def test_it_can_always_stop_before_a_person(ahead_m: float) -> None:
    """With the position and speed that its own commands lead to."""
    made, x, v = follower(), 0.0, 0.0
    for _ in range(400):
        command = made.step(here(x, v=v, people=np.array([[ahead_m, 0.1]]), people_velocity_mps=np.zeros((1, 2))), KEEP, 1.0)
        v = command.linear_mps
        x += v * 0.05
    assert 0.6 <= math.hypot(ahead_m - x, 0.1) <= 0.95 and v == 0.0
    assert command.in_the_way == "person" and not command.reached


def test_somebody_who_will_step_into_the_path_is_waited_for() -> None:
    beside = np.array([[0.6, 1.2]])
    crossing = settle(follower(), here(people=beside, people_velocity_mps=np.array([[0.0, -0.9]])))
    assert crossing.linear_mps == 0.0 and crossing.in_the_way == "person"
    leaving = settle(follower(), here(people=beside, people_velocity_mps=np.array([[0.0, 0.9]])))
    assert leaving.linear_mps > 0.1 and leaving.in_the_way == ""


def test_somebody_behind_does_not_hold_it() -> None:
    assert settle(follower(), here(v=0.5, people=np.array([[-0.5, 0.0]]), people_velocity_mps=np.zeros((1, 2)))).linear_mps > 0.4


def test_it_leaves_a_person_whom_it_stands_close_to() -> None:
    assert settle(follower(), here(people=np.array([[-0.1, 0.45]]), people_velocity_mps=np.zeros((1, 2)))).linear_mps > 0.05


def test_nearness_slows_it() -> None:
    wall = np.column_stack((np.linspace(-1, 3, 80), np.full(80, 0.35)))
    free, near = settle(follower(), here(v=0.3)), settle(follower(), here(v=0.3, hits=wall))
    assert 0.2 < near.linear_mps < 0.4 < free.linear_mps


def test_it_never_drives_into_what_the_lidar_sees() -> None:
    """Even though the path, from a wrong pose, leads through it."""
    wall = np.column_stack((np.full(40, 0.3), np.linspace(-0.5, 0.5, 40)))
    command = settle(follower(), here(hits=wall))
    assert command.linear_mps == 0.0 and command.in_the_way == "obstacle"


def test_it_never_drives_into_what_only_the_map_has() -> None:
    made, x, v = follower(table=True), 0.0, 0.0
    for _ in range(200):
        v = made.step(here(x, v=v), KEEP, 1.0).linear_mps
        x += v * 0.05
    assert v == 0.0 and 0.1 < x < 0.6 - 0.22


def test_unmapped_things_are_waited_for() -> None:
    command = settle(follower(), here(unexplained=np.array([[0.3, 0.1]])))
    assert command.linear_mps == 0.0 and command.in_the_way == "obstacle"


@pytest.mark.parametrize(("yaw", "turns"), [(0.5, 1), (-0.5, -1), (0.03, 0), (math.nan, 0)])
def test_at_the_end_it_turns_to_the_heading(yaw: float, turns: int) -> None:
    made = follower(yaw)
    command = settle(made, here(5.98), steps=5) if turns else made.step(here(5.98), KEEP, 1.0)
    for _ in range(20):  # it looks for its place on the path a metre a step
        command = made.step(here(5.98), KEEP, 1.0)
    assert np.sign(command.angular_radps) == turns
    assert command.reached is (turns == 0)


def test_moving_is_not_reached() -> None:
    made = follower()
    for _ in range(20):
        command = made.step(here(5.98, v=0.2), KEEP, 1.0)
    assert not command.reached


def test_arcs_are_circles() -> None:
    """A thing on the circle of radius 1 to the left is met after a quarter turn, less the reach of the base."""
    free_m = gap.on_arc(gap.arc(1.0, 1.6), np.array([[1.0, 1.0]]), 0.25)
    assert free_m == pytest.approx(math.pi / 2 - 0.25, abs=0.15)
    assert gap.on_arc(gap.arc(-1.0, 1.6), np.array([[1.0, 1.0]]), 0.25) == math.inf
    assert gap.on_arc(gap.arc(0.0, 1.6), np.array([[1.5, 0.0]]), 0.25) == pytest.approx(1.25, abs=0.15)


def test_the_gap_names_the_person_although_the_lidar_sees_a_thing() -> None:
    along = np.linspace(0.0, 6.0, len(STRAIGHT))
    seen = here(people=np.array([[2.0, 0.0]]), people_velocity_mps=np.zeros((1, 2)), unexplained=np.array([[1.9, 0.0]]))
    found = gap.on_path(STRAIGHT, along, STRAIGHT[-1], seen, KEEP)
    assert found.before == "person" and found.free_m == pytest.approx(1.4, abs=0.06)
    nearer = here(people=np.array([[4.0, 0.0]]), people_velocity_mps=np.zeros((1, 2)), unexplained=np.array([[1.9, 0.0]]))
    assert gap.on_path(STRAIGHT, along, STRAIGHT[-1], nearer, KEEP).before == "obstacle"
