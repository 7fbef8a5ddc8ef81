"""What the sound of a voice tells without its words: pitch, its range, level, pace, the size of the speaker, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.syllables import STEP, rate_syllables_ps, vowel_power
from robot_runtime.hear.vocal_tract import together, tract_m
from robot_runtime.speak.meter import RATE_HZ, active_level_of, pitch_hz

FRAME = RATE_HZ // 50
_WINDOW = 2 * FRAME
_FEW_VOICED = 10
"""Frames; of less voice nothing is told."""
_LEAP_ST = 4.0
"""Within 20 ms a voice does not move so far, by our choice: one of the two is a multiple of the true pitch."""
_SURE_VOICED_S = 1.0
_TRACT_EVERY = 2
"""Voiced frames: their windows overlap by half."""


@dataclass(frozen=True)
class Sound:
    """nan where it is not known."""

    pitch_hz: float
    pitch_range_st: float
    level_dbfs: float
    rate_syllables_ps: float
    vocal_tract_m: float
    vocal_tract_std_m: float
    voiced_s: float
    confidence: float


class VoiceSound:
    """Feed it the frames of one turn."""

    def __init__(self) -> None:
        self._window = np.zeros(0, np.float32)
        self._pitches_hz: list[float] = []  # one a frame, nan where there is no voice
        self._powers: list[float] = []
        self._vowels: list[float] = []  # two a frame
        self._tracts_m: list[float] = []

    def feed(self, samples: NDArray[np.float32], *, usable: bool = True) -> None:
        """20 ms at 16 kHz, in counts of int16.

        :param usable: nobody else is heard in it
        """
        self._window = np.concatenate([self._window, samples])[-_WINDOW:] if usable else np.zeros(0, np.float32)
        whole = len(self._window) == _WINDOW
        self._pitches_hz.append(pitch_hz(self._window) if whole else math.nan)
        self._vowels += [vowel_power(self._window[place : place + FRAME]) if whole else 0.0 for place in (FRAME - STEP, FRAME)]
        if len(self._pitches_hz) % _TRACT_EVERY == 0 and not math.isnan(self._pitches_hz[-1]):
            self._tracts_m.append(tract_m(self._window, self._pitches_hz[-1]))
        self._powers.append(float(np.mean(np.square(samples, dtype=np.float64))) if usable else 0.0)

    def sound(self) -> Sound:
        """Of all that was fed."""
        pitches_hz = np.array(self._pitches_hz)
        steady = _steady(pitches_hz)
        voiced_s = steady.sum() * FRAME / RATE_HZ
        level_dbfs = active_level_of(self._powers)
        if steady.sum() < _FEW_VOICED:
            return Sound(math.nan, math.nan, level_dbfs, math.nan, math.nan, math.nan, float(voiced_s), 0.0)
        low, middle, high = np.percentile(pitches_hz[steady], [10, 50, 90])
        share = float(steady.sum()) / int(np.isfinite(pitches_hz).sum())
        return Sound(
            float(middle), 12 * math.log2(high / low), level_dbfs, rate_syllables_ps(self._vowels, np.repeat(steady, 2).tolist()),
            *together(self._tracts_m), float(voiced_s), share * min(1.0, float(voiced_s) / _SURE_VOICED_S),
        )  # fmt: skip


def _steady(pitches_hz: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which frames continue, or are continued by, a neighbour: what does not is a consonant, a knock or an octave too high."""
    steps = np.abs(np.diff(12 * np.log2(pitches_hz))) <= _LEAP_ST  # false for nan
    return np.asarray(np.concatenate([[False], steps]) | np.concatenate([steps, [False]]), np.bool_)
