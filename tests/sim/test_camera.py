"""Pictures of the home; skipped where no OpenGL is to be had."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from robot_runtime.messages import SimState
from sim.camera import SimCamera, overhead, render
from sim.oracle import OracleEyes
from sim.renderer import FAST, Renderer
from tests import opengl
from tests.sim.home_runner import FAMILY_HOME, HomeRunner


@pytest.fixture(scope="module")
def camera() -> Iterator[SimCamera]:
    with opengl.needed():
        drawing = SimCamera(FAMILY_HOME, 640, 480)
    yield drawing


@pytest.fixture(scope="module")
def runner() -> HomeRunner:
    runner = HomeRunner()
    runner.place_robot(3.6, 5.87, math.pi)
    runner.aim(0.5, head_tilt=0.25)
    return runner


@pytest.fixture(scope="module")
def state(runner: HomeRunner) -> SimState:
    found: SimState = runner.last("sim/state")
    return found


def test_there_is_no_picture_before_the_first_state(camera: SimCamera) -> None:
    assert SimCamera(FAMILY_HOME, 64, 48).read(0.0) is None


def test_a_picture_has_colour_and_depth_and_the_time_of_its_state(camera: SimCamera, state: SimState) -> None:
    camera.update(state)
    image = camera.read(state.stamp_s + 0.03)
    assert image is not None and image.depth_m is not None
    assert (image.bgr.shape, image.depth_m.shape) == ((480, 640, 3), (480, 640))
    assert image.bgr.dtype == np.uint8
    assert image.stamp_s == state.stamp_s
    assert image.bgr.std() > 20  # a picture, not a plain area


def test_the_red_cup_is_where_the_oracle_says_at_the_distance_that_depth_says(camera: SimCamera, state: SimState) -> None:
    camera.update(state)
    image = camera.read(state.stamp_s)
    assert image is not None and image.depth_m is not None
    cup = next(d for d in OracleEyes(FAMILY_HOME).look(state, 0.0)[0].detections if d.track_id == "red_cup")
    left, top, width, height = (round(v) for v in cup.box_px)
    patch = image.bgr[top : top + height, left : left + width].astype(int)
    red = (patch[:, :, 2] > 90) & (patch[:, :, 2] > 2.5 * patch[:, :, 1])
    assert red.mean() > 0.3
    depth = image.depth_m[top : top + height, left : left + width][red]
    assert np.median(depth) == pytest.approx(0.98, abs=0.12)  # 1.0 m ahead, 0.45 m below the eye, head bowed


def test_the_same_state_gives_the_same_picture(camera: SimCamera, state: SimState) -> None:
    camera.update(state)
    first, second = camera.read(0.0), camera.read(0.0)
    assert first is not None and second is not None
    assert np.array_equal(first.bgr, second.bgr)


@pytest.mark.parametrize("at", [(4.3, 2.9, 0.0), (4.3, 2.9, math.pi), (1.2, 3.4, 1.3), (8.0, 1.75, -0.6), (3.55, 5.8, 2.6)], ids=str)
def test_what_lies_beside_the_picture_is_left_out_and_changes_nothing_in_it(
    monkeypatch: pytest.MonkeyPatch, camera: SimCamera, at: tuple[float, float, float]
) -> None:
    runner = HomeRunner()
    runner.place_robot(*at)
    runner.idle(0.1)
    state = runner.last("sim/state")
    drawing = Renderer(FAMILY_HOME, 320, 240, FAST)
    groups = drawing._model.geom_group.copy()
    (bgr, depth_m), some = drawing.draw(state, "head"), drawing._scene.ngeom
    monkeypatch.setattr(Renderer, "_may_show", lambda self: np.ones(self._model.ngeom, np.bool_))
    (whole_bgr, whole_depth_m), every = drawing.draw(state, "head"), drawing._scene.ngeom
    assert 0 < some < every / 2
    assert np.array_equal(bgr, whole_bgr) and np.array_equal(depth_m, whole_depth_m)
    assert np.array_equal(drawing._model.geom_group, groups), "others draw with the same model"


def test_the_view_from_above_shows_movers_over_the_rest(camera: SimCamera, runner: HomeRunner, state: SimState) -> None:
    draw = overhead(FAMILY_HOME)
    before = draw(state)
    runner.place_robot(8.0, 1.75, 0.0)
    runner.idle(0.2)
    after = draw(runner.last("sim/state"))
    changed = np.abs(before.astype(int) - after.astype(int)).sum(axis=2) > 40
    assert before.shape == (480, 640, 3)
    assert 100 < changed.sum() < 8000
    columns = np.nonzero(changed)[1]
    assert (columns > 400).any() and (columns < 330).any()  # where it was and where it is


def test_the_quick_view_from_above_agrees_with_the_full_one(camera: SimCamera, state: SimState) -> None:
    quick, full = overhead(FAMILY_HOME)(state).astype(int), render(FAMILY_HOME, state, "overhead", 640, 480).astype(int)
    assert np.mean(np.abs(quick - full)) < 3.0


def test_an_unknown_camera_is_refused(camera: SimCamera, state: SimState) -> None:
    with pytest.raises(ValueError, match="no camera 'rear'"):
        Renderer(FAMILY_HOME, 64, 48, FAST).draw(state, "rear")
