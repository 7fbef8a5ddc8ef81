"""The robot's own voice on its way back to its microphone: a small loudspeaker, a room, and two clocks that are not quite one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, sosfilt_zi

from sim.sound.convolver import Convolver, spectra
from sim.sound.units import FRAME, FULL_SCALE, NOMINAL_DBFS, RATE_HZ, Signal

_KEPT = 2 * RATE_HZ
_SPEAKER_HZ = 180.0
_NEXT_WALL_S = 0.003


@dataclass(frozen=True)
class EchoRoom:
    """How loud, late and distorted it comes back."""

    rt60_s: float
    louder_db: float  # than a person who speaks normally at 1 m
    delay_s: float
    drift_ppm: float  # how much faster the microphone counts than the speaker
    distortion: float  # 0: none; 1: the loudspeaker saturates at the peaks
    room_db: float = -6.0  # energy of the reverberation relative to the direct sound
    noise_dbfs: float = -62.0

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> EchoRoom:
        """Any room of a home: rt60 0.3 to 0.8 s, 6 to 12 dB above a person, up to 200 ppm of drift."""
        return cls(
            *(round(float(rng.uniform(low, high)), 3) for low, high in ((0.3, 0.8), (6.0, 12.0), (0.12, 0.3), (-200, 200), (0.02, 0.3)))
        )


def response(rt60_s: float, room_db: float, rng: np.random.Generator) -> Signal:
    """Direct sound, and noise that dies away by 60 dB within ``rt60_s`` (J. D. Polack, 1988); shape (samples,)."""
    time_s = np.arange(int(rt60_s * RATE_HZ)) / RATE_HZ
    tail = rng.normal(size=len(time_s)) * 10 ** (-3 * time_s / rt60_s)
    tail[: int(_NEXT_WALL_S * RATE_HZ)] = 0.0
    tail *= 10 ** (room_db / 20) / np.sqrt(np.sum(tail**2))
    tail[int(0.001 * RATE_HZ)] += 1.0
    return np.asarray(tail, np.float64)


class EchoPath:
    """Takes what is played, gives what is heard of it, 20 ms at a time."""

    def __init__(self, room: EchoRoom, rng: np.random.Generator) -> None:
        self._room, self._rng = room, rng
        parts = spectra(response(room.rt60_s, room.room_db, rng)[None])
        self._convolver = Convolver(1, parts.shape[2])
        self._convolver.exchange(parts)
        self._high_pass = butter(2, _SPEAKER_HZ, "highpass", fs=RATE_HZ, output="sos")
        self._state = sosfilt_zi(self._high_pass) * 0.0
        self._line = np.zeros(_KEPT)
        self._behind = room.delay_s * RATE_HZ  # samples between what is put in and what is heard

    @property
    def delay_s(self) -> float:
        return self._behind / RATE_HZ

    def jump(self, by_s: float) -> None:
        """Something between the program and the card has buffered more, or less."""
        self._behind = float(np.clip(self._behind + by_s * RATE_HZ, 0.05 * RATE_HZ, 0.4 * RATE_HZ))

    def hear(self, played: NDArray[np.int16] | None) -> Signal:
        """What the microphone hears while ``played`` is given to the card."""
        frame = np.zeros(FRAME) if played is None else played.astype(np.float64)
        driven, self._state = sosfilt(self._high_pass, frame, zi=self._state)
        peak = 3 * 10 ** (NOMINAL_DBFS / 20) * FULL_SCALE / self._room.distortion
        self._convolver.put(peak * np.tanh(driven / peak + 0.1 * (driven / peak) ** 2))
        heard = self._convolver.hear()
        self._line = np.concatenate((self._line[FRAME:], np.zeros(FRAME) if heard is None else heard[0]))
        rate = 1.0 - 1e-6 * self._room.drift_ppm
        places = np.asarray(len(self._line) - FRAME - self._behind + rate * np.arange(FRAME), np.float64)
        self._behind += FRAME * (1.0 - rate)
        noise = self._rng.normal(0.0, FULL_SCALE * 10 ** (self._room.noise_dbfs / 20), FRAME)
        return np.asarray(10 ** (self._room.louder_db / 20) * _between(self._line, places) + noise)


def _between(line: Signal, places: Signal) -> Signal:
    """Values between samples, by Catmull and Rom's cubic."""
    whole = np.floor(places).astype(np.int64)
    t = places - whole
    a, b, c, d = (line[whole + k] for k in (-1, 0, 1, 2))
    return np.asarray(b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))))
