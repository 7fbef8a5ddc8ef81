"""What is measured of people in boxes: heights and distances, and what is unknown."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_runtime.perceive.boxes import Boxes, no_boxes
from robot_runtime.perceive.by_size import by_size
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.measures import COLUMNS, Measures, column, measure, take, unknown
from robot_runtime.perceive.place import Placer
from robot_runtime.perceive.places import Places
from tests.unit.eyes_world import CLASSES, LENS, Card, look_from, shoot

SIZE = (LENS.width_px, LENS.height_px)
VIEW = look_from(1.0, -0.5, yaw_rad=0.4, tilt_rad=0.1)


def at(distance_m: float, height_m: float, bottom_m: float = 0.0, view: View = VIEW) -> tuple[Boxes, Places]:
    """The box of somebody straight ahead, and their place as a depth camera would tell it."""
    ahead = view.pose.rotation[:2, 2] / np.linalg.norm(view.pose.rotation[:2, 2])
    spot = view.pose.position_m[:2] + distance_m * ahead
    head, foot = view.project(np.array([[*spot, bottom_m + height_m], [*spot, bottom_m]]))
    tall = foot[1] - head[1]
    box = np.array([[head[0] - tall / 8, head[1], tall / 4, tall]], np.float32)
    box[0, 1:4:2] = np.clip(box[0, 1], 0, SIZE[1]), np.clip(foot[1], 0, SIZE[1]) - np.clip(box[0, 1], 0, SIZE[1])
    places = Places(np.array([[*spot, 0.0]]), 0.01 * np.eye(3)[None], np.zeros(1), ("depth",))
    return Boxes(box, np.ones(1, np.float32), np.zeros(1, np.int64)), places


def known(rows: Measures) -> dict[str, float]:
    assert rows.shape == (1, len(COLUMNS))
    assert rows.dtype == np.float32
    return dict(zip(COLUMNS, rows[0].tolist(), strict=True))


@pytest.mark.parametrize(("distance_m", "height_m"), [(2.5, 1.1), (2.5, 1.75), (5.0, 1.2), (7.0, 1.9)])
def test_who_stands_in_the_picture_is_as_high_as_they_are_by_depth_and_by_feet(distance_m: float, height_m: float) -> None:
    boxes, places = at(distance_m, height_m)
    told = known(measure(boxes, places, VIEW, SIZE))
    assert (told["view"], told["place"], told["by_depth"], told["floor"]) == (1, 1, 1, 1)
    assert told["distance_m"] == pytest.approx(distance_m, abs=1e-3)
    assert told["top_m"] == pytest.approx(height_m, abs=0.01)
    assert told["foot_m"] == pytest.approx(0.0, abs=0.01)
    assert told["stature_m"] == pytest.approx(height_m, abs=0.01)
    assert told["width_m"] == pytest.approx(height_m / 4, rel=0.1)
    assert (told["cut_above"], told["cut_below"], told["cut_beside"]) == (0, 0, 0)


def test_a_child_and_who_is_twice_as_far_and_twice_as_high_have_one_box_but_other_measures() -> None:
    view = look_from(0.0, 0.0, tilt_rad=0.0)  # whose rays to the horizon are level: two of a size ratio look alike
    near, places_near = at(2.0, 0.6, bottom_m=1.25 - 0.6, view=view)
    far, places_far = at(4.0, 1.2, bottom_m=1.25 - 1.2, view=view)
    assert near.ltwh_px == pytest.approx(far.ltwh_px, abs=0.01)
    spread = [known(measure(near, places, view, SIZE)) for places in (places_near, places_far)]
    assert [one["top_m"] - one["foot_m"] for one in spread] == pytest.approx([0.6, 1.2], abs=0.01)


def test_who_is_cut_by_the_border_is_said_to_be_so_and_not_to_stand_there() -> None:
    boxes, places = at(0.9, 1.75)
    told = known(measure(boxes, places, VIEW, SIZE))
    assert (told["cut_above"], told["cut_below"], told["cut_beside"]) == (1, 1, 0)
    assert (told["floor"], told["stature_m"]) == (0, 0)
    assert 0.3 < told["top_m"] < 1.75
    wide = Boxes(np.array([[0, 50, 30, 100]], np.float32), boxes.scores, boxes.class_ids)
    assert known(measure(wide, places, VIEW, SIZE))["cut_beside"] == 1
    wide = Boxes(np.array([[SIZE[0] - 30, 50, 30, 100]], np.float32), boxes.scores, boxes.class_ids)
    assert known(measure(wide, places, VIEW, SIZE))["cut_beside"] == 1


def test_without_a_place_only_what_feet_tell_is_known() -> None:
    boxes, _ = at(3.0, 1.7)
    for places in (None, Places.unknown(1)):
        told = known(measure(boxes, places, VIEW, SIZE))
        assert (told["view"], told["floor"], told["place"], told["top_m"], told["distance_m"]) == (1, 1, 0, 0, 0)
        assert told["stature_m"] == pytest.approx(1.7, abs=0.01)


def test_a_guess_by_size_is_no_measure_of_size() -> None:
    boxes, _ = at(3.0, 1.7)
    guessed = by_size(Places.unknown(1), boxes, [0], VIEW)
    assert guessed.sources == ("size",)
    assert known(measure(boxes, guessed, VIEW, SIZE))["place"] == 0


def test_a_distance_in_doubt_is_none_but_doubt_across_does_not_matter() -> None:
    boxes, places = at(3.0, 1.7)
    away = places.position_m[0, :2] - VIEW.pose.position_m[:2]
    along, across = np.zeros(3), np.zeros(3)
    along[:2], across[:2] = away / np.linalg.norm(away), np.array([-away[1], away[0]]) / np.linalg.norm(away)
    doubtful = replace(places, covariance_m2=0.5 * np.outer(along, along)[None])
    sideways = replace(places, covariance_m2=0.5 * np.outer(across, across)[None])
    assert known(measure(boxes, doubtful, VIEW, SIZE))["place"] == 0
    assert known(measure(boxes, sideways, VIEW, SIZE))["place"] == 1


def test_without_a_view_the_border_alone_is_known() -> None:
    boxes, places = at(0.9, 1.75)
    rows = measure(boxes, places, None, SIZE)
    assert {name for name, value in known(rows).items() if value} == {"cut_above", "cut_below"}
    lost = View(LENS, replace(VIEW.pose, std_m=math.inf))
    assert (measure(boxes, places, lost, SIZE) == rows).all()


def test_who_looks_at_the_horizon_sees_no_floor() -> None:
    level = look_from(0.0, 0.0, tilt_rad=0.0)
    above = Boxes(np.array([[100, 40, 40, 80]], np.float32), np.ones(1, np.float32), np.zeros(1, np.int64))  # ends at the horizon
    assert known(measure(above, None, level, SIZE))["floor"] == 0


def test_one_bad_row_leaves_the_others_as_they_are() -> None:
    boxes, places = at(3.0, 1.7)
    bad = np.array([np.nan, np.inf, 1e38, 5.0], np.float32)
    both = Boxes(np.stack((bad, boxes.ltwh_px[0])), np.ones(2, np.float32), np.zeros(2, np.int64))
    spots = np.stack((np.array([np.nan, 0.0, 0.0]), places.position_m[0]))
    many = Places(spots, np.repeat(places.covariance_m2, 2, axis=0), np.zeros(2), ("depth", "depth"))
    rows = measure(both, many, VIEW, SIZE)
    assert not rows[0].any()
    assert rows[1:] == pytest.approx(measure(boxes, places, VIEW, SIZE))


def test_of_nobody_there_are_no_rows() -> None:
    assert measure(no_boxes(), Places.unknown(0), VIEW, SIZE).shape == (0, len(COLUMNS))


numbers = st.floats(allow_nan=True, allow_infinity=True, width=32)


@given(st.tuples(*[numbers] * 4), st.tuples(*[numbers] * 3), st.floats(0, 10) | st.just(math.nan), st.sampled_from(("depth", "floor", "")))
def test_every_row_is_finite_and_in_range(ltwh: tuple[float, ...], spot: tuple[float, ...], std_m: float, source: str) -> None:
    boxes = Boxes(np.array([ltwh], np.float32), np.ones(1, np.float32), np.zeros(1, np.int64))
    places = Places(np.array([spot], np.float64), std_m**2 * np.eye(3)[None], np.zeros(1), (source,))
    told = known(measure(boxes, places, VIEW, SIZE))
    assert all(math.isfinite(value) and -1 <= value <= 10 for value in told.values())
    if not told["place"]:
        assert not any(told[name] for name in ("by_depth", "distance_m", "top_m", "foot_m", "width_m"))
    if not told["floor"]:
        assert told["stature_m"] == 0


def test_the_robots_own_places_give_the_height_of_who_it_sees_with_and_without_depth() -> None:
    view = look_from(0.0, 0.0)
    shot = shoot(view, [Card(3.0, 0.0, height_m=1.15)])
    placer = Placer(CLASSES)
    for depth_m, by_depth in ((shot.depth_m, 1), (None, 0)):
        told = known(measure(shot.boxes, placer.place(shot.boxes, view, depth_m), view, SIZE))
        assert (told["place"], told["by_depth"]) == (1, by_depth)
        assert told["top_m"] == pytest.approx(1.15, abs=0.06)


def test_a_network_gets_the_columns_that_it_wants() -> None:
    rows = unknown(2)
    column(rows, "top_m")[:] = 1.5
    wanted = take(rows, ("view", "top_m"))
    assert wanted.tolist() == [[0, 1.5], [0, 1.5]]
    assert wanted.flags["C_CONTIGUOUS"]
