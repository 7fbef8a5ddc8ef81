"""Short sounds that are no speech, made from noise and damped tones: coughs, laughter, doors, dishes.

All at 16 kHz with a root mean square of one over their loudest 100 ms, so that a level can be given to them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.signal import butter, sosfilt

from sim.sound.units import RATE_HZ, Signal

EffectKind = Literal["cough", "laugh", "door_slam", "plate"]


def effect(kind: EffectKind, seed: int) -> Signal:
    """One such sound; every seed makes another one."""
    rng = np.random.default_rng((seed, list(_MAKERS).index(kind)))
    sound = _MAKERS[kind](rng)
    return sound / _loudest_rms(sound)


def _cough(rng: np.random.Generator) -> Signal:
    """One or two bursts: a sharp beginning, a long breath, and a voiced end (after J. Korpáš et al., Pulm. Pharmacol. 9, 1996)."""
    bursts = []
    for _ in range(int(rng.integers(1, 3))):
        length = round(rng.uniform(0.28, 0.4) * RATE_HZ)
        times_s = np.arange(length) / RATE_HZ
        breath = _band(rng.standard_normal(length), 400, 3800) * np.exp(-times_s / 0.09)
        breath[: RATE_HZ // 50] *= 2.5
        pitch_hz = rng.uniform(150, 280)
        voiced = _band(_pulses(times_s, pitch_hz * (1 - 0.5 * times_s)), 300, 2500) * np.clip((times_s - 0.15) / 0.05, 0, 1)
        bursts += [breath, 0.3 * np.std(breath) / max(np.std(voiced), 1e-9) * voiced * np.exp(-times_s / 0.15)]
    pairs = [a + b for a, b in zip(bursts[::2], bursts[1::2], strict=True)]
    return np.concatenate([piece for pair in pairs for piece in (pair, np.zeros(round(rng.uniform(0.08, 0.2) * RATE_HZ)))])


def _laugh(rng: np.random.Generator) -> Signal:
    """Four to seven calls of "ha", five a second, falling in pitch (J.-A. Bachorowski et al., JASA 110(3), 2001)."""
    pitch_hz, pieces = rng.uniform(200, 420), []
    for call in range(int(rng.integers(4, 8))):
        times_s = np.arange(round(0.12 * RATE_HZ)) / RATE_HZ
        swell = np.sin(np.pi * np.clip(times_s / 0.12, 0, 1)) ** 0.7
        voiced = _band(_pulses(times_s, np.full(len(times_s), pitch_hz * 0.95**call)), 500, 1500)
        aspired = _band(rng.standard_normal(len(times_s)), 600, 4000)
        pieces += [swell * (voiced / np.std(voiced) + 0.4 * aspired / np.std(aspired)) * 0.85**call, np.zeros(round(0.08 * RATE_HZ))]
    return np.concatenate(pieces)


def _door_slam(rng: np.random.Generator) -> Signal:
    """A thump of the leaf, and the click of the lock."""
    times_s = np.arange(round(0.5 * RATE_HZ)) / RATE_HZ
    modes = [(rng.uniform(60, 110), 0.09, 1.0), (rng.uniform(130, 220), 0.06, 0.7), (rng.uniform(300, 500), 0.03, 0.4)]
    thump = sum(a * np.exp(-times_s / decay_s) * np.sin(2 * np.pi * f * times_s) for f, decay_s, a in modes)
    click = _band(rng.standard_normal(len(times_s)), 1500, 6000) * np.exp(-times_s / 0.006)
    return np.asarray(thump + 1.2 * click)


def _plate(rng: np.random.Generator) -> Signal:
    """Crockery: some high resonances that ring for 20 to 150 ms."""
    times_s = np.arange(round(0.4 * RATE_HZ)) / RATE_HZ
    count = int(rng.integers(5, 9))
    frequencies_hz, decays_s = rng.uniform(900, 6500, count), rng.uniform(0.02, 0.15, count)
    rings = rng.uniform(0.3, 1, (count, 1)) * np.exp(-times_s / decays_s[:, None]) * np.sin(2 * np.pi * frequencies_hz[:, None] * times_s)
    return np.asarray(rings.sum(axis=0) + 0.5 * rng.standard_normal(len(times_s)) * np.exp(-times_s / 0.003))


_MAKERS: dict[str, Callable[[np.random.Generator], Signal]] = {
    "cough": _cough, "laugh": _laugh, "door_slam": _door_slam, "plate": _plate,
}  # fmt: skip


def _band(sound: Signal, low_hz: float, high_hz: float) -> Signal:
    return np.asarray(sosfilt(butter(2, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos"), sound))


def _pulses(times_s: Signal, pitch_hz: Signal) -> Signal:
    """A train of glottal pulses, rich in harmonics."""
    phase = np.cumsum(pitch_hz) / RATE_HZ
    return np.asarray(1.0 - 2.0 * (phase % 1.0) - np.sin(2 * math.pi * phase) * 0.2)


def _loudest_rms(sound: Signal) -> float:
    blocks = np.pad(sound, (0, -len(sound) % (RATE_HZ // 10))).reshape(-1, RATE_HZ // 10)
    return float(np.sqrt(np.max(np.mean(blocks**2, axis=1))))
