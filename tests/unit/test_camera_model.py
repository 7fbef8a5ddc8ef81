"""The pinhole camera: round trips, conventions, and agreement with the simulated robot and OpenCV."""

from __future__ import annotations

import math

import cv2
import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_runtime.messages import RobotPose
from robot_runtime.perceive.camera_model import HeadMount, Intrinsics, View, camera_pose, on_plane
from sim.robot_model import CAMERA_HFOV_DEG, CAMERA_IN_HEAD_M, HEAD_AT_M, add_robot

LENS = Intrinsics.from_hfov(320, 240, math.radians(75))
BENT = Intrinsics.from_camera_info(640, 480, (525.0, 0, 319.5, 0, 524.0, 239.5, 0, 0, 1), (-0.2, 0.08, 0.001, -0.002, 0.01), "plumb_bob")
HERE = RobotPose(0.0, 1.0, -2.0, 0.7, 0.05)


def view(pan_rad: float = 0.0, tilt_rad: float = 0.0, robot: RobotPose = HERE, lens: Intrinsics = LENS) -> View:
    pose = camera_pose(robot, pan_rad, tilt_rad, HeadMount())
    assert pose is not None
    return View(lens, pose)


def test_the_mount_is_that_of_the_simulated_robot() -> None:
    mount = HeadMount()
    assert mount.pan_axis_m == HEAD_AT_M[0]
    assert mount.height_m == pytest.approx(HEAD_AT_M[2] + CAMERA_IN_HEAD_M[2])
    assert (mount.forward_m, mount.up_m) == (CAMERA_IN_HEAD_M[0], 0.0)


@pytest.mark.parametrize(("pan", "tilt"), [(0.0, 0.0), (0.8, 0.3), (-2.0, -0.5)])
def test_it_looks_from_where_mujoco_looks(pan: float, tilt: float) -> None:
    spec = mujoco.MjSpec()
    add_robot(spec, lambda body, parts: None, None)
    model = spec.compile()
    data = mujoco.MjData(model)
    data.joint("base").qpos[:] = (HERE.x_m, HERE.y_m, 0.0, math.cos(HERE.yaw_rad / 2), 0, 0, math.sin(HERE.yaw_rad / 2))
    data.joint("head_pan").qpos[0], data.joint("head_tilt").qpos[0] = pan, tilt
    mujoco.mj_forward(model, data)
    pose = view(pan, tilt).pose
    np.testing.assert_allclose(pose.position_m, data.camera("head").xpos, atol=1e-9)
    flip = np.diag([1.0, -1.0, -1.0])  # OpenGL's camera has y up and looks along -z
    np.testing.assert_allclose(pose.rotation, data.camera("head").xmat.reshape(3, 3) @ flip, atol=1e-9)


def test_the_middle_of_the_picture_is_straight_ahead() -> None:
    np.testing.assert_allclose(LENS.unproject(np.array([[160.0, 120.0]])), [[0, 0, 1]], atol=1e-12)
    assert LENS.unproject(np.array([[320.0, 120.0]]))[0, 0] == pytest.approx(math.tan(math.radians(CAMERA_HFOV_DEG / 2)))


def test_left_in_the_map_is_left_in_the_picture_and_down_is_down() -> None:
    straight = view(robot=RobotPose(0.0, 0.0, 0.0, 0.0, 0.0))
    left, low = straight.project(np.array([[3.0, 1.0, 1.25], [3.0, 0.0, 0.0]]))
    assert left[0] < 160
    assert left[1] == pytest.approx(120)
    assert low[1] > 120


def test_tilting_down_moves_things_up_in_the_picture() -> None:
    floor = np.array([[HERE.x_m + 3 * math.cos(HERE.yaw_rad), HERE.y_m + 3 * math.sin(HERE.yaw_rad), 0.0]])
    assert view(tilt_rad=0.3).project(floor)[0, 1] < view(tilt_rad=0.1).project(floor)[0, 1]


@given(
    st.floats(-math.pi, math.pi), st.floats(-2.8, 2.8), st.floats(-1.0, 1.0), st.floats(0, 640), st.floats(0, 480), st.floats(0.2, 10)
)  # fmt: skip
def test_pixel_to_map_and_back(yaw: float, pan: float, tilt: float, across: float, down: float, depth_m: float) -> None:
    camera = view(pan, tilt, RobotPose(0.0, 3.0, 4.0, yaw, 0.0), BENT)
    pixel = np.array([[across, down]])
    point = camera.pose.position_m + depth_m * camera.rays(pixel)
    np.testing.assert_allclose(camera.project(point), pixel, atol=1e-3)
    np.testing.assert_allclose(camera.pose.to_map(camera.pose.to_camera(point)), point, atol=1e-9)


def test_distortion_is_that_of_opencv() -> None:
    points = np.array([[0.3, -0.2, 1.0], [-0.5, 0.4, 1.2], [0.0, 0.0, 2.0]])
    matrix = np.array([[525.0, 0, 319.5], [0, 524.0, 239.5], [0, 0, 1]])
    theirs, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, np.array(BENT.distortion))
    np.testing.assert_allclose(BENT.project(points), theirs.reshape(-1, 2) + 0.5, atol=1e-6)  # they count from the pixel's middle


def test_a_resized_picture_shows_the_same() -> None:
    point = np.array([[0.4, 0.3, 2.0]])
    np.testing.assert_allclose(BENT.scaled_to(320, 240).project(point) * 2, BENT.project(point), atol=1e-9)


def test_what_has_no_answer_is_nan() -> None:
    assert np.isnan(LENS.project(np.array([[0.0, 0, -1], [0, 0, 0], [np.nan, 0, 1]]))).all()
    assert np.isnan(LENS.unproject(np.array([[np.nan, 0], [np.inf, 3]]))).all()
    assert np.isnan(BENT.unproject(np.array([[1e9, 1e9]]))).all()
    down, level, up = on_plane(np.array([0.0, 0, 1]), np.array([[1.0, 0, -1], [1, 0, 0], [1, 0, 1]]))
    np.testing.assert_allclose(down, (1, 0, 0))
    assert np.isnan(level).all()
    assert np.isnan(up).all()


def test_a_camera_whose_place_is_not_known_is_none() -> None:
    assert camera_pose(RobotPose(0.0, math.nan, 0.0, 0.0, 0.0), 0.0, 0.0, HeadMount()) is None
    assert camera_pose(HERE, math.inf, 0.0, HeadMount()) is None
    unsure = camera_pose(RobotPose(0.0, 0.0, 0.0, 0.0, math.nan), 0.0, 0.0, HeadMount())
    assert unsure is not None
    assert unsure.std_m == math.inf


@pytest.mark.parametrize(
    ("k", "d", "model"),
    [((0.0,) * 9, (), ""), ((1.0, 0, 0), (), ""), ((500.0, 0, 9, 0, 500, 9, 0, 0, 1), (), "equidistant"),
     ((500.0, 0, 9, 0, 500, 9, 0, 0, 1), (math.nan,), "plumb_bob"), ((500.0, 0, 9, 0, 500, 9, 0, 0, 1), (0.0,) * 8, "plumb_bob")],
)  # fmt: skip
def test_an_uncalibrated_or_unknown_lens_is_refused(k: tuple[float, ...], d: tuple[float, ...], model: str) -> None:
    with pytest.raises(ValueError, match=r"camera|distortion"):
        Intrinsics.from_camera_info(640, 480, k, d, model)
    with pytest.raises(ValueError, match="field of view"):
        Intrinsics.from_hfov(640, 480, 4.0)
