"""Between the runtime's rate and the model's, without drift."""

from __future__ import annotations

import soxr

from robot_runtime.duplex.frames import MODEL_RATE_HZ, MODEL_SAMPLES, RATE_HZ, Cut, Sound


class Ears:
    """From the runtime's frames to the model's."""

    def __init__(self) -> None:
        self._rate = soxr.ResampleStream(RATE_HZ, MODEL_RATE_HZ, 1, dtype="int16", quality="LQ")
        self._cut = Cut(MODEL_SAMPLES)

    def push(self, sound: Sound) -> list[Sound]:
        """``sound`` at 16 kHz, of any length; whole frames of 1920 samples at 24 kHz."""
        return self._cut.push(self._rate.resample_chunk(sound))


class Mouth:
    """From the model's rate to the runtime's."""

    def __init__(self) -> None:
        self._rate = soxr.ResampleStream(MODEL_RATE_HZ, RATE_HZ, 1, dtype="int16", quality="LQ")

    def push(self, sound: Sound) -> Sound:
        """``sound`` at 24 kHz; what is ready of it at 16 kHz."""
        ready: Sound = self._rate.resample_chunk(sound)
        return ready
