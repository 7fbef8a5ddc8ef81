"""The kinematic stage: never above a limit, whatever comes in; more danger never makes it faster; and it still gets things done."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from safety.caps import Caps, Permit, Surroundings
from safety.config import GateConfig
from safety.fence import load_fences
from safety.flight import Flight
from safety.kinematic import Kinematic, Motion
from safety.mount import Mount
from safety.ontology import Ontology
from safety.path import free_path_m, stoppable_speed_mps
from safety.rules import Rules
from safety.scan import NO_OBSTACLES, BrokenScanError, Needs, Obstacles, obstacles
from safety.separation import Neighbour, neighbour, protective_distance, separation_speed_mps
from safety.types import AgeGroup, RobotPose, Scan
from safety.verdicts import Limits
from tests.safety.profile import examples
from tests.safety.rig import person, scan, wall_ahead

CONFIG = GateConfig()
RULES = Rules.load("safety/rules/home.yaml", Ontology.load())
CAPS = Caps(CONFIG, RULES.separation)
EVERYTHING = GateConfig.model_validate(
    {
        "footprint_m": [[-0.3, -0.2], [0.2, -0.2], [0.25, 0.0], [0.2, 0.2], [-0.3, 0.2]],
        "scan_field_of_view_rad": 4.0,
        "zones": {
            "stop": {"kind": "stop", "polygon_m": [[-0.4, -0.3], [0.4, -0.3], [0.4, 0.3], [-0.4, 0.3]], "stretch_s": 0.5},
            "slow": {"kind": "slow", "polygon_m": [[-0.5, -0.5], [0.8, -0.5], [0.8, 0.5], [-0.5, 0.5]], "speed_ratio": 0.5},
            "limit": {
                "kind": "limit", "polygon_m": [[-0.4, -0.4], [0.5, 0.0], [-0.4, 0.4]], "max_speed_mps": 0.3, "max_turn_radps": 0.5,
                "partial_because": "looks ahead",
            },
            "approach": {"kind": "approach", "contact_s": 1.5, "min_points": 2},
        },
        "fences": {
            "room": {"kind": "keep_in", "polygon_m": [[-3, -3], [3, -3], [3, 3], [-3, 3]]},
            "stairs": {"kind": "keep_out", "polygon_m": [[1, 1], [2, 1], [1, 2]]},
        },
    }
)  # fmt: skip
ALL_CAPS = Caps(EVERYTHING, RULES.separation, load_fences(EVERYTHING.fences, ""))
BOTH = pytest.mark.parametrize(("config", "caps"), [(CONFIG, CAPS), (EVERYTHING, ALL_CAPS)], ids=["default", "everything"])
NEEDS = Needs(CAPS.horizon_m, CONFIG.base_radius_m)
ANY = st.floats() | st.sampled_from([-0.0, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf])


def points(*xy: tuple[float, float]) -> Obstacles:
    x_m, y_m = (np.array(values, float) for values in zip(*xy, strict=True)) if xy else (np.empty(0), np.empty(0))
    return Obstacles(x_m, y_m, min((math.hypot(*p) for p in xy), default=math.inf))


def somebody(x_m: float, y_m: float = 0.0, group: AgeGroup = AgeGroup.ADULT, **changes: Any) -> Neighbour:
    fields: dict[str, Any] = {"id": "p", "closing_mps": 0.0, "person_uncertainty_m": 0.03, "robot_uncertainty_m": 0.02, "tracked": True}
    return Neighbour(group=group, x_m=x_m, y_m=y_m, **{**fields, **changes})


def seen(ranges_m: np.ndarray[Any, Any] | float) -> Obstacles:
    return obstacles(scan(0.0, ranges_m), NEEDS)


def speed(
    linear: float, angular: float, around: Surroundings, permit: Permit | None = None, release: bool = False, caps: Caps = CAPS
) -> float:
    return min(cap.speed_mps for cap in caps.of(linear, angular, around, permit or Permit(), release))


def late_by(latency_s: float) -> Flight:
    flight = Flight()
    flight.latency_s = latency_s
    return flight


def turn(linear: float, angular: float, around: Surroundings, permit: Permit, caps: Caps) -> float:
    return min(cap.turn_radps for cap in caps.of(linear, angular, around, permit))


def drive(around: Surroundings, wanted: tuple[float, float], ticks: int = 200, permit: Permit | None = None) -> Motion:
    """Where a base that keeps asking ends up in surroundings that do not move with it."""
    kinematic, motion = Kinematic(CONFIG, CAPS), Motion()
    for tick in range(ticks):
        motion = kinematic.step(wanted, permit or Permit(), around, tick * 0.02)
    return motion


# ---------------------------------------------------------------- never above a limit

neighbours = st.builds(
    somebody,
    st.floats(-4, 4),
    st.floats(-4, 4),
    st.sampled_from(list(AgeGroup)),
    closing_mps=st.floats(0, 2.5),
    person_uncertainty_m=st.floats(0, 1),
    robot_uncertainty_m=st.floats(0, 1),
    vx_mps=st.floats(-2.5, 2.5),
    vy_mps=st.floats(-2.5, 2.5),
    tracked=st.booleans(),
    id=st.sampled_from(["p", "q"]),
)
point = st.tuples(st.floats(-2, 2), st.floats(-2, 2))
places = st.builds(
    Surroundings,
    obstacles=st.lists(point, max_size=12).map(lambda ps: points(*ps)),
    neighbours=st.lists(neighbours, max_size=3).map(tuple),
    blind=st.sampled_from(["", "people are old"]),
    scan_age_s=st.floats(0, 0.35),
    people_age_s=st.floats(0, 0.5),
    linear_mps=st.floats(-1, 1),
    angular_radps=st.floats(-2, 2),
    arm_m=st.floats(0, 0.5),
    lost=st.sampled_from(["", "camera is 2.0 s old"]),
    touches=st.sampled_from([(), (("cliff left", 0.2, 0.1),), (("bumper back", -0.2, 0.0), ("bumper", 0.0, 0.0))]),
    sees_behind=st.booleans(),
    pose=st.none() | st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3)),
    pose_uncertainty_m=st.floats(0, 0.5),
    pose_age_s=st.floats(0, 0.5),
    odom_s=st.floats(-1, 10),
)
permits = st.builds(
    Permit,
    st.builds(Limits, max_speed_mps=st.floats(0, 2), max_turn_radps=st.floats(0, 3), keep_distance_m=st.floats(0, 1.5)),
    st.sampled_from([frozenset(), frozenset({"p"})]),
)


@BOTH
@examples(200)
@given(steps=st.lists(st.tuples(st.none() | st.tuples(ANY, ANY), ANY, permits, places), min_size=1, max_size=6))
def test_never_above_a_limit_whatever_comes_in(
    config: GateConfig, caps: Caps, steps: list[tuple[tuple[float, float] | None, float, Permit, Surroundings]]
) -> None:
    kinematic = Kinematic(config, caps)
    for wanted, now_s, permit, around in steps:
        motion = kinematic.step(wanted, permit, around, now_s)
        v, w = motion.linear_mps, motion.angular_radps
        assert math.isfinite(v) and math.isfinite(w)
        assert -config.max_reverse_mps <= v <= min(config.max_speed_mps, permit.limits.max_speed_mps)
        assert abs(v) <= permit.limits.max_speed_mps and abs(w) <= min(config.max_turn_radps, permit.limits.max_turn_radps) + 1e-12
        if v != 0.0:
            assert abs(v) <= speed(v, w, around, permit, caps=caps) + 1e-9
        if v != 0.0 or w != 0.0:
            assert abs(w) <= turn(v, w, around, permit, caps) + 1e-9
        if wanted is None or not all(map(math.isfinite, wanted)):
            assert (v, w) == (0.0, 0.0)
        else:
            assert abs(v) <= abs(wanted[0]) and abs(w) <= abs(wanted[1])
            assert v * wanted[0] >= 0.0 and w * wanted[1] >= 0.0


speeds_wanted = st.tuples(st.floats(-1, 1), st.floats(-2, 2))


@BOTH
@given(steps=st.lists(st.tuples(speeds_wanted, st.floats(0.001, 0.2), places), min_size=2, max_size=8))
def test_speed_and_turn_rise_within_acceleration_and_jerk(
    config: GateConfig, caps: Caps, steps: list[tuple[tuple[float, float], float, Surroundings]]
) -> None:
    """Falling is not limited; a change of sign begins at zero."""
    kinematic, now_s = Kinematic(config, caps), 0.0
    limits = ((config.acceleration_mps2, config.jerk_mps3), (config.turn_acceleration_radps2, config.turn_jerk_radps3))
    last, rise, before_s = (0.0, 0.0), [0.0, 0.0], 0.02
    for wanted, dt_s, around in steps:
        motion = kinematic.step(wanted, Permit(), around, now_s)
        held_s = min(before_s, 0.05)
        for axis, value in enumerate((motion.linear_mps, motion.angular_radps)):
            most, jerk = limits[axis]
            going = last[axis] * value > 0.0
            gained = abs(value) - (abs(last[axis]) if going else 0.0)
            assert gained <= most * held_s + 1e-9
            assert gained <= (rise[axis] if going else 0.0) * held_s + jerk * held_s * held_s + 1e-9
            rise[axis] = max(0.0, gained / held_s)
        last, before_s, now_s = (motion.linear_mps, motion.angular_radps), dt_s, now_s + dt_s


def test_a_stop_is_not_slowed_down_by_any_limit() -> None:
    kinematic = Kinematic(CONFIG, CAPS)
    for tick in range(150):
        fast = kinematic.step((0.8, 1.0), Permit(), Surroundings(), tick * 0.02)
    assert fast.linear_mps == 0.8
    for around in (
        Surroundings(obstacles=points((0.25, 0.0))),
        Surroundings(neighbours=(somebody(0.5),)),
        Surroundings(touches=(("bumper", 0.2, 0.0),)),
    ):
        again = Kinematic(CONFIG, CAPS)
        for tick in range(150):
            again.step((0.8, 0.0), Permit(), Surroundings(), tick * 0.02)
        assert again.step((0.8, 0.0), Permit(), around, 3.0).linear_mps == 0.0


@BOTH
@examples(200)
@given(
    linear=st.floats(-0.8, 0.8),
    angular=st.floats(-1.5, 1.5),
    around=places,
    permit=permits,
    more=neighbours,
    thing=point,
    release=st.booleans(),
)
def test_a_person_or_a_thing_more_never_makes_it_faster(
    config: GateConfig,
    caps: Caps,
    linear: float,
    angular: float,
    around: Surroundings,
    permit: Permit,
    more: Neighbour,
    thing: tuple[float, float],
    release: bool,
) -> None:
    def allowed(now: Surroundings) -> float:
        return speed(linear, angular, now, permit, release, caps)

    before = allowed(around)
    assert allowed(replace(around, neighbours=(*around.neighbours, more))) <= before
    xs, ys = around.obstacles.x_m, around.obstacles.y_m
    crowded = points(*zip(xs, ys, strict=True), thing)
    assert allowed(replace(around, obstacles=crowded)) <= before
    assert allowed(replace(around, obstacles=replace(around.obstacles, coarse_m=0.05))) <= before + 1e-9
    assert allowed(replace(around, blind="?")) <= before
    assert allowed(replace(around, lost="?")) <= before
    assert allowed(replace(around, pose=None)) <= before
    assert allowed(replace(around, sees_behind=False)) <= before
    assert allowed(replace(around, touches=(*around.touches, ("cliff", 0.1, 0.0)))) <= before


@BOTH
@given(linear=st.floats(0.02, 0.8), around=places, permit=permits, older=st.floats(0, 1), staler=st.floats(0, 1), late=st.floats(0, 0.5))
def test_older_news_and_a_slower_drive_never_make_it_faster(
    config: GateConfig, caps: Caps, linear: float, around: Surroundings, permit: Permit, older: float, staler: float, late: float
) -> None:
    aged = replace(
        around,
        scan_age_s=around.scan_age_s + older,
        people_age_s=around.people_age_s + staler,
        pose_age_s=around.pose_age_s + staler,
        flight=late_by(late),
    )
    assert speed(linear, 0.0, aged, permit, caps=caps) <= speed(linear, 0.0, around, permit, caps=caps) + 1e-9


@given(neighbours, st.floats(0.5, 3.0), st.floats(0, 1.0))
def test_a_nearer_person_never_makes_it_faster(who: Neighbour, distance_m: float, nearer_m: float) -> None:
    rule = RULES.separation[who.group]
    far = separation_speed_mps(replace(who, x_m=distance_m + nearer_m, y_m=0.0), rule, 1.0, 0.3, 1.0, rule.keep_m)
    near = separation_speed_mps(replace(who, x_m=distance_m, y_m=0.0), rule, 1.0, 0.3, 1.0, rule.keep_m)
    assert near <= far


@given(places, permits)
def test_going_on_asks_for_more_room_than_going(around: Surroundings, permit: Permit) -> None:
    assert speed(0.5, 0.0, around, permit, release=True) <= speed(0.5, 0.0, around, permit)


# ---------------------------------------------------------------- stopping in time


@given(st.floats(0.3, 3.0), st.floats(0, 0.5), st.floats(0.3, 2.0))
def test_the_stopping_distance_is_never_longer_than_the_way(free_m: float, reaction_s: float, braking: float) -> None:
    v = stoppable_speed_mps(free_m, reaction_s, braking)
    assert v * reaction_s + v * v / (2 * braking) == pytest.approx(free_m, rel=1e-9)


@pytest.mark.parametrize("free_m", [0.0, -1.0, math.nan])
def test_no_way_is_no_speed(free_m: float) -> None:
    assert stoppable_speed_mps(free_m, 0.1, 1.0) == 0.0


@given(st.floats(1.0, 4.0), st.floats(0, 1.5), st.sampled_from(list(AgeGroup)))
def test_the_separation_formula_holds_at_the_speed_it_gives(distance_m: float, closing: float, group: AgeGroup) -> None:
    """S = S_h + S_r + S_s + C + Z, put back together from the speed that it was solved for."""
    rule, reaction_s, braking = RULES.separation[group], 0.3, 1.0
    v = separation_speed_mps(somebody(distance_m, 0, group, closing_mps=closing), rule, 1.0, reaction_s, braking, rule.keep_m)
    terms = protective_distance(somebody(distance_m, 0, group, closing_mps=closing), rule, v, reaction_s, braking, rule.keep_m)
    walking = max(closing, rule.walking_mps)
    needed_m = walking * (reaction_s + v / braking) + v * reaction_s + v * v / (2 * braking) + rule.keep_m + 0.05
    assert terms.total == pytest.approx(needed_m)
    if v > 0:
        assert needed_m == pytest.approx(distance_m, rel=1e-6)
    else:
        assert needed_m >= distance_m - 1e-9


@examples(200)
@given(st.floats(0.3, 2.0), st.floats(-1.5, 1.5), st.floats(-2, 2), st.floats(-2, 2), st.sampled_from([1.0, -1.0]))
def test_the_free_path_is_where_the_disc_first_touches(v: float, w: float, x_m: float, y_m: float, way: float) -> None:
    """Against driving the disc along its arc in small steps."""
    radius_m = 0.25
    assume(math.hypot(x_m, y_m) > radius_m + 0.01)
    free_m = free_path_m(np.array([x_m]), np.array([y_m]), way * v, w, radius_m)
    px = py = yaw = travelled = 0.0
    touched, step_s = math.inf, 0.004 / v
    while travelled < 1.5:
        px, py, yaw = px + way * v * math.cos(yaw) * step_s, py + way * v * math.sin(yaw) * step_s, yaw + w * step_s
        travelled += v * step_s
        if math.hypot(px - x_m, py - y_m) <= radius_m:
            touched = travelled
            break
    if free_m < 1.3:
        assume(not math.isinf(touched) or _closest(x_m, y_m, way * v, w) < radius_m - 0.01)  # grazing is a matter of rounding
        assert touched == pytest.approx(free_m, abs=0.06)
    elif not math.isinf(touched):
        assert touched > 1.2 or _closest(x_m, y_m, way * v, w) > radius_m - 0.01


def _closest(x_m: float, y_m: float, v: float, w: float) -> float:
    """How near the centre of the arc (for |w| > 0) or of the line comes to the point."""
    if abs(w) < 1e-9 or abs(v / w) > 100:
        return abs(y_m)
    return abs(math.hypot(x_m, y_m - v / w) - abs(v / w))


def test_what_is_touched_already_blocks_only_the_way_towards_it() -> None:
    x_m, y_m = np.array([0.2]), np.array([0.05])
    assert free_path_m(x_m, y_m, 0.5, 0.0, 0.25) == 0.0
    assert free_path_m(x_m, y_m, -0.5, 0.3, 0.25) > 0.5
    assert free_path_m(x_m, y_m, 0.0, 1.0, 0.25) == math.inf


# ---------------------------------------------------------------- getting things done


def test_a_free_base_reaches_full_speed_at_its_acceleration() -> None:
    kinematic = Kinematic(CONFIG, CAPS)
    speeds = [kinematic.step((2.0, 0.0), Permit(), Surroundings(), i * 0.02).linear_mps for i in range(100)]
    assert speeds[-1] == CONFIG.max_speed_mps
    assert np.diff([0.0, *speeds]).max() <= CONFIG.acceleration_mps2 * 0.02 + 1e-9


def test_a_long_pause_allows_no_jump() -> None:
    kinematic = Kinematic(CONFIG, CAPS)
    kinematic.step((0.8, 0.0), Permit(), Surroundings(), 0.0)
    assert kinematic.step((0.8, 0.0), Permit(), Surroundings(), 100.0).linear_mps <= 0.02 * 0.6 + 0.05 * 0.6 + 1e-9


def test_a_reversal_goes_through_zero_and_a_stop_is_at_once() -> None:
    kinematic = Kinematic(CONFIG, CAPS)
    for i in range(50):
        kinematic.step((0.8, 0.0), Permit(), Surroundings(), i * 0.02)
    assert -0.02 < kinematic.step((-0.2, 0.0), Permit(), Surroundings(), 1.0).linear_mps < 0
    assert kinematic.step(None, Permit(), Surroundings(), 1.02) == Motion()


@pytest.mark.parametrize(("offset_m", "expected"), [(0.0, 0.8), (0.05, 0.8), (0.12, 0.35), (-0.15, 0.35)])
def test_a_door_of_90_cm_is_passed_at_a_reasonable_speed(offset_m: float, expected: float) -> None:
    posts = [(x, side + offset_m) for x in (0.6, 0.65, 0.7) for side in (-0.45, 0.45)]
    assert speed(0.8, 0.0, Surroundings(obstacles=points(*posts), scan_age_s=0.05)) >= expected


@pytest.mark.parametrize(("gap_m", "least", "most"), [(0.07, 0.0, 0.0), (0.085, 0.03, 0.2), (0.2, 0.2, 0.45), (1.5, 0.8, 0.8)])
def test_furniture_is_approached_by_creeping(gap_m: float, least: float, most: float) -> None:
    around = Surroundings(obstacles=seen(wall_ahead(CONFIG.base_radius_m + gap_m)), scan_age_s=0.05)
    assert least <= speed(0.8, 0.0, around) <= most


def test_the_base_stands_by_a_table_that_it_approached() -> None:
    """In steps of its own motion: it comes to rest between 6 and 9 cm from the wall, and never nearer."""
    kinematic, gap_m, v = Kinematic(CONFIG, CAPS), 1.5, 0.0
    for tick in range(1500):
        around = Surroundings(obstacles=seen(wall_ahead(CONFIG.base_radius_m + gap_m)), scan_age_s=0.1, linear_mps=v)
        v = kinematic.step((0.6, 0.0), Permit(), around, tick * 0.02).linear_mps
        gap_m -= v * 0.02
    assert 0.06 <= gap_m <= 0.09 and v == 0.0


def test_turning_in_place_next_to_furniture_is_slow_but_possible() -> None:
    around = Surroundings(obstacles=seen(wall_ahead(0.27)))
    assert drive(around, (0.0, 1.5)).angular_radps == pytest.approx(CONFIG.near_turn_radps)
    turned = drive(around, (0.3, 1.0))
    assert turned.linear_mps == 0.0 and turned.angular_radps > 0.3 and not turned.blocked
    assert drive(around, (0.3, 0.0)).blocked


def test_backwards_is_slow_and_keeps_more_distance() -> None:
    behind = Surroundings(obstacles=points((-0.36, 0.0)), scan_age_s=0.05)
    assert speed(-0.2, 0.0, behind) == 0.0
    assert speed(0.2, 0.0, behind) == CONFIG.max_speed_mps
    assert drive(Surroundings(), (-1.0, 0.0)).linear_mps == -CONFIG.max_reverse_mps


def test_the_arc_on_which_the_base_really_moves_counts() -> None:
    post = points((0.5, 0.3))
    turning = Surroundings(obstacles=post, linear_mps=0.4, angular_radps=0.8, scan_age_s=0.05)
    assert speed(0.4, 0.0, turning) < speed(0.4, 0.0, replace(turning, linear_mps=0.0, angular_radps=0.0))


def test_caps_keep_the_base_on_its_arc() -> None:
    slowed = drive(Surroundings(neighbours=(somebody(0.0, 1.5, AgeGroup.CHILD),)), (0.6, 0.4))
    assert slowed.linear_mps == pytest.approx(0.3)
    assert slowed.angular_radps / slowed.linear_mps == pytest.approx(0.4 / 0.6)


@pytest.mark.parametrize(("group", "expected"), [("child", 0.3), ("elderly", 0.35), ("adult", 0.5), ("unknown", 0.3)])
def test_speed_near_people(group: str, expected: float) -> None:
    beside = Surroundings(neighbours=(somebody(0.0, 1.5, AgeGroup(group)),))
    assert drive(beside, (0.8, 0.0)).linear_mps == pytest.approx(expected)
    far = Surroundings(neighbours=(somebody(0.0, 3.5, AgeGroup(group)),))
    assert drive(far, (0.8, 0.0)).linear_mps == CONFIG.max_speed_mps


def test_an_approach_comes_to_an_arms_length_and_others_keep_their_distance() -> None:
    """Forwards never nearer than 0.6 m between the centres, and slowly at the end."""
    for permit, nearest_m in ((Permit(approaches=frozenset({"p"})), 0.6), (Permit(), 0.75)):
        kinematic, distance_m, v = Kinematic(CONFIG, CAPS), 2.5, 0.0
        for tick in range(1500):
            around = Surroundings(neighbours=(somebody(distance_m),), people_age_s=0.1, linear_mps=v)
            v = kinematic.step((0.6, 0.0), permit, around, tick * 0.02).linear_mps
            distance_m -= v * 0.02
            if distance_m < 0.75:
                assert v <= 0.2
        assert nearest_m - 0.01 <= distance_m <= nearest_m + 0.15 and v == 0.0


def test_somebody_who_comes_fast_stops_the_base_earlier() -> None:
    assert speed(0.8, 0.0, Surroundings(neighbours=(somebody(1.1, closing_mps=1.4),), people_age_s=0.2)) == 0.0
    assert speed(0.8, 0.0, Surroundings(neighbours=(somebody(1.1),), people_age_s=0.2)) > 0.2


@pytest.mark.parametrize(
    ("beside_m", "group", "passes"), [(0.56, "adult", 0.2), (0.5, "adult", 0.0), (0.66, "child", 0.12), (0.6, "child", 0.0)]
)
def test_who_stands_beside_the_way_is_passed_by_creeping(beside_m: float, group: str, passes: float) -> None:
    """All along the way past them, not only at its start."""
    slowest = min(
        speed(0.5, 0.0, Surroundings(neighbours=(somebody(ahead_m, beside_m, AgeGroup(group)),), people_age_s=0.1))
        for ahead_m in np.linspace(2.0, -2.0, 81)
    )
    assert slowest == passes


def test_a_bend_towards_somebody_is_not_passing_them() -> None:
    beside = Surroundings(neighbours=(somebody(0.4, 0.6),), people_age_s=0.1)
    assert speed(0.3, 0.0, beside) == 0.2
    assert speed(0.3, 0.6, beside) == 0.0


def test_who_is_only_remembered_slows_but_does_not_block() -> None:
    """Where they were seen last they may still be: the base comes slowly enough to see them in time."""
    speeds = [speed(0.8, 0.0, Surroundings(neighbours=(somebody(x, tracked=False),))) for x in (0.5, 0.8, 1.6, 4.0)]
    assert speeds[0] == speeds[1] == CONFIG.blind_speed_mps < speeds[2] < speeds[3]
    assert speeds[3] == CONFIG.max_speed_mps
    assert speed(-0.2, 0.0, Surroundings(neighbours=(somebody(0.5, tracked=False),))) == CONFIG.max_reverse_mps


def test_away_from_a_person_and_turning_are_free() -> None:
    close = Surroundings(neighbours=(somebody(0.5),))
    assert drive(close, (-0.2, 0.0)).linear_mps == pytest.approx(-0.2)
    assert drive(close, (0.0, 1.0)).angular_radps == pytest.approx(CONFIG.near_turn_radps)


def test_an_extended_arm_slows_and_does_not_sweep_through_people() -> None:
    assert drive(Surroundings(arm_m=0.3), (0.6, 0.0)).linear_mps == pytest.approx(0.1)
    swept = drive(Surroundings(arm_m=0.3, neighbours=(somebody(0.0, 0.8),)), (0.0, 1.0))
    assert swept.angular_radps == 0.0


def test_not_knowing_where_people_are_makes_everything_a_person() -> None:
    blind = Surroundings(blind="no people", obstacles=points((0.5, 0.0)))
    assert drive(blind, (0.6, 0.0)).blocked
    assert drive(replace(blind, obstacles=NO_OBSTACLES), (0.6, 0.0)).linear_mps == pytest.approx(0.2)


# ---------------------------------------------------------------- protective stop


def test_a_protective_stop_clears_by_itself_and_does_not_flicker() -> None:
    kinematic, blocked, transitions = Kinematic(CONFIG, CAPS), False, 0
    rng = np.random.default_rng(1)
    for tick in range(500):  # 10 s of a person who stands at the border, measured with noise
        around = Surroundings(neighbours=(somebody(0.78 + rng.normal(0, 0.02)),))
        motion = kinematic.step((0.4, 0.0), Permit(), around, tick * 0.02)
        transitions += motion.blocked != blocked
        blocked = motion.blocked
    assert transitions == 1 and blocked
    states = [kinematic.step((0.4, 0.0), Permit(), Surroundings(), 10 + i * 0.02).blocked for i in range(30)]
    assert states.index(False) == pytest.approx(CONFIG.release_hold_s / 0.02, abs=1)
    assert not any(states[states.index(False) :])


def test_a_protective_stop_ends_when_nobody_wants_to_go_there() -> None:
    kinematic, close = Kinematic(CONFIG, CAPS), Surroundings(neighbours=(somebody(0.5),))
    assert kinematic.step((0.4, 0.0), Permit(), close, 0.0).blocked
    assert kinematic.step(None, Permit(), close, 0.5).blocked
    assert not kinematic.step(None, Permit(), close, 1.5).blocked
    assert kinematic.step((0.4, 0.0), Permit(), close, 2.0).blocked
    assert not kinematic.step((-0.2, 0.0), Permit(), close, 2.1).blocked


def test_its_cause_is_named() -> None:
    motion = drive(Surroundings(neighbours=(somebody(0.5, group=AgeGroup.CHILD),)), (0.4, 0.0))
    assert motion.caps[0].key == "way of child" and "child at 0.5 m in the way" in motion.caps[0].text


# ---------------------------------------------------------------- the scan


def test_rays_become_points_and_infinities_become_nothing() -> None:
    ranges = np.full(360, np.inf)
    ranges[180], ranges[270], ranges[0] = 1.0, -np.inf, 13.0
    found = obstacles(scan(0.0, ranges), NEEDS)
    assert np.round(found.x_m, 6).tolist() == [1.0, 0.0]
    assert np.round(found.y_m, 6).tolist() == [0.0, 0.05]  # too close to measure is as close as can be measured
    assert found.nearest_m == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("broken", "message"),
    [(range(0, 360, 5), "20% of its rays"), (range(100, 115), "blind over 15"), ([*range(6), *range(354, 360)], "blind over 12")],
)
def test_a_scan_with_holes_is_no_scan(broken: range | list[int], message: str) -> None:
    ranges = np.full(360, 3.0)
    ranges[list(broken)] = np.nan
    with pytest.raises(BrokenScanError, match=message):
        obstacles(scan(0.0, ranges), NEEDS)


def test_a_few_broken_rays_are_borne() -> None:
    ranges = np.full(360, 1.0)
    ranges[[5, 6, 200]] = np.nan
    assert obstacles(scan(0.0, ranges), NEEDS).x_m.size == 357


def test_a_scan_that_is_all_broken_is_no_scan() -> None:
    with pytest.raises(BrokenScanError, match="100%"):
        obstacles(scan(0.0, np.full(360, np.nan)), NEEDS)


def ten_metres(count: int, first_rad: float = -math.pi, step_rad: float = math.pi / 180, **changes: float) -> Scan:
    fields: dict[str, Any] = {"range_min_m": 0.05, "range_max_m": 12.0, **changes}
    return Scan(0.0, first_rad, step_rad, ranges_m=np.full(count, 10.0, np.float32), **fields)


@pytest.mark.parametrize(
    ("blind", "message"),
    [
        (scan(0.0, np.full(360, np.inf)), "none of its rays hits"),
        (ten_metres(2, -0.01, 0.02), "covers 2 degrees"),
        (ten_metres(340), "covers 340 degrees"),
        (ten_metres(90, step_rad=math.radians(4)), "4.0 degrees apart"),
        (ten_metres(360, range_max_m=1.0), "from 0.05 to 1.00 m"),
        (ten_metres(360, range_min_m=0.3), "from 0.30 to 12.00 m"),
    ],
)
def test_a_scan_that_does_not_look_everywhere_is_no_scan(blind: Scan, message: str) -> None:
    with pytest.raises(BrokenScanError, match=message):
        obstacles(blind, NEEDS)


@pytest.mark.parametrize(("first_deg", "covers"), [(-135, True), (-132, True), (-120, False), (-160, False), (225, True)])
def test_a_lidar_with_a_smaller_field_of_view_must_look_ahead(first_deg: float, covers: bool) -> None:
    needs = replace(NEEDS, field_of_view_rad=math.radians(270))
    looks = ten_metres(271, math.radians(first_deg))
    if covers:
        assert obstacles(looks, needs).nearest_m == pytest.approx(10.0)
    else:
        with pytest.raises(BrokenScanError, match="ahead"):
            obstacles(looks, needs)


def test_where_the_lidar_does_not_look_the_base_does_not_go() -> None:
    caps = Caps(GateConfig(scan_field_of_view_rad=math.radians(270)), RULES.separation)
    assert min(cap.speed_mps for cap in caps.of(-0.2, 0.0, Surroundings(), Permit())) == 0.0
    assert min(cap.speed_mps for cap in caps.of(0.2, 0.0, Surroundings(), Permit())) > 0.2


# ---------------------------------------------------------------- people in the base's frame


def test_a_person_is_placed_in_base_link() -> None:
    found = neighbour(
        person("p", "adult", 1.0, 3.0, velocity=(0.0, -1.0, 0.0)), AgeGroup.ADULT, RobotPose(0, 1.0, 1.0, math.pi / 2, 0.1), 0, 2
    )
    assert found is not None
    assert (found.x_m, found.y_m) == pytest.approx((2.0, 0.0))
    assert found.closing_mps == pytest.approx(1.0) and found.uncertainty_m == pytest.approx(0.15)


def test_what_is_not_known_of_a_person_counts_as_the_worst() -> None:
    vague = person("p", "adult", 2.0, velocity=(math.nan, 0.0, 0.0), position_std_m=math.nan, last_seen_s=math.nan, seen=False)
    found = neighbour(vague, AgeGroup.ADULT, RobotPose(0, 0, 0, 0, math.nan), 10.0, 2.0)
    assert found is not None and found.tracked
    assert (found.closing_mps, found.uncertainty_m) == (2.5, 1.0) and (found.vx_mps, found.vy_mps) == (0.0, 0.0)
    assert neighbour(person("p", "adult", math.inf), AgeGroup.ADULT, RobotPose(0, 0, 0, 0, 0), 0, 2) is None


def test_the_person_in_the_base_is_in_the_way() -> None:
    assert speed(0.5, 0.0, Surroundings(neighbours=(somebody(0.0, 0.0),))) == 0.0
    assert speed(-0.5, 0.0, Surroundings(neighbours=(somebody(0.0, 0.0),))) == 0.0


# ---------------------------------------------------------------- large scans, other outlines


def test_a_fine_scan_keeps_the_nearest_of_each_group() -> None:
    count = 24_001  # not a multiple of anything
    ranges = np.full(count, 1.5, np.float32)
    ranges[12_345], ranges[3] = 0.4, np.nan
    fine = Scan(0.0, -math.pi, 2 * math.pi / count, 0.05, 12.0, ranges)
    found = obstacles(fine, NEEDS)
    assert found.x_m.size <= 1440 and found.nearest_m == pytest.approx(0.4)
    nearest = int(np.argmin(np.hypot(found.x_m, found.y_m)))
    bearing = -math.pi + 12_345 * 2 * math.pi / count
    assert math.atan2(found.y_m[nearest], found.x_m[nearest]) == pytest.approx(bearing, abs=math.radians(0.13))
    even = obstacles(Scan(0.0, -math.pi, 2 * math.pi / 24_000, 0.05, 12.0, np.full(24_000, 1.0, np.float32)), NEEDS)
    assert np.allclose(np.hypot(even.x_m, even.y_m), 1.0)


def test_a_lidar_in_front_of_the_centre_sees_in_the_frame_of_the_base() -> None:
    ranges = np.full(360, 8.0)
    ranges[180] = 0.5
    found = obstacles(scan(0.0, ranges), NEEDS, Mount(x_m=0.2))
    assert found.x_m.tolist() == [pytest.approx(0.7)] and found.nearest_m == pytest.approx(0.7)


@pytest.mark.parametrize("corners", [[[0.1, -0.2], [0.5, -0.2], [0.5, 0.2], [0.1, 0.2]], [[-1, -1], [1, -1], [0, 0], [1, 1], [-1, 1]]])
def test_a_footprint_is_convex_and_around_the_base(corners: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="footprint_m: must be convex, with base_link inside"):
        GateConfig.model_validate({"footprint_m": corners})


def test_a_long_base_turns_only_where_there_is_room() -> None:
    long = GateConfig.model_validate({"footprint_m": [[-0.5, -0.2], [0.3, -0.2], [0.3, 0.2], [-0.5, 0.2]]})
    caps = Caps(long, RULES.separation)
    beside = Surroundings(obstacles=points((-0.2, 0.24)), scan_age_s=0.1)
    rooms = [min(cap.turn_radps for cap in caps.of(0.0, w, beside, Permit())) for w in (-0.5, 0.5)]
    assert rooms[0] < 0.5 <= rooms[1]  # turning right swings the tail to the left
    assert min(cap.speed_mps for cap in caps.of(0.5, 0.0, beside, Permit())) > 0.3


def test_the_example_of_the_document_is_sound() -> None:
    text = Path("docs/kinematics.md").read_text(encoding="utf-8")
    example = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])["gate"]["ros__parameters"]
    config = GateConfig.model_validate(example)
    assert {source.kind for source in config.sources.values()} >= {"scan", "points", "bumper", "cliff"}
    assert Caps(config, RULES.separation, load_fences(config.fences, "")).horizon_m > 1.0


def test_an_arc_that_comes_round_to_what_is_inside_the_margin_meets_it() -> None:
    behind = np.array([-0.25]), np.array([0.0])
    radii = [free_path_m(*behind, 0.125, 2.0, radius_m) for radius_m in (0.2, 0.24, 0.26, 0.3, 0.4)]
    assert radii == sorted(radii, reverse=True)
    assert radii[-1] < 0.125 * math.pi
    assert free_path_m(*behind, 0.125, 0.0, 0.3) == math.inf
