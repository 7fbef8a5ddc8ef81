"""A stand-in for the speech-to-speech engine that talks like a person and never stops: ``python -m sim.voice.talking_engine SEED FD``.

A model with random weights babbles, which no recogniser takes for words.  This one says sentences by itself, over the same socket.
"""

from __future__ import annotations

import socket
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from robot_runtime.duplex.frames import FRAME_S, MODEL_RATE_HZ, MODEL_SAMPLES, RATE_HZ, Sound
from robot_runtime.duplex.serve import serve
from robot_runtime.duplex.wire import Step, Wire
from robot_runtime.speak.synthesis import EspeakSynthesiser, Manner
from sim.voice.talk import sentences

_PAUSE_S = (0.3, 1.5)
_SILENCE: Sound = np.zeros(MODEL_SAMPLES, np.int16)


class Talker:
    """See :class:`~robot_runtime.duplex.serve.Engine`."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._texts = (text for language, text in sentences(self._rng) if language == "en")
        self._voice = EspeakSynthesiser("en-us")
        self._told: deque[tuple[int, str]] = deque()
        self._steps: deque[Step] = deque()
        self._hush_frames = 0

    def facts(self) -> Mapping[str, Any]:
        return {"model": "speech"}

    def step(self, sound: Sound) -> Step:
        if self._hush_frames:
            self._hush_frames -= 1
            return Step("", _SILENCE)
        if not self._steps:
            number, text = self._told.popleft() if self._told else (0, next(self._texts))
            self._steps.extend(self._said(number, text))
        return self._steps.popleft()

    def see(self, picture: NDArray[np.uint8]) -> None:
        pass

    def tell(self, number: int, text: str) -> None:
        self._told.append((number, text))

    def hush(self, frames: int) -> None:
        self._told.clear()
        self._steps.clear()
        self._hush_frames = frames

    def _said(self, number: int, text: str) -> Iterator[Step]:
        """A sentence and a pause, a frame each; words come with their sound, evenly spread."""
        sound = soxr.resample(self._voice.speak(text, Manner()), RATE_HZ, MODEL_RATE_HZ)
        frames = np.pad(sound, (0, -len(sound) % MODEL_SAMPLES)).astype(np.int16).reshape(-1, MODEL_SAMPLES)
        words = [f" {word}" for word in text.split()]
        first = [k * len(words) // len(frames) for k in range(len(frames) + 1)]
        for k, frame in enumerate(frames):
            yield Step("".join(words[first[k] : first[k + 1]]), frame, number, len(frames) - 1 - k)
        for _ in range(round(float(self._rng.uniform(*_PAUSE_S)) / FRAME_S)):
            yield Step("", _SILENCE)


def main() -> None:
    """The program: a seed, and the socket to the voice."""
    serve(Wire(socket.socket(fileno=int(sys.argv[2]))), Talker(int(sys.argv[1])))


if __name__ == "__main__":
    main()
