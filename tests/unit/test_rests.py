"""On what things stand, in whose hand they are, and where somebody is of whom only the size is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from robot_runtime.messages import GripperState, JointPositions, Person, RobotPose
from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.by_size import by_size
from robot_runtime.perceive.places import Places
from robot_runtime.perceive.rests import Hand, height_of_foot_m, holder_of, is_in_the_air, support_of
from robot_runtime.perceive.tracks import Tracker
from robot_runtime.world.semantic_map import Place, SemanticMap, Surface
from tests.unit.eyes_world import Card, look_from, shoot

SITE = SemanticMap(
    places={"room": Place(polygon_m=((0, -3), (6, -3), (6, 3), (0, 3)), waypoint_m=(1, 0, 0))},
    surfaces={"table": Surface(place="room", centre_m=(2.0, 0.0), size_m=(1.0, 1.0), height_m=0.75)},
)


def person(at_m: tuple[float, float], seen: bool = True, id_: str = "anna") -> Person:
    return Person(id_, "", "adult", 0.9, (*at_m, 0.0), (0.0, 0.0, 0.0), 0.1, seen, False, True, 0.0)


def test_the_foot_of_a_cup_is_half_a_cup_below_its_middle() -> None:
    view = look_from(0.0, 0.0, tilt_rad=0.35)
    card = Card(1.6, 0.0, 0.08, 0.10, class_id=1, bottom_m=0.75)
    box = tuple(shoot(view, [card]).boxes.ltwh_px[0].tolist())
    assert height_of_foot_m((1.6, 0.0, 0.80), box, view) == pytest.approx(0.76, abs=0.04)


@pytest.mark.parametrize(
    ("at_m", "foot_m", "support", "in_the_air"),
    [
        ((2.0, 0.0, 0.80), 0.76, "table", False),
        ((1.45, 0.0, 0.80), 0.75, "table", False),  # its edge is at 1.5 m
        ((1.2, 0.0, 0.80), 0.75, "", True),
        ((2.0, 0.0, 1.10), 1.05, "", True),  # in a hand above the table
        ((2.0, 0.0, 0.95), 0.89, "", False),  # no saying
        ((4.0, 0.0, 0.05), 0.01, "floor", False),
        ((4.0, 0.0, 0.05), math.nan, "", False),
    ],
)
def test_support(at_m: tuple[float, float, float], foot_m: float, support: str, in_the_air: bool) -> None:
    assert support_of(SITE, at_m, foot_m, 0.02) == support
    assert is_in_the_air(SITE, at_m, foot_m, 0.02) is in_the_air


def test_who_is_nearest_holds_it_if_an_arm_is_long_enough_and_they_are_in_view() -> None:
    cup = (2.0, 0.0, 1.0)
    assert holder_of(cup, [person((2.4, 0.0)), person((2.3, 0.0), id_="leo")]) == "leo"
    assert holder_of(cup, [person((2.8, 0.0))]) == ""
    assert holder_of(cup, [person((2.3, 0.0), seen=False)]) == ""
    assert holder_of(cup, [person((math.nan, 0.0))]) == ""
    assert holder_of((2.0, 0.0, 0.1), [person((2.1, 0.0))]) == "", "nobody's hand is at the ankles"


def test_the_gripper_holds_one_thing_the_nearest_of_its_class() -> None:
    hand, robot = Hand(0.32), RobotPose(0.0, 1.0, 0.0, 0.0, 0.02)
    things = [("cup-1", "cup", (1.62, 0.02, 0.9)), ("cup-2", "cup", (1.5, 0.0, 0.9)), ("book-1", "book", (1.52, 0.0, 0.9))]
    joints = JointPositions(0.0, ("lift", "arm"), (0.9, 0.2))
    hand.take([], [joints])
    assert hand.held(things, robot) == "", "as far as it knows it holds nothing"
    hand.take([GripperState(0.0, True, "red_cup", "cup")], [])
    assert hand.held(things, robot) == "cup-2"
    assert hand.held([("cup-3", "cup", (2.5, 0.0, 0.9)), ("cup-4", "cup", (math.nan, 0.0, 0.9))], robot) == ""
    assert hand.held(things, None) == ""
    hand.take([GripperState(0.1, False, "", "")], [])
    assert hand.held(things, robot) == ""


def guess(ltwh: tuple[float, float, float, float]) -> Places:
    boxes = Boxes(np.array([ltwh], np.float32), np.array([0.9], np.float32), np.array([0]))
    return by_size(Places.unknown(1), boxes, [0], look_from(0.0, 0.0, tilt_rad=0.1))


@pytest.mark.parametrize("distance_m", [1.5, 2.5, 4.0])
def test_somebody_without_depth_and_feet_is_guessed_and_not_too_far(distance_m: float) -> None:
    """Half of them is behind a table."""
    view = look_from(0.0, 0.0, tilt_rad=0.1)
    ltwh = shoot(view, [Card(distance_m, 0.0, 0.45, 1.7)]).boxes.ltwh_px[0]
    places = guess((float(ltwh[0]), float(ltwh[1]), float(ltwh[2]), float(ltwh[3])))
    off_m = math.dist(places.position_m[0, :2], (distance_m, 0.0))
    assert places.sources == ("size",)
    assert off_m <= 1.5 * places.std_m(0)
    assert places.position_m[0, 0] <= 1.1 * distance_m


def test_a_small_child_does_not_stand_surely_farther_away_for_being_looked_at_for_long() -> None:
    """The gate reckons with two standard deviations (``uncertainty_sigmas``)."""
    view, tracker = look_from(0.0, 0.0, tilt_rad=0.1), Tracker(("person",))
    boxes = shoot(view, [Card(1.2, 0.0, 0.25, 0.85)]).boxes
    for picture in range(30):
        told = tracker.update(boxes, picture / 10, by_size(Places.unknown(1), boxes, [0], view), None, view)
    assert told[0].position_m[0] - 2 * told[0].position_std_m <= 1.2


def test_no_view_no_guess_and_a_known_place_stays() -> None:
    boxes = Boxes(np.array([[100, 50, 40, 100]], np.float32), np.array([0.9], np.float32), np.array([0]))
    assert np.isnan(by_size(Places.unknown(1), boxes, [0], None).position_m).all()
    known = Places(np.ones((1, 3)), np.eye(3)[None], np.zeros(1), ("depth",))
    assert by_size(known, boxes, [0], look_from(0.0, 0.0)) is known


def test_a_box_without_size_is_no_guess() -> None:
    assert np.isnan(guess((10.0, 10.0, 0.0, 0.0)).position_m).all()
