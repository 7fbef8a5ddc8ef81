"""Whether somebody who has come into view is one of those who were here before."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.perceive.looks import unlike

Vector = NDArray[np.float64]


class RecallSettings(StageConfig):
    recall_s: float = Field(900.0, gt=0, description="how long somebody is known again by clothes and age group")
    blind_s: float = Field(10.0, ge=0, description="how long, where the colours of the clothes are not known")
    walk_mps: float = Field(1.5, gt=0, le=5, description="nobody goes faster through a home meanwhile")
    near_m: float = Field(1.0, gt=0, le=10, description="added to the way that was possible meanwhile")
    most_unlike: float = Field(
        0.55, gt=0, le=1, description="of the clothes' colours, Hellinger distance: nine in ten pictures of one person differ by less"
    )
    least_age_match: float = Field(0.15, ge=0, le=1, description="probability that both are of one age group")
    clear_by: float = Field(
        0.08, ge=0, le=1, description="how much better the best one must be than the next who is somebody else, else it is nobody"
    )


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What is known of somebody at one time."""

    id: str
    stamp_s: float
    position_m: tuple[float, float, float]
    look: tuple[float, ...]
    ages: Vector | None  # probabilities of the age groups
    number: int = 0  # stays when the id changes
    met: frozenset[int] = frozenset()  # who was in view together with them


def recalled(new: Trace, known: Iterable[Trace], settings: RecallSettings) -> str:
    """The id of the one whom ``new`` can only be; "" when it is nobody, or not clear who.

    Two of those who were known may be one, who was not known again once.  They do not make it unclear: the later one it is.
    """
    costs = sorted(((cost, old) for old in known if (cost := _cost(new, old, settings)) is not None), key=lambda row: (row[0], row[1].id))
    likely = [old for cost, old in costs if cost - costs[0][0] < settings.clear_by]
    if not likely or not all(_may_be_one(likely[0], other, settings) for other in likely[1:]):
        return ""
    return max(likely, key=lambda old: old.stamp_s).id


def _may_be_one(some: Trace, other: Trace, settings: RecallSettings) -> bool:
    """Whether two were never seen together, and look alike."""
    if not (some.look and other.look) or some.number in other.met or other.number in some.met:
        return False
    alike = float(unlike(np.array([some.look]), np.array([other.look]))[0, 0]) <= settings.most_unlike
    return alike and _age_match(some.ages, other.ages) >= settings.least_age_match


def _cost(new: Trace, old: Trace, settings: RecallSettings) -> float | None:
    """None when they are two."""
    gone_s = new.stamp_s - old.stamp_s
    way_m = math.dist(new.position_m[:2], old.position_m[:2])
    match = _age_match(new.ages, old.ages)
    if gone_s > settings.recall_s or way_m > settings.near_m + settings.walk_mps * gone_s or match < settings.least_age_match:
        return None
    if not (new.look and old.look):
        return None if gone_s > settings.blind_s else 1.0 - 0.5 * match
    differ = float(unlike(np.array([new.look]), np.array([old.look]))[0, 0])
    return differ + 0.5 * (1.0 - match) if differ <= settings.most_unlike else None


def _age_match(some: Vector | None, other: Vector | None) -> float:
    return 1.0 if some is None or other is None else float(some @ other)
