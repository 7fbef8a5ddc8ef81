"""Average precision by COCO's definition, calibration, and errors by distance, on cases that can be reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.eyes.figures import (
    OVERLAPS,
    Truth,
    area,
    average_precision,
    by_distance,
    calibration_error,
    careful_temperature,
    match,
    overlap,
    temperature,
)
from robot_runtime.perceive.boxes import Boxes, no_boxes

Row = tuple[float, float, float, float]
BOX: Row = (10, 10, 10, 10)
ELSEWHERE: Row = (100, 100, 10, 10)


def boxes(*found: tuple[Row, float], class_id: int = 0) -> Boxes:
    rows = np.array([row for row, _ in found], np.float32).reshape(-1, 4)
    return Boxes(rows, np.array([score for _, score in found], np.float32), np.full(len(found), class_id))


def truth(*there: Row, ignored: tuple[Row, ...] = (), class_id: int = 0) -> Truth:
    rows = np.array([*there, *ignored], np.float64).reshape(-1, 4)
    return Truth(rows, np.full(len(rows), class_id), np.arange(len(rows)) >= len(there))


def ap(found: list[Boxes], there: list[Truth]) -> NDArray[np.float64]:
    return np.asarray(average_precision(found, there, 1)[0])


def test_finding_everything_exactly_is_one_at_every_overlap() -> None:
    assert ap([boxes((BOX, 0.9)), boxes((ELSEWHERE, 0.3))], [truth(BOX), truth(ELSEWHERE)]).tolist() == [1.0] * 10


def test_finding_nothing_is_zero_and_nothing_to_find_is_nan() -> None:
    assert ap([no_boxes()], [truth(BOX)]).tolist() == [0.0] * 10
    assert np.isnan(ap([boxes((BOX, 0.9))], [truth()])).all()
    assert np.isnan(ap([boxes((BOX, 0.9))], [truth(ignored=(BOX,))])).all()


def test_a_box_counts_up_to_the_overlap_that_it_has() -> None:
    three_quarters = (10.0, 10.0, 10.0, 7.5)
    expected = [1.0 if level <= 0.75 + 1e-9 else 0.0 for level in OVERLAPS]
    assert ap([boxes((three_quarters, 0.9))], [truth(BOX)]).tolist() == expected
    assert sum(expected) == 6


def test_half_found_gives_the_recalls_up_to_a_half() -> None:
    """101 recalls, of which 0.00 … 0.50 are reached with precision 1."""
    assert ap([boxes((BOX, 0.9)), no_boxes()], [truth(BOX), truth(BOX)])[0] == pytest.approx(51 / 101)


def test_a_false_box_costs_only_when_it_scores_higher() -> None:
    there = [truth(BOX)]
    assert ap([boxes((BOX, 0.9), (ELSEWHERE, 0.1))], there)[0] == 1.0
    assert ap([boxes((BOX, 0.1), (ELSEWHERE, 0.9))], there)[0] == 0.5


def test_precision_is_the_best_at_this_recall_or_a_higher_one() -> None:
    """Right, wrong, right, right of three: precisions 1, 1/2, 2/3, 3/4, so beyond recall 1/3 the envelope is 3/4."""
    assert area(np.array([True, False, True, True]), 3) == pytest.approx((34 * 1.0 + 67 * 0.75) / 101)


def test_scores_are_ranked_over_all_pictures() -> None:
    false_in_another = [boxes((BOX, 0.5)), boxes((ELSEWHERE, 0.8))]
    assert ap(false_in_another, [truth(BOX), truth()])[0] == 0.5


def test_a_second_box_on_the_same_thing_is_false() -> None:
    found = match(boxes((BOX, 0.9), ((11, 10, 10, 10), 0.8)), truth(BOX), 0)
    assert found.right[0].tolist() == [True, False]
    assert not found.ignored.any()


def test_the_higher_score_chooses_first_and_takes_what_it_overlaps_most() -> None:
    near: Row = (13, 10, 10, 10)
    found = match(boxes(((12, 10, 10, 10), 0.9), (BOX, 0.8)), truth(BOX, near), 0)
    assert found.right[0].tolist() == [True, True]
    both_want_the_same = match(boxes(((10, 10, 10, 9), 0.9), (BOX, 0.8)), truth(BOX), 0)
    assert both_want_the_same.right[0].tolist() == [True, False]


def test_a_match_names_the_box_and_the_thing_it_found() -> None:
    mixed = Boxes(np.array([ELSEWHERE, BOX, BOX], np.float32), np.array([0.2, 0.9, 0.5], np.float32), np.array([0, 1, 0]))
    there = Truth(np.array([ELSEWHERE, BOX, BOX, ELSEWHERE]), np.array([1, 0, 0, 0]), np.array([False, True, False, False]))
    found = match(mixed, there, 0)
    assert found.boxes.tolist() == [2, 0]
    assert found.things[0].tolist() == [2, 3]
    assert match(mixed, there, 1).things[0].tolist() == [-1]


def test_each_overlap_is_matched_on_its_own() -> None:
    """At 0.5 the first box takes the thing; at 0.95 it does not reach it, and the second one may."""
    found = match(boxes(((10, 10, 10, 8), 0.9), (BOX, 0.8)), truth(BOX), 0)
    assert found.right[:, 0].tolist() == [level <= 0.8 + 1e-9 for level in OVERLAPS]
    assert found.right[:, 1].tolist() == [level > 0.8 + 1e-9 for level in OVERLAPS]


def test_what_is_ignored_counts_neither_way_however_often_it_is_found() -> None:
    part = (12.0, 12.0, 4.0, 4.0)  # lies wholly inside: for ignored things the share of the found box counts
    found = [boxes((BOX, 0.9), (part, 0.8), (ELSEWHERE, 0.5))]
    assert ap(found, [truth(ELSEWHERE, ignored=(BOX,))])[0] == 1.0
    assert ap(found, [truth(ELSEWHERE)])[0] == pytest.approx(1 / 3)


def test_something_real_is_preferred_to_something_ignored() -> None:
    found = match(boxes((BOX, 0.9)), truth((10, 10, 10, 6), ignored=(BOX,)), 0)
    assert found.right[0].tolist() == [True]
    assert found.ignored[0].tolist() == [False]


def test_classes_are_apart() -> None:
    found = average_precision([boxes((BOX, 0.9), class_id=1)], [truth(BOX, class_id=0)], 2)
    assert found[0].tolist() == [0.0] * 10
    assert np.isnan(found[1]).all()


def test_at_most_a_hundred_boxes_of_a_class_are_looked_at() -> None:
    false = [((1000.0 + 20 * k, 0.0, 10.0, 10.0), 0.9) for k in range(100)]
    assert ap([boxes(*false, (BOX, 0.1))], [truth(BOX)])[0] == 0.0
    assert ap([boxes(*false[1:], (BOX, 0.1))], [truth(BOX)])[0] == pytest.approx(0.01)


def test_overlap_of_empty_and_of_touching_boxes_is_zero() -> None:
    found = overlap(np.array([[0.0, 0, 0, 0], [0, 0, 1, 1]]), np.array([[0.0, 0, 0, 0], [1, 0, 1, 1]]))
    assert found.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_calibration_error_is_the_mean_gap_weighted_by_bins() -> None:
    confidence = np.array([0.9] * 10 + [0.6] * 10)
    right = np.array([True] * 8 + [False] * 2 + [True] * 6 + [False] * 4)
    assert calibration_error(confidence, right) == pytest.approx(0.05)
    assert calibration_error(np.ones(4), np.zeros(4, np.bool_)) == 1.0
    assert calibration_error(np.zeros(4), np.zeros(4, np.bool_)) == 0.0
    assert np.isnan(calibration_error(np.empty(0), np.empty(0, np.bool_)))


def test_gaps_in_different_bins_do_not_cancel_but_within_one_they_do() -> None:
    assert calibration_error(np.array([0.9, 0.5]), np.array([False, True])) == pytest.approx(0.7)
    assert calibration_error(np.array([0.62, 0.62]), np.array([False, True]), bins=15) == pytest.approx(0.12)


def test_temperature_finds_how_much_too_sure_the_logits_are() -> None:
    """Labels drawn from the softmax of some logits, which are then told three times too loudly."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (20_000, 3))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    assert temperature(3.0 * logits, labels) == pytest.approx(3.0, rel=0.05)
    assert temperature(0.5 * logits, labels) == pytest.approx(0.5, rel=0.05)


def test_temperature_stays_finite_where_every_answer_is_right() -> None:
    found = temperature(np.array([[9.0, 0.0], [0.0, 9.0]]), np.array([0, 1]))
    assert 0 < found < np.inf


def test_errors_by_distance_count_what_has_no_place() -> None:
    near, far = by_distance(np.array([1.0, 1.5, 2.0, 3.0]), np.array([0.1, np.nan, 0.4, 0.2]), (1.0, 2.0, 4.0))
    assert near == {"from_m": 1.0, "to_m": 2.0, "count": 2, "known": 1, "median_m": 0.1, "p90_m": 0.1}
    assert (far["count"], far["known"]) == (2, 2)
    assert far["median_m"] == pytest.approx(0.3)
    assert far["p90_m"] == pytest.approx(0.38)
    (empty,) = by_distance(np.empty(0), np.empty(0), (0.0, 1.0))
    assert empty["count"] == 0
    assert np.isnan(empty["median_m"])


def test_a_careful_temperature_is_higher_only_where_sure_answers_are_wrong_too_often() -> None:
    chance = np.random.default_rng(0)
    sureness = chance.uniform(0, 6, 4000)
    logits = np.stack([np.zeros(4000), sureness], axis=1)
    labels = (chance.random(4000) < 1 / (1 + np.exp(-sureness))).astype(np.int64)  # calibrated as they are
    likeliest = temperature(logits, labels)
    assert careful_temperature(logits, labels, sure=0.8, right=0.9, least=likeliest) == likeliest
    careful = careful_temperature(logits, labels, sure=0.8, right=0.98, least=likeliest)
    sure = 1 / (1 + np.exp(-sureness / careful)) >= 0.8
    assert careful > likeliest and labels[sure].mean() >= 0.98 and sure.any()


def test_a_careful_temperature_ends_where_nothing_is_sure_and_right() -> None:
    logits, wrong = np.array([[0.0, 50.0], [0.0, 50.0]]), np.array([0, 0])
    assert careful_temperature(logits, wrong, sure=0.8, right=0.95, least=1.0) >= 19.0
