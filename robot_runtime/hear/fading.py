"""When only the room still sounds after somebody who has fallen silent.

A network that tells speech from noise takes the echo of speech for speech: in rooms with 0.3 to 0.8 s of reverberation for some 0.15 s.
Level tells sooner.  What is that much softer than what was said just before is no syllable of it any more; how soft a syllable may be is
forgotten within a second, for people become softer towards their end.
"""

from __future__ import annotations

import math

_SOFTER_DB = 15.0
_FORGOTTEN_DB = 0.4  # a frame of 20 ms


class Fading:
    """Follows the level of somebody's speech."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Somebody else begins."""
        self._loud_dbfs = -math.inf

    def hear(self, level_dbfs: float) -> bool:
        """Whether a frame of this level is no more than what the room gives back."""
        self._loud_dbfs = max(level_dbfs, self._loud_dbfs - _FORGOTTEN_DB)
        return level_dbfs < self._loud_dbfs - _SOFTER_DB
