"""The direction of the loudest sound: of simulated signals of four microphones, or where the home has one, estimated as an array would.

With four microphones: steered response power with phase transform (J. H. DiBiase, 2000) over 100 ms, one bearing in every 5°,
refined by a parabola.  The robot's own voice is taken out before, as an array does that plays it through its own socket.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from scipy.fft import rfft

from robot_runtime.messages import VoiceDirection
from sim.acoustics import Acoustics, Point
from sim.description import HomeDescription
from sim.microphone_array import ESTIMATES_PER_S, LEAST_SNR_DB, RESOLUTION_RAD, MicrophoneArray
from sim.sound.field import microphone_offsets_m
from sim.sound.units import FRAME, FRAMES_PER_S, FULL_SCALE, RATE_HZ, SPEED_OF_SOUND_MPS, Signal

STD_RAD = math.radians(8.0)
"""Of bearings in a furnished room at up to 3 m, reflections left out; measured by tests/sim/test_sound_array.py."""
_FRAMES = FRAMES_PER_S // ESTIMATES_PER_S
_CANDIDATES = 72
_LOW_HZ, _HIGH_HZ = 300.0, 6000.0


class DirectionFinder(Protocol):
    """Hears every frame of a home."""

    def reset(self) -> None: ...

    def hear(
        self, now_s: float, robot: tuple[float, float, float], acoustics: Acoustics, people_xy: Mapping[str, Point]
    ) -> VoiceDirection | None: ...


def direction_finder(home: HomeDescription, seed: int) -> DirectionFinder:
    """The one that fits the home's microphones."""
    return SignalFinder(home.sound.noise_dbfs) if home.sound.microphones == 4 else EstimatedFinder(seed)


class EstimatedFinder:
    """Has one microphone only: an array's answers are estimated from what arrives from whom."""

    def __init__(self, seed: int) -> None:
        self._array = MicrophoneArray(seed)

    def reset(self) -> None:
        """Forget what was heard."""
        self._array.reset()

    def hear(
        self, now_s: float, robot: tuple[float, float, float], acoustics: Acoustics, people_xy: Mapping[str, Point]
    ) -> VoiceDirection | None:
        """Take in a frame; an estimate once in 100 ms, if something was loud enough."""
        things = {name: source.place_m[:2] for name, source in acoustics.sources.items()}
        return self._array.hear(now_s, robot, acoustics.arriving, {**things, **people_xy})


class SignalFinder:
    """Finds the direction in the signals of four microphones.

    :param noise_dbfs: noise floor of a microphone
    """

    def __init__(self, noise_dbfs: float) -> None:
        self._noise = FULL_SCALE**2 * 10 ** (noise_dbfs / 10)
        places_m = microphone_offsets_m(4)
        pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]
        self._first, self._second = np.array(pairs).T
        bins_hz = np.fft.rfftfreq(2 * FRAME, 1 / RATE_HZ)
        self._used = (bins_hz >= _LOW_HZ) & (bins_hz <= _HIGH_HZ)
        bearings = np.arange(_CANDIDATES) * math.tau / _CANDIDATES
        towards = np.stack((np.cos(bearings), np.sin(bearings), np.zeros(_CANDIDATES)))
        lead_s = (places_m[self._first] - places_m[self._second]) @ towards / SPEED_OF_SOUND_MPS  # (pairs, candidates)
        phases = -2j * np.pi * lead_s[:, None, :] * bins_hz[self._used][None, :, None]
        self._steering = np.exp(phases).reshape(-1, _CANDIDATES)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._frames: list[Signal] = []

    def hear(
        self, now_s: float, robot: tuple[float, float, float], acoustics: Acoustics, people_xy: Mapping[str, Point]
    ) -> VoiceDirection | None:
        """Take in a frame; an estimate once in 100 ms, if something was loud enough."""
        self._frames.append(acoustics.others)
        if len(self._frames) < _FRAMES:
            return None
        sound, self._frames = np.concatenate(self._frames, axis=1), []
        power = float(np.mean(sound[0] ** 2))
        if power < self._noise * (1 + 10 ** (LEAST_SNR_DB / 10)):
            return None
        whole = round(self._bearing(sound) / RESOLUTION_RAD) * RESOLUTION_RAD
        return VoiceDirection(now_s, "base_link", whole, STD_RAD, 10 * math.log10(power / FULL_SCALE**2))

    def _bearing(self, sound: Signal) -> float:
        """Of the strongest direction, from -π to π, counter-clockwise from ahead."""
        starts = range(0, sound.shape[1] - 2 * FRAME + 1, FRAME)
        blocks = np.stack([sound[:, start : start + 2 * FRAME] for start in starts]) * np.hanning(2 * FRAME)
        spectrum = rfft(blocks, axis=2)[:, :, self._used]
        cross = np.sum(spectrum[:, self._first] * np.conj(spectrum[:, self._second]), axis=0)
        whitened = (cross / np.maximum(np.abs(cross), 1e-9)).reshape(-1)
        response = np.real(whitened @ self._steering)
        best = int(np.argmax(response))
        before, at, after = response[best - 1], response[best], response[(best + 1) % _CANDIDATES]
        bend = before - 2 * at + after
        shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
        return math.remainder((best + shift) * math.tau / _CANDIDATES, math.tau)
