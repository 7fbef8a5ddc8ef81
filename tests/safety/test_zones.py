"""Zones: what each kind allows, that they are checked, and that a point more never loosens one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from safety.caps import Caps, Permit, Surroundings
from safety.config import GateConfig
from safety.footprint import Round
from safety.ontology import Ontology
from safety.rules import Rules
from safety.scan import Obstacles
from safety.zones import ApproachZone, LimitZone, SlowZone, StopZone, Zone, ZoneCap

BODY = Round(0.22)
BOX = ((-0.4, -0.4), (0.6, -0.4), (0.6, 0.4), (-0.4, 0.4))
RULES = Rules.load("safety/rules/home.yaml", Ontology.load())
EVERY_KIND: list[Zone] = [
    StopZone(kind="stop", polygon_m=BOX, stretch_s=1.0),
    SlowZone(kind="slow", polygon_m=BOX, stretch_s=1.5, speed_ratio=0.4),
    LimitZone(kind="limit", polygon_m=BOX, max_speed_mps=0.3, max_turn_radps=0.5),
    ApproachZone(kind="approach", contact_s=2.0),
    ApproachZone(kind="approach", polygon_m=BOX, contact_s=1.0),
]
point = st.tuples(st.floats(-3, 3), st.floats(-3, 3))


def seen(*xy: tuple[float, float], coarse_m: float = 0.0) -> Obstacles:
    x_m, y_m = np.array(xy, float).reshape(-1, 2).T
    return Obstacles(x_m, y_m, min((math.hypot(*p) for p in xy), default=math.inf), coarse_m)


def allows(zone: Zone, *xy: tuple[float, float], linear: float = 0.5, angular: float = 0.0, coarse_m: float = 0.0) -> tuple[float, float]:
    return ZoneCap("z", zone, BODY, 0.8, 1.5).allows(seen(*xy, coarse_m=coarse_m), linear, angular)


def test_a_stop_zone_grows_with_the_speed() -> None:
    zone = EVERY_KIND[0]
    assert allows(zone, (0.5, 0.0)) == (0.0, math.inf)
    assert allows(zone, (0.9, 0.0)) == pytest.approx((0.3, math.inf))  # 0.3 m beyond it: 0.3 m/s for one second
    assert allows(zone, (0.9, 0.5)) == allows(zone) == (math.inf, math.inf)
    assert allows(zone, (-0.3, 0.0)) == (math.inf, math.inf)  # driving away
    assert allows(zone, (-0.3, 0.0), linear=-0.2) == (0.0, math.inf)
    assert allows(zone, (-0.5, 0.0), linear=-0.2) == pytest.approx((0.1, math.inf))


def test_a_stop_zone_holds_back_only_from_what_is_ahead() -> None:
    zone = EVERY_KIND[0]
    assert allows(zone, (0.5, 0.0), linear=0.0) == (0.0, math.inf)
    assert allows(zone, (-0.3, 0.0), linear=0.0) == (math.inf, math.inf)
    assert allows(zone, (0.0, 0.3)) == allows(zone, (0.0, 0.3), linear=-0.2) == (math.inf, math.inf)  # just beside


@pytest.mark.parametrize(
    ("changes", "sound"),
    [({"stretch_s": 0.0}, True), ({"stretch_s": 10.0}, True), ({"stretch_s": 10.1}, False), ({"stretch_s": -0.1}, False),
     ({"min_points": 0}, False), ({"min_points": 1}, True), ({"min_points": 1000}, True), ({"min_points": 1001}, False),
     ({"speed_ratio": 0.0}, False), ({"speed_ratio": 1e-6}, True), ({"speed_ratio": 1.0}, True), ({"speed_ratio": 1.1}, False),
     ({"max_speed_mps": 0.0}, False), ({"max_speed_mps": 1e-6}, True), ({"max_speed_mps": 2.0}, True), ({"max_speed_mps": 2.1}, False),
     ({"max_turn_radps": 0.0}, False), ({"max_turn_radps": 1e-6}, True), ({"max_turn_radps": 4.0}, True), ({"max_turn_radps": 4.1}, False),
     ({"contact_s": 0.0}, False), ({"contact_s": 1e-6}, True), ({"contact_s": 10.0}, True), ({"contact_s": 10.1}, False)],
)  # fmt: skip
def test_the_numbers_of_a_zone_have_a_range(changes: dict[str, Any], sound: bool) -> None:
    whole: dict[str, Any] = {"kind": "stop", "polygon_m": BOX}
    if "speed_ratio" in changes:
        whole["kind"] = "slow"
    elif changes.keys() & {"max_speed_mps", "max_turn_radps"}:
        whole |= {"kind": "limit", "max_speed_mps": 1.0, "max_turn_radps": 1.0}
    elif "contact_s" in changes:
        whole = {"kind": "approach"}
    if sound:
        assert config(**{**whole, **changes}).zones
        return
    with pytest.raises(ValidationError, match=next(iter(changes))):
        config(**{**whole, **changes})


def test_a_zone_is_by_default_for_one_point_at_any_speed() -> None:
    zone = StopZone(kind="stop", polygon_m=BOX)
    assert (zone.min_points, zone.stretch_s) == (1, 0.0)
    assert allows(zone, (0.59, 0.0)) == (0.0, math.inf) and allows(zone, (0.61, 0.0)) == (math.inf, math.inf)


def test_slow_and_limit_zones() -> None:
    assert allows(EVERY_KIND[1], (0.5, 0.0)) == pytest.approx((0.32, 0.6))
    assert allows(EVERY_KIND[1], (0.75, 0.0)) == pytest.approx((0.32, math.inf))
    assert allows(EVERY_KIND[1], (1.5, 0.0)) == pytest.approx((0.6, math.inf))
    assert allows(EVERY_KIND[2], (0.5, 0.0), linear=0.0, angular=1.0) == (0.3, 0.5)
    assert allows(EVERY_KIND[2], (0.7, 0.0)) == (math.inf, math.inf)


def test_an_approach_zone_keeps_its_time_to_contact() -> None:
    assert allows(EVERY_KIND[3], (1.22, 0.0))[0] == pytest.approx(0.5)
    assert allows(EVERY_KIND[3], (1.22, 0.5))[0] == math.inf
    assert allows(EVERY_KIND[4], (1.6, 0.3))[0] == pytest.approx(1.0)
    assert allows(EVERY_KIND[4], (0.65, 0.0), linear=0.0, angular=1.0)[1] < 1.0  # a corner comes round


def test_a_corner_comes_round_to_what_is_inside_the_margin() -> None:
    zone = EVERY_KIND[4]
    for linear in (0.0, 0.125):
        exact = allows(zone, (0.625, -0.25), linear=linear, angular=-1.0)
        wide = allows(zone, (0.625, -0.25), linear=linear, angular=-1.0, coarse_m=0.0625)
        assert 0.0 < min(wide) <= min(exact) < math.inf


def test_noise_is_not_a_thing() -> None:
    zone = StopZone(kind="stop", polygon_m=BOX, min_points=3)
    assert allows(zone, (0.5, 0.0), (0.5, 0.1)) == (math.inf, math.inf)
    assert allows(zone, (0.5, 0.0), (0.5, 0.1), (0.5, 0.2)) == (0.0, math.inf)
    assert allows(zone, (0.5, 0.0), (0.5, 0.1), (0.7, 0.2)) == (math.inf, math.inf)


def test_points_that_stand_for_others_count_with_their_width() -> None:
    assert allows(EVERY_KIND[0], (0.62, 0.42))[0] == math.inf
    for side in (1.0, -1.0):
        assert allows(EVERY_KIND[0], (0.62, side * 0.42), coarse_m=0.03)[0] == 0.0
    assert allows(EVERY_KIND[0], (0.9, 0.0), coarse_m=0.1)[0] == pytest.approx(0.2)


@given(st.sampled_from(EVERY_KIND), st.lists(point, max_size=6), point, st.floats(-0.8, 0.8), st.floats(-1.5, 1.5), st.floats(0, 0.1))
def test_a_point_more_never_loosens_a_zone(
    zone: Zone, points: list[tuple[float, float]], more: tuple[float, float], v: float, w: float, coarse_m: float
) -> None:
    before = allows(zone, *points, linear=v, angular=w)
    after = allows(zone, *points, more, linear=v, angular=w)
    wider = allows(zone, *points, more, linear=v, angular=w, coarse_m=coarse_m)
    assert wider[0] <= after[0] + 1e-9 <= before[0] + 2e-9
    assert wider[1] <= after[1] + 1e-9 <= before[1] + 2e-9
    assert min(wider) >= 0.0


def config(**zone: Any) -> GateConfig:
    return GateConfig.model_validate({"zones": {"ahead": zone}})


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ({"kind": "stop", "polygon_m": [[0.3, -0.3], [1, -0.3], [1, 0.3], [0.3, 0.3]]}, "zones.ahead: does not hold the whole footprint"),
        ({"kind": "stop", "polygon_m": [[0, 0], [1, 1], [1, 0], [0, 1]]}, "sides 1 and 3 cross"),
        ({"kind": "slow", "polygon_m": BOX}, "speed_ratio"),
        ({"kind": "limit", "polygon_m": BOX, "max_speed_mps": 0.2}, "max_turn_radps"),
        ({"kind": "stop", "polygon_m": BOX, "speed_ratio": 0.5}, "speed_ratio"),
        ({"kind": "approach", "contact_s": 1, "polygon_m": [[-1, -1], [1, -1], [0, 0], [1, 1], [-1, 1]]}, "must be convex"),
        ({"kind": "approach", "contact_s": 1, "polygon_m": [[-0.1, -0.1], [0.1, -0.1], [0.1, 0.1], [-0.1, 0.1]]}, "does not hold"),
        ({"kind": "wall"}, "approach"),
    ],
)
def test_a_zone_that_makes_no_sense_is_refused(zone: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        config(**zone)


@pytest.mark.parametrize("zone", EVERY_KIND)
def test_a_zone_stays_as_it_was_checked(zone: Zone) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        zone.min_points = 1000  # type: ignore[misc]  # what is tried here


def test_a_partial_zone_says_why() -> None:
    ahead = [[0.3, -0.3], [1, -0.3], [1, 0.3], [0.3, 0.3]]
    assert config(kind="stop", polygon_m=ahead, partial_because="only for what is ahead").zones


def test_the_gate_keeps_to_its_zones_and_sees_as_far_as_they_reach() -> None:
    caps = Caps(config(kind="slow", polygon_m=BOX, stretch_s=4.0, speed_ratio=0.25), RULES.separation)
    assert caps.horizon_m == pytest.approx(math.hypot(0.6, 0.4) + 0.8 * 4.0)
    found = caps.of(0.5, 0.0, Surroundings(obstacles=seen((0.55, 0.0))), Permit())
    assert next(cap for cap in found if cap.key == "zone ahead").speed_mps == pytest.approx(0.2)
    assert not [cap for cap in caps.of(0.5, 0.0, Surroundings(obstacles=seen((0.0, 2.0))), Permit()) if cap.key == "zone ahead"]
    approach = Caps(config(kind="approach", contact_s=5.0), RULES.separation)
    assert approach.horizon_m == pytest.approx(0.22 + 5.0 * 0.8)
