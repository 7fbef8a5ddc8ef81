"""How good boxes and probabilities are: average precision, calibration, errors by distance.  Pure arithmetic.

Average precision is that of COCO (Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014; the details are those
of its reference tool): per class, overlaps 0.50, 0.55 … 0.95, the precision envelope read at 101 recalls, at most 100 boxes
of a class a picture.  A found box on something that is marked "ignore" is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from robot_runtime.perceive.boxes import Boxes

Array = NDArray[np.float64]

OVERLAPS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
MOST_BOXES = 100


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What there is in one picture."""

    ltwh_px: Array  # shape (n, 4): left, top, width, height
    class_ids: NDArray[np.int64]  # shape (n,)
    ignored: NDArray[np.bool_]  # shape (n,): to find it is no merit, to miss it no fault


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """What became of the found boxes of one class in one picture, highest score first; rows are overlaps."""

    boxes: NDArray[np.intp]  # shape (n,): which of the found ones
    scores: Array  # shape (n,)
    things: NDArray[np.intp]  # shape (overlaps, n): which of the truth each one found, -1 for none
    ignored: NDArray[np.bool_]  # shape (overlaps, n): count neither way

    @property
    def right(self) -> NDArray[np.bool_]:
        return self.things >= 0


def average_precision(found: Sequence[Boxes], truth: Sequence[Truth], classes: int) -> Array:
    """Of each class at each of :data:`OVERLAPS`, shape (classes, 10); nan for a class of which there is nothing to find."""
    return np.stack([_of_class(found, truth, class_id) for class_id in range(classes)])


def _of_class(found: Sequence[Boxes], truth: Sequence[Truth], class_id: int) -> Array:
    count = sum(int(((there.class_ids == class_id) & ~there.ignored).sum()) for there in truth)
    if not count:
        return np.full(len(OVERLAPS), np.nan)
    matches = [match(boxes, there, class_id) for boxes, there in zip(found, truth, strict=True)]
    scores = np.concatenate([one.scores for one in matches])
    order = np.argsort(-scores, kind="stable")
    right = np.concatenate([one.right for one in matches], axis=1)[:, order]
    ignored = np.concatenate([one.ignored for one in matches], axis=1)[:, order]
    return np.array([area(row[~skipped], count) for row, skipped in zip(right, ignored, strict=True)])


def match(boxes: Boxes, truth: Truth, class_id: int, overlaps: Array = OVERLAPS) -> Matches:
    """Each box, highest score first, takes the free thing of its class that it overlaps most, if by enough."""
    mine, there = np.flatnonzero(boxes.class_ids == class_id), np.flatnonzero(truth.class_ids == class_id)
    mine = mine[np.argsort(-boxes.scores[mine], kind="stable")[:MOST_BOXES]]
    skip = truth.ignored[there]
    shares = _shares(boxes.ltwh_px[mine].astype(np.float64), truth.ltwh_px[there], skip)
    real, passed = shares[:, ~skip], shares[:, skip]
    taken = np.full((len(overlaps), len(mine)), -1, np.intp)
    free = np.ones((len(overlaps), real.shape[1]), np.bool_)
    rows = np.arange(len(overlaps))
    for k in range(len(mine) if real.shape[1] else 0):
        wanted = np.where(free & (real[k] >= overlaps[:, None]), real[k], -1.0)
        best = wanted.argmax(axis=1)
        enough = wanted[rows, best] >= 0
        taken[enough, k] = best[enough]
        free[rows[enough], best[enough]] = False
    ignored = (taken < 0) & (passed.max(axis=1, initial=0.0) >= overlaps[:, None])
    things = np.append(there[~skip], -1)[taken]  # of -1 the last one, which is -1
    return Matches(mine, boxes.scores[mine].astype(np.float64), things, ignored)


def area(right: NDArray[np.bool_], count: int) -> float:
    """Under the precision envelope: the mean, over 101 recalls, of the best precision at that recall or a higher one.

    :param right: of the found boxes of all pictures, highest score first
    :param count: how many there are to find

    >>> round(area(np.array([True, False, True]), 2), 4)  # precision 1 up to recall 0.5, 2/3 beyond
    0.835
    """
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(right) + 1)
    envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    return float(envelope[np.searchsorted(hits / count, RECALLS, side="left")].mean())


def overlap(some: Array, others: Array) -> Array:
    """Intersection over union of boxes (n, 4) and (m, 4), left, top, width, height: shape (n, m).

    >>> overlap(np.array([[0.0, 0, 2, 2]]), np.array([[0.0, 0, 2, 1], [5, 5, 1, 1]])).tolist()
    [[0.5, 0.0]]
    """
    return _shares(some, others, np.zeros(len(others), np.bool_))


def _shares(some: Array, others: Array, ignored: NDArray[np.bool_]) -> Array:
    """Intersection over union; for what is ignored, over the found box alone, as for COCO's crowds."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum((some[:, :2] + some[:, 2:])[:, None], (others[:, :2] + others[:, 2:])[None])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    own, other = some[:, 2:].prod(axis=1)[:, None], others[:, 2:].prod(axis=1)[None]
    union = np.where(ignored[None], own, own + other - shared)
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def calibration_error(confidence: Array, right: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error with bins of equal width (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).

    :param confidence: of the answer that was given
    :param right: whether it was true

    >>> calibration_error(np.array([0.75, 0.75, 0.75, 0.75]), np.array([True, True, True, False]))
    0.0
    """
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)  # a bin holds its upper end, as in the paper
    count = np.bincount(which, minlength=bins)
    gap = np.abs(np.bincount(which, confidence, bins) - np.bincount(which, right.astype(np.float64), bins))
    return float(gap.sum() / count.sum()) if len(confidence) else float("nan")


_LOWEST, _HIGHEST = 0.05, 20.0
_STEP = 1.02
_ONE_SIDED = 1.645
"""Standard deviations below which one of twenty normal numbers lies."""


def temperature(logits: Array, labels: NDArray[np.int64]) -> float:
    """The number by which logits (n, groups) are divided so that their softmax is most likely to give the labels (Guo et al. 2017).

    One logit of yes or no is the same with a second column of zeros in front of it.
    """

    def surprise(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(labels)), labels]).mean())

    found = minimize_scalar(surprise, bounds=(np.log(_LOWEST), np.log(_HIGHEST)), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def careful_temperature(logits: Array, labels: NDArray[np.int64], sure: float, right: float, least: float) -> float:
    """``least``, or so much higher that of the answers with at least the probability ``sure`` a share ``right`` is right.

    The likeliest temperature weighs all answers alike; those that are sure are the ones that are acted upon.  That it is
    must be sure by 95 % (the lower limit of the share, with a normal approximation), since there are few answers to know it by.
    """
    found, hits = least, logits.argmax(axis=1) == labels
    while found < _HIGHEST and (chosen := probability_of_best(logits / found) >= sure).any() and _at_least(hits[chosen]) < right:
        found *= _STEP
    return found


def _at_least(hits: NDArray[np.bool_]) -> float:
    share = float(hits.mean())
    return share - _ONE_SIDED * float(np.sqrt(share * (1 - share) / len(hits)))


def probability_of_best(logits: Array) -> Array:
    """Of each row's softmax.

    >>> probability_of_best(np.log(np.array([[0.2, 0.5, 0.3]]))).round(3).tolist()
    [0.5]
    """
    best: Array = 1 / np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1)
    return best


def by_distance(distance_m: Array, error_m: Array, edges_m: Sequence[float]) -> list[dict[str, float]]:
    """Of each range of distances: how many, of how many the place is known (not nan), median and 90th percentile of the error."""
    rows = []
    for low, high in pairwise(edges_m):
        errors = error_m[(distance_m >= low) & (distance_m < high)]
        known = errors[np.isfinite(errors)]
        median, most = np.percentile(known, (50, 90)).tolist() if len(known) else (float("nan"), float("nan"))
        rows.append({"from_m": low, "to_m": high, "count": len(errors), "known": len(known), "median_m": median, "p90_m": most})
    return rows
