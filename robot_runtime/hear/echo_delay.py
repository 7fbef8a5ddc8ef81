"""How long the robot's own sound takes from ``audio/out`` to its own microphone: drivers, sound card, speaker and air.

Generalised cross-correlation with phase transform (C. Knapp and G. Carter, "The generalized correlation method for estimation of time
delay", IEEE Trans. ASSP 24, 1976), summed over about a second of the robot's speech.  Only the phase of each frequency counts, so that
the colour of speaker and room, and how loud a person speaks over it, matter little.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.fft
from numpy.typing import NDArray

RATE_HZ = 16_000
LONGEST_S = 0.64
"""The longest delay that is found."""

_WINDOW = 8192  # samples of the microphone that are looked at together: 0.5 s
_LONGEST = int(LONGEST_S * RATE_HZ)
SIZE = _WINDOW + _LONGEST  # also of the transform: no product of the correlation wraps around
_FRAME = 320
LOOK_EVERY = 12
"""Frames between two looks: 0.24 s."""
_KEPT = 0.5  # of the sum of cross-spectra, from one look to the next
_BAND_HZ = (200, 5000)  # where speech is, and small speakers too
_AUDIBLE = 1e-3  # of full scale: -60 dBFS
_LEAST_PLAYED = 0.3  # of the window; less says little
_WIDTH = 16  # samples over which a peak may be smeared, by a drifting clock for one
SURE_DB = 14.0
"""How far a peak stands out before it is believed.  Of chance alone the highest of 10 000 lags stands out by 10.0 dB (99.9 %: 11.5 dB)."""
_SAME = 32  # samples: two looks that agree so well saw the same delay

Floats = NDArray[np.float32]


class EchoDelay:
    """Looks for the delay while something is played; all state in here.

    ``delay`` is in samples, None until it is known.  It stays when the robot falls silent, and is replaced when two looks
    in a row agree on another one.  ``peak_db`` tells how sure the last look was, -inf when there was none yet.
    """

    def __init__(self) -> None:
        frequencies_hz = scipy.fft.rfftfreq(SIZE, 1 / RATE_HZ)
        self._band = ((frequencies_hz >= _BAND_HZ[0]) & (frequencies_hz <= _BAND_HZ[1])).astype(np.float32)
        self.reset()

    def reset(self) -> None:
        self._heard = np.zeros(_WINDOW, np.float32)
        self._sum = np.zeros(SIZE // 2 + 1, np.complex64)
        self._candidate: int | None = None
        self.delay: int | None = None
        self.peak_db = -math.inf

    def hear(self, heard: Floats) -> None:
        """Take in 320 samples of the microphone."""
        self._heard = np.concatenate([self._heard[_FRAME:], heard])

    def look(self, played: Floats) -> bool:
        """Compare what was heard with the ``SIZE`` samples that were played until the same moment; whether the delay is sure."""
        self._sum *= _KEPT
        if self._heard.any():
            cross = np.conj(scipy.fft.rfft(self._heard, SIZE)) * scipy.fft.rfft(played)
            self._sum += self._band * cross / (np.abs(cross) + 1e-9)
        lag, self.peak_db = self._peak()
        if self.peak_db < SURE_DB:
            self._candidate = None
            return False
        again = self._candidate is not None and abs(lag - self._candidate) <= _SAME
        self._candidate = lag
        if again:
            self.delay = lag
        return again

    def _peak(self) -> tuple[int, float]:
        """The likeliest delay in samples, and by how many dB it stands out from all others."""
        correlation = scipy.fft.irfft(self._sum, SIZE)[: _LONGEST + 1]
        energy = np.convolve(correlation**2, np.full(_WIDTH, 1 / _WIDTH, np.float32), "same")
        best = int(np.argmax(energy))
        around = slice(max(0, best - _WIDTH // 2), best + _WIDTH // 2 + 1)
        exact = around.start + int(np.argmax(np.abs(correlation[around])))
        return _LONGEST - exact, 10 * math.log10(float(energy[best]) / (float(np.mean(energy)) + 1e-20) + 1e-20)


def worth_a_look(played: Floats) -> bool:
    """Whether enough was played for the delay to be seen."""
    return float(np.mean(np.abs(played[::4]) > _AUDIBLE)) > _LEAST_PLAYED * _WINDOW / SIZE
