"""How the eyes of a scenario err about ages: the noise model of the oracle, which knows them from the description of the home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sim.references import Model

Group = Literal["child", "adult", "elderly", "unknown"]


class Mistaken(Model):
    """What somebody is taken for, and from how far.  Each guess holds for a while, as the errors of real eyes do."""

    taken_for: dict[Group, Annotated[float, Field(gt=0)]] = Field(min_length=1, description="age group → how often, relative to the others")
    confidence: float = Field(ge=0, le=1, description="that the eyes give to such a guess")
    beyond_m: float = Field(0.0, ge=0, description="from nearer the eyes are right")
    hold_s: float = Field(2.0, gt=0, description="after which the eyes guess anew")


class Guesses:
    """The guesses of one run; the same seed gives the same ones."""

    def __init__(self, mistaken: Mapping[str, Mistaken], seed: int) -> None:
        self._mistaken = mistaken
        self._rng = np.random.default_rng((seed, 1))  # of its own, so that a mistake changes nothing else that is seen
        self._held: dict[str, tuple[Group, float]] = {}  # and when it was made

    def of(self, who: str, distance_m: float, now_s: float) -> tuple[Group, float] | None:
        """The group and the confidence that the eyes tell in place of the truth; None where they do not err."""
        how = self._mistaken.get(who)
        if how is None or distance_m < how.beyond_m:
            self._held.pop(who, None)
            return None
        if who not in self._held or now_s - self._held[who][1] >= how.hold_s - 1e-9:
            shares = np.array(list(how.taken_for.values()))
            self._held[who] = list(how.taken_for)[int(self._rng.choice(len(shares), p=shares / shares.sum()))], now_s
        return self._held[who][0], how.confidence
