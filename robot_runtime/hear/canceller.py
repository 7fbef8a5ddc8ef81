"""WebRTC's echo canceller (AEC3) and noise suppressor, by the package pywebrtc-audio.

It suppresses whatever is left of an echo by 30 to 45 dB, and a person who speaks meanwhile along with it; so the front end takes its
sound only while nothing but the robot is heard.  It works in blocks of 10 ms, and its sound comes out 8 ms late.
"""

from __future__ import annotations

import logging
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
_log = logging.getLogger(__name__)

Samples = NDArray[np.int16]


class Engine(Protocol):
    """What the package's processors have in common."""

    def process(self, near: Samples, far: Samples) -> Samples: ...
    def reset(self) -> None: ...


class Canceller:
    """The engine, or in its place the sound as it is; ``problem`` tells why, "" while it works.

    :param engine: another one; for tests
    """

    def __init__(self, engine: Engine | None = None) -> None:
        self.problem = ""
        self._engine = engine or self._load()

    def _load(self) -> Engine | None:
        try:
            from pywebrtc_audio import EchoCanceller

            return EchoCanceller(sample_rate=RATE_HZ)
        except (ImportError, RuntimeError) as error:
            self._fail(f"WebRTC's echo canceller cannot be had: {error}")
            return None

    def reset(self) -> None:
        if self._engine is not None:
            self._engine.reset()

    def suppress(self, heard: Samples, played: Samples) -> Samples:
        """20 ms of the microphone without the echo of what was played; unchanged after a failure, which lasts."""
        if self._engine is None:
            return heard
        try:
            return self._engine.process(heard, played)
        except (RuntimeError, ValueError, TypeError) as error:  # what pybind11 makes of errors below
            self._fail(f"WebRTC's echo canceller failed: {error}")
            self._engine = None
            return heard

    def _fail(self, problem: str) -> None:
        self.problem = problem
        _log.error("%s; the robot does not listen while it speaks", problem)
