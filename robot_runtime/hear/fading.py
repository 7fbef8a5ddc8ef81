"""Whether somebody who still counts as speaking has probably finished.

Voice activity ceases some 0.2 s after the last sound of a word, by the room's reverberation and its own inertia.  Well before that its
likelihood falls, and so does the level: early enough to work out what was said, too uncertain to act on it.
"""

from __future__ import annotations

import math
from collections import deque

_RECENT = 21  # frames, 0.42 s
_FALLEN = 0.9  # of the highest likelihood lately
_SOFTER_DB = 15.0  # than the loudest frame lately
_WAVERS = 0.03  # by so much may the likelihood rise again …
_WAVERS_DB = 6.0  # … and the level: a "t" comes after a silence


class Fading:
    """Of one turn; all state in here."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT)
        self._lowest = self._lowest_dbfs = math.inf
        self._frames = 0

    def hear(self, probability: float, level_dbfs: float) -> int:
        """For how many frames speech has been fading, with this one; 1 where it begins to, or has risen and begins anew."""
        self._recent.append((probability, level_dbfs))
        likeliest, loudest_dbfs = map(max, zip(*self._recent, strict=True))
        fades = probability < _FALLEN * likeliest and level_dbfs < loudest_dbfs - _SOFTER_DB
        if not (fades and self._frames and probability <= self._lowest + _WAVERS and level_dbfs <= self._lowest_dbfs + _WAVERS_DB):
            self._frames, self._lowest, self._lowest_dbfs = 0, math.inf, math.inf
        if fades:
            self._frames += 1
            self._lowest, self._lowest_dbfs = min(self._lowest, probability), min(self._lowest_dbfs, level_dbfs)
        return self._frames
