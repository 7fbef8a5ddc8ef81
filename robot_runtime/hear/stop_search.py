"""The stop word's network at work: at once, or on a thread of its own, so that the audio path never waits for it.

This is the one place of hearing that starts a thread.  It is handed windows and hands back answers, and keeps nothing else.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Hear = Callable[[NDArray[np.int16]], NDArray[np.float32]]
"""How likely each word has just ended, for a window of sound."""
_END_S = 2.0


class Answer(NamedTuple):
    """What a window held."""

    frame: int  # with which it ended
    words: NDArray[np.float32]


class Search(Protocol):
    """Takes windows in order, gives answers in the same order."""

    def put(self, frame: int, window: NDArray[np.int16]) -> None: ...
    def answers(self) -> list[Answer]: ...
    def close(self) -> None: ...


class AtOnce:
    """For virtual time, in which a run must be a function of its inputs."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._found: list[Answer] = []

    def put(self, frame: int, window: NDArray[np.int16]) -> None:
        self._found.append(Answer(frame, self._hear(window)))

    def answers(self) -> list[Answer]:
        found, self._found = self._found, []
        return found

    def close(self) -> None:
        """There is nothing to let go of."""


class OnThread:
    """For a robot.  One window waits at most: if the processor is too slow, an older one makes way for a newer one."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._waiting: queue.Queue[tuple[int, NDArray[np.int16]] | None] = queue.Queue()
        self._found: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="stop word", daemon=True)
        self._thread.start()

    def put(self, frame: int, window: NDArray[np.int16]) -> None:
        with contextlib.suppress(queue.Empty):
            self._waiting.get_nowait()
        self._waiting.put((frame, window))

    def answers(self) -> list[Answer]:
        """Those that have come since the last call.

        :raises Exception: the network's own
        """
        found = []
        while not self._found.empty():
            answer = self._found.get_nowait()
            if isinstance(answer, Exception):
                raise answer
            found.append(answer)
        return found

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join(_END_S)

    def _run(self) -> None:
        try:
            while (task := self._waiting.get()) is not None:
                frame, window = task
                self._found.put(Answer(frame, self._hear(window)))
        except Exception as error:  # whatever it is, the stage must know
            self._found.put(error)
