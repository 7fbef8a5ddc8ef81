"""How fast each person speaks, and how long they pause within a sentence, as far as was heard; until then as people of their age do.

Old people speak more slowly and pause longer than young adults, and so do small children: see the values and sources in
``docs/turns.md``.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

_MOST_PEOPLE = 64
_LEAST_LETTERS = 8
"""A shorter sentence says little about somebody's pace."""


@dataclass(frozen=True)
class Pace:
    """What the turn model wants to know of who speaks."""

    pause_s: float  # how long their pauses within sentences last on average
    slowness: float  # 1 is the pace of most adults, 2 half of that


ANYBODY = Pace(0.4, 1.0)


class PaceConfig(BaseModel):
    """What is assumed of people who were not heard yet, and how fast it is unlearnt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adult_pause_s: float = Field(0.35, gt=0, le=3, description="mean pause within a sentence [s]")
    child_pause_s: float = Field(0.4, gt=0, le=3, description="of children [s]")
    elderly_pause_s: float = Field(0.5, gt=0, le=3, description="of old people [s]")
    unknown_pause_s: float = Field(0.4, gt=0, le=3, description="of somebody of whom nothing is known [s]")
    letters_per_s: float = Field(14.0, gt=1, le=50, description="of most adults' speech without its pauses")
    elderly_slowness: float = Field(1.3, ge=0.5, le=3, description="how much slower old people speak, until heard")
    trust: float = Field(4.0, gt=0, le=100, description="observations that weigh as much as what is assumed")
    forget_s: float = Field(900.0, gt=0, le=1e6, description="after so long an observation weighs half [s]")
    slowest: float = Field(1.6, ge=1, le=4, description="most that counts as slowness")

    def assumed(self, age_group: str) -> Pace:
        """Of an age group, as ``Person.age_group`` has it; of anything else what is known of nobody."""
        pause_s = {"adult": self.adult_pause_s, "child": self.child_pause_s, "elderly": self.elderly_pause_s}
        return Pace(pause_s.get(age_group, self.unknown_pause_s), self.elderly_slowness if age_group == "elderly" else 1.0)


@dataclass
class _Heard:
    """Sums of observations, each with its weight."""

    stamp_s: float
    pauses: float = 0.0
    paused_s: float = 0.0
    rates: float = 0.0
    slowness: float = 0.0

    def fade(self, now_s: float, half_s: float) -> None:
        left = 0.5 ** (max(0.0, now_s - self.stamp_s) / half_s)
        self.stamp_s = now_s
        self.pauses, self.paused_s, self.rates, self.slowness = (
            left * value for value in (self.pauses, self.paused_s, self.rates, self.slowness)
        )


@dataclass
class Paces:
    """Of everybody who was heard lately, by their id."""

    config: PaceConfig
    _people: OrderedDict[str, _Heard] = field(default_factory=OrderedDict)

    def paused(self, who: str, seconds: float, now_s: float) -> None:
        """They were silent for so long and then went on with their sentence."""
        heard = self._of(who, now_s)
        heard.pauses += 1
        heard.paused_s += seconds

    def spoke(self, who: str, letters: int, seconds: float, now_s: float) -> None:
        """They said so many letters in so many seconds of speech, pauses left out."""
        if letters >= _LEAST_LETTERS and seconds > 0:
            heard = self._of(who, now_s)
            heard.rates += 1
            heard.slowness += self.config.letters_per_s * seconds / letters

    def of(self, who: str, age_group: str, now_s: float) -> Pace:
        """What is known of somebody; "" is nobody in particular."""
        assumed = self.config.assumed(age_group)
        heard = self._people.get(who)
        if not who or heard is None:
            return assumed
        heard.fade(now_s, self.config.forget_s)
        trust = self.config.trust
        pause_s = (trust * assumed.pause_s + heard.paused_s) / (trust + heard.pauses)
        slowness = (trust * assumed.slowness + heard.slowness) / (trust + heard.rates)
        return Pace(max(0.5 * assumed.pause_s, pause_s), min(max(slowness, 1 / self.config.slowest), self.config.slowest))

    def _of(self, who: str, now_s: float) -> _Heard:
        heard = self._people.setdefault(who, _Heard(now_s))
        self._people.move_to_end(who)
        while len(self._people) > _MOST_PEOPLE:
            self._people.popitem(last=False)
        heard.fade(now_s, self.config.forget_s)
        return heard
