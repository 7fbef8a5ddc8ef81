"""Round and cornered outlines: how far until they touch something, against driving them there in small steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from safety.footprint import Convex, Round, footprint
from safety.polygon import Corners, side_distance_m
from tests.safety.profile import examples

LONG: Corners = ((-0.4, -0.2), (0.3, -0.2), (0.3, 0.2), (-0.4, 0.2))
BODY = Convex(LONG)


def free_m(x_m: float, y_m: float, linear: float, angular: float, margin_m: float = 0.0) -> float:
    return BODY.free_m(np.array([x_m]), np.array([y_m]), linear, angular, margin_m)


def free_turn_rad(x_m: float, y_m: float, angular: float, margin_m: float = 0.0) -> float:
    return BODY.free_turn_rad(np.array([x_m]), np.array([y_m]), angular, margin_m)


def stepped_m(x_m: float, y_m: float, linear: float, angular: float, limit_m: float = 1.5) -> float:
    """Length until the point is inside, in steps; in rad for a turn in place."""
    rate, gone = abs(linear) or abs(angular), 0.0
    while gone < limit_m:
        gone += 0.002
        time_s = gone / rate
        yaw, way = angular * time_s, linear * time_s
        half = np.sinc(yaw / (2 * math.pi))  # the chord of the arc, for any bend
        px, py = way * half * math.cos(yaw / 2), way * half * math.sin(yaw / 2)
        dx, dy = x_m - px, y_m - py
        seen = math.cos(yaw) * dx + math.sin(yaw) * dy, math.cos(yaw) * dy - math.sin(yaw) * dx
        if BODY.outline.contains(np.array([seen[0]]), np.array([seen[1]]))[0]:
            return gone
    return math.inf


def outside(x_m: float, y_m: float) -> bool:
    x, y = np.array([x_m]), np.array([y_m])
    return not BODY.outline.contains(x, y)[0] and float(side_distance_m(x, y, BODY.outline.sides)[0]) > 0.01


@examples(60)
@given(st.floats(0.2, 1.0), st.sampled_from([1.0, -1.0]), st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_a_box_drives_until_it_touches(v: float, way: float, w: float, x_m: float, y_m: float) -> None:
    assume(outside(x_m, y_m))
    found_m, tried_m = free_m(x_m, y_m, way * v, w), stepped_m(x_m, y_m, way * v, w)
    if tried_m < 1.4:
        assert free_m(x_m, y_m, way * v, w, 0.002) <= tried_m + 1e-6  # a very wide arc is taken for a line
    if found_m < 1.4:
        grown = free_m(x_m, y_m, way * v, w, 0.01)
        assert tried_m == pytest.approx(found_m, abs=0.02) or grown <= found_m  # grazing a corner falls between the steps


@examples(60)
@given(st.sampled_from([1.0, -1.0]), st.floats(-0.6, 0.6), st.floats(-0.6, 0.6))
def test_a_box_turns_until_it_touches(w: float, x_m: float, y_m: float) -> None:
    assume(outside(x_m, y_m) and abs(math.hypot(x_m, y_m) - math.hypot(0.3, 0.2)) > 0.003)  # grazing a corner falls between the steps
    found_rad, tried_rad = free_turn_rad(x_m, y_m, w), stepped_m(x_m, y_m, 0.0, w, limit_m=3.0)
    if tried_rad < 2.9:
        assert found_rad <= tried_rad + 1e-6
    if found_rad < 2.9 and math.hypot(x_m, y_m) < BODY.reach_m - 0.01:
        assert tried_rad == pytest.approx(found_rad, abs=0.02)


def test_a_box_by_hand() -> None:
    assert free_m(1.0, 0.0, 0.5, 0.0) == pytest.approx(0.7)
    assert free_m(1.0, 0.25, 0.5, 0.0) == math.inf
    assert free_m(1.0, 0.25, 0.5, 0.0, 0.1) == pytest.approx(0.6)
    assert free_m(-1.0, 0.0, -0.5, 0.0) == pytest.approx(0.6)
    assert free_m(0.0, 0.3, 0.0, 1.0) == math.inf
    assert BODY.free_m(np.empty(0), np.empty(0), 0.5, 0.0, 0.0) == math.inf
    assert free_turn_rad(0.0, 0.4, -1.0) == pytest.approx(math.radians(60))  # the long end comes round
    assert free_turn_rad(0.0, 0.4, 1.0) == pytest.approx(math.radians(240))  # the short one passes by
    assert free_turn_rad(2.0, 0.0, 1.0) == free_turn_rad(0.0, 0.3, 0.0) == math.inf


def test_what_it_touches_already_blocks_only_what_presses_on_it() -> None:
    assert free_m(0.28, 0.0, 0.5, 0.0) == 0.0 and free_m(0.28, 0.0, -0.5, 0.0) == math.inf
    assert free_m(0.2, 0.19, 0.5, 0.0) == 0.0  # sliding along it is pressing
    assert free_turn_rad(0.28, 0.1, -1.0) == 0.0
    assert math.pi / 2 < free_turn_rad(0.28, 0.1, 1.0) < 2 * math.pi  # a corner of the other end comes round to it
    assert free_turn_rad(0.0, 0.0, 1.0) == 0.0


def test_a_point_on_the_side_is_touched() -> None:
    corner = math.hypot(0.3, 0.2)
    on_circle = corner * math.cos(0.9), corner * math.sin(0.9)
    assert free_turn_rad(*on_circle, 1.0) == pytest.approx(0.9 - math.atan2(0.2, 0.3))


def test_gaps() -> None:
    def gap_m(x_m: float, y_m: float) -> float:
        return BODY.gap_m(np.array([x_m]), np.array([y_m]), 0.2)

    assert gap_m(0.4, 0.0) == pytest.approx(0.1) and gap_m(0.0, 0.0) == 0.0
    assert gap_m(0.3, 0.5) == gap_m(3.0, 0.0) == 0.2
    round_ = footprint(0.22, None)
    assert isinstance(round_, Round) and isinstance(footprint(0.22, LONG), Convex)
    assert round_.gap_m(np.array([0.3]), np.array([0.0]), 0.2) == pytest.approx(0.08)
    assert round_.gap_m(np.empty(0), np.empty(0), 0.2) == 0.2
    assert round_.free_turn_rad(np.array([0.1]), np.array([0.0]), 1.0, 0.0) == math.inf


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1.5, 1.5), st.floats(0.05, 0.6), st.sampled_from([1.0, -1.0]), st.floats(0.25, 0.4))
def test_a_polygon_around_a_disc_is_never_freer_than_the_disc(x: float, y: float, w: float, v: float, way: float, radius_m: float) -> None:
    assume(math.hypot(x, y) > 1.1 * radius_m)
    disc_m = Round(radius_m).free_m(np.array([x]), np.array([y]), way * v, w, 0.0)
    around = Convex(Round(radius_m).outline.corners).free_m(np.array([x]), np.array([y]), way * v, w, 0.0)
    if disc_m < 1.0:  # further on, an arc may have come round to the other side
        assert around <= disc_m + 1e-6
