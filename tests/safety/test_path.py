"""The way of a disc, against geometry by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from safety.path import STRAIGHT_RADIUS_M, contacts_m, free_path_m, miss_distance_m, stoppable_speed_mps

QUARTER_M = math.pi / 2
SHORT_M = 2 * math.asin(0.125)  # of the arc of 1 m around, whose chord is the radius


def free_m(x_m: float, y_m: float, linear: float, angular: float, radius_m: float = 0.25) -> float:
    return free_path_m(np.array([x_m]), np.array([y_m]), linear, angular, radius_m)


@pytest.mark.parametrize(
    ("x_m", "y_m", "linear", "angular", "way_m"),
    [
        (1.0, 0.0, 0.5, 0.0, 0.75),
        (1.0, 0.2, 0.5, 0.0, 0.85),
        (1.0, 0.25, 0.5, 0.0, math.inf),  # grazing is not touching
        (-1.0, 0.2, -0.5, 0.0, 0.85),
        (-1.0, 0.0, 0.5, 0.0, math.inf),
        (1.0, 1.0, 1.0, 1.0, QUARTER_M - SHORT_M),
        (1.0, 1.0, 0.5, 0.5, QUARTER_M - SHORT_M),
        (0.5, 0.5, 0.5, 1.0, 0.5 * (math.pi / 2 - 2 * math.asin(0.25))),  # a tight one
        (1.0, -1.0, 1.0, -1.0, QUARTER_M - SHORT_M),
        (-1.0, 1.0, -1.0, -1.0, QUARTER_M - SHORT_M),
        (-1.0, -1.0, -1.0, 1.0, QUARTER_M - SHORT_M),
        (-1.0, 1.0, 1.0, 1.0, 3 * QUARTER_M - SHORT_M),
        (1.0, 1.0, -1.0, -1.0, 3 * QUARTER_M - SHORT_M),
        (0.0, 4.0, 1.0, 0.5, 2 * (math.pi - 2 * math.asin(0.0625))),  # across a circle of 2 m
        (0.0, 1.0, 1.0, 1.0, math.inf),  # the centre of the turn
        (1.26, 1.0, 1.0, 1.0, math.inf),
        (0.74, 1.0, 1.0, 1.0, math.inf),
        (0.26, 0.0, 0.0, 1.0, math.inf),
    ],
)
def test_a_disc_drives_until_it_touches(x_m: float, y_m: float, linear: float, angular: float, way_m: float) -> None:
    assert free_m(x_m, y_m, linear, angular) == pytest.approx(way_m)


def test_nothing_is_never_touched() -> None:
    assert free_path_m(np.empty(0), np.empty(0), 0.5, 0.2, 0.25) == math.inf


@pytest.mark.parametrize("angular", [0.0, 0.5, -0.5])
@pytest.mark.parametrize("linear", [0.4, -0.4])
def test_what_is_inside_blocks_the_way_towards_it_alone(linear: float, angular: float) -> None:
    way = math.copysign(1.0, linear)
    for radius_m in (0.2, 0.25):  # on the rim is inside
        assert free_m(way * 0.2, 0.0, linear, angular, radius_m) == 0.0
        assert free_m(way * 0.12, 0.16, linear, angular, radius_m) == 0.0
        assert free_m(0.0, 0.2, linear, angular, radius_m) == math.inf  # beside: no nearer with any step
    assert free_m(-way * 0.2, 0.0, linear, 0.0) == math.inf


def test_an_arc_comes_back_to_what_is_inside_where_it_is_as_near_again() -> None:
    behind_m = free_m(-0.2, 0.0, 1.0, 1.0)
    x, y = math.sin(behind_m), 1.0 - math.cos(behind_m)
    assert math.pi < behind_m < 2 * math.pi and math.hypot(x + 0.2, y) == pytest.approx(0.2)


def test_each_point_has_a_way_and_may_have_a_radius_of_its_own() -> None:
    x_m, y_m = np.array([1.0, 0.1, -1.0, 1.0]), np.array([0.0, 0.0, 0.0, 0.2])
    assert contacts_m(x_m, y_m, 0.5, 0.0, 0.25).tolist() == pytest.approx([0.75, 0.0, math.inf, 0.85])
    radii_m = np.array([0.5, 0.05, 0.5, 0.1])
    assert contacts_m(x_m, y_m, 0.5, 0.0, radii_m).tolist() == pytest.approx([0.5, 0.05, math.inf, math.inf])
    on_arc = contacts_m(np.array([1.0, 1.0]), np.array([1.0, 1.0]), 1.0, 1.0, np.array([0.25, 0.5])).tolist()
    assert on_arc == pytest.approx([QUARTER_M - SHORT_M, QUARTER_M - 2 * math.asin(0.25)])


@pytest.mark.parametrize("turn_radius_m", [STRAIGHT_RADIUS_M * 0.9, STRAIGHT_RADIUS_M * 1.1, -STRAIGHT_RADIUS_M * 0.9])
def test_a_very_wide_arc_is_about_a_line(turn_radius_m: float) -> None:
    assert free_m(2.0, 0.0, 0.5, 0.5 / turn_radius_m) == pytest.approx(1.75, abs=0.001)
    assert miss_distance_m(2.0, 0.5, 0.5, 0.5 / turn_radius_m) == pytest.approx(0.5, abs=0.003)


def test_a_line_is_taken_from_a_kilometre_on() -> None:
    assert miss_distance_m(100.0, 0.0, 1.1, 0.001) == 0.0
    assert miss_distance_m(100.0, 0.0, 0.9, 0.001) == pytest.approx(100**2 / 1800, rel=0.01)
    assert free_m(25.0, 0.2, 0.5, 0.5 / 1500) == pytest.approx(25.0 - 0.15)


@pytest.mark.parametrize(
    ("x_m", "y_m", "angular", "miss_m"), [(2.0, 2.0, 0.5, 0.0), (0.0, 0.0, 0.5, 0.0), (0.0, 2.0, 0.5, 2.0), (3.0, -2.0, -0.5, 1.0)]
)
def test_the_line_of_an_arc_passes_at_a_distance(x_m: float, y_m: float, angular: float, miss_m: float) -> None:
    for way in (1.0, -1.0):
        assert miss_distance_m(x_m, y_m, way * 1.0, way * angular) == pytest.approx(miss_m)


@pytest.mark.parametrize(
    ("reaction_s", "flown_m", "way_m"),
    [(0.3, 0.0, 0.5), (0.0, 0.2, 0.5), (0.3, 0.4, 0.5), (0.3, 0.5, 0.5), (0.3, 0.6, 0.5), (0.3, 0.0, -0.1)],
)
def test_the_speed_halts_within_the_way(reaction_s: float, flown_m: float, way_m: float) -> None:
    v = stoppable_speed_mps(way_m, reaction_s, 0.8, flown_m)
    if flown_m >= way_m:
        assert v == 0.0
    else:
        assert max(v * reaction_s, flown_m) + v * v / 1.6 == pytest.approx(way_m)
