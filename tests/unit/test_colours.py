"""Colours in words that people use."""

from __future__ import annotations

import math

import numpy as np
import pytest

from robot_runtime.perceive import colours as colours_module
from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.colours import Colours, votes

OAK = (90, 130, 170)
BOX = (40.0, 40.0, 20.0, 20.0)


def picture(thing: tuple[int, int, int], around: tuple[int, int, int] = OAK) -> Bgr:
    bgr = np.full((100, 100, 3), around, np.uint8)
    bgr[40:60, 40:60] = thing
    return bgr


@pytest.mark.parametrize(
    ("name", "bgr"),
    [
        ("red", (40, 40, 200)), ("orange", (30, 120, 240)), ("yellow", (40, 210, 230)), ("green", (60, 150, 60)), ("blue", (180, 90, 40)),
        ("brown", (35, 60, 100)), ("white", (235, 235, 235)), ("black", (25, 25, 25)), ("", (120, 120, 120)),
    ],
)  # fmt: skip
def test_a_thing_has_the_name_of_its_colour(name: str, bgr: tuple[int, int, int]) -> None:
    assert Colours().look("cup-1", picture(bgr, (150, 140, 140)), BOX) == name


def test_the_background_that_shows_through_is_not_its_colour() -> None:
    bgr = picture((200, 60, 30), (200, 60, 30))  # a blue table cloth, and in the box hardly anything else
    bgr[49:51, 40:60] = (190, 190, 190)
    assert Colours().look("knife-1", bgr, BOX) == ""


@pytest.mark.parametrize("box", [(130.0, 70.0, 300.0, 260.0), (251.0, 33.0, 97.0, 211.0), (0.0, 200.0, 120.0, 120.0)], ids=str)
def test_of_a_large_box_some_pixels_tell_the_same(monkeypatch: pytest.MonkeyPatch, box: tuple[float, float, float, float]) -> None:
    kinds = np.array([OAK, (40, 40, 200), (180, 90, 40), (40, 40, 200)], np.uint8)
    bgr = np.full((480, 640, 3), OAK, np.uint8)
    left, top, width, height = map(int, box)
    spots = np.random.default_rng(5).integers(0, 4, (height // 8 + 1, width // 8 + 1)).repeat(8, axis=0).repeat(8, axis=1)
    bgr[top : top + height, left : left + width] = kinds[spots[:height, :width]]
    some = votes(bgr, box)
    monkeypatch.setattr(colours_module, "_FINE_PX", math.inf)
    assert some == pytest.approx(votes(bgr, box), abs=0.04)
    assert 0.35 < some.max() < 0.65


def test_a_moment_of_shade_does_not_rename_it() -> None:
    colours = Colours()
    for _ in range(10):
        assert colours.look("cup-1", picture((40, 40, 200)), BOX) == "red"
    assert colours.look("cup-1", picture((20, 20, 20)), BOX) == "red"
    told = [colours.look("cup-1", picture((180, 90, 40)), BOX) for _ in range(40)]
    assert told[-1] == "blue", "but it is no prejudice"


def test_a_thing_of_a_few_pixels_has_no_colour_yet() -> None:
    colours = Colours()
    assert colours.look("cup-1", picture((40, 40, 200)), (40.0, 40.0, 7.0, 9.0)) == ""
    assert colours.of("cup-1") == ""
    assert colours.look("cup-1", picture((40, 40, 200)), BOX) == colours.of("cup-1") == "red"


@pytest.mark.parametrize(
    "box",
    [
        (0.0, 0.0, 1e300, 1e300),
        (-1e300, 0.0, 500.0, 500.0),
        (0.0, 0.0, 500.0, math.nan),
        (-50.0, -50.0, 20.0, 20.0),
        (99.0, 99.0, 50.0, 50.0),
        (150.0, 150.0, 50.0, 50.0),
        (math.nan, 0.0, 1.0, 1.0),
        (5.0, 5.0, 0.0, 0.0),
    ],
)
def test_a_box_beside_the_picture_is_no_error(box: tuple[float, float, float, float]) -> None:
    assert isinstance(Colours().look("cup-1", picture((40, 40, 200)), box), str)


def test_tracks_that_are_gone_are_forgotten() -> None:
    colours = Colours()
    for k in range(50):
        colours.look(f"cup-{k}", picture((40, 40, 200)), BOX)
        colours.keep([f"cup-{k}"])
    assert len(colours._votes) == len(colours._told) == 1
