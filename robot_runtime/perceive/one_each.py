"""One box for one thing: a detector in doubt gives the same pixels several boxes, of one class or of several.

Suppression within a class (:mod:`~robot_runtime.perceive.nms`) leaves them.  Here places in the map help: of two boxes that
cover each other, those at the same place are one thing, and those at two places are two, one before the other.  What is left
out still counts as a vote for its class.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import overlap
from robot_runtime.perceive.places import Places

Vector = NDArray[np.float64]
Votes = list[dict[int, float]]
"""Of each box: the scores by class id of all boxes that are the same thing."""

_SURELY = 0.8
"""Boxes that overlap more are one thing, wherever they seem to be: what is seen through is placed by another method."""
_UNPLACED, _PLACED = 0.7, 0.5
"""The same, where a place is not known, and at the same place."""
_WITHIN = 0.8
"""A box of the same class and place with so much of it in another is a part of it."""
_SAME_M = 0.04
"""Two middles this near are one, besides what is unsure about them."""
_BODY_M, _BODY_STD_M = 0.2, 0.3
"""Nobody stands nearer to somebody than this: a body is deeper.  The place of one of both must be no less sure than that."""
_TOUCH = 0.3
"""With both places that sure, boxes that overlap by so much are one body: in doubt a detector draws one too wide, or around half."""


def one_each(
    ltwh_px: Vector, scores: Vector, class_ids: NDArray[np.int64], places: Places, usable: NDArray[np.bool_], living: NDArray[np.bool_]
) -> Votes:
    """The votes of the boxes that stay, the surest of each thing; those of all others, and of those not ``usable``, are empty.

    :param living: of which boxes the class moves by itself; such a box and another never are one
    """
    votes: Votes = [{} for _ in range(len(scores))]
    sound = np.where(usable[:, None], ltwh_px, 0.0)
    ltrb = np.concatenate((sound[:, :2], sound[:, :2] + sound[:, 2:]), axis=1)
    kept: list[int] = []
    for box in sorted(np.flatnonzero(usable).tolist(), key=lambda index: -scores[index]):
        shared = overlap(ltrb[box], ltrb[kept])
        same = [
            place
            for place, other in enumerate(kept)
            if living[box] == living[other]
            and (
                _are_one_body(box, other, float(shared[place]), places)
                if living[box]
                else _are_one(box, other, float(shared[place]), ltrb, class_ids, places)
            )
        ]
        owner = kept[max(same, key=lambda place: float(shared[place]))] if same else box
        if owner == box:
            kept.append(box)
        class_id = int(class_ids[box])
        votes[owner][class_id] = max(votes[owner].get(class_id, 0.0), float(scores[box]))
    return votes


def _are_one(box: int, other: int, shared: float, ltrb: Vector, class_ids: NDArray[np.int64], places: Places) -> bool:
    if shared >= _SURELY:
        return True
    apart_m = float(np.linalg.norm(places.position_m[box, :2] - places.position_m[other, :2]))
    if math.isnan(apart_m):
        return shared >= _UNPLACED
    if apart_m > _SAME_M + math.hypot(places.std_m(box), places.std_m(other)):
        return False
    return shared >= _PLACED or (class_ids[box] == class_ids[other] and _share_within(ltrb[box], ltrb[other]) >= _WITHIN)


def _are_one_body(box: int, other: int, shared: float, places: Places) -> bool:
    """Whoever is seen nearly behind somebody else has a place of their own; where places are not known every box is somebody."""
    apart_m = float(np.linalg.norm(places.position_m[box, :2] - places.position_m[other, :2]))
    surer_m, other_m = sorted((places.std_m(box), places.std_m(other)))
    return apart_m <= _BODY_M and surer_m <= _BODY_STD_M and shared >= (_TOUCH if other_m <= _BODY_STD_M else _PLACED)


def _share_within(box: Vector, other: Vector) -> float:
    """Which share of a box lies in another."""
    sides = np.maximum(np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2]), 0.0)
    return float(np.prod(sides) / max(float(np.prod(box[2:] - box[:2])), 1e-6))
