"""The robot's machinery at its own microphone: fans always, wheel motors by their speed.

Motors: tones at the meshing of the gears and its multiples, which rise with the wheel's speed, each wheel its own; rolling:
a broad band that grows with the speed, 30 dB for ten times as fast, as tyres do (U. Sandberg, Tyre/road noise myths and
realities, Inter-Noise 2001); motors 20 dB.  Fans: a broad band and the tone of their blades.  Level: a small robot with all its
motors moving was measured at 47.9 dB(A) (the Kirobo experiment, Toyota, 2013).  The default of 50 dB SPL at 0.5 m/s is for a
larger one, at a microphone in its head, away from the wheels.
"""

from __future__ import annotations

import math

import numpy as np

from sim.sound.description import Motors
from sim.sound.units import FRAME, RATE_HZ, Signal, amplitude

USUAL_MPS = 0.5  # at which Motors.drive_db is stated
STILL_MPS = 0.01
TRACK_M, WHEEL_RADIUS_M = 0.34, 0.08  # as in sim/robot_model.py
MESHES_A_TURN = 360  # gear 30:1, twelve teeth on the motor's shaft
HARMONICS_DB = (0.0, -4.0, -9.0, -12.0, -18.0)
TONES_DB = -3.0  # of the tones, relative to the whole at the usual speed; the rest is rolling
BLADES_HZ = 290.0
_NOISE_S = 8.0  # then the noise repeats, without a seam
_TABLE = 4096  # samples of a period
_RAMP = np.arange(1, FRAME + 1) / FRAME


class MachineNoise:
    """What the microphones hear of fans and motors.

    :param seed: of noise and phases
    """

    def __init__(self, settings: Motors, channels: int, seed: int) -> None:
        self._rng_seed, self._channels = (seed, 4), channels
        rng = np.random.default_rng(self._rng_seed)
        samples = round(_NOISE_S * RATE_HZ)
        self._fan = _shaped(rng, channels, samples, low_hz=100, high_hz=3000, slope=-4) * amplitude(settings.fan_db - 1)
        self._rolling = _shaped(rng, channels, samples, low_hz=150, high_hz=5000, slope=-3)
        times_s = np.arange(samples) / RATE_HZ
        self._fan += math.sqrt(2) * amplitude(settings.fan_db - 7) * np.sin(2 * np.pi * BLADES_HZ * times_s)  # 8 s hold whole periods
        strengths = 10 ** (np.array(HARMONICS_DB) / 20)
        tones = amplitude(settings.drive_db + TONES_DB)
        lines = strengths / np.linalg.norm(strengths) * tones  # of two wheels each has half of the power; a sine, half its peak's
        self._roll = math.sqrt(amplitude(settings.drive_db) ** 2 - tones**2)
        starts = rng.uniform(0, 2 * np.pi, (2, len(HARMONICS_DB)))
        order = np.arange(1, len(HARMONICS_DB) + 1)
        waves = np.sin(2 * np.pi * order[:, None] * np.arange(_TABLE) / _TABLE + starts[:, :, None]) * lines[:, None]
        self._tables = np.concatenate((np.zeros((1, 2, _TABLE)), np.cumsum(waves, axis=1).transpose(1, 0, 2)))  # of so many harmonics
        self.reset()

    def reset(self) -> None:
        self._at = 0
        self._phases = np.zeros(2)
        self._before = np.zeros(2)

    def hear(self, linear_mps: float, angular_radps: float) -> Signal:
        """20 ms at this speed of the base, shape (microphones, samples)."""
        turn_mps = angular_radps * TRACK_M / 2
        wheels = np.abs([linear_mps - turn_mps, linear_mps + turn_mps])
        before, self._before = self._before, wheels
        at, self._at = self._at, (self._at + FRAME) % self._fan.shape[1]
        heard = self._fan[:, at : at + FRAME].copy()
        if max(float(wheels.max()), float(before.max())) < STILL_MPS:
            return np.asarray(heard)
        speeds = before[:, None] + (wheels - before)[:, None] * _RAMP  # shape (wheels, samples)
        share = speeds / USUAL_MPS
        rolled = np.sqrt(np.mean(share**3, axis=0))  # 30 dB a decade
        heard += self._rolling[:, at : at + FRAME] * (self._roll * rolled)
        return np.asarray(heard + self._tones(speeds, share))

    def _tones(self, speeds: Signal, share: Signal) -> Signal:
        turns = np.cumsum(speeds, axis=1) * (MESHES_A_TURN / (2 * math.pi * WHEEL_RADIUS_M * RATE_HZ))
        phases = self._phases[:, None] + turns  # in periods of the lowest tone
        self._phases = phases[:, -1] % 1.0
        lowest_hz = max(float(speeds.max()) / (2 * math.pi * WHEEL_RADIUS_M) * MESHES_A_TURN, 1.0)
        heard = min(len(HARMONICS_DB), int(0.45 * RATE_HZ / lowest_hz))  # harmonics that 16 kHz can hold
        index = (phases % 1.0 * _TABLE).astype(np.intp)
        return np.asarray(np.sum([self._tables[heard][wheel, index[wheel]] for wheel in (0, 1)] * share, axis=0))


def _shaped(rng: np.random.Generator, channels: int, samples: int, low_hz: float, high_hz: float, slope: float) -> Signal:
    """Noise in a band, falling by so many dB an octave, with a root mean square of one; its end fits its beginning."""
    spectrum = np.fft.rfft(rng.standard_normal((channels, samples)), axis=1)
    bins_hz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    inside = (bins_hz >= low_hz) & (bins_hz <= high_hz)
    gains = np.where(inside, np.maximum(bins_hz, 1.0) ** (slope / (20 * math.log10(2))), 0.0)
    noise = np.fft.irfft(spectrum * gains, samples, axis=1)
    return np.asarray(noise / np.sqrt(np.mean(noise**2, axis=1, keepdims=True)))
