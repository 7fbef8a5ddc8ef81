"""How loud to speak: to whom, how far away they are, and against what noise."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

NOMINAL_DBFS = -26.0
"""Active level of normal speech (ITU-T P.56, P.830); it leaves room for raised voices below full scale."""

_FULL_SCALE = 32768.0
_KNEE = 0.7
"""Of full scale: what is below passes unchanged."""


class Law(BaseModel):
    """How loudness follows distance and noise.

    Talkers raise their voice by about half of what the noise rises (Lane & Tranel 1971; ISO 9921:2003 gives 0.3 to 0.6 dB a
    dB), from some 45 dB(A) on; a normal voice has 60 dB(A) at 1 m there, so that is 15 dB below the level at which the
    microphone hears one.  With distance they add 1.3 to 2.2 dB each time it doubles (Pelegrin-Garcia et al. 2011) where the
    sound in the free field loses 6; 3 dB, what a furnished room takes, is our choice between these.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    noise_slope: float = Field(0.5, ge=0, le=1, description="dB louder for each dB of noise above noise_from_dbfs")
    noise_from_dbfs: float = Field(-41.0, ge=-100, le=0, description="noise at the microphone up to which nobody raises their voice")
    distance_db: float = Field(3.0, ge=0, le=6, description="dB louder each time the distance doubles")
    near_m: float = Field(1.0, gt=0, le=5, description="distance of a normal voice")
    softest_db: float = Field(-6.0, ge=-30, le=0, description="against a normal voice, at least")
    loudest_db: float = Field(10.0, ge=0, le=15, description="against a normal voice, at most")

    def gain_db(self, volume_ratio: float, distance_m: float, noise_dbfs: float) -> float:
        """Against a normal voice.  Distance and noise may be nan, which is unknown, and then change nothing.

        >>> Law().gain_db(1.0, 2.0, -31.0)
        8.0
        """
        gain_db = 20 * math.log10(volume_ratio)
        if distance_m > 0:
            gain_db += self.distance_db * math.log2(max(distance_m, 0.1) / self.near_m)
        if noise_dbfs > self.noise_from_dbfs:
            gain_db += self.noise_slope * (noise_dbfs - self.noise_from_dbfs)
        return min(max(gain_db, self.softest_db), self.loudest_db)


class NoiseFloor:
    """The level of what lasts, under what comes and goes: a low percentile of the last seconds of frames.

    After R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics" (2001), of which
    this is the plainest form: speech has gaps within any few seconds, a fan has not.
    """

    _FRAMES = 150  # 3 s
    _LEAST = 50
    _PERCENTILE = 15
    _EVERY = 10  # frames between two sortings

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._levels: deque[float] = deque(maxlen=self._FRAMES)
        self._taken = 0
        self.level_dbfs = math.nan
        """nan until a second was heard."""

    def take(self, samples: NDArray[np.int16]) -> None:
        """One frame in which the robot itself did not speak."""
        self._levels.append(level_dbfs(samples))
        self._taken += 1
        if len(self._levels) >= self._LEAST and self._taken % self._EVERY == 0:
            self.level_dbfs = float(np.percentile(self._levels, self._PERCENTILE))


class Headroom:
    """How much louder than normal the robot may speak before its own microphone is at full scale.

    What was clipped there cannot be taken out of the sound, and whoever says "stop" into it is not heard.
    """

    _CLIPPED = 32_700
    _SHARE = 0.01  # of a frame
    _STEP_DB = 0.5
    _BACK_DB = 0.0005  # a frame: some 1.5 dB a minute, since a slammed door clips too

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.most_db = math.inf
        """Never below a normal voice."""

    def take(self, samples: NDArray[np.int16], gain_db: float) -> None:
        """One frame that was heard while the robot spoke so much louder than normal."""
        if float(np.mean(np.abs(samples.astype(np.int32)) >= self._CLIPPED)) > self._SHARE:
            self.most_db = max(min(self.most_db, gain_db) - self._STEP_DB, 0.0)
        else:
            self.most_db += self._BACK_DB


def level_dbfs(samples: NDArray[np.generic]) -> float:
    """RMS; silence has -100."""
    power = float(np.mean(np.square(samples.astype(np.float64)))) if len(samples) else 0.0
    return max(10 * math.log10(power / _FULL_SCALE**2), -100.0) if power > 0 else -100.0


def limited(sound: NDArray[np.floating[Any]]) -> NDArray[np.int16]:
    """To int16: what exceeds the knee is bent softly below full scale, so that nothing clips however large it is.

    >>> limited(np.array([0.0, 1000.0, 1e9, -1e9])).tolist()
    [0, 1000, 32767, -32767]
    """
    share = np.abs(sound) / (_FULL_SCALE - 1)
    over = np.maximum(share - _KNEE, 0.0) / (1 - _KNEE)
    bent = np.where(share > _KNEE, _KNEE + (1 - _KNEE) * np.tanh(over), share)
    signed = np.copysign(bent * (_FULL_SCALE - 1), sound)
    return np.asarray(np.rint(signed), np.int16)
