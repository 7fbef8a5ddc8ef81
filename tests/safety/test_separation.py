"""Speed and separation term by term: where a person is in the base's frame, and what each term takes from the distance."""

from __future__ import annotations

import cmath
import math
from typing import Any

import pytest

from safety.ontology import Ontology
from safety.rules import Rules, Separation
from safety.separation import Neighbour, approach_speed_mps, known_std_m, neighbour, protective_distance, seen_lately, separation_speed_mps
from safety.types import AgeGroup, RobotPose
from tests.safety.rig import person

RULE: Separation = Rules.load("safety/rules/home.yaml", Ontology.load()).separation[AgeGroup.ADULT]
BRAKING_MPS2 = 0.8


def adult(x_m: float, y_m: float = 0.0, **changes: Any) -> Neighbour:
    fields: dict[str, Any] = {"closing_mps": 0.0, "person_uncertainty_m": 0.03, "robot_uncertainty_m": 0.02, "tracked": True}
    return Neighbour("p", AgeGroup.ADULT, x_m, y_m, **{**fields, **changes})


def allowed(who: Neighbour, reaction_s: float = 0.25, flown_m: float = 0.0) -> float:
    return separation_speed_mps(who, RULE, 1.0, reaction_s, BRAKING_MPS2, RULE.keep_m, flown_m)


def seen(velocity: tuple[float, float], x_m: float = 4.0, y_m: float = 6.0, yaw_rad: float = 0.0) -> Neighbour:
    """Somebody at (3, 4) from a base that stands at (1, 2)."""
    who = person("p", "adult", x_m, y_m, velocity=(*velocity, 0.0))
    found = neighbour(who, AgeGroup.ADULT, RobotPose(0.0, 1.0, 2.0, yaw_rad, 0.0), 0.0, 2.0)
    assert found is not None
    return found


# ---------------------------------------------------------------- in the frame of the base


@pytest.mark.parametrize("yaw_rad", [0.0, 0.5, -2.0, math.pi / 2])
def test_position_and_velocity_are_turned_into_the_frame_of_the_base(yaw_rad: float) -> None:
    found = seen((0.5, -0.25), yaw_rad=yaw_rad)
    assert complex(found.x_m, found.y_m) == pytest.approx((3 + 4j) * cmath.exp(-1j * yaw_rad))
    assert complex(found.vx_mps, found.vy_mps) == pytest.approx((0.5 - 0.25j) * cmath.exp(-1j * yaw_rad))
    assert found.distance_m == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("velocity", "closing_mps"),
    [((-0.6, -0.8), 1.0), ((-1.0, 0.0), 0.6), ((0.0, -1.0), 0.8), ((0.6, 0.8), 0.0), ((0.8, -0.6), 0.0), ((-6.0, -8.0), 2.5)],
)
def test_closing_is_the_share_of_the_walk_towards_the_base(velocity: tuple[float, float], closing_mps: float) -> None:
    assert seen(velocity).closing_mps == pytest.approx(closing_mps)


def test_closing_is_a_speed_at_any_distance() -> None:
    assert seen((-1.0, 0.0), x_m=1.25, y_m=2.0).closing_mps == pytest.approx(1.0)
    assert seen((-1.0, 0.0), x_m=1.0, y_m=2.0).closing_mps == 0.0  # in the base itself there is no nearer


def test_nobody_is_faster_than_people_are() -> None:
    found = seen((-30.0, 40.0))
    assert (found.vx_mps, found.vy_mps) == pytest.approx((-1.5, 2.0))
    assert (seen((1.5, -2.0)).vx_mps, seen((1.5, -2.0)).vy_mps) == (1.5, -2.0)


def test_the_standard_deviations_count_as_often_as_they_are_told_to() -> None:
    who, pose = person("p", "adult", 1.0, position_std_m=0.05), RobotPose(0.0, 0.0, 0.0, 0.0, 0.02)
    for sigmas in (1.0, 2.0):
        found = neighbour(who, AgeGroup.ADULT, pose, 0.0, 2.0, sigmas)
        assert found is not None
        assert (found.person_uncertainty_m, found.robot_uncertainty_m) == pytest.approx((0.05 * sigmas, 0.02 * sigmas))
        assert found.uncertainty_m == pytest.approx(0.07 * sigmas)


@pytest.mark.parametrize(("std_m", "known_m"), [(0.2, 0.2), (0.5, 0.5), (0.7, 0.5), (-0.1, 0.0), (math.nan, 0.5), (math.inf, 0.5)])
def test_a_standard_deviation_is_bounded(std_m: float, known_m: float) -> None:
    assert known_std_m(std_m) == known_m


@pytest.mark.parametrize(
    ("seen_now", "last_seen_s", "lately"),
    [(False, 99.0, True), (False, 98.0, True), (False, 97.9, False), (True, 0.0, True), (False, math.nan, True), (False, -math.inf, True)],
)
def test_somebody_is_remembered_for_a_while(seen_now: bool, last_seen_s: float, lately: bool) -> None:
    who = person("p", "adult", 1.0, seen=seen_now, last_seen_s=last_seen_s)
    assert seen_lately(who, 100.0, 2.0) is lately


def test_who_is_seen_is_no_memory_however_short_that_is() -> None:
    assert seen_lately(person("p", "adult", 1.0, last_seen_s=0.0), 100.0, 0.0)


# ---------------------------------------------------------------- terms


def test_the_protective_distance_term_by_term() -> None:
    terms = protective_distance(adult(2.0, closing_mps=0.5), RULE, 0.4, 0.25, BRAKING_MPS2, 0.7)
    assert terms.person == pytest.approx(0.5 * (0.25 + 0.4 / 0.8))
    assert (terms.reaction, terms.braking, terms.kept) == pytest.approx((0.4 * 0.25, 0.4**2 / 1.6, 0.7))
    assert (terms.person_uncertainty, terms.robot_uncertainty) == (0.03, 0.02)
    assert terms.total == pytest.approx(0.375 + 0.1 + 0.1 + 0.7 + 0.05)
    assert protective_distance(adult(2.0, closing_mps=0.1), RULE, 0.4, 0.25, BRAKING_MPS2, 0.7).person == pytest.approx(0.2 * 0.75)


@pytest.mark.parametrize("closing_mps", [0.0, 0.5])
@pytest.mark.parametrize("distance_m", [1.2, 2.0, 4.0])
def test_the_speed_is_the_one_whose_protective_distance_is_there(closing_mps: float, distance_m: float) -> None:
    who = adult(distance_m, closing_mps=closing_mps)
    terms = protective_distance(who, RULE, allowed(who), 0.25, BRAKING_MPS2, RULE.keep_m)
    assert terms.total == pytest.approx(distance_m)


def test_only_the_part_of_the_speed_towards_somebody_counts() -> None:
    half = math.radians(60)
    assert allowed(adult(2.0 * math.cos(half), 2.0 * math.sin(half))) == pytest.approx(2.0 * allowed(adult(2.0)))


def test_what_is_under_way_is_taken_from_the_distance_before_the_brakes() -> None:
    who, walking = adult(2.0), RULE.walking_mps
    v = allowed(who, flown_m=0.5)
    needed_m = walking * (0.25 + v / BRAKING_MPS2) + 0.5 + v**2 / (2 * BRAKING_MPS2) + RULE.keep_m + 0.05
    assert needed_m == pytest.approx(2.0)
    assert allowed(who, flown_m=0.0) == allowed(who) > v
    assert separation_speed_mps(who, RULE, 1.0, 0.25, BRAKING_MPS2, RULE.keep_m) == allowed(who), "by default nothing is under way"
    assert allowed(who, flown_m=5.0) == 0.0


def test_an_approach_ends_where_the_base_may_come_no_nearer() -> None:
    assert approach_speed_mps(adult(0.61), RULE, 0.6) == RULE.approach_speed_mps
    assert approach_speed_mps(adult(0.6), RULE, 0.6) == 0.0
