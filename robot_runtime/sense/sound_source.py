"""Where the microphone's frames come from."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot_runtime.sense.wav import RATE_HZ, read_wav
from robot_runtime.stage import Inbox

FRAME_SAMPLES = 320
FRAME_S = FRAME_SAMPLES / RATE_HZ

Heard = tuple[float, NDArray[np.int16]]
"""When the first sample of a frame was taken, and its 320 samples."""


class SoundSource(Protocol):
    """What is listened to."""

    lost: int
    """Frames lost so far, those while a device was away included."""

    def read(self, inbox: Inbox, now_s: float) -> list[Heard]:
        """The frames that are there by now, oldest first; never waits."""
        ...

    def close(self) -> None:
        """Let go of it; another ``read`` opens it again."""
        ...

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """What is wrong, "" if nothing, and figures."""
        ...


class FileSource:
    """A WAV file as if it were spoken now, then silence, at the pace of the clock.

    :raises FileError: it cannot be used
    """

    def __init__(self, path: str) -> None:
        self.lost = 0
        samples = read_wav(path)
        self._all = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES)
        self._frames: deque[NDArray[np.int16]] = deque()
        self._next_s = math.nan
        self.close()

    def read(self, inbox: Inbox, now_s: float) -> list[Heard]:
        if math.isnan(self._next_s):
            self._next_s = now_s
        heard: list[Heard] = []
        while self._next_s + FRAME_S <= now_s + 1e-6:
            samples = self._frames.popleft() if self._frames else np.zeros(FRAME_SAMPLES, np.int16)
            heard.append((self._next_s, samples))
            self._next_s += FRAME_S
        return heard

    def close(self) -> None:
        """Begin anew."""
        self._frames, self._next_s = deque(self._all), math.nan

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        return "", {}
