"""Voices of which everything is known: engines that miss, and speakers with a given pitch, pace and vocal tract."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
