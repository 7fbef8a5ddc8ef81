"""Constants that all of the simulated sound shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
FRAMES_PER_S = 50
FRAME = RATE_HZ // FRAMES_PER_S
SPEED_OF_SOUND_MPS = 343.0  # dry air at 20 °C (ISO 9613-1)
REFERENCE_M = 1.0  # a voice is given as it sounds at this distance
NEAREST_M = 0.3  # a mouth comes no nearer than this: the microphone sits in the robot's head
NOMINAL_DBFS = -26.0  # of active speech at 1 m (sim/voices.py) …
NOMINAL_SPL_DB = 60.0  # … which is a person who speaks normally (ISO 9921)
FULL_SCALE = 32768.0
BANDS_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)

Signal = NDArray[np.float64]
Place = tuple[float, float, float]
"""x, y, z in the map frame [m]."""


def amplitude(spl_db: float) -> float:
    """Root mean square, in 16-bit steps, of a sound of this level at the microphone."""
    return FULL_SCALE * 10 ** ((NOMINAL_DBFS + spl_db - NOMINAL_SPL_DB) / 20)
