"""Who is half hidden by a door's frame, a table or a chair is behind it, who stands before a wall is not in it, and doubt stays."""

from __future__ import annotations

import math

import numpy as np
import pytest

from robot_runtime.perceive import body_depth
from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.place import Placer, Places
from robot_runtime.perceive.tracks import Tracker
from tests.unit.eyes_world import CLASSES, LENS, Card, Shot, look_from, shoot_figure

PLACER = Placer(CLASSES)
VIEW = look_from(0.0, 0.0)
AT = (3.2, 0.0)
WALL = Card(5.6, 0.0, 14.0, 3.0, detected=False)
FIGURES = {
    "child": [Card(3.2, 0.0, 0.17, 0.22, bottom_m=0.93), Card(3.2, 0.0, 0.28, 0.45, bottom_m=0.5), Card(3.2, 0.0, 0.22, 0.5)],
    "grown-up": [Card(3.2, 0.0, 0.17, 0.24, bottom_m=1.46), Card(3.2, 0.0, 0.4, 0.62, bottom_m=0.86), Card(3.2, 0.0, 0.3, 0.86)],
}
ROWS, COLUMNS = np.arange(LENS.height_px)[:, None] + 0.5, np.arange(LENS.width_px)[None] + 0.5


def placed(shot: Shot) -> Places:
    return PLACER.place(shot.boxes, VIEW, shot.depth_m)


def error_m(places: Places, at_m: tuple[float, float] = AT) -> float:
    return math.dist(places.position_m[0, :2], at_m)


def shares(shot: Shot) -> tuple[np.ndarray, np.ndarray]:
    """How far across and down the box each pixel is."""
    left, top, width, height = shot.boxes.ltwh_px[0].tolist()
    return (COLUMNS - left) / width, (ROWS - top) / height


@pytest.mark.parametrize("mirrored", [False, True], ids=["left", "right"])
@pytest.mark.parametrize(("above", "below"), [(-0.1, 0.8), (0.0, 1.0), (0.2, 0.9), (0.5, 0.5)], ids=str)
@pytest.mark.parametrize("who", FIGURES)
def test_a_door_frame_is_not_the_person(who: str, above: float, below: float, mirrored: bool) -> None:
    """It covers this share of the box at its upper and lower end: away from the middle a camera that looks down sees frames aslant."""
    shot = shoot_figure(VIEW, FIGURES[who], [WALL])
    across, down = shares(shot)
    shot.depth_m[(1 - across if mirrored else across) < above + (below - above) * down] = 1.4
    places = placed(shot)
    assert error_m(places) < 0.15
    assert error_m(places) < 3 * places.std_m(0)


@pytest.mark.parametrize("hidden", [0.3, 0.4, 0.5, 0.6])
@pytest.mark.parametrize("who", FIGURES)
@pytest.mark.parametrize(("ahead_m", "left_px", "right_px"), [(1.5, 0, 320), (2.2, 140, 180)], ids=["table", "back of a chair"])
def test_what_hides_the_lower_part_is_not_the_person(who: str, hidden: float, ahead_m: float, left_px: int, right_px: int) -> None:
    shot = shoot_figure(VIEW, FIGURES[who], [WALL])
    _, down = shares(shot)
    before = (down > 1 - hidden) & (left_px <= COLUMNS) & (right_px > COLUMNS)
    shot.depth_m[before] = np.minimum(shot.depth_m, ahead_m)[before]
    assert error_m(placed(shot)) < 0.15


@pytest.mark.parametrize("x_m", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("side", [-1, 1])
def test_the_border_of_the_picture_is_no_frame(x_m: float, side: int) -> None:
    """Half of somebody is in the picture, and nothing is known of what is beyond."""
    at_m = (x_m, side * x_m * math.tan(math.radians(37.5)))
    moved = [Card(*at_m, part.width_m, part.height_m, bottom_m=part.bottom_m) for part in FIGURES["grown-up"]]
    places = placed(shoot_figure(VIEW, moved, [WALL]))
    assert error_m(places, at_m) < 2 * places.std_m(0)
    assert abs(places.position_m[0, 0] - x_m) < 0.1


@pytest.mark.parametrize("behind_m", [0.15, 0.25, 0.35])
@pytest.mark.parametrize("who", FIGURES)
def test_the_end_of_a_wall_close_behind_somebody_does_not_take_them_along(who: str, behind_m: float) -> None:
    """It is of their slice of the room and fills one side of the rim; beside its end one sees far."""
    wall = Card(3.2 + behind_m, 2.0 - 0.05, 4.0, 3.0, class_id=1, detected=False)
    shot = shoot_figure(VIEW, FIGURES[who], [WALL, wall])
    across, down = shares(shot)
    shot.depth_m[(across < -0.02) & (down < 1)] = 3.2 + behind_m
    assert error_m(placed(shot)) < 0.15


@pytest.mark.parametrize(("filled_bin", "passing"), [(10, 1.0), (12, 1.0), (13, 0.0)])
def test_only_what_is_as_near_as_the_nearest_of_a_slice_passes_by(filled_bin: int, passing: float) -> None:
    """A person from bin 10 on; something fills the right side of the rim at that bin of the same slice."""
    rim = np.bincount(body_depth._ZONES.ravel())[body_depth._OUTSIDE]
    outer, inner = np.zeros((8, 31), np.intp), np.zeros(31, np.intp)
    inner[11:] = 200
    outer[2:5, filled_bin + 1 :] = rim[2:5, None]
    assert body_depth._passing(outer, inner, np.array([10]), rim).tolist() == [passing]


def test_who_stands_in_the_door_as_near_as_its_frame_is_told_near() -> None:
    shot = shoot_figure(VIEW, FIGURES["grown-up"], [WALL])
    across, _ = shares(shot)
    shot.depth_m[np.broadcast_to(across < 0.1, shot.depth_m.shape)] = 3.1
    places = placed(shot)
    assert places.position_m[0, 0] < 3.3


def test_what_one_picture_leaves_open_more_of_them_do_not_settle() -> None:
    """Something stands before somebody, as high as their box and nowhere beside it: the nearer is told, and the other not excluded."""
    shot = shoot_figure(VIEW, [Card(4.0, 0.0, 0.6)], [WALL])
    left, top, width, height = shot.boxes.ltwh_px[0].astype(int).tolist()
    shot.depth_m[top : top + height, left : left + width // 2] = 2.5
    shot.depth_m[top + height :] = 2.0
    tracker = Tracker(CLASSES)
    for picture in range(20):
        (somebody,) = tracker.update(shot.boxes, 0.2 * picture, placed(shot), view=VIEW)
    assert somebody.position_m[0] < 2.8
    assert 4.0 - somebody.position_m[0] < 3 * somebody.position_std_m


def test_a_sure_place_grows_surer_with_every_picture() -> None:
    shot = shoot_figure(VIEW, FIGURES["grown-up"], [WALL])
    places = placed(shot)
    assert places.shared_std_m[0] < 0.1 < 3 * places.std_m(0)
    empty = Boxes(shot.boxes.ltwh_px[:0], shot.boxes.scores[:0], shot.boxes.class_ids[:0])
    assert not len(PLACER.place(empty, VIEW, shot.depth_m).sources)
