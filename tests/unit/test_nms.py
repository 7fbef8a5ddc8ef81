"""Suppression does what the obvious, slow version does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from robot_runtime.perceive.boxes import Candidates, overlap
from robot_runtime.perceive.nms import MOST_CANDIDATES, suppress


def _obvious(found: Candidates, iou: float, most: int) -> list[int]:
    order = sorted(range(len(found.scores)), key=lambda index: -found.scores[index])
    kept: list[int] = []
    for index in order:
        boxes = found.ltrb.astype(float)
        same = [other for other in kept if found.class_ids[other] == found.class_ids[index]]
        if all(overlap(boxes[index], boxes[[other]])[0] <= iou for other in same) and len(kept) < most:
            kept.append(index)
    return kept


@st.composite
def _candidates(draw: st.DrawFn) -> Candidates:
    count = draw(st.integers(0, 25))
    corners = draw(hnp.arrays(np.int64, (count, 2), elements=st.integers(0, 12)))
    sizes = draw(hnp.arrays(np.int64, (count, 2), elements=st.integers(1, 8)))
    scores = draw(hnp.arrays(np.int64, count, elements=st.integers(0, 4))) / 4  # few values: many ties
    classes = draw(hnp.arrays(np.int64, count, elements=st.integers(0, 2)))
    ltrb = np.concatenate([corners, corners + sizes], axis=1).astype(np.float32)
    return Candidates(ltrb, scores.astype(np.float32), classes)


@given(_candidates(), st.sampled_from([0.1, 0.43, 0.7, 0.99]), st.integers(1, 30))
def test_it_keeps_what_the_obvious_version_keeps(found: Candidates, iou: float, most: int) -> None:
    kept, expected = suppress(found, iou, most), found.take(np.array(_obvious(found, iou, most), np.intp))
    np.testing.assert_array_equal(kept.ltrb, expected.ltrb)
    np.testing.assert_array_equal(kept.scores, expected.scores)
    np.testing.assert_array_equal(kept.class_ids, expected.class_ids)


def test_it_does_so_across_several_blocks() -> None:
    rng = np.random.default_rng(7)
    corners = rng.integers(0, 40, (250, 2))
    ltrb = np.concatenate([corners, corners + rng.integers(5, 25, (250, 2))], axis=1).astype(np.float32)
    found = Candidates(ltrb, (rng.integers(0, 20, 250) / 20).astype(np.float32), rng.integers(0, 2, 250))
    for most in (20, 250):
        expected = found.take(np.array(_obvious(found, 0.7, most), np.intp))
        np.testing.assert_array_equal(suppress(found, 0.7, most).ltrb, expected.ltrb)
    assert len(expected.scores) > 128, "not several blocks"


def _row(count: int, class_ids: list[int] | None = None) -> Candidates:
    """Boxes side by side that do not touch, all with the same score."""
    left = np.arange(count, dtype=np.float32) * 10
    ltrb = np.stack([left, left * 0, left + 5, left * 0 + 5], axis=1)
    return Candidates(ltrb, np.full(count, 0.5, np.float32), np.array(class_ids or [0] * count, np.int64))


def test_equal_scores_keep_their_order() -> None:
    np.testing.assert_array_equal(suppress(_row(50), 0.5, 50).ltrb, _row(50).ltrb)


def test_boxes_of_different_classes_do_not_suppress_each_other() -> None:
    found = Candidates(np.array([[0, 0, 9, 9]] * 3, np.float32), np.array([0.5, 0.9, 0.7], np.float32), np.array([0, 1, 0]))
    kept = suppress(found, 0.5, 10)
    assert list(zip(kept.class_ids.tolist(), kept.scores.round(1).tolist(), strict=True)) == [
        (1, pytest.approx(0.9)),
        (0, pytest.approx(0.7)),
    ]


def test_without_a_limit_of_overlap_all_stay_in_order_of_their_scores() -> None:
    found = Candidates(np.array([[0, 0, 9, 9]] * 3, np.float32), np.array([0.5, 0.9, 0.7], np.float32), np.zeros(3, np.int64))
    assert suppress(found, None, 2).scores.tolist() == pytest.approx([0.9, 0.7])


def test_only_the_best_thousand_are_looked_at() -> None:
    found = _row(3 * MOST_CANDIDATES)
    found.scores[-1] = 0.9
    kept = suppress(found, 0.5, 2 * MOST_CANDIDATES)
    assert len(kept.scores) == MOST_CANDIDATES
    assert kept.scores[0] == np.float32(0.9)


def test_absurdly_large_boxes_are_no_trouble() -> None:
    huge = np.finfo(np.float32).max
    found = Candidates(np.array([[-huge, -huge, huge, huge]] * 2, np.float32), np.array([0.5, 0.9], np.float32), np.zeros(2, np.int64))
    assert suppress(found, 0.5, 10).scores.tolist() == pytest.approx([0.9])
