"""Non-maximum suppression: of boxes of one class that cover each other, the one with the highest score stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Candidates, areas

MOST_CANDIDATES = 1000
"""Candidates beyond these, by score, are not looked at: a million overlaps is the most work there can be."""

FAR = 1e6
"""Coordinates are clipped to ± this many pixels first, so that areas of absurd boxes stay finite and exact enough."""

_BLOCK = 64
"""Candidates whose overlaps are reckoned at once: few enough that the numbers stay in the processor's cache."""


def suppress(found: Candidates, iou: float | None, most: int) -> Candidates:
    """The candidates that stay, highest score first; equal scores keep their order.

    A candidate goes when its overlap with one that stays, of the same class, is greater than ``iou``.

    :param found: finite candidates, see :meth:`Candidates.sound`
    :param iou: intersection over union, 0 … 1; None keeps overlapping ones, for networks that remove them on their own
    :param most: at most so many stay
    """
    ranked = found.take(np.argsort(-found.scores, kind="stable")[:MOST_CANDIDATES])
    if iou is None:
        return ranked.take(np.arange(min(most, len(ranked.scores))))
    return ranked.take(_staying(ranked, iou, most))


def _staying(ranked: Candidates, iou: float, most: int) -> NDArray[np.intp]:
    """Indices into ``ranked``, block by block: what stays of a block takes away what it covers, there and further down."""
    boxes = np.clip(ranked.ltrb.astype(np.float64), -FAR, FAR)
    in_question = np.arange(len(boxes))
    staying: list[int] = []
    while len(in_question) and len(staying) < most:
        block = in_question[:_BLOCK]
        covers = _covers(boxes[block], boxes[in_question], iou)
        covers &= ranked.class_ids[block][:, None] == ranked.class_ids[in_question]
        gone = np.zeros(len(in_question), np.bool_)
        for place, index in enumerate(block.tolist()):
            if not gone[place] and len(staying) < most:
                staying.append(index)
                gone |= covers[place]
        in_question = in_question[_BLOCK:][~gone[_BLOCK:]]
    return np.array(staying, np.intp)


def _covers(some: NDArray[np.float64], others: NDArray[np.float64], iou: float) -> NDArray[np.bool_]:
    """Whether the overlap of each of ``some`` with each of ``others`` is greater than ``iou``, shape (some, others).

    Written without a division: where a union is empty nothing is covered.
    """
    shared = np.maximum(_shared(some[:, 0::2], others[:, 0::2]), 0.0)
    shared *= np.maximum(_shared(some[:, 1::2], others[:, 1::2]), 0.0)
    union = areas(some)[:, None] + areas(others)
    union -= shared
    union *= iou
    return np.asarray(shared > union)


def _shared(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length that intervals (n, 2) and (m, 2) share, shape (n, m); negative where they are apart."""
    return np.asarray(np.minimum(some[:, 1:], others[:, 1]) - np.maximum(some[:, :1], others[:, 0]))
