"""Brings speech to the level for which recognition was measured, without ever clipping it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_LEVEL_SPEED = 0.1  # of the estimated level of speech, a frame of speech
_SLEW_DB = 0.08  # a frame: 4 dB a second, so that a sentence is not bent
_KNEE = 0.7  # of full scale (-3 dB); what is louder is bent, and never reaches full scale


class SpeechGain:
    """A slow gain with a dead band, and a limiter.

    Speech between ``quietest`` and ``loudest`` stays as it is.  A louder voice never comes out softer than a softer one.

    :param quietest_dbfs: active level below which speech is amplified …
    :param loudest_dbfs: … and above which it is attenuated
    :param most_db: of amplification
    """

    def __init__(self, quietest_dbfs: float, loudest_dbfs: float, most_db: float) -> None:
        self._quietest, self._loudest, self._most_db = quietest_dbfs, loudest_dbfs, most_db
        self.reset()

    def reset(self) -> None:
        self.gain_db = 0.0
        self._level_dbfs = (self._quietest + self._loudest) / 2

    def apply(self, samples: Floats, speech_dbfs: float | None) -> Floats:
        """A frame of samples in -1 … 1, amplified.

        :param speech_dbfs: its level if it is speech of a person, else None
        """
        if speech_dbfs is not None:
            self._follow(speech_dbfs)
        before_db, self.gain_db = self.gain_db, self._next_gain_db()
        gain = np.linspace(before_db, self.gain_db, len(samples) + 1, dtype=np.float32)[1:]
        return limited(np.asarray(samples * 10 ** (gain / 20), np.float32) if before_db or self.gain_db else samples)

    def _follow(self, speech_dbfs: float) -> None:
        """The level of the louder frames: soft ones hardly count (after the active level of ITU-T P.56, which leaves them out)."""
        louder = speech_dbfs > self._level_dbfs
        self._level_dbfs += _LEVEL_SPEED * (1.0 if louder else 0.1) * (speech_dbfs - self._level_dbfs)

    def _next_gain_db(self) -> float:
        wanted = min(max(self._quietest - self._level_dbfs, 0.0), self._most_db) + min(self._loudest - self._level_dbfs, 0.0)
        return self.gain_db + min(max(wanted - self.gain_db, -_SLEW_DB), _SLEW_DB)


def limited(samples: Floats) -> Floats:
    """Samples bent softly above -3 dB of full scale, so that they stay within it and keep their order.

    >>> [f"{sample:.2f}" for sample in limited(np.array([0.5, 1.0, -4.0], np.float32))]
    ['0.50', '0.93', '-1.00']
    """
    over = np.abs(samples) > _KNEE
    if not over.any():
        return samples
    bent = np.sign(samples) * (_KNEE + (1 - _KNEE) * np.tanh((np.abs(samples) - _KNEE) / (1 - _KNEE)))
    return np.where(over, bent, samples).astype(np.float32)
