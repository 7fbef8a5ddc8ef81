"""A stop word that the robot has just said itself is none: "stove" over its loudspeaker is as good a "stop" as a person's.

What the microphone heard and what was played then are looked at by the same network.  A word that is in both, at the same time, is the
robot's own.  It asks about what was played only when a word was found, so it costs nothing until then.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.own_words import alike

_SAID = 0.5
"""A word is in what was played from here on.  Of four words of the robot that were taken for a stop in conversations of seed 1 three had
0.9 and more there, one 0.5 to 0.7; what was played had 0.36 at most when a call was believed first."""
_IS_ITS_OWN = 0.53
"""So alike what was heard and what was played are where the microphone hears little else than the robot (``own_words.py``)."""

Samples = NDArray[np.int16]
Floats = NDArray[np.float32]


class Network(Protocol):
    """Says which word has just ended."""

    words: tuple[str, ...]
    """The first is "", for none of the others."""

    def hear(self, window: Samples) -> Floats: ...


class Unsaid:
    """A network that believes no word which the robot said at that moment.

    :param least: what is less likely is not asked about
    :param raw: it is the microphone's sound: of somebody who drowns the robot's voice in it a word counts whatever the robot said
    """

    def __init__(self, network: Network, least: float, *, raw: bool) -> None:
        self._network, self._least, self._raw = network, least, raw
        self.words = network.words

    def hear(self, both: Samples) -> Floats:
        """As the network's, for what was heard and what was played then; shape (2, samples)."""
        heard, played = both
        words = self._network.hear(heard)
        if 1.0 - words[0] < self._least or not self._said(heard, played):
            return words
        nothing: Floats = np.zeros_like(words)
        nothing[0] = 1.0
        return nothing

    def _said(self, heard: Samples, played: Samples) -> bool:
        if not np.any(played) or (self._raw and alike(heard, played) < _IS_ITS_OWN):
            return False
        return 1.0 - float(self._network.hear(played)[0]) >= _SAID
