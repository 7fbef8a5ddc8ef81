"""A worker: a process with libraries or a licence of its own, asked over pipes and never waited for.

It says ``R`` and a JSON object once it is ready, gets requests ``S``, JSON as well, and answers each with pieces ``A`` and an end ``E``,
or with ``X`` and a reason.  After the letter come four bytes, the length of what follows, little-endian.
"""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

_HEADER = 5
_PIPE_BYTES = 1 << 16


class WorkerError(RuntimeError):
    """A worker died or cannot start; one line that says why."""


class Pipes:
    """The process, what it has not yet been sent, and what has arrived from it; nothing here blocks."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self.process.stdin is not None and self.process.stdout is not None
        self._to, self._from = self.process.stdin, self.process.stdout
        for end in (self._to, self._from):
            os.set_blocking(end.fileno(), False)
        self._unsent = bytearray()
        self._unread = bytearray()
        self._asked = 0
        self._answered = 0
        self.told: Mapping[str, Any] = {}
        """By the process about itself, once it is ready."""

    def ask(self, request: Mapping[str, object]) -> int:
        """Send a request; the number of its answer.  Answers come in the order of requests.

        :raises OSError: the process does not take it
        """
        payload = json.dumps(request).encode()
        self._unsent += b"S" + struct.pack("<I", len(payload)) + payload
        self._write()
        self._asked += 1
        return self._asked

    def is_ready(self) -> bool:
        """:raises WorkerError: the process died, or told why it cannot start"""
        if not self.told and (message := self._message()) is not None:
            kind, payload = message
            if kind != b"R":
                raise WorkerError(payload.decode(errors="replace"))
            self.told = json.loads(payload)
        return bool(self.told)

    def next_of(self, answer: int) -> tuple[bytes, bytes] | None:
        """The next message of an answer, None while there is none; what is left of earlier answers is skipped.

        :raises WorkerError: the process died
        :raises OSError: the process does not take the request
        """
        self._write()
        while (message := self._message()) is not None:
            arriving = self._answered + 1
            self._answered += message[0] in (b"E", b"X")
            if arriving == answer:
                return message
        return None

    def wait(self, timeout_s: float) -> None:
        """Until there is something to read, or so long."""
        select.select([self._from], [], [], timeout_s)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._to.close()
        self._from.close()

    def _message(self) -> tuple[bytes, bytes] | None:
        self._read()
        if len(self._unread) < _HEADER:
            return None
        end = _HEADER + struct.unpack("<I", self._unread[1:_HEADER])[0]
        if len(self._unread) < end:
            return None
        kind, payload = bytes(self._unread[:1]), bytes(self._unread[_HEADER:end])
        del self._unread[:end]
        return kind, payload

    def _write(self) -> None:
        """As much as the pipe takes now."""
        while self._unsent:
            sent = self._to.write(self._unsent[:_PIPE_BYTES])
            if not sent:
                return
            del self._unsent[:sent]

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._from.fileno(), _PIPE_BYTES)
            except BlockingIOError:
                return
            if not piece and self._unread:
                return  # its last words first
            if not piece:
                raise WorkerError(f"the process died with status {self.process.wait()}")
            self._unread += piece
