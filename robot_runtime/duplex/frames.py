"""The model's frames, 80 ms at 24 kHz, and the runtime's, 20 ms at 16 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRAME_S = 0.08
MODEL_RATE_HZ = 24_000
MODEL_SAMPLES = 1920
"""Of a frame of the codec Mimi: 12.5 frames a second, as its authors' loaders have it."""

RATE_HZ = 16_000
SAMPLES = 320
"""Of an audio frame of the runtime."""

Sound = NDArray[np.int16]


class Cut:
    """A stream cut into frames of one length."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._rest: Sound = np.zeros(0, np.int16)

    @property
    def waiting(self) -> int:
        """Samples that do not make a frame yet."""
        return len(self._rest)

    def push(self, sound: Sound) -> list[Sound]:
        """Every frame that is whole now."""
        whole = np.concatenate([self._rest, sound])
        count = len(whole) // self._samples
        self._rest = whole[count * self._samples :]
        return [whole[k * self._samples : (k + 1) * self._samples] for k in range(count)]

    def drop(self) -> None:
        """Forget what waits."""
        self._rest = np.zeros(0, np.int16)
