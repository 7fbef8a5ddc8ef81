"""A stand-in for the engine, over the real protocol in a process of its own: a tone for every told piece of text, one a frame.

Run as ``python duplex_engine.py SCRIPT FD``: SCRIPT is JSON, frame → what happens then: a text that the model says by itself, or
"!die", "!hang", "!slow", "!fail" or, for an answer that lacks a sample, "!short".
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from robot_runtime.duplex.frames import MODEL_SAMPLES
from robot_runtime.duplex.serve import serve
from robot_runtime.duplex.wire import Step, Wire

TONE = (8000 * np.sin(2 * np.pi * 220 * np.arange(MODEL_SAMPLES) / 24_000)).astype(np.int16)
SILENCE = np.zeros(MODEL_SAMPLES, np.int16)


def pieces(text: str) -> list[str]:
    """Half words, a frame each, as a model writes them."""
    halves = []
    for word in text.split():
        middle = (len(word) + 1) // 2
        halves += [" " + word[:middle], word[middle:]] if len(word) > 3 else [" " + word]
    return halves


class Puppet:
    def __init__(self, script: dict[str, str]) -> None:
        self._script = script
        self._frame = 0
        self._own: deque[str] = deque()
        self._told: deque[tuple[int, str]] = deque()
        self._slow_s = 0.0

    def facts(self) -> dict[str, Any]:
        return {"model": "puppet"}

    def step(self, sound: NDArray[np.int16]) -> Step:
        event = self._script.get(str(self._frame), "")
        self._frame += 1
        if event == "!die":
            sys.exit(3)
        if event == "!hang":
            time.sleep(1e6)
        if event == "!short":
            return Step("", SILENCE[1:])
        if event == "!slow":
            self._slow_s = 0.15
        elif event == "!fail":
            raise MemoryError("CUDA out of memory")
        elif event:
            self._own.extend(pieces(event))
        time.sleep(self._slow_s)
        if self._told:
            number, text = self._told.popleft()
            return Step(text, TONE, number, sum(number == other for other, _ in self._told))
        return Step(self._own.popleft(), TONE) if self._own else Step("", SILENCE)

    def see(self, picture: NDArray[np.uint8]) -> None:
        assert picture.shape[2] == 3

    def tell(self, number: int, text: str) -> None:
        self._told.extend((number, piece) for piece in pieces(text))

    def hush(self, frames: int) -> None:
        self._own.clear()
        self._told.clear()


if __name__ == "__main__":
    serve(Wire(socket.socket(fileno=int(sys.argv[2]))), Puppet(json.loads(sys.argv[1])))
