"""Takes the part of an echo away that is a linear function of what was played, and leaves everything else alone.

A canceller for telephones may suppress whatever it cannot separate, since one side is mostly silent.  A robot must understand who
speaks while it does, so as much as possible is subtracted here, before WebRTC suppresses the rest (``canceller.py``).

The filter is the partitioned-block frequency-domain Kalman filter of F. Kuech, E. Mabande and G. Enzner, "State-space architecture
of the partitioned-block-based acoustic echo controller", ICASSP 2014, after G. Enzner and P. Vary, "Frequency-domain adaptive Kalman
filter for acoustic echo control in hands-free telephones", Signal Processing 86 (2006), with a diagonal covariance.  It needs no
detector of double talk: what it cannot explain counts as noise of the measurement, and the louder that is the slower it learns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

BLOCK = 320
_FFT = 2 * BLOCK
_BINS = BLOCK + 1
_KEPT = 0.9995
"""Of the echo path, from one block in which something is played to the next: people walk about, and clocks drift."""
_SMOOTH = 0.95  # of the spectrum of what is no echo, from one block to the next
_FIRST_UNCERTAINTY = 5.0  # of the power of the echo path's beginning …
_FADES_DB = 2.5  # … and so much less with each block of 20 ms, as it dies away in the room
_PLAYED_POWER = 1e-4  # of a block's strongest bin; what is softer teaches nothing
_LEAST_POWER = 1e-12
_FULL_SCALE = 0.999

Floats = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


@dataclass(frozen=True)
class Learnt:
    """An echo path, and how sure it is; shape (partitions, bins) each."""

    path: Spectrum
    uncertainty: Floats


class LinearEcho:
    """One adaptive filter; all state in here.

    :param length_s: of the echo path that it can learn, from the moment at which the reference is given
    """

    def __init__(self, length_s: float) -> None:
        self._partitions = max(1, round(length_s * 16_000 / BLOCK))
        self.reset()

    def reset(self) -> None:
        shape = (self._partitions, _BINS)
        self._path: Spectrum = np.zeros(shape, np.complex64)
        fading = _FIRST_UNCERTAINTY * 10 ** (-_FADES_DB / 10 * np.arange(self._partitions))
        self._uncertainty: Floats = np.repeat(fading[:, None], _BINS, axis=1).astype(np.float32)
        self._played: Spectrum = np.zeros(shape, np.complex64)
        self._before = np.zeros(BLOCK, np.float32)
        self._other = np.zeros(_BINS, np.float32)

    def learnt(self) -> Learnt:
        """What was learnt so far, to come back to."""
        return Learnt(self._path, self._uncertainty.copy())

    def recall(self, learnt: Learnt) -> None:
        """Forget what was learnt since."""
        self._path, self._uncertainty = learnt.path, learnt.uncertainty.copy()

    def moved(self, way_m: float) -> None:
        """The robot has moved, and the walls echo from elsewhere: what was learnt is less sure.

        A filter that is not told takes the new echoes for somebody else's voice, and is ten seconds and more behind.
        """
        if way_m > 0:
            self._uncertainty += min(way_m, 1.0) * np.abs(self._path) ** 2

    def remove(self, heard: Floats, played: Floats) -> Floats:
        """What is left of 320 samples in -1 … 1 when the echo of all that was played so far is subtracted."""
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = scipy.fft.rfft(np.concatenate([self._before, played]))
        self._before = played
        echo = scipy.fft.irfft((self._played * self._path).sum(axis=0))[BLOCK:]
        left: Floats = heard - echo
        left[_clipped(heard, echo)] = 0.0
        self._learn(left)
        return left

    def _learn(self, left: Floats) -> None:
        error = scipy.fft.rfft(np.concatenate([np.zeros(BLOCK, np.float32), left]))
        power = np.abs(error) ** 2
        self._other = np.asarray(_SMOOTH * self._other + (1 - _SMOOTH) * power if self._other.any() else power, np.float32)
        loudness = np.abs(self._played) ** 2
        if float(loudness.max()) < _PLAYED_POWER:
            return
        explained = (loudness * self._uncertainty).sum(axis=0)
        step = self._uncertainty / (explained + 2 * self._other + _LEAST_POWER)
        gain = step * np.conj(self._played)
        change = scipy.fft.irfft(gain * error, axis=1)
        change[:, BLOCK:] = 0.0
        self._uncertainty *= 1 - 0.5 * step * loudness
        self._path = np.asarray(_KEPT * (self._path + scipy.fft.rfft(change, axis=1)), np.complex64)
        self._uncertainty = np.asarray(_KEPT**2 * self._uncertainty + (1 - _KEPT**2) * np.abs(self._path) ** 2, np.float32)


def _clipped(heard: Floats, echo: Floats) -> NDArray[np.bool_]:
    """Where a microphone at full scale tells no more than that the sound was at least as loud, and the echo is."""
    over = (np.abs(heard) > _FULL_SCALE) & (np.abs(echo) > np.abs(heard)) & (heard * echo > 0)
    return np.asarray(over, np.bool_)
