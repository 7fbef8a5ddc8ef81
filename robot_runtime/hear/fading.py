"""Whether somebody who still counts as speaking has probably finished.

Voice activity ceases some 0.2 s after the last sound of a word, by the room's reverberation and its own inertia.  The level falls well
before that: early enough to work out what was said.  By itself it is too uncertain to act on, since it falls within words too.
"""

from __future__ import annotations

import math
from collections import deque

_RECENT = 21  # frames, 0.42 s
_SOFTER_DB = 15.0  # than the loudest frame lately
_SOFT_FRAMES = 2  # one after the other, from which on speech fades; a gap before a "t" often is shorter
_WAVERS = 0.03  # by so much may the likelihood of speech rise again …
_WAVERS_DB = 6.0  # … and the level: a "t" comes after a silence


class Fading:
    """Of one turn; all state in here."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._lowest = self._lowest_dbfs = math.inf
        self._soft = self._frames = 0

    def hear(self, probability: float, level_dbfs: float) -> int:
        """For how many frames speech has been fading, with this one; 1 where it begins to, or has risen and begins anew."""
        self._recent.append(level_dbfs)
        soft = level_dbfs < max(self._recent) - _SOFTER_DB and level_dbfs <= self._lowest_dbfs + _WAVERS_DB
        self._soft = self._soft + 1 if soft else 0
        if not soft or probability > self._lowest + _WAVERS:
            self._frames, self._lowest, self._lowest_dbfs = 0, math.inf, math.inf
        if self._soft >= _SOFT_FRAMES:
            self._frames += 1
            self._lowest, self._lowest_dbfs = min(self._lowest, probability), min(self._lowest_dbfs, level_dbfs)
        return self._frames
