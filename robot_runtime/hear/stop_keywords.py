"""The word "stop" by a keyword search of pocketsphinx: a second opinion of another kind beside the network."""

from __future__ import annotations

import tempfile
from collections import deque
from pathlib import Path

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from robot_runtime.hear.activity import LevelGate

WORD = "stop"
_LIKELIER = 1e-5
"""At 1e-8 the robot's own "I will look for the red cup" was taken for one.  For "halt" and "freeze" there is no threshold at which
they are heard more often than in "go to the hall" and in "freezer"."""
_MARGIN_DB = 9.0
_PREROLL, _HANG = 10, 25  # frames before it became loud that are searched too, and quiet ones that end the search


class KeywordSearch:
    """Frames of 20 ms, all state in here."""

    def __init__(self) -> None:
        self._decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
        with tempfile.TemporaryDirectory() as folder:  # the decoder takes its list from a file only
            path = Path(folder) / "words"
            path.write_text(f"{WORD} /{_LIKELIER:g}/\n", encoding="utf-8")
            self._decoder.add_kws("words", str(path))
        self._decoder.activate_search("words")
        self._searching = False
        self.reset()

    def reset(self) -> None:
        self._end()
        self._gate = LevelGate(_MARGIN_DB)
        self._before: deque[NDArray[np.int16]] = deque(maxlen=_PREROLL)
        self._quiet = 0

    def hears(self, samples: NDArray[np.int16]) -> bool:
        """Whether the word has just been completed."""
        self._quiet = 0 if self._gate.is_loud(samples) else self._quiet + 1
        if self._quiet >= _HANG:
            self._end()
            self._before.append(samples)
            return False
        if not self._searching:
            self._decoder.start_utt()
            self._searching = True
            for earlier in self._before:
                self._decoder.process_raw(earlier.tobytes(), False, False)
            self._before.clear()
        self._decoder.process_raw(samples.tobytes(), False, False)
        if self._decoder.hyp() is None:
            return False
        self._end()
        return True

    def _end(self) -> None:
        if self._searching:
            self._decoder.end_utt()
        self._searching = False
