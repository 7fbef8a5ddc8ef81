"""Messages between the mind's process and that of a model, over pipes: a letter, a length, and that many bytes."""

from __future__ import annotations

import struct
from typing import BinaryIO

QUESTION, DROP = b"Q", b"D"  # to the model
READY, PIECE, END, FAILED = b"R", b"P", b"E", b"X"  # from it

HEADER_BYTES = 5
MOST_BYTES = 1 << 24
"""A question with its picture is some hundred kilobytes."""


def framed(kind: bytes, payload: bytes = b"") -> bytes:
    r"""One message.

    >>> framed(PIECE, b"hi")
    b'P\x02\x00\x00\x00hi'
    """
    return kind + struct.pack("<I", len(payload)) + payload


def length(header: bytes | bytearray) -> int:
    """Of the payload behind a header.

    :raises ValueError: the other side sends something else
    """
    size = int(struct.unpack("<I", header[1:HEADER_BYTES])[0])
    if size > MOST_BYTES:
        raise ValueError(f"a message of {size} bytes")
    return size


def receive(source: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next message of a blocking pipe; None at its end."""
    header = source.read(HEADER_BYTES)
    return (header[:1], source.read(length(header))) if len(header) == HEADER_BYTES else None
