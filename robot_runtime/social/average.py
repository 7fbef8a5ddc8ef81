"""Smoothing, with how much it rests on: what every estimate of a person is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class Average:
    """A mean over about ``over_s``, whatever the rate of its samples.  Its confidence grows from 0 to 1 with the time observed."""

    over_s: float
    value: float = math.nan
    seen_s: float = 0.0
    stamp_s: float = math.nan

    def add(self, value: float, now_s: float) -> None:
        """One sample; nan tells nothing."""
        if math.isnan(value):
            return
        if math.isnan(self.value):
            self.value = value
        else:
            passed_s = max(0.0, now_s - self.stamp_s)
            self.value += (1 - math.exp(-passed_s / self.over_s)) * (value - self.value)
            self.seen_s += min(passed_s, self.over_s)
        self.stamp_s = now_s

    @property
    def confidence(self) -> float:
        return 1 - math.exp(-self.seen_s / self.over_s)


@dataclass
class Weighted:
    """A mean of samples that weigh differently, beside an assumption that weighs ``trust``; the order of samples does not matter."""

    assumed: float
    trust: float
    weight: float = 0.0
    sum: float = 0.0

    def add(self, value: float, weight: float) -> None:
        """One sample; nan and weights that are not positive tell nothing."""
        if math.isfinite(value) and weight > 0:
            self.weight += weight
            self.sum += weight * value

    @property
    def value(self) -> float:
        return (self.trust * self.assumed + self.sum) / (self.trust + self.weight)

    @property
    def confidence(self) -> float:
        return self.weight / (self.trust + self.weight)


@dataclass
class Spread:
    """Mean and standard deviation of what came so far."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """One sample; nan tells nothing."""
        if math.isfinite(value):
            self.count += 1
            off = value - self.mean
            self.mean += off / self.count
            self.squares += off * (value - self.mean)

    def deviations(self, value: float, least_std: float) -> float:
        """How many standard deviations above the mean, 0 while there is none."""
        if self.count < 2 or not math.isfinite(value):
            return 0.0
        return (value - self.mean) / max(least_std, math.sqrt(self.squares / (self.count - 1)))
