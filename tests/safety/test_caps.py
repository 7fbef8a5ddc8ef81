"""Each cap by itself, to the last centimetre: when it begins, how much speed it leaves, and what it says."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from safety.caps import Cap, Caps, Permit, Surroundings
from safety.config import GateConfig
from safety.fence import load_fences
from safety.flight import Flight
from safety.ontology import Ontology
from safety.rules import Rules
from safety.scan import Obstacles
from safety.separation import Neighbour, protective_distance
from safety.types import AgeGroup
from safety.verdicts import Limits

RULES = Rules.load("safety/rules/home.yaml", Ontology.load())
CONFIG = GateConfig(state_dir="memory", braking_mps2=0.8, drive_latency_s=0.15)
CAPS = Caps(CONFIG, RULES.separation)
ADULT = RULES.separation[AgeGroup.ADULT]
LONG = GateConfig.model_validate({"footprint_m": [[-0.5, -0.2], [0.3, -0.2], [0.3, 0.2], [-0.5, 0.2]]})
INF = math.inf


def points(*xy: tuple[float, float], coarse_m: float = 0.0) -> Obstacles:
    x_m, y_m = np.array(xy, float).reshape(-1, 2).T
    return Obstacles(x_m, y_m, min(math.hypot(*p) for p in xy), coarse_m)


def adult(x_m: float, y_m: float = 0.0, **changes: Any) -> Neighbour:
    fields: dict[str, Any] = {"closing_mps": 0.0, "person_uncertainty_m": 0.03, "robot_uncertainty_m": 0.02, "tracked": True}
    return Neighbour("p", AgeGroup.ADULT, x_m, y_m, **{**fields, **changes})


def found(key: str, linear: float, angular: float, around: Surroundings, permit: Permit | None = None, **changes: Any) -> Cap | None:
    caps, release = changes.get("caps", CAPS), changes.get("release", False)
    of = caps.of(linear, angular, around, permit or Permit(), release)
    return next((cap for cap in of if cap.key == key), None)


def mps(key: str, linear: float, around: Surroundings, permit: Permit | None = None, **changes: Any) -> float:
    cap = found(key, linear, changes.pop("angular", 0.0), around, permit, **changes)
    return INF if cap is None else cap.speed_mps


def needs_m(speed_mps: float, age_s: float, config: GateConfig = CONFIG) -> float:
    """Way to a halt on news of that age."""
    return speed_mps * (age_s + config.drive_latency_s) + speed_mps**2 / (2 * config.braking_mps2)


# ---------------------------------------------------------------- the machine


def test_the_speed_of_turning_in_place_is_that_of_driving_on() -> None:
    around = Surroundings()
    assert mps("machine", 0.0, around) == CONFIG.max_speed_mps
    assert mps("machine", -1e-3, around) == CONFIG.max_reverse_mps
    half = Caps(GateConfig(scan_field_of_view_rad=math.pi), RULES.separation)
    assert found("unseen behind", 0.0, 1.0, around, caps=half) is None
    assert found("unseen behind", -0.01, 0.0, replace(around, sees_behind=True), caps=half) is None
    assert found("unseen behind", -0.01, 0.0, around, caps=half) == Cap("unseen behind", "nothing looks behind the base", 0.0)


@pytest.mark.parametrize(
    ("linear", "x_m", "y_m", "stops"),
    [
        (0.2, 0.2, 0.0, True),
        (-0.2, 0.2, 0.0, False),
        (0.2, -0.2, 0.0, False),
        (-0.2, -0.2, 0.0, True),
        (0.2, 0.0, 0.2, True),  # at the side: it may be dragged along
        (0.2, -0.1, 0.2, True),
        (0.2, -0.2, 0.2, False),
        (0.2, -0.2, -0.2, False),
        (0.0, 0.1, 0.2, False),
        (0.2, 0.0, 0.0, True),  # nobody knows where it is
        (0.0, 0.0, 0.0, True),
    ],
)
def test_a_touch_stops_what_presses_on_it(linear: float, x_m: float, y_m: float, stops: bool) -> None:
    cap = found("touch bumper", linear, 0.0, Surroundings(touches=(("bumper", x_m, y_m),)))
    assert cap == Cap("touch bumper", "bumper", 0.0 if stops else INF, CONFIG.near_turn_radps)


def test_an_arm_is_out_beyond_its_limit_and_reaches_so_far() -> None:
    assert found("arm out", 0.5, 0.0, Surroundings(arm_m=CONFIG.extended_arm_m)) is None
    assert found("arm out", 0.5, 0.0, Surroundings(arm_m=0.051)) is not None
    reach_m = CONFIG.grasp_reach_m + 0.25 + CONFIG.reach_margin_m
    at_edge = Surroundings(arm_m=0.25, neighbours=(adult(0.0, reach_m),))
    swept = found("hand at person", 0.0, 1.0, at_edge)
    assert swept is not None and (swept.turn_radps, swept.by_person) == (0.0, True)
    assert found("hand at person", 0.0, 1.0, replace(at_edge, neighbours=(adult(0.0, reach_m + 0.001),))) is None
    assert found("hand at person", 0.0, 1.0, replace(at_edge, arm_m=CONFIG.extended_arm_m, neighbours=(adult(0.0, 0.3),))) is None


def test_silent_sensors_and_a_deaf_robot_slow_the_base() -> None:
    around = Surroundings(blind="no people", unheard="no stop word", lost="no camera")
    slow = CONFIG.blind_speed_mps, CONFIG.near_turn_radps
    assert found("blind", 0.5, 0.0, around) == Cap("blind", "no people", *slow)
    assert found("lost sensor", 0.5, 0.0, around) == Cap("lost sensor", "no camera", *slow)
    assert found("unheard", 0.5, 0.0, around) == Cap("unheard", "no stop word", slow[0])


# ---------------------------------------------------------------- things


@pytest.mark.parametrize(
    ("x_m", "blind", "release", "margin_m"),
    [(0.7, "", False, 0.07), (-0.5, "", False, 0.15), (0.7, "?", False, 0.35), (0.7, "", True, 0.09), (-0.5, "", True, 0.17)],
)
def test_the_base_halts_at_its_margin_from_a_thing(x_m: float, blind: str, release: bool, margin_m: float) -> None:
    """Ahead 7 cm, behind 15 cm, unseen people 35 cm; to go on 2 cm more."""
    around = Surroundings(obstacles=points((x_m, 0.0)), scan_age_s=0.1, blind=blind)
    allowed = mps("obstacle ahead", math.copysign(0.2, x_m), around, release=release)
    assert needs_m(allowed, 0.1) == pytest.approx(abs(x_m) - CONFIG.base_radius_m - margin_m)


def test_a_point_that_stands_for_others_is_nearer() -> None:
    def ahead(coarse_m: float) -> float:
        return mps("obstacle ahead", 0.2, Surroundings(obstacles=points((0.7, 0.0), coarse_m=coarse_m)))

    assert needs_m(ahead(0.0), 0.0) - needs_m(ahead(0.06), 0.0) == pytest.approx(0.06)


def test_a_thing_beside_the_way_slows_from_where_it_can_be_kept() -> None:
    beside = points((0.65, 0.3))
    touches_m = 0.65 - math.sqrt(0.37**2 - 0.3**2)
    allowed = mps("narrow", 0.5, Surroundings(obstacles=beside, scan_age_s=0.1))
    assert needs_m(allowed, 0.1) == pytest.approx(touches_m + CONFIG.slow_margin_m - CONFIG.front_margin_m)
    assert mps("narrow", 0.5, Surroundings(obstacles=points((0.25, 0.3)))) == CONFIG.slow_speed_mps
    assert mps("obstacle ahead", 0.5, Surroundings(obstacles=beside)) == INF


def test_only_a_base_that_really_moves_on_another_arc_is_judged_by_it() -> None:
    def ahead(linear: float, measured: float) -> float:
        around = Surroundings(obstacles=points((0.45, 0.3)), linear_mps=measured, angular_radps=2.5 * measured)
        return mps("obstacle ahead", linear, around)

    assert ahead(0.2, 0.125) < INF == ahead(0.2, 0.1)
    assert ahead(0.2, -0.125) == INF  # it still rolls the other way: another scan will tell


def test_a_drive_that_answers_late_and_what_is_under_way_count() -> None:
    around = Surroundings(obstacles=points((0.7, 0.0)), now_s=1.0, flight=Flight())
    assert around.flight is not None
    around.flight.latency_s = 0.3
    late = mps("obstacle ahead", 0.2, around)
    assert late * 0.3 + late**2 / 1.6 == pytest.approx(0.41)
    around.flight.sent(0.8, 0.0, 1.0, 0.3)  # 0.24 m on the way already
    assert mps("obstacle ahead", 0.2, around) == pytest.approx(math.sqrt(1.6 * (0.41 - 0.24)))
    assert Surroundings().flown(1.0) == (0.0, 0.0)


@pytest.mark.parametrize(("gap_m", "coarse_m", "near"), [(0.14, 0.0, True), (0.16, 0.0, False), (0.2, 0.06, True), (0.22, 0.06, False)])
def test_next_to_a_thing_the_base_turns_slowly(gap_m: float, coarse_m: float, near: bool) -> None:
    beside = Surroundings(obstacles=points((0.0, CONFIG.base_radius_m + gap_m), coarse_m=coarse_m))
    cap = found("near obstacle", 0.0, 1.0, beside)
    assert (cap is not None) is near
    if cap is not None:
        assert cap.turn_radps == CONFIG.near_turn_radps and f"{gap_m - coarse_m:.2f} m beside" in cap.text


def test_a_long_base_measures_from_its_side_and_turns_so_far_as_its_corners_may() -> None:
    caps = Caps(LONG, RULES.separation)
    assert found("near obstacle", 0.0, 1.0, Surroundings(obstacles=points((0.0, 0.4))), caps=caps) is None
    beside = Surroundings(obstacles=points((-0.1, 0.3)), scan_age_s=0.1)
    free_rad = LONG.body.free_turn_rad(np.array([-0.1]), np.array([0.3]), -1.0, LONG.side_margin_m)
    cap = found("no room to turn", 0.0, -1.0, beside, caps=caps)
    assert cap is not None and 0.3 < free_rad < 1.0
    w = cap.turn_radps
    assert w * (0.1 + LONG.drive_latency_s) + w**2 / (2 * LONG.turn_braking_radps2) == pytest.approx(free_rad)
    coarse = replace(beside, obstacles=points((-0.1, 0.3), coarse_m=0.03))
    coarser = found("no room to turn", 0.0, -1.0, coarse, caps=caps)
    assert coarser is not None and coarser.turn_radps < w
    flight = Flight()
    flight.sent(0.0, 2.0, 1.0, free_rad / 3)
    turned = found("no room to turn", 0.0, -1.0, replace(beside, flight=flight, now_s=1.0), caps=caps)
    assert turned is not None and turned.turn_radps == pytest.approx(math.sqrt(2 * LONG.turn_braking_radps2 * free_rad / 3))
    for linear, angular in ((0.2, -1.0), (0.2, 0.0), (0.0, 0.0)):  # an arc is looked at along its way
        assert found("no room to turn", linear, angular, beside, caps=caps) is None


# ---------------------------------------------------------------- people


@pytest.mark.parametrize("approached", [False, True])
@pytest.mark.parametrize(("limit_m", "release"), [(0.0, False), (0.0, True), (0.9, False), (0.9, True)])
def test_the_speed_towards_somebody_is_the_one_that_the_distance_allows(approached: bool, limit_m: float, release: bool) -> None:
    permit = Permit(Limits(keep_distance_m=limit_m), frozenset({"p"} if approached else ()))
    who = adult(1.35)
    allowed = mps("way of adult", 0.5, Surroundings(neighbours=(who,), people_age_s=0.1), permit, release=release)
    keep_m = max(ADULT.approach_keep_m if approached else ADULT.keep_m, limit_m) + (0.1 if release else 0.0)
    assert ADULT.approach_speed_mps < allowed < CONFIG.max_speed_mps
    assert protective_distance(who, ADULT, allowed, 0.25, CONFIG.braking_mps2, keep_m).total == pytest.approx(1.35)


def test_what_is_under_way_towards_somebody_counts() -> None:
    around, flight = Surroundings(neighbours=(adult(1.35),), now_s=1.0), Flight()
    flight.sent(0.8, 0.0, 1.0, 0.5)
    assert mps("way of adult", 0.5, replace(around, flight=flight)) < mps("way of adult", 0.5, around)


@pytest.mark.parametrize(("off_deg", "in_the_way"), [(74, True), (76, False), (-74, True), (-76, False), (104, False)])
def test_who_is_beside_the_base_is_not_in_its_way(off_deg: float, in_the_way: bool) -> None:
    x_m, y_m = 0.6 * math.cos(math.radians(off_deg)), 0.6 * math.sin(math.radians(off_deg))
    assert (mps("way of adult", 0.5, Surroundings(neighbours=(adult(x_m, y_m),))) < INF) is in_the_way
    assert (mps("way of adult", -0.2, Surroundings(neighbours=(adult(-x_m, y_m),))) < INF) is in_the_way


@pytest.mark.parametrize(
    ("beside_m", "release", "passes"), [(0.55, False, 0.2), (0.549, False, 0.0), (0.65, True, 0.2), (0.649, True, 0.0)]
)
def test_who_stands_just_far_enough_beside_the_way_is_passed(beside_m: float, release: bool, passes: float) -> None:
    around = Surroundings(neighbours=(adult(0.35, beside_m),))
    assert mps("way of adult", 0.5, around, release=release) == passes


def test_near_begins_at_its_distance_and_names_who_it_is() -> None:
    around = Surroundings(neighbours=(adult(0.0, ADULT.near_m),))
    assert found("near adult", 0.0, 1.0, around) == Cap("near adult", "adult at 1.6 m", 0.5, CONFIG.near_turn_radps, by_person=True)
    assert found("near adult", 0.0, 1.0, replace(around, neighbours=(adult(0.0, ADULT.near_m + 0.001),))) is None
    stranger = replace(adult(0.5), group=AgeGroup.UNKNOWN)
    cap = found("way of unknown", 0.5, 0.0, Surroundings(neighbours=(stranger,)))
    assert cap == Cap("way of unknown", "person at 0.5 m in the way", 0.0, by_person=True)


@pytest.mark.parametrize(("release", "room_m"), [(False, 0.47), (True, 0.57)])
def test_who_walks_up_to_the_base_is_met_after_the_time(release: bool, room_m: float) -> None:
    """1 s and the age of the news: where they are then, the base has not come to."""
    around = Surroundings(neighbours=(adult(2.2, 0.0, vx_mps=-0.8),), people_age_s=0.5)
    cap = found("meeting adult", 0.5, 0.0, around, release=release)
    assert cap is not None and cap.by_person and cap.text == "adult at 2.2 m comes into the way"
    assert cap.speed_mps == pytest.approx((2.2 - 1.5 * 0.8 - room_m - 0.05) / 1.5)
    assert found("meeting adult", 0.0, 1.0, around) is None


def test_who_walks_close_by_holds_up_no_base_that_stays_where_it_is() -> None:
    beside = Surroundings(neighbours=(adult(0.3, 0.1, vx_mps=-0.3),))
    assert mps("meeting adult", 0.2, beside) == 0.0
    assert found("meeting adult", 0.0, 1.0, beside) is found("meeting adult", 0.0, 0.0, beside) is None


def test_who_walks_up_to_the_base_that_approaches_them_keeps_the_actions_distance() -> None:
    around = Surroundings(neighbours=(adult(0.8, 0.0, vx_mps=-0.8),))
    for limit_m, allowed in ((0.0, 0.2), (0.79, 0.2), (0.8, 0.0)):
        permit = Permit(Limits(keep_distance_m=limit_m), frozenset({"p"}))
        assert mps("meeting adult", 0.5, around, permit) == allowed


# ---------------------------------------------------------------- fences and zones

ROOM = {"room": {"kind": "keep_in", "polygon_m": [[-4, -4], [4, -4], [4, 4], [-4, 4]]}}
FENCED = GateConfig.model_validate({"fences": ROOM, "braking_mps2": 0.8, "drive_latency_s": 0.15})
IN_ROOM = Caps(FENCED, RULES.separation, load_fences(FENCED.fences, ""))


@pytest.mark.parametrize("release", [False, True])
def test_the_base_halts_at_its_margin_from_a_fence(release: bool) -> None:
    here = Surroundings(pose=(3.0, 0.0, 0.0), pose_uncertainty_m=0.04, pose_age_s=0.2)
    cap = found("fence", 0.5, 0.0, here, caps=IN_ROOM, release=release)
    assert cap is not None and cap.text.startswith("fence 0.69 m ahead")
    assert needs_m(cap.speed_mps, 0.2) == pytest.approx(1.0 - 0.22 - 0.05 - 0.04 - (0.02 if release else 0.0))


def test_a_fence_counts_from_where_full_speed_could_not_halt() -> None:
    halts_m = needs_m(FENCED.max_speed_mps, 0.1) + 0.27
    for more_m, slows in ((-0.05, True), (0.05, False)):
        here = Surroundings(pose=(4.0 - halts_m - more_m, 0.0, 0.0), pose_age_s=0.1)
        assert (mps("fence", 0.8, here, caps=IN_ROOM) < FENCED.max_speed_mps) is slows
    under_way = Flight()
    under_way.sent(0.8, 0.0, 1.0, 0.5)
    here = Surroundings(pose=(3.3, 0.0, 0.0), flight=under_way, now_s=1.0)
    assert mps("fence", 0.8, here, caps=IN_ROOM) == pytest.approx(math.sqrt(1.6 * (0.43 - 0.4)))


def test_a_zone_that_caps_only_the_speed_or_both_is_heard() -> None:
    box = [[-0.4, -0.4], [0.6, -0.4], [0.6, 0.4], [-0.4, 0.4]]
    config = GateConfig.model_validate({"zones": {"ahead": {"kind": "slow", "polygon_m": box, "speed_ratio": 0.5, "stretch_s": 2.0}}})
    caps = Caps(config, RULES.separation)
    cap = found("zone ahead", 0.5, 0.0, Surroundings(obstacles=points((0.7, 0.0))), caps=caps)
    assert cap == Cap("zone ahead", "something in the slow zone 'ahead'", 0.4)
    inside = found("zone ahead", 0.5, 0.0, Surroundings(obstacles=points((0.5, 0.0))), caps=caps)
    assert inside is not None and (inside.speed_mps, inside.turn_radps) == (0.4, 0.75)


# ---------------------------------------------------------------- how far one must see


@pytest.mark.parametrize(
    ("changes", "horizon_m"),
    [
        ({}, 0.22 + 0.15 + 0.35 + 0.02 + 0.8 * (0.35 + 0.5) + 0.64 / 2),
        ({"braking_mps2": 0.5, "drive_latency_s": 0.9}, 0.74 + 0.8 * (0.35 + 0.9) + 0.64),
        ({"front_margin_m": 0.6}, 0.99 + 0.68 + 0.32),
        ({"reverse_margin_m": 0.7, "obstacle_release_m": 0.1}, 0.22 + 0.15 + 0.7 + 0.1 + 0.68 + 0.32),
        ({"sources": {"depth": {"kind": "points", "max_age_s": 0.6}}}, 0.74 + 0.8 * 1.1 + 0.32),
        ({"max_speed_mps": 0.1}, 0.74 + 0.1 * 0.85 + 0.005),
    ],
)
def test_the_horizon_is_the_longest_way_to_a_halt(changes: dict[str, Any], horizon_m: float) -> None:
    assert Caps(GateConfig.model_validate(changes), RULES.separation).horizon_m == pytest.approx(horizon_m)


def test_what_is_not_said_of_the_surroundings_is_that_nothing_is_there() -> None:
    around = Surroundings()
    assert (around.pose, around.flight, around.sees_behind, around.odom_s) == (None, None, False, -INF)
    times = around.pose_uncertainty_m, around.pose_age_s, around.scan_age_s, around.people_age_s, around.now_s
    assert (*times, around.linear_mps, around.angular_radps, around.arm_m) == (0.0,) * 8
    assert not Cap("key", "text").by_person
