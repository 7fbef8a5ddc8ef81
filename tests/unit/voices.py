"""Voices of which everything is known: engines that miss, and speakers with a given pitch, pace and vocal tract."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from robot_runtime.speak.engine import RATE_HZ, Manner, Piece
from robot_runtime.speak.loudness import NOMINAL_DBFS


@dataclass
class Sluggish:
    """An engine that always misses by the same: its sound lasts longer, ends in near silence, and is not at the nominal level."""

    slower: float = 1.0
    quiet_s: float = 0.0
    level: float = 1.0

    def say(self, clause: str, seconds: float, language: str, manner: Manner) -> Iterator[Piece]:
        amplitude = math.sqrt(2) * 32768 * 10 ** (NOMINAL_DBFS / 20) * self.level
        time_s = np.arange(round(seconds * self.slower * RATE_HZ)) / RATE_HZ
        yield Piece((amplitude * np.sin(2 * np.pi * 150 * time_s)).astype(np.int16), len(clause))
        yield Piece(np.zeros(round(self.quiet_s * RATE_HZ), np.int16), len(clause))

    def pitch_range_st(self, language: str) -> float:
        return math.nan

    def close(self) -> None:
        """Nothing to let go of."""


def glottal(pitch_hz: float, seconds: float, range_st: float = 0.0) -> NDArray[np.float64]:
    """Pulses of a voice, -26 dBFS, whose pitch swings by ``range_st`` semitones from bottom to top once a second."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitches_hz = pitch_hz * 2 ** (range_st / 24 * np.sin(2 * np.pi * time_s))
    phase = 2 * np.pi * np.cumsum(pitches_hz) / RATE_HZ
    sound = sum(np.cos(k * phase) / k for k in range(1, int(3400 / pitch_hz) + 1))
    return np.asarray(sound / np.sqrt(np.mean(np.square(sound))) * 32768 * 10 ** (NOMINAL_DBFS / 20), np.float64)


_VOWELS = ((0.0, 0.0), (-0.45, 0.35), (0.35, -0.25), (-0.3, -0.3))
"""By what share the first two resonances of a tube are moved."""


def vowels(pitch_hz: float, tract_m: float, seconds: float = 2.0) -> NDArray[np.float64]:
    """Pulses through the resonances of a tube of that length, with its first two moved as in four vowels; -26 dBFS."""
    time_s = np.arange(round(seconds / len(_VOWELS) * RATE_HZ)) / RATE_HZ
    parts = [_vowel(pitch_hz * 2 ** (np.sin(2 * np.pi * time_s) / 6), tract_m, moved) for moved in _VOWELS]
    sound = np.concatenate(parts)
    return np.asarray(sound / np.sqrt(np.mean(np.square(sound))) * 32768 * 10 ** (NOMINAL_DBFS / 20), np.float64)


def _vowel(pitches_hz: NDArray[np.float64], tract_m: float, moved: tuple[float, float]) -> NDArray[np.float64]:
    pulses = (np.diff(np.floor(np.cumsum(pitches_hz) / RATE_HZ), prepend=0) > 0).astype(np.float64)
    sound = lfilter([1.0], [1.0, -0.95], pulses)
    for number in range(1, 8):
        formant_hz = (2 * number - 1) * 350.0 / (4 * tract_m) * (1 + (moved[number - 1] if number <= len(moved) else 0.0))
        if formant_hz < 7500:
            radius = math.exp(-math.pi * (60 + 0.02 * formant_hz) / RATE_HZ)
            pole = [1.0, -2 * radius * math.cos(2 * math.pi * formant_hz / RATE_HZ), radius**2]
            sound = lfilter([1 - radius], pole, sound)
    return np.diff(sound, prepend=0.0)
