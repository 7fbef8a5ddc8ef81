"""Engines that write down speech without a grammar, each in a process of its own that is never waited for."""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
import time
from collections.abc import Generator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_runtime.paths import resolve
from robot_runtime.pipes import Pipes, WorkerError

Backend = Literal["embedded", "faster-whisper", "kyutai"]

_PACKAGES = {"faster-whisper": ("faster_whisper", "pip install faster-whisper"), "kyutai": ("moshi", "pip install moshi")}
_PAUSE_S = 0.001  # how long a look whether it has answered may take


class Transcript(NamedTuple):
    """What an engine wrote."""

    text: str
    language: str = ""  # that it was, "" if it does not tell


class Transcriber:
    """Speech in, text out.

    :param command: starts the process
    :param language: of the speech; "" if the engine finds out which it is
    :param timeout_s: after which an answer that has not come is given up, and the process started anew
    """

    def __init__(self, command: Sequence[str], language: str, timeout_s: float) -> None:
        self._command = command
        self._language = language
        self._timeout_s = timeout_s
        self._pipes: Pipes | None = Pipes(command)  # a model takes seconds to load
        self.name = ""
        """Package and version, once it is ready."""

    def wait(self, timeout_s: float) -> None:
        """Until it is ready.

        :raises WorkerError: it died, told why it cannot start, or takes longer
        """
        until_s = time.monotonic() + timeout_s
        while not self._running().is_ready():
            if time.monotonic() > until_s:
                raise WorkerError(f"it has not loaded within {timeout_s:g} s")
            time.sleep(_PAUSE_S)

    def close(self) -> None:
        pipes, self._pipes = self._pipes, None
        if pipes is not None:
            pipes.close()

    def transcribing(self, samples: NDArray[np.int16]) -> Generator[None, None, Transcript]:
        """The text of a stretch of speech at 16 kHz; gives way, after a millisecond at most, until it is there.

        :raises WorkerError: the process is not ready yet, died, refused or is late; the next stretch starts it again
        """
        try:
            return (yield from self._answer(samples))
        except (WorkerError, OSError) as error:
            if not isinstance(error, _NotReadyError):
                self.close()
            raise WorkerError(str(error)) from error

    def _answer(self, samples: NDArray[np.int16]) -> Generator[None, None, Transcript]:
        pipes = self._running()
        if not pipes.is_ready():
            raise _NotReadyError("the recogniser is still loading")
        self.name = str(pipes.told.get("engine", ""))
        sound = base64.b64encode(samples.astype("<i2").tobytes()).decode()
        answer, until_s = pipes.ask({"sound": sound, "language": self._language}), time.monotonic() + self._timeout_s
        written, kind = Transcript(""), b""
        while kind != b"E":
            message = pipes.next_of(answer)
            if message is None:
                if time.monotonic() > until_s:
                    raise WorkerError(f"no answer within {self._timeout_s:g} s")
                yield
                pipes.wait(_PAUSE_S)
                continue
            kind, payload = message
            if kind == b"X":
                raise WorkerError(payload.decode(errors="replace"))
            if kind == b"A":
                told = json.loads(payload)
                written = Transcript(str(told["text"]), str(told.get("language", "")))
        return written

    def _running(self) -> Pipes:
        self._pipes = self._pipes or Pipes(self._command)
        return self._pipes


class _NotReadyError(WorkerError):
    """It loads."""


def transcriber(backend: Backend, model: str, language: str, timeout_s: float) -> Transcriber:
    """The process of a backend.

    :param model: a folder, for faster-whisper also the name of a model that its package has in its cache
    :raises WorkerError: it is not installed, or no model is named; the message says what to do
    """
    package, fix = _PACKAGES[backend]
    if importlib.util.find_spec(package) is None:
        raise WorkerError(f"{backend}: not installed: {fix}")
    if not model:
        raise WorkerError(f"{backend}: no model; name its folder as recogniser.model")
    path = resolve(model)
    if backend == "kyutai" and not (path / "config.json").is_file():
        raise WorkerError(f"{backend}: {path / 'config.json'} is missing; recogniser.model is the folder of the model's files")
    worker = f"robot_runtime.hear.{backend.replace('-', '_')}_worker"
    return Transcriber([sys.executable, "-m", worker, str(path) if path.is_dir() else model], language, timeout_s)
