"""Octave bands that add up to one, as weights on the bins of a spectrum: zero phase, smooth over log frequency."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sim.sound.units import BANDS_HZ, RATE_HZ, Signal


@lru_cache(maxsize=8)
def band_weights(samples: int) -> Signal:
    """Weights of shape (bands, samples // 2 + 1) for the spectrum of so many samples at 16 kHz; each bin's add up to one."""
    bins_hz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    place = np.log2(np.maximum(bins_hz, 1.0) / BANDS_HZ[0])
    distance = np.abs(np.clip(place, 0, len(BANDS_HZ) - 1) - np.arange(len(BANDS_HZ))[:, None])
    return np.where(distance < 1, np.cos(np.pi / 2 * np.minimum(distance, 1)) ** 2, 0.0)


def by_band(gains_db: Signal, taps: int) -> Signal:
    """A short symmetric filter with these gains in the octave bands; its delay is ``taps // 2`` samples."""
    spectrum = (10 ** (gains_db / 20)) @ band_weights(taps)
    return np.roll(np.fft.irfft(spectrum, taps), taps // 2) * np.hanning(taps + 2)[1:-1]
