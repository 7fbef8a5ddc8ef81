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
_SAME_SIDES, _SHORTER = 0.8, 0.9
"""A person's box with the sides of another (of the columns of both so many shared), and so much of it within the other, ends higher."""


def one_each(
    ltwh_px: Vector,
    scores: Vector,
    class_ids: NDArray[np.int64],
    places: Places,
    usable: NDArray[np.bool_],
    living: NDArray[np.bool_],
    eye_m: Vector | None = None,
) -> Votes:
    """The votes of the boxes that stay; those of all others, and of those not ``usable``, are empty.

    Of a thing the surest box stays, of somebody the one whose depth is surest: what is drawn too wide or too long is placed badly.

    :param living: of which boxes the class moves by itself; such a box and another never are one
    :param eye_m: where the camera is
    """
    votes: Votes = [{} for _ in range(len(scores))]
    sound = np.where(usable[:, None], ltwh_px, 0.0)
    ltrb = np.concatenate((sound[:, :2], sound[:, :2] + sound[:, 2:]), axis=1)
    away_m = np.full(len(scores), np.nan) if eye_m is None else np.linalg.norm(places.position_m[:, :2] - eye_m[:2], axis=1)
    kept: list[int] = []
    for box in sorted(np.flatnonzero(usable).tolist(), key=lambda index: -scores[index]):
        shared = overlap(ltrb[box], ltrb[kept])
        same = [
            place
            for place, other in enumerate(kept)
            if living[box] == living[other]
            and (
                _are_one_body(box, other, float(shared[place]), places) or _is_one_drawn_longer(box, other, ltrb, away_m)
                if living[box]
                else _are_one(box, other, float(shared[place]), ltrb, class_ids, places)
            )
        ]
        if not same:
            kept.append(box)
            votes[box][int(class_ids[box])] = float(scores[box])
            continue
        place = max(same, key=lambda place: float(shared[place]))
        owner = kept[place]
        if living[box] and places.sources[box] == "depth" and places.std_m(box) < places.std_m(owner):
            kept[place], votes[box], votes[owner] = box, votes[owner], {}
            owner = box
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


def _is_one_drawn_longer(box: int, other: int, ltrb: Vector, away_m: Vector) -> bool:
    """Whether one of two people's boxes is the other, drawn on downwards over what hides the legs.

    That is then taken for the person, nearer than they are.  Somebody who truly stood there would hide whoever is in the shorter
    box; a child before a grown-up is nearer than the longer box.  False where a place is not known.
    """
    shorter, longer = (box, other) if ltrb[box, 3] < ltrb[other, 3] else (other, box)
    left, right = np.maximum(ltrb[box, 0], ltrb[other, 0]), np.minimum(ltrb[box, 2], ltrb[other, 2])
    columns = max(ltrb[box, 2], ltrb[other, 2]) - min(ltrb[box, 0], ltrb[other, 0])
    return bool(
        right - left >= _SAME_SIDES * columns
        and _share_within(ltrb[shorter], ltrb[longer]) >= _SHORTER
        and away_m[shorter] >= away_m[longer]
    )


def _share_within(box: Vector, other: Vector) -> float:
    """Which share of a box lies in another."""
    sides = np.maximum(np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2]), 0.0)
    return float(np.prod(sides) / max(float(np.prod(box[2:] - box[:2])), 1e-6))
