"""How long a speaker's vocal tract is, roughly: resonances of a longer one lie closer together.

A tube that is closed at one end has its resonances at odd multiples of c / 4L.  Vowels move the first two far from that, the third and
fourth little, so these two give the length (as in Lammert & Narayanan, PLoS ONE 10(7), 2015, who weigh higher formants more; the
plain mean here is our choice).  Formants come from linear prediction, one frame of 40 ms at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_runtime.speak.meter import RATE_HZ

_SOUND_MPS = 350.0  # in the warm, moist air of a throat
_ORDERS = ((150.0, 20), (260.0, 18), (math.inf, 16))
"""Pitch up to which linear prediction has that order: a pair for each formant up to 8 kHz, of which a longer tract has more, and some
for the source.  With too many a high voice's harmonics pass for formants, with too few two formants of a long tract become one: a man
who speaks far above his usual pitch seems shorter."""
_EMPHASIS = 0.97
_LOWEST_HZ, _HIGHEST_HZ = 200.0, 7000.0
_BROADEST_HZ = 600.0
"""A broader resonance is the slope of the spectrum, and no formant."""
_THIRD, _FOURTH = 2, 3
_FEW = 8  # frames
_RANGE_M = (0.08, 0.22)
_SYSTEMATIC = 0.08
"""Of the length, which more frames do not average away: Lammert & Narayanan's own estimate was off by 1.28 cm (rms) on five adults, of
whom the true length was seen by MRI."""


def tract_m(window: NDArray[np.floating], pitch_hz: float) -> float:
    """The length that one voiced frame at 16 kHz speaks for, nan where its formants are not clear."""
    sound = np.append(window[0], window[1:] - _EMPHASIS * window[:-1]) * np.hamming(len(window))
    order = next(order for highest_hz, order in _ORDERS if pitch_hz <= highest_hz)
    found = _formants_hz(sound.astype(np.float64), order)
    if len(found) <= _FOURTH:
        return math.nan
    spacing_hz = (found[_THIRD] / 2.5 + found[_FOURTH] / 3.5) / 2
    length_m = _SOUND_MPS / (2 * spacing_hz)
    return length_m if _RANGE_M[0] <= length_m <= _RANGE_M[1] else math.nan


def together(lengths_m: Sequence[float]) -> tuple[float, float]:
    """Median of what the frames of one speaker say, and its standard deviation; nan of too few."""
    known = np.array([length_m for length_m in lengths_m if not math.isnan(length_m)])
    if len(known) < _FEW:
        return math.nan, math.nan
    middle = float(np.median(known))
    spread = 1.4826 * float(np.median(np.abs(known - middle))) * 1.2533 / math.sqrt(len(known))  # of a median, were it Gaussian
    return middle, math.hypot(spread, _SYSTEMATIC * middle)


def _formants_hz(sound: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    correlation = np.correlate(sound, sound, "full")[len(sound) - 1 : len(sound) + order]
    if not correlation[0] > 0:
        return np.zeros(0)
    lags = np.abs(np.subtract.outer(np.arange(order), np.arange(order)))
    predictor = np.linalg.solve(correlation[lags] + np.eye(order) * correlation[0] * 1e-6, correlation[1:])
    poles = np.roots(np.concatenate([[1.0], -predictor]))
    poles = poles[poles.imag > 0]
    frequencies_hz = np.angle(poles) * RATE_HZ / math.tau
    widths_hz = -np.log(np.abs(poles)) * RATE_HZ / math.pi
    clear = (widths_hz < _BROADEST_HZ) & (frequencies_hz > _LOWEST_HZ) & (frequencies_hz < _HIGHEST_HZ)
    return np.sort(frequencies_hz[clear])
