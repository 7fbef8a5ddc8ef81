"""Places from depth, floor and surfaces: right, honestly unsure, and unknown rather than wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from robot_runtime.messages import RobotPose
from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.camera_model import HeadMount, View, camera_pose
from robot_runtime.perceive.place import UNKNOWN_STD_M, Placer, Places
from robot_runtime.world.semantic_map import Surface
from tests.unit.eyes_world import CLASSES, LENS, Card, Shot, look_from, shoot, shoot_figure

TABLE = Surface(place="kitchen", centre_m=(2.2, 0.0), size_m=(0.8, 1.2), height_m=0.75)
PLACER = Placer(CLASSES, (TABLE,))
BARE = Placer(CLASSES)
CHI2_2_99 = 9.21


def boxes(*rows: tuple[float, float, float, float], class_ids: tuple[int, ...] = ()) -> Boxes:
    ids = class_ids or (0,) * len(rows)
    return Boxes(np.array(rows, np.float32).reshape(-1, 4), np.full(len(rows), 0.9, np.float32), np.array(ids, np.int64))


def error_m(places: Places, card: Card, row: int = 0) -> float:
    return math.dist(places.position_m[row, :2], (card.x_m, card.y_m))


@pytest.mark.parametrize(("distance_m", "side_m"), [(1.2, 0.0), (2.0, 0.7), (3.0, 0.0), (3.0, -0.7), (5.0, 0.7)])
def test_a_person_is_placed_by_depth(distance_m: float, side_m: float) -> None:
    somebody = Card(distance_m, side_m)
    view = look_from(0.0, 0.0)
    shot = shoot(view, [somebody])
    places = BARE.place(shot.boxes, view, shot.depth_m)
    assert places.sources == ("depth",)
    assert error_m(places, somebody) < 0.06
    assert places.position_m[0, 2] == 0.0
    assert places.std_m(0) < 0.15


@pytest.mark.parametrize("distance_m", [2.6, 3.0, 5.0])
def test_without_depth_a_person_is_placed_by_the_feet(distance_m: float) -> None:
    somebody = Card(distance_m, -0.4)
    view = look_from(0.0, 0.0, tilt_rad=0.2)
    places = BARE.place(shoot(view, [somebody]).boxes, view)
    assert places.sources == ("floor",)
    assert error_m(places, somebody) < 0.05 * distance_m
    assert 0.08 < places.std_m(0) < 0.12 * distance_m


def test_a_cup_on_the_table_is_placed_by_depth_and_by_the_table() -> None:
    cup = Card(2.2, 0.1, 0.08, 0.10, class_id=1, bottom_m=0.75)
    view = look_from(0.0, 0.0, tilt_rad=0.2)
    shot = shoot(view, [cup])
    for depth_m, source in ((shot.depth_m, "depth"), (None, "surface")):
        places = PLACER.place(shot.boxes, view, depth_m)
        assert places.sources == (source,)
        assert error_m(places, cup) < 0.12
        assert places.position_m[0, 2] == pytest.approx(0.80, abs=0.05)
        assert error_m(places, cup) < 3 * places.std_m(0)


def test_a_cup_on_no_known_surface_has_no_place_without_depth() -> None:
    view = look_from(0.0, 0.0, tilt_rad=0.2)
    assert BARE.place(shoot(view, [Card(2.2, 0.1, 0.08, 0.1, class_id=1, bottom_m=0.75)]).boxes, view).sources == ("unknown",)


def test_a_cup_in_a_hand_is_not_on_the_table_behind() -> None:
    view = look_from(0.0, 0.0, tilt_rad=0.2)
    shot = shoot(view, [Card(2.2, 0.0, 0.08, 0.1, class_id=1, bottom_m=0.76)])
    left, top, width, height = shot.boxes.ltwh_px[0].tolist()
    holder = (left - 40, top - 60, 80 + width, 130 + height)
    places = PLACER.place(boxes((left, top, width, height), holder, class_ids=(1, 0)), view)
    assert places.sources[0] == "unknown"


# ------------------------------------------------ honest doubt


def noisy(rng: np.random.Generator, true: View, somebody: Card, shot: Shot, with_depth: bool) -> tuple[NDArray[np.float64], Places]:
    """One try: the detector, depth, head and pose err as their models say; the place's error and what is claimed of it."""
    pose_std_m, angle_std = 0.03, 0.01
    left, top, width, height = shot.boxes.ltwh_px[0].tolist()
    left += rng.normal(0, math.hypot(1, 0.06 * width))
    foot = rng.normal(0, math.hypot(1, 0.015 * height))
    robot = RobotPose(0.0, rng.normal(0, pose_std_m), rng.normal(0, pose_std_m), rng.normal(0, angle_std), pose_std_m)
    pose = camera_pose(robot, 0.0, 0.15 + rng.normal(0, angle_std), HeadMount())
    assert pose is not None
    ahead_m = shot.depth_m + rng.normal(0, 0.0012 + 0.0019 * somebody.x_m**2) + rng.normal(0, 0.06)
    depth_m = ahead_m.astype(np.float32) if with_depth else None
    places = BARE.place(boxes((left, top, width, height + foot)), View(LENS, pose), depth_m)
    body_m = np.array([0.0, rng.normal(0, 0.06)]) if with_depth else np.array([rng.normal(0, 0.08) - 0.05, 0.0])
    return places.position_m[0, :2] - (somebody.x_m, somebody.y_m) + body_m, places


@pytest.mark.parametrize("with_depth", [True, False])
@pytest.mark.parametrize("distance_m", [2.5, 4.0])
def test_errors_are_as_large_as_the_covariance_says(with_depth: bool, distance_m: float) -> None:
    rng = np.random.default_rng(7)
    somebody, view = Card(distance_m, 0.5), look_from(0.0, 0.0)
    shot = shoot(view, [somebody])
    tries = [noisy(rng, view, somebody, shot, with_depth) for _ in range(400)]
    squared = np.array([error @ np.linalg.solve(places.covariance_m2[0, :2, :2], error) for error, places in tries])
    assert np.isfinite(squared).all()
    assert (squared < CHI2_2_99).mean() > 0.975  # not over-confident
    assert 1.0 < squared.mean() < 2.4  # nor uselessly shy; 2 would be exact
    within = np.mean([np.hypot(*error) < 2 * places.std_m(0) for error, places in tries])
    assert within > 0.86  # what a round normal distribution in the plane has within two standard deviations


def test_the_error_at_three_metres_is_small() -> None:
    rng = np.random.default_rng(3)
    somebody, view = Card(3.0, 0.5), look_from(0.0, 0.0)
    shot = shoot(view, [somebody])
    assert np.median([np.hypot(*noisy(rng, view, somebody, shot, True)[0]) for _ in range(200)]) < 0.10


def test_holes_in_the_depth_do_not_matter_and_no_depth_falls_back_to_the_floor() -> None:
    rng = np.random.default_rng(1)
    somebody, view = Card(3.0, 0.0), look_from(0.0, 0.0, tilt_rad=0.2)
    shot = shoot(view, [somebody])
    holes = rng.random(shot.depth_m.shape)
    torn = np.where(holes < 0.3, np.nan, np.where(holes < 0.5, 0.0, np.where(holes < 0.6, np.inf, shot.depth_m))).astype(np.float32)
    places = BARE.place(shot.boxes, view, torn)
    assert places.sources == ("depth",)
    assert error_m(places, somebody) < 0.06
    assert BARE.place(shot.boxes, view, np.full_like(torn, np.nan)).sources == ("floor",)
    assert BARE.place(shot.boxes, view, np.empty((0, 0), np.float32)).sources == ("floor",)


def test_what_hides_half_of_somebody_and_goes_on_is_not_them() -> None:
    somebody, view = Card(3.0, 0.0), look_from(0.0, 0.0)
    shot = shoot(view, [somebody])
    shot.depth_m[:, 160:] = 1.5
    places = BARE.place(shot.boxes, view, shot.depth_m)
    assert error_m(places, somebody) < 2 * places.std_m(0)


WALL = Card(6.0, 0.0, 12.0, 3.0, detected=False)
HEAD, TRUNK = Card(3.0, 0.0, 0.17, 0.24, bottom_m=1.46), Card(3.0, 0.0, 0.36, 0.62, bottom_m=0.86)
LEGS = [Card(3.0, 0.09, 0.13, 0.86), Card(3.0, -0.09, 0.13, 0.86)]
SEATED_HEAD, SEATED_TRUNK = Card(3.0, 0.0, 0.17, 0.24, bottom_m=1.06), Card(3.0, 0.0, 0.24, 0.60, bottom_m=0.46)
FIGURES = {
    "sits sideways on a chair": [SEATED_HEAD, SEATED_TRUNK, Card(3.0, 0.28, 0.5, 0.15, bottom_m=0.42), Card(3.0, 0.5, 0.12, 0.45)],
    "sits, facing the robot": [SEATED_HEAD, SEATED_TRUNK, Card(2.7, 0.0, 0.34, 0.15, bottom_m=0.42), Card(2.55, 0.0, 0.3, 0.45)],
    "points to the side": [HEAD, TRUNK, *LEGS, Card(3.0, 0.55, 0.75, 0.1, bottom_m=1.35)],
    "arms apart": [HEAD, TRUNK, *LEGS, Card(3.0, 0.5, 0.65, 0.1, bottom_m=1.35), Card(3.0, -0.5, 0.65, 0.1, bottom_m=1.35)],
    "turned, an arm lifted forward": [HEAD, Card(3.0, 0.0, 0.22, 0.62, bottom_m=0.86), LEGS[0], Card(3.0, 0.33, 0.5, 0.1, bottom_m=1.4)],
}

LARGEST_M = {"sits, facing the robot": 0.5}
"""The shins are that much nearer, and nearer is told."""


@pytest.mark.parametrize("wall_m", [3.6, 4.5, 7.0])
@pytest.mark.parametrize("figure", FIGURES)
def test_the_wall_beside_an_arm_is_not_the_person(figure: str, wall_m: float) -> None:
    view, wall = look_from(0.0, 0.0), Card(wall_m, 0.0, 12.0, 3.0, detected=False)
    shot = shoot_figure(view, FIGURES[figure], [wall])
    places = BARE.place(shot.boxes, view, shot.depth_m)
    assert error_m(places, HEAD) < 3 * places.std_m(0)
    assert places.position_m[0, 0] < 3.0 + 0.15, "told farther away than they are"
    assert error_m(places, HEAD) < LARGEST_M.get(figure, 0.25)


@pytest.mark.parametrize("jitter_px", [(-3, -2, 4, 5), (3, 2, -4, -4), (4, -3, 0, 6)])
@pytest.mark.parametrize("figure", FIGURES)
def test_boxes_need_not_be_exact(figure: str, jitter_px: tuple[int, int, int, int]) -> None:
    view = look_from(0.0, 0.0)
    shot = shoot_figure(view, FIGURES[figure], [WALL])
    moved = boxes(*(shot.boxes.ltwh_px + np.array(jitter_px)).tolist())
    places = BARE.place(moved, view, shot.depth_m)
    assert error_m(places, HEAD) < 3 * places.std_m(0)
    assert error_m(places, HEAD) < LARGEST_M.get(figure, 0.25)


def test_somebody_behind_a_table_is_not_at_the_table() -> None:
    view = look_from(0.0, 0.0)
    shot = shoot_figure(view, FIGURES["sits sideways on a chair"], [WALL, Card(2.0, 0.2, 1.6, 0.75, detected=False)])
    places = BARE.place(shot.boxes, view, shot.depth_m)
    assert error_m(places, HEAD) < 3 * places.std_m(0)
    assert error_m(places, HEAD) < 0.25


def test_when_two_could_be_meant_the_nearer_is_told_and_the_other_is_not_excluded() -> None:
    """Something before somebody, as high as their box and nowhere beside it; what they stand behind hides the floor."""
    view = look_from(0.0, 0.0)
    shot = shoot_figure(view, [Card(4.0, 0.0, 0.6)], [WALL])
    left, top, width, height = shot.boxes.ltwh_px[0].astype(int).tolist()
    shot.depth_m[top : top + height, left : left + width // 2] = 2.5
    shot.depth_m[top + height :] = 2.0
    places = BARE.place(shot.boxes, view, shot.depth_m)
    assert places.position_m[0, 0] < 2.8
    assert error_m(places, Card(4.0, 0.0)) < 3 * places.std_m(0)


def test_clothes_without_depth_are_not_the_wall_behind_them() -> None:
    view = look_from(0.0, 0.0, tilt_rad=0.2)
    shot = shoot_figure(view, FIGURES["points to the side"], [WALL])
    shot.depth_m[(shot.depth_m > 2.5) & (shot.depth_m < 3.0)] = np.nan
    places = BARE.place(shot.boxes, view, shot.depth_m)
    assert places.sources[0] != "depth" or places.position_m[0, 0] < 3.0 + 2 * places.std_m(0)


def test_a_glass_is_where_it_stands_and_not_where_the_wall_behind_it_is() -> None:
    view, placer = look_from(0.0, 0.0, tilt_rad=0.3), Placer(("person", "glass"))
    glass = Card(2.0, 0.0, 0.07, 0.14, class_id=1, bottom_m=0.75)
    left, top, width, height = shoot(view, [glass]).boxes.ltwh_px[0].astype(int).tolist()
    shot = shoot_figure(view, [Card(3.0, 1.2)], [WALL])
    top_px = np.arange(LENS.height_px)[:, None] > top + height / 2
    grid = np.stack(np.meshgrid(np.arange(LENS.width_px) + 0.5, np.arange(LENS.height_px) + 0.5), axis=-1).reshape(-1, 2)
    table_m = view.pose.to_camera(view.on_plane(grid, 0.75))[:, 2].reshape(shot.depth_m.shape)
    depth_m = np.where(top_px, table_m, shot.depth_m).astype(np.float32)
    places = placer.place(boxes((left, top, width, height), class_ids=(1,)), view, depth_m)
    assert error_m(places, glass) < 3 * places.std_m(0)
    assert error_m(places, glass) < 0.15
    holder = (left - 60, top - 60, 140 + width, 160 + height)
    held = placer.place(boxes((left, top, width, height), holder, class_ids=(1, 0)), view, depth_m)
    assert held.std_m(0) > 0.3, "what is under it may be far behind"
    cut = placer.place(boxes((left, top, width, 240 - top), class_ids=(1,)), view, depth_m)
    assert cut.sources == ("unknown",)


def test_depth_in_another_resolution_is_the_same() -> None:
    view = look_from(0.0, 0.0)
    shot = shoot(view, [Card(3.0, 0.4)])
    small = np.ascontiguousarray(shot.depth_m[::2, ::2])
    np.testing.assert_allclose(
        BARE.place(shot.boxes, view, small).position_m, BARE.place(shot.boxes, view, shot.depth_m).position_m, atol=5e-3
    )


# ------------------------------------------------ better none than a wrong one


def test_feet_that_the_picture_cuts_off_tell_nothing() -> None:
    view = look_from(0.0, 0.0, tilt_rad=0.0)
    shot = shoot(view, [Card(1.2, 0.0)])
    places = BARE.place(shot.boxes, view)
    assert places.sources == ("unknown",)
    assert np.isnan(places.position_m).all()
    assert places.std_m(0) == UNKNOWN_STD_M


def test_feet_behind_the_table_tell_nothing() -> None:
    view = look_from(0.0, 0.0, tilt_rad=0.2)
    top = Card(2.2 - 0.4, 0.0, 1.2, 0.75, detected=False)
    shot = shoot(view, [Card(3.2, 0.0), top])
    assert len(shot.shown) == 1
    assert error_m(BARE.place(shot.boxes, view), Card(3.2, 0.0)) > 0.5 or BARE.place(shot.boxes, view).sources == ("unknown",)
    assert PLACER.place(shot.boxes, view).sources == ("unknown",)
    assert PLACER.place(shot.boxes, view, shot.depth_m).sources == ("depth",)


def test_feet_behind_somebody_else_tell_nothing() -> None:
    view = look_from(0.0, 0.0, tilt_rad=0.2)
    shot = shoot(view, [Card(2.6, 0.0, height_m=1.1), Card(4.0, 0.0)])
    places = BARE.place(shot.boxes, view)
    assert [places.sources[shot.shown.index(k)] for k in (0, 1)] == ["floor", "unknown"]


def test_giants_and_dwarfs_are_not_on_the_floor() -> None:
    view = look_from(0.0, 0.0, tilt_rad=0.2)
    for height_m in (3.4, 0.3):
        shot = shoot(view, [Card(4.0, 0.0, height_m=height_m)])
        row = shot.boxes.ltwh_px[0]
        if row[1] > 2:  # the whole of it is in the picture
            assert BARE.place(shot.boxes, view).sources == ("unknown",)


def test_a_robot_that_does_not_know_where_it_is_places_nothing() -> None:
    view = look_from(0.0, 0.0)
    shot = shoot(view, [Card(3.0, 0.0)])
    assert BARE.place(shot.boxes, None, shot.depth_m).sources == ("unknown",)
    assert BARE.place(shot.boxes, look_from(0.0, 0.0, std_m=math.inf), shot.depth_m).sources == ("unknown",)


def test_the_pose_is_part_of_the_doubt() -> None:
    shot = shoot(look_from(0.0, 0.0), [Card(3.0, 0.0)])
    sure, unsure = (BARE.place(shot.boxes, look_from(0.0, 0.0, std_m=std_m), shot.depth_m) for std_m in (0.0, 0.3))
    assert unsure.std_m(0) == pytest.approx(math.hypot(sure.std_m(0), 0.3), abs=1e-6)
    assert unsure.shared_std_m[0] >= 0.3


anything = st.floats(width=32, allow_nan=True, allow_infinity=True)


@settings(max_examples=150, deadline=None)
@given(
    hnp.arrays(np.float32, st.tuples(st.integers(0, 4), st.just(4)), elements=anything),
    hnp.arrays(np.float32, st.sampled_from([(0, 0), (1, 1), (6, 8)]), elements=anything) | st.none(),
    st.floats(-1.0, 1.0),
)  # fmt: skip
def test_nonsense_neither_raises_nor_gets_a_confident_place(
    rows: NDArray[np.float32], depth_m: NDArray[np.float32] | None, tilt_rad: float
) -> None:
    ids = np.arange(len(rows), dtype=np.int64) % 3
    places = PLACER.place(Boxes(rows, np.full(len(rows), 0.9, np.float32), ids), look_from(0.0, 0.0, tilt_rad=tilt_rad), depth_m)
    assert places.position_m.shape == (len(rows), 3)
    assert np.isfinite(places.covariance_m2).all()
    for k, row in enumerate(rows):
        sound = np.isfinite(row).all() and (row[2:] > 0).all()
        if not sound:
            assert places.sources[k] == "unknown"
        known = places.sources[k] != "unknown"
        assert known == bool(np.isfinite(places.position_m[k]).all())
        assert places.std_m(k) <= 1.6 if known else places.std_m(k) == UNKNOWN_STD_M
