"""What a network over people's crops should have said, and how far it is from it: ages, facing, and the signs of both.

Signs (grey hair, a bent back, where the head is and looks) are known of drawn people for nothing.  They say what to look at, which
few thousand people with an age alone do not (Caruana, "Multitask Learning", 1997).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from models.eyes.people_network import Told
from models.eyes.people_pool import People

_OF_PLACE, _OF_MAP, _OF_SEEN, _OF_GREY, _OF_HEAD_WAY, _OF_BODY_WAY, _OF_STOOP = 10.0, 0.3, 0.2, 0.5, 0.5, 0.25, 0.5
"""Weights of the signs' losses, where ages and facing weigh 1 each."""


def loss(told: Told, truth: People, weights: Tensor) -> Tensor:
    """The mean over a batch.

    :param weights: of the age groups
    """
    age = functional.cross_entropy(told.age, truth.ages, weights)
    facing = functional.binary_cross_entropy_with_logits(told.facing[:, 0], truth.facing)
    return age + facing + _of_signs(told, truth)


def _of_signs(told: Told, truth: People) -> Tensor:
    place = _far(told.head, truth.sign("head_across", "head_down", "head_side"), beta=0.02)
    stoop = _far(told.stoop, truth.sign("stoop"), beta=0.3)
    head_way = _far(told.head_way, truth.sign("head_ahead", "head_left"), beta=1.0)
    body_way = _far(told.body_way, truth.sign("body_ahead", "body_left"), beta=1.0)
    seen, grey = _unlike(told.head_seen, truth.sign("head_seen")), _unlike(told.grey, truth.sign("grey"))
    elsewhere = _elsewhere(told.head_map, truth.sign("head_across", "head_down"))
    of_place = _OF_PLACE * place + _OF_MAP * elsewhere + _OF_SEEN * seen
    return of_place + _OF_GREY * grey + _OF_HEAD_WAY * head_way + _OF_BODY_WAY * body_way + _OF_STOOP * stoop


def _elsewhere(shares: Tensor, true: Tensor) -> Tensor:
    """Cross entropy of a map with its four places around the true one, which have the shares whose mean that is."""
    known, (across, down) = true.isfinite().all(1), true.nan_to_num().unbind(1)
    rows, columns = _around(down, shares.shape[1]), _around(across, shares.shape[2])
    return _mean(-(rows[:, :, None] * columns[:, None] * shares).sum((1, 2)), known)


def _around(place: Tensor, count: int) -> Tensor:
    """Shares of the two of ``count`` places in a row between which each of n is, (n, count)."""
    middles = torch.arange(count, device=place.device) + 0.5
    return (1 - (middles - (place * count).clamp(0.5, count - 0.5)[:, None]).abs()).clamp(min=0)


def _far(said: Tensor, true: Tensor, beta: float) -> Tensor:
    """Huber's loss, over the numbers that are known."""
    known = true.isfinite()
    return _mean(functional.smooth_l1_loss(said, true.nan_to_num(), beta=beta, reduction="none"), known)


def _unlike(said: Tensor, true: Tensor) -> Tensor:
    """Cross entropy of a logit with 0 or 1, where that is known."""
    known = true.isfinite()
    return _mean(functional.binary_cross_entropy_with_logits(said, true.nan_to_num(), reduction="none"), known)


def _mean(values: Tensor, known: Tensor) -> Tensor:
    return (values * known).sum() / known.sum().clamp(min=1)
