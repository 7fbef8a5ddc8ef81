"""What voice and engine say to each other over a local socket: a letter, a number, a length and a payload.

Every frame of sound that goes in (``FRAME``) is answered by one ``STEP`` with the same number, in order.  All else happens between two
frames: a picture, a text to be spoken and a hush hold from the next frame on.
"""

from __future__ import annotations

import json
import select
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from robot_runtime.duplex.frames import MODEL_SAMPLES, Sound

FRAME, PICTURE, TELL, HUSH = b"F", b"P", b"T", b"H"
"""To the engine: sound; what the camera sees; a text to say (the number is its id); say nothing for so many frames."""

READY, STEP, SEEN, FAILED = b"R", b"S", b"V", b"X"
"""From the engine: what it is; an answer to a frame; since which frame a picture counts; why it ends."""

_HEADER = struct.Struct("<cII")
_STEP = struct.Struct("<IIIffff")
_MOST_BYTES = 1 << 24
_PIECE = 1 << 16


class WireError(RuntimeError):
    """The other side is gone, or speaks something else."""


@dataclass(frozen=True)
class Packet:
    kind: bytes
    number: int
    payload: bytes = b""


@dataclass(frozen=True)
class Step:
    """What the engine made of one frame.

    ``sound`` is empty while the first tokens are still delayed.  ``told`` is the id of the text whose tokens this frame holds, 0 if the
    words are the model's own; ``told_left`` counts the frames that text still needs after it, at most; 0 with
    its last one.
    """

    text: str
    sound: Sound
    told: int = 0
    told_left: int = 0
    encode_ms: float = 0.0
    think_ms: float = 0.0  # temporal transformer
    depth_ms: float = 0.0
    decode_ms: float = 0.0

    def packed(self) -> bytes:
        text = self.text.encode()
        figures = (self.encode_ms, self.think_ms, self.depth_ms, self.decode_ms)
        return _STEP.pack(self.told, self.told_left, len(text), *figures) + text + self.sound.astype("<i2").tobytes()

    @classmethod
    def unpacked(cls, payload: bytes) -> Step:
        """:raises WireError: not a step"""
        try:
            told, left, length, *figures = _STEP.unpack_from(payload)
            text = payload[_STEP.size : _STEP.size + length].decode()
            sound = np.frombuffer(payload[_STEP.size + length :], "<i2").astype(np.int16)
        except (struct.error, ValueError) as error:
            raise WireError(f"a broken step: {error}") from error
        return cls(text, sound, told, left, *figures)


def sound_of(packet: Packet) -> Sound:
    """:raises WireError: not a whole frame"""
    if len(packet.payload) != 2 * MODEL_SAMPLES:
        raise WireError(f"frame {packet.number} has {len(packet.payload)} bytes, expected {2 * MODEL_SAMPLES}")
    return np.frombuffer(packet.payload, "<i2").astype(np.int16)


def packed_picture(picture: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """``picture``: RGB of shape (height, width, 3)."""
    height, width, _ = picture.shape
    return struct.pack("<HH", height, width) + picture.tobytes()


def picture_of(packet: Packet) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """:raises WireError: not a picture"""
    try:
        height, width = struct.unpack_from("<HH", packet.payload)
        return np.frombuffer(packet.payload[4:], np.uint8).reshape(height, width, 3)
    except (struct.error, ValueError) as error:
        raise WireError(f"a broken picture: {error}") from error


def facts(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values).encode()


class Wire:
    """One end of the socket.  Sending and receiving never wait, unless :meth:`wait` is called."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._socket.setblocking(False)
        self._unsent = bytearray()
        self._unread = bytearray()

    @property
    def unsent_bytes(self) -> int:
        """What the other side has not taken yet."""
        return len(self._unsent)

    def send(self, kind: bytes, number: int = 0, payload: bytes = b"") -> None:
        """:raises WireError: the other side is gone"""
        self._unsent += _HEADER.pack(kind, number, len(payload)) + payload
        self.flush()

    def flush(self) -> None:
        """:raises WireError: the other side is gone"""
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
        except BlockingIOError:
            return
        except OSError as error:
            raise WireError("the other side is gone") from error

    def packets(self) -> Iterator[Packet]:
        """All that has arrived whole.

        :raises WireError: the other side is gone (after its last words), or what came makes no sense
        """
        gone = self._read()
        while (packet := self._next()) is not None:
            yield packet
        if gone:
            raise WireError("the other side is gone")

    def wait(self, seconds: float) -> None:
        """Until something arrives, or so long; sends meanwhile what could not be sent."""
        ends = [self._socket]
        select.select(ends, ends if self._unsent else [], [], seconds)
        self.flush()

    def close(self) -> None:
        self._socket.close()

    def _read(self) -> bool:
        while True:
            try:
                piece = self._socket.recv(_PIECE)
            except BlockingIOError:
                return False
            except OSError:
                return True
            if not piece:
                return True
            self._unread += piece

    def _next(self) -> Packet | None:
        if len(self._unread) < _HEADER.size:
            return None
        kind, number, length = _HEADER.unpack_from(self._unread)
        if length > _MOST_BYTES:
            raise WireError(f"a packet of {length} bytes")
        end = _HEADER.size + length
        if len(self._unread) < end:
            return None
        packet = Packet(kind, number, bytes(self._unread[_HEADER.size : end]))
        del self._unread[:end]
        return packet
