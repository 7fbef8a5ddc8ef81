"""Where the loudest sound of the home comes from, as a small array of four microphones on the robot finds it.

Only the estimate is simulated here, not the four signals (those are in :mod:`sim.sound.finder`).  It is that of a direction
finder with one answer (as in the XVF-3000 of a ReSpeaker Mic Array v2.0): ten times a second the loudest sound of the last 100 ms,
whatever it is, in whole degrees, and nothing in silence.  The robot's own voice is never located: such an array takes out what is
played through its own socket.

Its errors: a planar array of four microphones in a medium-sized room errs by 2° on average at 0 dB signal to noise
(Freiberger and Sontacchi, DAFx-11, 2011), one of eight by less than 3° above 5 dB, and most by early reflections (Building and
Environment 147, 2019, 434-443, doi 10.1016/j.buildenv.2018.10.029).  Hence 2.5° (2° times the root of π/2) close by.  How much the
room adds with distance, how long a reflection shifts the estimate to the same side, and how often it is taken for the voice are
assumptions, on the careful side of these figures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from robot_runtime.messages import VoiceDirection
from sim.acoustics import FRAMES_PER_S, NOISE_DBFS

ESTIMATES_PER_S = 10
LEAST_SNR_DB = 6.0
STD_RAD = math.radians(2.5)
STD_RAD_PER_M = math.radians(1.5)
SHIFT_SHARE = 0.5
"""Of the variance: what stays the same for a while."""
SHIFT_S = 1.0
REFLECTION_SHARE = 0.03
"""Of the estimates: these point to a reflection, anywhere."""
RESOLUTION_RAD = math.radians(1.0)

_FRAMES = FRAMES_PER_S // ESTIMATES_PER_S
_FULL_SCALE = 32768.0**2
_NOISE = _FULL_SCALE * 10 ** (NOISE_DBFS / 10)
_KEPT = math.exp(-1 / (SHIFT_S * ESTIMATES_PER_S))  # of a shift from one estimate to the next

Point = tuple[float, float]


def std_rad(distance_m: float) -> float:
    """Standard deviation of the bearing of a sound so far away."""
    return math.hypot(STD_RAD, STD_RAD_PER_M * distance_m)


class MicrophoneArray:
    """Hears the home frame by frame.

    :param seed: of its errors; the same seed gives the same estimates
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        self._rng = np.random.default_rng((self._seed, 1))  # apart from the noise of the other sensors
        self._frames = 0
        self._energy: dict[str, float] = {}
        self._shifts: dict[str, float] = {}

    def hear(
        self, now_s: float, robot: tuple[float, float, float], arriving: Mapping[str, float], places: Mapping[str, Point]
    ) -> VoiceDirection | None:
        """Take in a frame of 20 ms; an estimate once in 100 ms, if something was loud enough.

        :param robot: x, y [m] and yaw [rad] in the map
        :param arriving: mean square of what arrives from each source, in units of 16-bit steps
        :param places: where the sources are [m]
        """
        for source, power in arriving.items():
            self._energy[source] = self._energy.get(source, 0.0) + power / _FRAMES
        self._frames += 1
        if self._frames % _FRAMES:
            return None
        energy, self._energy = self._energy, {}
        total = sum(energy.values())
        if total < _NOISE * 10 ** (LEAST_SNR_DB / 10):
            return None
        loudest = max(energy, key=lambda source: energy[source])
        (x, y), (robot_x, robot_y, yaw) = places[loudest], robot
        std = std_rad(math.hypot(x - robot_x, y - robot_y))
        bearing = math.atan2(y - robot_y, x - robot_x) - yaw + std * self._error(loudest)
        if self._rng.random() < REFLECTION_SHARE:
            bearing = self._rng.uniform(-math.pi, math.pi)
        whole = round(math.remainder(bearing, math.tau) / RESOLUTION_RAD) * RESOLUTION_RAD
        return VoiceDirection(now_s, "base_link", whole, std, 10 * math.log10((total + _NOISE) / _FULL_SCALE))

    def _error(self, source: str) -> float:
        """Of variance 1; a part of it, as of a reflection beside the direct sound, changes slowly and differs by source."""
        fresh, other = float(self._rng.standard_normal()), float(self._rng.standard_normal())
        before = self._shifts.get(source)
        shift = fresh if before is None else _KEPT * before + math.sqrt(1 - _KEPT**2) * fresh
        self._shifts[source] = shift
        return math.sqrt(SHIFT_SHARE) * shift + math.sqrt(1 - SHIFT_SHARE) * other
