"""Kitchens and cafés made by rule: what people's commands are heard against in ``robot-runtime bench hear``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
_ACTIVE = 1e-3  # of the loudest frame's power: what counts as speech when its level is measured
_FRAME = 320

Floats = NDArray[np.float64]


def cafe(length: int, talk: Sequence[Floats], rng: np.random.Generator) -> Floats:
    """Seven people who talk in an echoing room, and dishes."""
    voices = np.zeros(length)
    for _ in range(7):
        voice = np.concatenate([talk[int(rng.integers(len(talk)))] for _ in range(3)])
        voices += np.resize(np.roll(voice / voice.std(), rng.integers(len(voice))), length) * 10 ** (rng.uniform(-8, 0) / 20)
    return echoing(voices + 2.0 * dishes(length, 1.0, rng), 0.35, rng)


def kitchen(length: int, talk: Sequence[Floats], rng: np.random.Generator) -> Floats:
    """A fan, running water, dishes, and somebody who talks further off."""
    fan = _coloured(length, lambda hz: 1 / np.sqrt(1 + (hz / 400) ** 2), rng)
    water = _coloured(length, lambda hz: np.exp(-(((hz - 3000) / 2500) ** 2)), rng)
    water *= 1 + 0.5 * np.sin(2 * np.pi * 0.4 * np.arange(length) / RATE_HZ + rng.uniform(0, 2 * np.pi))
    voice = talk[int(rng.integers(len(talk)))]
    far = np.resize(np.roll(voice / voice.std(), rng.integers(len(voice))), length)
    return fan + 0.5 * water + 0.4 * far + 2.5 * dishes(length, 2.0, rng)


def dishes(length: int, per_s: float, rng: np.random.Generator) -> Floats:
    """Clinks: a few partials each, that die away within 10 to 60 ms."""
    sound = np.zeros(length)
    time_s = np.arange(RATE_HZ // 4) / RATE_HZ
    for _ in range(rng.poisson(per_s * length / RATE_HZ)):
        pitch_hz = rng.uniform(900, 6500)
        partials = [ratio * pitch_hz for ratio in (1.0, 1.51, 2.13) if ratio * pitch_hz < RATE_HZ / 2]
        clink = sum(rng.uniform(0.3, 1.0) * np.exp(-time_s / rng.uniform(0.01, 0.06)) * np.sin(2 * np.pi * hz * time_s) for hz in partials)
        begin = int(rng.integers(length))
        end = min(length, begin + len(time_s))
        sound[begin:end] += np.asarray(clink)[: end - begin] * rng.uniform(0.3, 1.5)
    return sound


def echoing(sound: Floats, decay_s: float, rng: np.random.Generator) -> Floats:
    """A sound with the diffuse tail of a room that takes ``decay_s`` to fall by 60 dB, as loud as the sound itself."""
    tail = rng.normal(size=int(decay_s * RATE_HZ)) * 10 ** (-3 * np.arange(int(decay_s * RATE_HZ)) / (decay_s * RATE_HZ))
    response = tail / np.sqrt(np.sum(tail**2))
    response[0] += 1.0
    size = len(sound) + len(response)
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[: len(sound)]


def mixed(speech: Floats, noise: Floats, snr_db: float) -> NDArray[np.int16]:
    """Speech in noise; the ratio is that of speech while somebody speaks."""
    frames = speech[: len(speech) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.mean(frames**2, axis=1)
    active = power[power > _ACTIVE * power.max()].mean()
    gain = np.sqrt(active / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return np.asarray(np.clip(np.rint(speech + gain * noise), -32768, 32767), np.int16)


def _coloured(length: int, shape: Callable[[Floats], Floats], rng: np.random.Generator) -> Floats:
    spectrum = np.fft.rfft(rng.normal(size=length))
    hz = np.arange(len(spectrum)) * RATE_HZ / length
    sound = np.fft.irfft(spectrum * shape(hz), length)
    return np.asarray(sound / sound.std())
