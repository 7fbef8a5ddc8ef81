"""Asks a model in a process of our own, which holds torch and the weights."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

from robot_runtime.mind.vlm.events import EngineError, Prompt
from robot_runtime.mind.vlm.frames import DROP, END, FAILED, HEADER_BYTES, PIECE, QUESTION, READY, framed, length
from robot_runtime.mind.vlm.picture import shrunk
from robot_runtime.mind.vlm.settings import VlmConfig
from robot_runtime.paths import ROOT

_READ_BYTES = 1 << 16
_LOOK_S = 0.05  # how late a drop is noticed at most


class Local:
    """See :class:`~robot_runtime.mind.vlm.events.Engine`.  The process starts with it, so that the weights are there when somebody speaks.

    :param command: starts the process; None takes ``local_worker.py`` with the configured interpreter
    """

    def __init__(self, config: VlmConfig, command: Sequence[str] | None = None) -> None:
        self._config = config
        python = config.python or sys.executable
        self._command = command or [python, "-m", "robot_runtime.mind.vlm.local_worker", config.model, str(config.threads)]
        self._process: subprocess.Popen[bytes] | None = None
        self._dropped = threading.Event()
        self._start()

    def stream(self, prompt: Prompt, timeout_s: float) -> Iterator[str]:
        """One question.

        :raises EngineError: in whatever way it fails; a process that has died is started again for the next
        """
        end_s = time.monotonic() + timeout_s
        self._dropped.clear()
        try:
            process = self._ready()
            self._write(process, framed(QUESTION, self._question(prompt)), end_s)
            yield from self._pieces(process, end_s)
        except (OSError, ValueError) as error:
            self._end()
            raise EngineError(str(error) or type(error).__name__, again=False) from error

    def cancel(self) -> None:
        """The thread that waits for pieces tells the model to leave its answer: the pipes are that thread's alone."""
        self._dropped.set()

    def close(self) -> None:
        self._end()

    # ------------------------------------------------------------ the process

    def _start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment)
        assert self._process.stdin is not None and self._process.stdout is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        os.set_blocking(self._process.stdout.fileno(), False)
        self._started_s = time.monotonic()
        self._is_ready = False
        self._open = 0  # questions whose answer has not ended
        self._unread = bytearray()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _ready(self) -> subprocess.Popen[bytes]:
        """:raises EngineError: it still loads"""
        if self._process is None:
            self._start()
        assert self._process is not None
        if not self._is_ready:
            message = self._message(self._process, 0.0)
            if message is None and time.monotonic() - self._started_s > self._config.load_s:
                raise OSError(f"the model was not loaded within {self._config.load_s:g} s")
            if message is None:
                raise EngineError("the model is being loaded", again=False)
            if message[0] != READY:
                raise OSError(message[1].decode(errors="replace")[:300])
            self._is_ready = True
        return self._process

    def _question(self, prompt: Prompt) -> bytes:
        jpeg = shrunk(prompt.jpeg, self._config.picture_px) if prompt.jpeg else None
        question = {
            "system": prompt.system,
            "data": prompt.data,
            "schema": prompt.schema,
            "jpeg": base64.b64encode(jpeg).decode("ascii") if jpeg else "",
            "temperature": self._config.temperature,
            "most_tokens": self._config.most_tokens,
        }
        return json.dumps(question).encode()

    def _write(self, process: subprocess.Popen[bytes], data: bytes, end_s: float) -> None:
        assert process.stdin is not None
        self._open += 1
        left = memoryview(data)
        while left:
            if not select.select([], [process.stdin], [], max(0.0, end_s - time.monotonic()))[1]:
                raise OSError("the model's process takes no question")
            left = left[os.write(process.stdin.fileno(), left) :]

    def _pieces(self, process: subprocess.Popen[bytes], end_s: float) -> Iterator[str]:
        while time.monotonic() < end_s and not self._dropped.is_set():
            message = self._message(process, min(_LOOK_S, end_s - time.monotonic()))
            if message is None:
                continue
            kind, payload = message
            if kind in (END, FAILED):
                self._open -= 1
                if self._open:
                    continue  # of a question that was dropped
                if kind == END:
                    return
                raise EngineError(payload.decode(errors="replace")[:300], again=False)
            if kind == PIECE and self._open == 1:
                yield payload.decode()
        assert process.stdin is not None
        os.write(process.stdin.fileno(), framed(DROP))  # what it writes until it hears that is read before the next answer
        raise EngineError("dropped" if self._dropped.is_set() else "no answer in time", again=False)

    def _message(self, process: subprocess.Popen[bytes], timeout_s: float) -> tuple[bytes, bytes] | None:
        """The next message; None when none comes in time.

        :raises OSError: the process has ended
        """
        end_s = time.monotonic() + timeout_s
        assert process.stdout is not None
        while not self._has_message():
            if not select.select([process.stdout], [], [], max(0.0, end_s - time.monotonic()))[0]:
                return None
            piece = os.read(process.stdout.fileno(), _READ_BYTES)
            if not piece:
                raise OSError(f"the model's process ended with status {process.wait()}")
            self._unread += piece
        end = HEADER_BYTES + length(self._unread)
        kind, payload = bytes(self._unread[:1]), bytes(self._unread[HEADER_BYTES:end])
        del self._unread[:end]
        return kind, payload

    def _has_message(self) -> bool:
        return len(self._unread) >= HEADER_BYTES and len(self._unread) >= HEADER_BYTES + length(self._unread)
