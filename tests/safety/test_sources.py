"""Sensors besides the main lidar: what each kind says, how old it may be, and what its silence means."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from safety.config import GateConfig
from safety.inputs import Inputs
from safety.mount import Mount
from safety.scan import NO_OBSTACLES, BrokenScanError, Obstacles
from safety.sensors import MAX_POINTS, BumperSource, CliffSource, PointSource, RangeSource, ScanSource, points_fault, range_fault, read
from safety.types import Odometry, PointSet, RangeReading, Scan
from tests.safety.rig import Rig

HORIZON_M = 1.7
CAMERA = PointSource(kind="points", mount=Mount(x_m=0.2, z_m=1.2, pitch_rad=0.5))
REAR = ScanSource(kind="scan", mount=Mount(x_m=-0.2, yaw_rad=math.pi), field_of_view_rad=math.radians(180))


def cloud(*points: tuple[float, float, float], stamp_s: float = 0.0, frame_id: str = "camera", fill: int = 20) -> PointSet:
    """These points, and floor far away."""
    far = ((50.0, 0.0, 0.0),) * fill
    return PointSet(stamp_s, frame_id, np.array((*points, *far), np.float32).ravel())


def echo(range_m: float, stamp_s: float = 0.0, frame_id: str = "sonar", width_rad: float = 0.4, least_m: float = 0.02) -> RangeReading:
    return RangeReading(stamp_s, frame_id, width_rad, least_m, 4.0, range_m)


def half_scan(ranges_m: float, count: int = 181, stamp_s: float = 0.0, frame_id: str = "rear") -> Scan:
    return Scan(stamp_s, -math.pi / 2, math.radians(1), 0.05, 12.0, np.full(count, ranges_m, np.float32), frame_id)


DOUBLES: Any = np.zeros(9)  # as a bad sender might
NUMBERS: Any = [0.0, 0.0, 0.0]


# ---------------------------------------------------------------- what a message says


def test_a_camera_that_looks_down_sees_in_the_frame_of_the_base() -> None:
    level = PointSource(kind="points", mount=Mount(x_m=0.2, z_m=1.2), least_points=0)
    found = read(cloud((1.0, 0.3, -0.7), (1.0, 0.0, -1.19), (1.0, 0.0, 0.5), (3.0, 0.0, 0.0)), level, HORIZON_M)
    assert found.x_m.tolist() == [pytest.approx(1.2)] and found.y_m.tolist() == [pytest.approx(0.3)]
    down = read(cloud((0.0, 0.0, 0.0), (1.2, 0.0, 0.0), fill=0), CAMERA.model_copy(update={"least_points": 0}), HORIZON_M)
    assert down.x_m.tolist() == [pytest.approx(0.2), pytest.approx(0.2 + 1.2 * math.cos(0.5))]


@pytest.mark.parametrize("blind", [PointSet(0.0, "camera", np.full(300, np.nan, np.float32)), cloud(fill=3)])
def test_a_covered_lens_sees_nothing_and_that_is_no_news(blind: PointSet) -> None:
    with pytest.raises(BrokenScanError, match="not even the floor"):
        read(blind, CAMERA, HORIZON_M)


@given(st.integers(0, 2**32 - 1), st.sampled_from([500, 6000, 24000]))
def test_a_thinned_cloud_stands_for_every_point(seed: int, count: int) -> None:
    places = np.random.default_rng(seed).uniform(-2.0, 2.0, (count, 3)).astype(np.float32)
    places[:, 2] = 0.5
    found = read(PointSet(0.0, "camera", places.ravel()), PointSource(kind="points"), HORIZON_M)
    near = places[np.hypot(places[:, 0], places[:, 1]) <= HORIZON_M][:: max(1, count // 200)]
    away_m = np.hypot(near[:, :1] - found.x_m, near[:, 1:2] - found.y_m).min(axis=1)
    assert away_m.max() <= found.coarse_m + 1e-5
    assert found.x_m.size <= 4000


def test_an_echo_may_come_from_anywhere_in_its_cone() -> None:
    found = read(echo(1.0), RangeSource(kind="range", mount=Mount(x_m=0.2)), HORIZON_M)
    assert np.allclose(np.hypot(found.x_m - 0.2, found.y_m), 1.0)
    assert found.y_m.min() == pytest.approx(-math.sin(0.2)) and np.diff(np.sort(found.y_m)).max() <= 0.03
    assert read(echo(1.0, width_rad=0.0), RangeSource(kind="range"), HORIZON_M).x_m.tolist() == [1.0]
    for nothing in (math.inf, 4.5):
        assert read(echo(nothing), RangeSource(kind="range"), HORIZON_M).x_m.size == 0
    assert np.hypot(*read(echo(-math.inf, width_rad=0.0), RangeSource(kind="range"), HORIZON_M)[:2]) == pytest.approx(0.02)
    with pytest.raises(BrokenScanError, match="not a number"):
        read(echo(math.nan), RangeSource(kind="range"), HORIZON_M)


def test_where_an_echo_is_put() -> None:
    ahead = read(echo(1.0), RangeSource(kind="range"), HORIZON_M)
    assert 0.0 in ahead.y_m.tolist(), "straight ahead is a place"
    assert (ahead.touches, ahead.coarse_m) == (False, 0.0)
    narrow = RangeSource(kind="range")
    assert read(echo(4.0, width_rad=0.0), narrow, 4.0).x_m.tolist() == [4.0], "at the end of its range, and of what has to be known"
    assert read(echo(1.5, width_rad=0.0), narrow, 1.7).x_m.tolist() == [1.5]
    assert read(RangeReading(0.0, "sonar", 0.0, 0.02, 30.0, 15.0), narrow, 12.0).x_m.tolist() == [10.0], (
        "further echoes would be many points"
    )
    for x_m, y_m in ((0.0, 1.5), (0.69, 0.9)):
        aside = RangeSource(kind="range", mount=Mount(x_m=x_m, y_m=y_m))
        assert read(echo(1.0, width_rad=0.0), aside, HORIZON_M).x_m.size == 0


@pytest.mark.parametrize(("range_m", "touches"), [(-math.inf, True), (0.02, True), (math.nan, True), (math.inf, False), (0.1, False)])
def test_a_bumper(range_m: float, touches: bool) -> None:
    assert read(echo(range_m), BumperSource(kind="bumper"), HORIZON_M).touches is touches


def test_a_bumper_has_no_points() -> None:
    pressed = read(echo(0.0), BumperSource(kind="bumper"), HORIZON_M)
    assert (pressed.x_m.size, pressed.y_m.size, pressed.coarse_m) == (0, 0, 0.0)


@pytest.mark.parametrize(
    ("range_m", "touches"), [(0.05, False), (0.1, False), (0.11, True), (-math.inf, False), (0.2, True), (math.inf, True), (math.nan, True)]
)
def test_a_cliff(range_m: float, touches: bool) -> None:
    assert read(echo(range_m), CliffSource(kind="cliff"), HORIZON_M).touches is touches


def test_a_lidar_at_the_back() -> None:
    found = read(half_scan(1.0), REAR, HORIZON_M)
    assert found.x_m.min() == pytest.approx(-1.2) and found.x_m.max() == pytest.approx(-0.2)
    with pytest.raises(BrokenScanError, match="covers 120 degrees"):
        read(half_scan(1.0, count=120), REAR, HORIZON_M)


@pytest.mark.parametrize(("sees_to_m", "horizon_m", "sound"), [(1.5, 1.7, True), (1.49, 1.7, False), (1.2, 1.2, True), (1.19, 1.2, False)])
def test_how_far_a_further_lidar_must_see(sees_to_m: float, horizon_m: float, sound: bool) -> None:
    """As far as its row says, and never further than anybody needs to know."""
    scan = replace(half_scan(1.0), range_max_m=sees_to_m)
    if sound:
        assert read(scan, REAR, horizon_m).x_m.size > 0
    else:
        with pytest.raises(BrokenScanError, match="it sees from"):
            read(scan, REAR, horizon_m)


def test_a_cloud_counts_from_floor_to_head_and_to_the_horizon() -> None:
    at = PointSource(kind="points", mount=Mount(y_m=0.5), least_points=0)
    heights = ((0.0, 0.04), (0.1, 0.06), (0.2, 1.39), (0.3, 1.41))
    assert read(cloud(*((1.0, y, z) for y, z in heights)), at, HORIZON_M).y_m.tolist() == pytest.approx([0.6, 0.7])
    exact = PointSource(kind="points", least_height_m=0.25, most_height_m=1.25, least_points=0)
    found = read(cloud((1.5, 0.0, 0.25), (0.0, 1.5, 1.25), (1.3, 0.0, 0.5), (1.51, 0.0, 0.5)), exact, 1.5)
    assert list(zip(found.x_m.tolist(), found.y_m.tolist(), strict=True)) == [(1.5, 0.0), (0.0, 1.5), (pytest.approx(1.3), 0.0)]


def test_ten_points_of_floor_are_enough_to_see() -> None:
    assert read(cloud(fill=10), CAMERA, HORIZON_M).x_m.size == 0
    with pytest.raises(BrokenScanError, match="not even the floor"):
        read(cloud(fill=9), CAMERA, HORIZON_M)


def test_a_lidar_that_hangs_upside_down_is_mirrored() -> None:
    x_m, y_m = Mount(roll_rad=math.pi).planar(np.array([1.0]), np.array([0.5]))
    assert (x_m[0], y_m[0]) == (pytest.approx(1.0), pytest.approx(-0.5))


@pytest.mark.parametrize(
    ("check", "message", "problem"),
    [
        (points_fault, cloud(), ""),
        (points_fault, echo(1.0), "not a PointSet"),
        (points_fault, replace(cloud(), points_m=DOUBLES), "not a PointSet"),
        (points_fault, PointSet(0.0, "", np.zeros(8, np.float32)), "its shape is wrong"),
        (points_fault, PointSet(0.0, "", np.zeros((3, 3), np.float32)), "its shape is wrong"),
        (points_fault, PointSet(0.0, "", np.zeros(9, np.float32)), ""),
        (points_fault, PointSet(0.0, "", np.zeros(3 * 400_000, np.float32)), ""),
        (points_fault, PointSet(0.0, "", np.zeros(3 * (MAX_POINTS + 1), np.float32)), "its shape is wrong"),
        (points_fault, replace(cloud(), points_m=NUMBERS), "not a PointSet"),
        (range_fault, echo(math.nan), ""),
        (range_fault, cloud(), "not a RangeReading"),
        (range_fault, echo(1.0, width_rad=math.nan), "its geometry is not a number"),
        (range_fault, echo(1.0, least_m=math.inf), "its geometry is not a number"),
        (range_fault, replace(echo(1.0), range_max_m=math.inf), "its geometry is not a number"),
        (range_fault, echo(1.0, width_rad=-0.01), "its geometry is not a number"),
        (range_fault, echo(1.0, width_rad=2 * math.pi + 0.01), "its geometry is not a number"),
        (range_fault, echo(1.0, width_rad=2 * math.pi), ""),
        (range_fault, echo(1.0, width_rad=0.0), ""),
    ],
)
def test_the_form_of_a_message(check: Callable[[Any], str], message: Any, problem: str) -> None:
    assert check(message) == problem


# ---------------------------------------------------------------- how old it is, and what silence means

TABLE: dict[str, Any] = {
    "rear": {"kind": "scan", "mount": {"x_m": -0.2, "yaw_rad": math.pi}, "field_of_view_rad": math.pi, "max_age_s": 0.3},
    "camera": {"kind": "points", "required": False, "max_age_s": 0.5, "least_points": 1},
    "sonar": {"kind": "range", "frame_id": "sonar_front", "required": False, "max_age_s": 0.2},
}


def inputs(**table: Any) -> Inputs:
    return Inputs(GateConfig.model_validate({"sources": table or TABLE}), HORIZON_M)


def news(now_s: float, scan_m: float = 3.0, **besides: list[Any]) -> dict[str, list[Any]]:
    return {"scan/others": [half_scan(scan_m, stamp_s=now_s)], "odom": [Odometry(now_s, 0, 0, 0, 0, 0)], **besides}


def test_a_required_sensor_that_is_silent_stops() -> None:
    taken = inputs()
    assert taken.sources.missing(0.0) == ["no rear"]
    taken.take(news(0.0), 0.0)
    assert taken.sources.missing(0.3) == [] and taken.sources.missing(0.31) == ["rear is 0.3 s old"]
    assert taken.ages_s(0.1)["rear"] == pytest.approx(0.1)
    taken.take({"scan/others": [half_scan(math.inf, stamp_s=0.4)]}, 0.4)
    assert taken.sources.missing(0.4) == ["rear is 0.4 s old (none of its rays hits anything)"]
    taken.take({"scan/others": [half_scan(3.0, stamp_s=math.nan)]}, 0.4)
    assert taken.sources.missing(0.4) == ["rear is 0.4 s old (its stamp is not a number)"]
    taken.reset()
    assert taken.sources.missing(0.4) == ["no rear"]


def test_an_optional_one_is_not_missed_until_it_has_spoken() -> None:
    taken = inputs()
    taken.take(news(0.0), 0.0)
    assert taken.sources.lost(5.0) == ""
    taken.take({"range": [echo(1.0, frame_id="sonar_front")]}, 0.0)
    assert taken.sources.lost(0.2) == "" and taken.sources.lost(0.3) == "sonar is 0.3 s old"


def test_messages_of_other_frames_and_older_ones_are_not_taken() -> None:
    taken = inputs()
    taken.take({"range": [echo(1.0, frame_id="sonar"), "nonsense"], "scan/others": [half_scan(1.0, frame_id="left")]}, 0.0)
    assert taken.sources.missing(0.0) == ["no rear"] and taken.sources.lost(9.0) == ""
    taken.take({"points": [cloud((1.0, 0.0, 0.5), stamp_s=1.0), cloud((0.5, 0.0, 0.5), stamp_s=0.5)]}, 1.0)
    assert taken.sources.added_to(NO_OBSTACLES, None, 1.0).x_m.tolist() == [1.0]


def test_what_a_silent_sensor_saw_last_stays_where_it_was() -> None:
    taken = inputs()
    taken.take({"odom": [Odometry(0.0, 0, 0, 0, 0, 0)]}, 0.0)
    taken.take({"points": [cloud((1.0, 0.0, 0.5))]}, 0.0)
    moved = Odometry(2.0, 0.4, 0.0, math.pi / 2, 0, 0)
    assert taken.sources.added_to(NO_OBSTACLES, moved, 0.1).x_m.tolist() == [1.0]  # fresh: as it came
    later = taken.sources.added_to(NO_OBSTACLES, moved, 2.0)
    assert (later.x_m[0], later.y_m[0]) == (pytest.approx(0.0), pytest.approx(-0.6))
    assert later.nearest_m == pytest.approx(0.6)


def test_what_a_silent_sensor_saw_is_where_it_was_from_any_pose() -> None:
    taken = inputs()
    taken.take({"odom": [Odometry(0.0, 1.0, 2.0, 0.3, 0, 0)]}, 0.0)
    taken.take({"points": [cloud((0.8, 0.4, 0.5))]}, 0.0)
    place = complex(1.0, 2.0) + complex(0.8, 0.4) * np.exp(0.3j)  # on the ground
    seen = (place - complex(1.5, 1.2)) * np.exp(-1.1j)
    later = taken.sources.added_to(NO_OBSTACLES, Odometry(2.0, 1.5, 1.2, 1.1, 0, 0), 2.0)
    assert np.allclose((later.x_m[0], later.y_m[0], later.nearest_m), (seen.real, seen.imag, abs(seen)))


@pytest.mark.parametrize(("then", "now"), [(False, True), (True, False)])
def test_where_odometry_is_missing_points_stay_as_they_came(then: bool, now: bool) -> None:
    taken = inputs()
    taken.take({"odom": [Odometry(0.0, 1.0, 0.0, 0.0, 0, 0)] if then else [], "points": [cloud((1.0, 0.0, 0.5))]}, 0.0)
    assert taken.sources.added_to(NO_OBSTACLES, Odometry(2.0, 0.4, 0.0, 0.0, 0, 0) if now else None, 2.0).x_m.tolist() == [1.0]


def test_obstacles_of_all_sensors_come_together() -> None:
    taken = inputs()
    taken.take({"points": [cloud((0.4, 0.3, 0.5))]}, 0.0)
    near = Obstacles(np.array([0.3]), np.array([0.0]), 0.3, 0.05)
    both = taken.sources.added_to(near, None, 0.0)
    assert both.x_m.tolist() == [0.3, pytest.approx(0.4)] and (both.nearest_m, both.coarse_m) == (0.3, 0.05)
    alone = taken.sources.added_to(NO_OBSTACLES, None, 0.0)
    assert alone.nearest_m == pytest.approx(0.5) and alone.coarse_m == 0.0
    aside = Obstacles(np.array([0.0]), np.array([0.2]), 0.2)  # x² - y² and its like would be wrong
    assert taken.sources.added_to(aside, None, 0.0).nearest_m == 0.2


def test_of_two_messages_of_one_time_the_later_one_counts() -> None:
    taken = inputs()
    taken.take({"points": [cloud((1.0, 0.0, 0.5)), cloud((0.5, 0.0, 0.5))]}, 0.0)
    assert taken.sources.added_to(NO_OBSTACLES, None, 0.0).x_m.tolist() == [0.5]


def test_the_age_of_what_still_counts() -> None:
    taken = inputs()
    assert taken.sources.age_s(0.0) == 0.0
    taken.take({**news(0.0), "points": [cloud(stamp_s=0.125)]}, 0.125)
    assert taken.sources.age_s(0.25) == 0.25
    assert taken.sources.age_s(0.375) == 0.25, "the lidar is too old and counts for nothing"
    assert taken.sources.age_s(0.0) == 0.0 and taken.sources.ages_s(0.0)["camera"] == 0.0, "news of the future are new"


@pytest.mark.parametrize(("ahead_deg", "sensors", "all_around"), [
    (360, {}, True),
    (359, {}, False),
    (200, {"left": (120, 120), "right": (-140, 100)}, True),
    (200, {"left": (120, 120)}, False),
    (201, {"rear": (180, 157)}, False),  # a gap of one degree
    (201, {"rear": (180, 159)}, True),
    (6, {"rear": (180, 300)}, False),
    (60, {"rear": (180, 300)}, True),
])  # fmt: skip
def test_which_sensors_look_all_around(ahead_deg: float, sensors: dict[str, tuple[float, float]], all_around: bool) -> None:
    """Each with the direction that it looks in and the width that it sees."""
    table = {
        name: {"kind": "points", "least_points": 0, "mount": {"yaw_rad": math.radians(yaw)}, "field_of_view_rad": math.radians(wide)}
        for name, (yaw, wide) in sensors.items()
    }
    taken = inputs(**table, sonar={"kind": "range"})
    taken.take({"points": [cloud(frame_id=name) for name in sensors], "range": [echo(1.0)]}, 0.0)
    assert taken.sources.all_around(math.radians(ahead_deg), 0.0) is all_around


# ---------------------------------------------------------------- the settings of a row

RANGES: list[tuple[str, str, float, float]] = [
    ("range", "max_age_s", 1e-6, 5), ("scan", "field_of_view_rad", 1e-6, 2 * math.pi), ("scan", "range_max_m", 1e-6, 100),
    ("points", "field_of_view_rad", 0, 2 * math.pi), ("points", "least_height_m", -1, 3), ("points", "most_height_m", -1, 5),
    ("points", "least_points", 0, 10_000), ("cliff", "floor_m", 1e-6, 1),
]  # fmt: skip
MOUNTS = [("x_m", -3, 3), ("y_m", -3, 3), ("z_m", -1, 3), *((f"{axis}_rad", -math.pi, math.pi) for axis in ("roll", "pitch", "yaw"))]


def row(kind: str, **settings: Any) -> Any:
    return GateConfig.model_validate({"sources": {"row": {"kind": kind, **settings}}}).sources["row"]


@pytest.mark.parametrize(("kind", "name", "least", "most"), RANGES)
def test_a_setting_has_its_range(kind: str, name: str, least: float, most: float) -> None:
    step = 1 if name == "least_points" else 2e-6
    for sound in (least, most):
        assert getattr(row(kind, **{name: sound}), name) == sound
    for wrong in (least - step, most + step):
        with pytest.raises(ValidationError, match=name):
            row(kind, **{name: wrong})


@pytest.mark.parametrize(("name", "least", "most"), MOUNTS)
def test_a_mount_is_on_the_robot(name: str, least: float, most: float) -> None:
    for sound in (least, most):
        assert getattr(row("range", mount={name: sound}).mount, name) == sound
    for wrong in (least - 0.01, most + 0.01):
        with pytest.raises(ValidationError, match=name):
            row("range", mount={name: wrong})


def test_what_nobody_sets() -> None:
    mount = {"x_m": 0.0, "y_m": 0.0, "z_m": 0.0, "roll_rad": 0.0, "pitch_rad": 0.0, "yaw_rad": 0.0}
    every = {"frame_id": "", "max_age_s": 0.35, "required": True, "mount": mount}
    assert row("scan").model_dump(exclude={"kind"}) == {**every, "field_of_view_rad": 2 * math.pi, "range_max_m": 1.5}
    assert row("points").model_dump(exclude={"kind"}) == {
        **every, "field_of_view_rad": 0.0, "least_height_m": 0.05, "most_height_m": 1.4, "least_points": 10,
    }  # fmt: skip
    assert row("cliff").model_dump(exclude={"kind"}) == {**every, "floor_m": 0.1}


def test_a_row_does_not_change_while_the_robot_runs() -> None:
    for model, name in ((row("range"), "required"), (row("range").mount, "x_m")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, name, 0.5)


@pytest.mark.parametrize("width_deg", [180, 90])
def test_whether_somebody_looks_behind(width_deg: float) -> None:
    table = {"rear": {**TABLE["rear"], "field_of_view_rad": math.radians(width_deg)}}
    taken = inputs(**table)
    taken.take(news(0.0), 0.0)
    assert taken.sources.all_around(math.radians(200), 0.1) is (width_deg == 180)
    assert not taken.sources.all_around(math.radians(200), 0.5)


def test_two_rows_may_not_share_a_frame() -> None:
    with pytest.raises(ValidationError, match=r"sources\.two: has the frame of one"):
        GateConfig.model_validate({"sources": {name: {"kind": "range", "frame_id": "x"} for name in ("one", "two")}})


# ---------------------------------------------------------------- the gate with them


def drive(rig: Rig, linear: float, ticks: int = 1, **besides: Callable[[float], Any]) -> float:
    """The last speed; ``besides`` are messages for every tick."""
    for _ in range(ticks):
        messages: dict[str, Any] = {topic: [make(rig.now_s)] for topic, make in besides.items()}
        rig.drive(linear, **messages)
    return rig.velocity.linear_mps


def test_a_required_sensor_holds_the_base_until_it_speaks() -> None:
    rig = Rig(sources={"sonar": {"kind": "range"}}).ready()
    assert drive(rig, 0.3, 10) == 0.0
    assert rig.state is not None and rig.state.causes == ("no sonar",)
    assert drive(rig, 0.3, 10, range=lambda t: echo(math.inf, t)) > 0.0
    assert drive(rig, 0.3, 30) == 0.0


def test_an_optional_one_that_falls_silent_makes_it_creep() -> None:
    rig = Rig(sources={"sonar": {"kind": "range", "required": False}}).ready()
    assert drive(rig, 0.5, 60) == 0.5
    drive(rig, 0.5, range=lambda t: echo(math.inf, t))
    assert drive(rig, 0.5, 30) == pytest.approx(0.2)


def test_what_only_the_camera_sees_stops_the_base() -> None:
    rig = Rig(sources={"camera": {"kind": "points", "least_points": 1}}).ready()
    assert drive(rig, 0.5, 250, points=lambda t: cloud((0.6 - rig.x_m, 0.0, 0.6), stamp_s=t)) == 0.0
    assert 0.2 < rig.x_m <= 0.6 - 0.22 - 0.07


@pytest.mark.parametrize(("at_x", "at_y", "forward", "backward"), [(0.2, 0.0, 0, 1), (-0.2, 0.0, 1, 0), (0.0, 0.2, 0, 0), (0.0, 0.0, 0, 0)])
def test_at_a_cliff_only_the_way_back_is_open(at_x: float, at_y: float, forward: int, backward: int) -> None:
    rig = Rig(sources={"edge": {"kind": "cliff", "mount": {"x_m": at_x, "y_m": at_y}}}).ready()
    assert (drive(rig, 0.3, 10, range=lambda t: echo(math.inf, t, "edge")) > 0.0) == bool(forward)
    assert (drive(rig, -0.2, 10, range=lambda t: echo(math.inf, t, "edge")) < 0.0) == bool(backward)
    turned = rig.drive(0.0, 1.5, ticks=40, range=[echo(math.inf, rig.now_s, "edge")])
    assert 0.0 <= turned.angular_radps <= 0.8
    assert drive(rig, 0.3, 10, range=lambda t: echo(0.05, t, "edge")) > 0.0


def test_backwards_only_where_somebody_looks() -> None:
    narrow: dict[str, Any] = {"scan_field_of_view_rad": math.radians(200)}
    assert drive(Rig(**narrow).ready(), -0.2, 10) == 0.0
    rig = Rig(**narrow, sources={"rear": {"kind": "scan", "mount": {"yaw_rad": math.pi}, "field_of_view_rad": math.pi}}).ready()
    drive(rig, 0.0, scan__others=lambda t: half_scan(3.0, stamp_s=t))
    assert drive(rig, -0.2, 10, scan__others=lambda t: half_scan(3.0, stamp_s=t)) < 0.0
    assert drive(rig, -0.2, 20, scan__others=lambda t: half_scan(0.3, stamp_s=t)) == 0.0
