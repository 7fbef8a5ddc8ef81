"""Pictures go into the network's input and boxes come back, exactly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_runtime.perceive.boxes import Bgr, Candidates
from robot_runtime.perceive.letterbox import GREY, Fit, Letterbox, Pixels, Placement, place

RGB_0_TO_1 = Pixels(True, (1 / 255,) * 3, (0.0,) * 3, np.dtype(np.float32))
BYTES = Pixels(False, (1.0,) * 3, (0.0,) * 3, np.dtype(np.uint8))
SIDES = st.integers(1, 5000)


def _picture(width_px: int, height_px: int, seed: int = 0) -> Bgr:
    return np.random.default_rng(seed).integers(0, 256, (height_px, width_px, 3), np.uint8)


@st.composite
def _placements(draw: st.DrawFn) -> Placement:
    return place(
        width_px=draw(SIDES),
        height_px=draw(SIDES),
        input_width_px=draw(st.sampled_from([32, 320, 640])),
        input_height_px=draw(st.sampled_from([32, 256, 640])),
        fit=draw(st.sampled_from(Fit)),
    )


@given(_placements(), st.lists(st.tuples(*[st.floats(0, 1)] * 4), max_size=8))
def test_a_box_comes_back_to_where_it_was(placed: Placement, shares: list[tuple[float, ...]]) -> None:
    size = np.array([placed.picture_width_px, placed.picture_height_px] * 2, np.float64)
    corners = np.array(shares, np.float64).reshape(-1, 4) * size
    ltrb = np.concatenate([np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])], axis=1)
    ltrb = ltrb[((ltrb[:, 2:] - ltrb[:, :2]) > 0.01 * size[:2]).all(axis=1)]
    found = Candidates(placed.to_input(ltrb).astype(np.float32), np.ones(len(ltrb), np.float32), np.zeros(len(ltrb), np.int64))
    ltwh = placed.to_picture(found).ltwh_px.astype(np.float64)
    expected = np.concatenate([ltrb[:, :2], ltrb[:, 2:] - ltrb[:, :2]], axis=1)
    assert ltwh == pytest.approx(expected, abs=float(size.max()) * 1e-6, rel=1e-6)


@given(_placements())
def test_the_picture_lies_within_the_input_and_touches_two_of_its_sides(placed: Placement) -> None:
    found = Candidates(np.array([[-1e9, -1e9, 1e9, 1e9]], np.float32), np.ones(1, np.float32), np.zeros(1, np.int64))
    assert placed.left_px >= 0
    assert placed.top_px >= 0
    assert placed.to_picture(found).ltwh_px.tolist() == [[0, 0, placed.picture_width_px, placed.picture_height_px]]


def test_whole_pixels_come_back_exactly() -> None:
    placed = place(width_px=1280, height_px=960, input_width_px=640, input_height_px=640, fit=Fit.CENTRE)
    ltrb = np.array([[10, 20, 300, 401], [0, 0, 1280, 960]], np.float64)
    found = Candidates(placed.to_input(ltrb).astype(np.float32), np.ones(2, np.float32), np.zeros(2, np.int64))
    assert placed.to_picture(found).ltwh_px.tolist() == [[10, 20, 290, 381], [0, 0, 1280, 960]]


def test_what_lies_in_the_bars_is_nothing() -> None:
    placed = place(width_px=640, height_px=320, input_width_px=640, input_height_px=640, fit=Fit.CENTRE)
    found = Candidates(np.array([[10, 10, 50, 150]], np.float32), np.ones(1, np.float32), np.zeros(1, np.int64))
    assert len(placed.to_picture(found)) == 0


def test_a_picture_of_the_right_size_is_turned_to_rgb_between_0_and_1() -> None:
    picture = _picture(64, 32)
    images, _ = Letterbox(64, 32, RGB_0_TO_1, Fit.CENTRE, most=1)([picture])
    np.testing.assert_allclose(images[0], picture[:, :, ::-1].transpose(2, 0, 1) / 255, rtol=1e-6)


def test_pictures_of_different_sizes_lie_between_grey_bars() -> None:
    wide, high = _picture(128, 32), _picture(16, 64, seed=1)
    images, (first, second) = Letterbox(64, 64, BYTES, Fit.CENTRE, most=2)([wide, high])
    assert (first.top_px, first.height_px, second.left_px, second.width_px) == (24, 16, 24, 16)
    expected = cv2.resize(wide, (64, 16), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(images[0, :, 24:40].transpose(1, 2, 0), expected)
    np.testing.assert_array_equal(images[1, :, :, 24:40].transpose(1, 2, 0), high)
    assert (images[0, :, :24] == GREY).all()
    assert (images[0, :, 40:] == GREY).all()
    assert (images[1, :, :, :24] == GREY).all()


def test_the_buffer_is_one_and_an_old_picture_leaves_nothing_behind() -> None:
    box = Letterbox(64, 64, BYTES, Fit.CENTRE, most=2)
    first, _ = box([_picture(64, 64)])
    second, _ = box([_picture(64, 16)])
    assert np.shares_memory(first, second)
    fresh, _ = Letterbox(64, 64, BYTES, Fit.CENTRE, most=2)([_picture(64, 16)])
    np.testing.assert_array_equal(second, fresh)


def test_with_corner_the_bars_are_right_and_below() -> None:
    images, (placed,) = Letterbox(64, 64, BYTES, Fit.CORNER, most=1)([_picture(32, 64)])
    assert (placed.left_px, placed.top_px) == (0, 0)
    assert (images[0, :, :, 32:] == GREY).all()


def test_mean_and_deviation_are_applied_to_bars_too() -> None:
    pixels = Pixels(True, (1 / 50, 1 / 100, 1 / 200), (-1.0, 0.0, 2.0), np.dtype(np.float16))
    images, _ = Letterbox(4, 4, pixels, Fit.CENTRE, most=1)([np.full((2, 4, 3), (200, 100, 50), np.uint8)])
    assert images.dtype == np.float16
    assert images[0, :, 1, 0].tolist() == [0.0, 1.0, 3.0]
    assert images[0, :, 0, 0].astype(float).tolist() == pytest.approx([GREY / 50 - 1, GREY / 100, GREY / 200 + 2], rel=1e-3)


@pytest.mark.parametrize("view", [np.s_[::-1], np.s_[:, ::-1], np.s_[::2, ::3], np.s_[5:30, 7:40]])
def test_views_that_are_not_contiguous_give_the_same_as_copies(view: tuple[slice, ...]) -> None:
    picture = _picture(64, 48)[view]
    given_view, _ = Letterbox(40, 32, RGB_0_TO_1, Fit.CENTRE, most=1)([picture])
    given_copy, _ = Letterbox(40, 32, RGB_0_TO_1, Fit.CENTRE, most=1)([picture.copy()])
    np.testing.assert_array_equal(given_view, given_copy)


@pytest.mark.parametrize(("width_px", "height_px"), [(1, 1), (1, 5000), (5000, 1), (7680, 4320)])
def test_extreme_sizes_fit(width_px: int, height_px: int) -> None:
    images, (placed,) = Letterbox(64, 64, BYTES, Fit.CENTRE, most=1)([np.full((height_px, width_px, 3), 200, np.uint8)])
    assert (images[0, :, placed.top_px, placed.left_px] == 200).all()
