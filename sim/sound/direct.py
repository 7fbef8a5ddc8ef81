"""The straight way from a sound to the microphones: 1/r, and as late as the way is long, to a fraction of a sample.

A source that moves is shifted in pitch as in life, since the delay glides.
"""

from __future__ import annotations

import math

import numpy as np

from sim.sound.units import FRAME, NEAREST_M, RATE_HZ, REFERENCE_M, SPEED_OF_SOUND_MPS, Place, Signal

_KEPT = 8 * FRAME
LONGEST_M = (_KEPT - 2 * FRAME) / RATE_HZ * SPEED_OF_SOUND_MPS
_RAMP = np.arange(1, FRAME + 1) / FRAME
_NEWEST = np.arange(_KEPT - FRAME, _KEPT)
_TAPS, _PHASES = 12, 256


def _between_samples() -> Signal:
    """Weights of the samples around a point between two of them, shape (phases, taps): a windowed sinc, flat up to 6.5 kHz."""
    away = np.arange(_TAPS)[None] - (_TAPS // 2 - 1) - np.arange(_PHASES)[:, None] / _PHASES
    weights = np.sinc(away) * np.cos(np.pi * away / (_TAPS + 2)) ** 2
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


_WEIGHTS = _between_samples()
_AROUND = np.arange(_TAPS) - (_TAPS // 2 - 1)


class DirectSound:
    """One source's straight way to each microphone."""

    def __init__(self) -> None:
        self._sound = np.zeros(_KEPT)  # what left the source, newest last
        self.stop()

    def stop(self) -> None:
        """The next sound starts with the delay that it finds."""
        self.delay = math.nan
        """Samples between the source and the first microphone at the end of the last frame."""
        self._before: list[tuple[float, float]] = []

    def put(self, frame: Signal) -> None:
        """The next 20 ms that leave the source."""
        self._sound[:-FRAME] = self._sound[FRAME:]
        self._sound[-FRAME:] = frame

    def hear(self, distances_m: list[float], share: float = 1.0) -> Signal:
        """What arrives now at microphones so far away, shape (microphones, samples).

        :param share: of the amplitude; 0 when something stands in the way
        """
        now = [self._delay_and_gain(distance_m, share) for distance_m in distances_m]
        before = self._before or now
        self._before, self.delay = now, now[0][0]
        if not any(gain for _, gain in (*now, *before)):  # behind a wall
            return np.zeros((len(now), FRAME))
        if before == now:
            return np.stack([self._still(delay) * gain for delay, gain in now])
        (delays, gains), (delays_0, gains_0) = np.array(now).T, np.array(before).T
        index = _NEWEST - (delays_0[:, None] + (delays - delays_0)[:, None] * _RAMP)
        whole = np.floor(index)
        around = self._sound[whole.astype(np.intp)[:, :, None] + _AROUND]
        heard = np.einsum("cst,cst->cs", around, _WEIGHTS[((index - whole) * _PHASES).astype(np.intp)])
        return np.asarray(heard * (gains_0[:, None] + (gains - gains_0)[:, None] * _RAMP))

    def _still(self, delay: float) -> Signal:
        """The same with a delay that does not change."""
        whole = math.floor(_KEPT - FRAME - delay)
        weights = _WEIGHTS[int((_KEPT - FRAME - delay - whole) * _PHASES)]
        return np.correlate(self._sound[whole + _AROUND[0] : whole + FRAME + _AROUND[-1]], weights, "valid")

    @staticmethod
    def _delay_and_gain(distance_m: float, share: float) -> tuple[float, float]:
        far_m = min(max(distance_m, NEAREST_M), LONGEST_M)
        return far_m / SPEED_OF_SOUND_MPS * RATE_HZ, share * REFERENCE_M / max(distance_m, NEAREST_M)


def distances_m(source_m: Place, microphones_m: Signal) -> list[float]:
    """Never nearer than a mouth can come to the robot's shell."""
    return [max(math.dist(source_m, place), NEAREST_M) for place in microphones_m.tolist()]
