"""What age group somebody is of: many looks, each with calibrated probabilities, become one belief."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import AgeGroup

GROUPS = (AgeGroup.CHILD, AgeGroup.ADULT, AgeGroup.ELDERLY)
"""The order of probabilities wherever they stand in an array."""
_CHILD = GROUPS.index(AgeGroup.CHILD)


class AgeSettings(StageConfig):
    prior: tuple[float, float, float] = Field((1 / 3, 1 / 3, 1 / 3), description="child, adult, elderly: shares in the training set")
    alike_s: float = Field(1.0, gt=0, le=10, description="looks within this time count as one: they err together")
    forget_s: float = Field(10.0, gt=0, le=600, description="time constant with which a look is forgotten while others come in")
    least_looks: int = Field(3, ge=1, le=100, description="before an age group is told")
    sure: float = Field(0.8, gt=0.34, lt=1, description="probability from which on it is told, else it is unknown")
    doubt_looks: int = Field(3, ge=1, le=100, description="whose last looks of this number, on average, are of a child …")
    doubt: float = Field(0.5, gt=0, le=1, description="… with at least this probability is nobody else: unknown, until it is clear")
    surest: float = Field(0.98, gt=0.34, lt=1, description="no belief is surer: what misleads the classifier once misleads it always")


class AgeBelief:
    """The posterior over :data:`GROUPS` of one person.

    Bayes' rule: the classifier's probabilities over the prior of its training set are a likelihood ratio, and log ratios add
    up.  Pictures that follow each other are not independent, so a second's worth of looks counts as ``1 / alike_s`` of them;
    and old ones fade, so that a mistake, or an exchange of identities, is not believed for ever.  Of half a second, one and two,
    one is the least with which 95 % of the ages that were told were right in ``models.eyes.meetings --seed 41``.

    Children are protected most, so they need no such patience: whoever looks like a child in the last few pictures is told to
    be nothing else, whatever was believed before.  The other way round it takes its time.
    """

    def __init__(self, settings: AgeSettings) -> None:
        self._settings = settings
        self._prior = np.log(np.array(settings.prior) / sum(settings.prior))
        self._evidence = np.zeros(len(GROUPS))
        self._looks = 0
        self._stamp_s = math.nan
        self._childlike: deque[float] = deque((0.0,) * settings.doubt_looks, settings.doubt_looks)  # the last looks' probabilities

    def look(self, stamp_s: float, probabilities: NDArray[np.float64]) -> None:
        """Take in what the classifier makes of one picture; numbers that are no probabilities are not looked at."""
        if probabilities.shape != (len(GROUPS),) or not np.isfinite(probabilities).all() or (probabilities < 0).any():
            return
        total = float(probabilities.sum())
        if not 0 < total < math.inf:
            return
        elapsed_s = self._settings.alike_s if math.isnan(self._stamp_s) else max(stamp_s - self._stamp_s, 0.0)
        weight = min(elapsed_s / self._settings.alike_s, 1.0)
        ratio = np.log(np.maximum(probabilities / total, 1e-3)) - self._prior
        self._evidence = self._evidence * math.exp(-elapsed_s / self._settings.forget_s) + weight * ratio
        self._evidence = np.maximum(self._evidence - self._evidence.max(), math.log(1e-6))
        self._stamp_s, self._looks = stamp_s, self._looks + 1
        self._childlike.append(float(probabilities[_CHILD]) / total)

    def probabilities(self) -> NDArray[np.float64]:
        """The posterior, shape (3,), in the order of :data:`GROUPS`; none above ``surest``."""
        weights = np.exp(self._prior + self._evidence)
        posterior = weights / weights.sum()
        too_sure = posterior.max() - self._settings.surest
        if too_sure > 0:  # the rest is shared out among the others
            best = posterior.argmax()
            posterior = np.where(np.arange(len(posterior)) == best, self._settings.surest, posterior + too_sure / (len(posterior) - 1))
        return np.asarray(posterior)

    def group(self) -> tuple[AgeGroup, float]:
        """The age group, UNKNOWN until it is sure, and the probability of the likeliest one."""
        posterior = self.probabilities()
        best = int(posterior.argmax())
        sure = self._looks >= self._settings.least_looks and posterior[best] >= self._settings.sure
        if best != _CHILD and (childlike := sum(self._childlike) / len(self._childlike)) >= self._settings.doubt:
            return AgeGroup.UNKNOWN, min(float(posterior[best]), 1.0 - childlike)
        return GROUPS[best] if sure else AgeGroup.UNKNOWN, float(posterior[best])
