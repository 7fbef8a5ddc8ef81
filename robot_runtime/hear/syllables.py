"""Counts syllables without knowing words: each has a vowel, which is louder than what is around it.

In the manner of de Jong & Wempe, "Praat script to detect syllable nuclei and measure speech rate automatically" (Behavior Research
Methods 41, 2009): voiced peaks of loudness with a dip between them.  Only the band of vowels is looked at here; the numbers are our choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_runtime.speak.meter import RATE_HZ

STEP = RATE_HZ // 100
_WINDOW = 2 * STEP
_BAND_HZ = (300.0, 2500.0)
_DIP_DB = 2.0
_BELOW_DB = 20.0  # the loudest: what is softer is no vowel
_SPEECH_BELOW_DB = 30.0  # and what is softer than that no speech
_PAUSE_S = 0.2
_SMOOTH = np.hanning(7)[1:-1] / np.hanning(7)[1:-1].sum()
_HANN = np.hanning(_WINDOW)
_BINS = slice(round(_BAND_HZ[0] * _WINDOW / RATE_HZ), round(_BAND_HZ[1] * _WINDOW / RATE_HZ) + 1)


def vowel_power(sound: NDArray[np.floating]) -> float:
    """Of 20 ms, in the band of vowels."""
    spectrum = np.fft.rfft(sound * _HANN)[_BINS]
    return float(np.sum(spectrum.real**2 + spectrum.imag**2))


def rate_syllables_ps(powers: Sequence[float], voiced: Sequence[bool]) -> float:
    """Syllables a second of speech, its pauses left out; nan without any.

    :param powers: see :func:`vowel_power`, one each 10 ms
    :param voiced: whether there was voice then
    """
    levels_db = 10 * np.log10(np.convolve(powers, _SMOOTH, "same") + 1.0) if len(powers) else np.zeros(0)
    if not len(levels_db) or not any(voiced):
        return float("nan")
    loudest_db = float(np.percentile(levels_db, 95))
    near = np.convolve(voiced, np.ones(5), "same") > 0
    peaks = [place for place in _peaks(levels_db) if levels_db[place] > loudest_db - _BELOW_DB and near[place]]
    spoken_s = _spoken_s(levels_db > loudest_db - _SPEECH_BELOW_DB)
    return len(peaks) / spoken_s if peaks and spoken_s > 0 else float("nan")


def _peaks(levels_db: NDArray[np.float64]) -> list[int]:
    """Places from which the level falls by the dip on both sides before it rises higher."""
    peaks, rising, low, high = [], True, float(levels_db[0]), 0
    start_db = low
    for place, level in enumerate(levels_db):
        if rising and level > levels_db[high]:
            high = place
        elif rising and level < levels_db[high] - _DIP_DB:
            peaks.append(high)
            rising, low = False, float(level)
        elif not rising and level > low + _DIP_DB:
            rising, high = True, place
        else:
            low = min(low, float(level))
    if rising and levels_db[high] > (low if peaks else start_db) + _DIP_DB:
        peaks.append(high)
    return peaks


def _spoken_s(speech: NDArray[np.bool_]) -> float:
    """From the first speech to the last, without pauses."""
    places = np.flatnonzero(speech)
    if not len(places):
        return 0.0
    gaps = np.diff(places) - 1
    return float(places[-1] - places[0] + 1 - gaps[gaps >= _PAUSE_S * 100].sum()) / 100
