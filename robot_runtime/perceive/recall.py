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
    most_unlike: float = Field(0.45, gt=0, le=1, description="of the clothes' colours, Hellinger distance")
    least_age_match: float = Field(0.15, ge=0, le=1, description="probability that both are of one age group")
    clear_by: float = Field(0.08, ge=0, le=1, description="how much better the best one must be than the next, else it is nobody")


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What is known of somebody at one time."""

    id: str
    stamp_s: float
    position_m: tuple[float, float, float]
    look: tuple[float, ...]
    ages: Vector | None  # probabilities of the age groups


def recalled(new: Trace, known: Iterable[Trace], settings: RecallSettings) -> str:
    """The id of the one whom ``new`` can only be; "" when it is nobody, or not clear who."""
    costs = sorted((cost, old.id) for old in known if (cost := _cost(new, old, settings)) is not None)
    if not costs or (len(costs) > 1 and costs[1][0] - costs[0][0] < settings.clear_by):
        return ""
    return costs[0][1]


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
