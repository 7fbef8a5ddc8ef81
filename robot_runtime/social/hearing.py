"""Whether somebody has trouble with hearing the robot: a sum of signs that fades, never one of them alone for long."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field

from robot_runtime.social.policy import Hearing


@dataclass
class HearingTrouble:
    signs: Hearing
    _sum: float = 0.0
    _stamp_s: float = -math.inf
    _last: tuple[Hashable, float] = field(default=("", -math.inf))

    def pardon(self, now_s: float) -> None:
        """They asked the robot to say it again."""
        self._add(self.signs.pardon, now_s)

    def turn(self, what: Hashable, now_s: float, *, asked: bool = False) -> None:
        """They said something else: once more the same, or something ordinary.

        :param what: intent and slots; what is equal was said again
        :param asked: the robot had asked them something: to say the same again is an answer then
        """
        again = not asked and what == self._last[0] and now_s - self._last[1] <= self.signs.repeat_within_s
        self._last = (what, now_s)
        if again:
            self._add(self.signs.repeat, now_s)
        else:
            self._add(0.0, now_s)
            self._sum *= self.signs.clear_turn

    def loud(self, now_s: float) -> None:
        """They spoke much louder than people do here."""
        self._add(self.signs.loud, now_s)

    def trouble(self, now_s: float) -> float:
        """0 … 1."""
        return 1 - math.exp(-self._faded(now_s) / self.signs.scale)

    def _add(self, weight: float, now_s: float) -> None:
        self._sum, self._stamp_s = self._faded(now_s) + weight, now_s

    def _faded(self, now_s: float) -> float:
        passed_s = now_s - self._stamp_s
        return self._sum * 0.5 ** (max(0.0, passed_s) / self.signs.half_life_s) if self._sum else 0.0
