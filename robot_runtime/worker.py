"""The worker's side of ``pipes.py``: answers requests on standard output for as long as standard input is open."""

from __future__ import annotations

import json
import signal
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

Answer = Callable[[Mapping[str, Any]], Iterator[bytes]]
"""From a request to the pieces of its answer."""


def serve(name: str, load: Callable[[], tuple[Mapping[str, Any], Answer]]) -> None:
    """Run until standard input ends.

    :param load: what takes long: gives what the worker tells about itself once it is ready, and how it answers
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; we end when our input does
    source, output = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what libraries print is no message
    try:
        told, answer = load()
    except Exception as error:  # whatever it is, the other side has to say it
        _send(output, b"X", _because(name, error))
        return
    _send(output, b"R", json.dumps(told).encode())
    while (payload := _receive(source)) is not None:
        _send(output, *_answered(name, answer, payload, output))


def _answered(name: str, answer: Answer, payload: bytes, output: BinaryIO) -> tuple[bytes, bytes]:
    """Send the pieces; how the answer ends."""
    try:
        for piece in answer(json.loads(payload)):
            _send(output, b"A", piece)
    except Exception as error:
        return b"X", _because(name, error)
    return b"E", b""


def _because(name: str, error: Exception) -> bytes:
    return f"{name}: {type(error).__name__}: {error}".encode()


def _send(output: BinaryIO, kind: bytes, payload: bytes = b"") -> None:
    output.write(kind + struct.pack("<I", len(payload)) + payload)
    output.flush()


def _receive(source: BinaryIO) -> bytes | None:
    """The next request; None at the end of input."""
    header = source.read(5)
    return source.read(struct.unpack("<I", header[1:])[0]) if len(header) == 5 else None
