"""Frames of the motor protocol: header, message, CRC, and the stream of them.  See ``docs/motor_protocol.md``.

It protects against faults of cable, port and program, not against somebody who wants to deceive: a CRC is no signature.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from safety.motors.framing import FramingError, Splitter, cobs, crc16, uncobs
from safety.motors.messages import Message, pack, unpack

VERSION = 1

_HEADER = struct.Struct("<BBHI")  # version, type, session, sequence
_CRC = struct.Struct("<H")
_HALF = 0x8000_0000


class VersionError(ValueError):
    """A whole frame of another version of the protocol."""


@dataclass(frozen=True, slots=True)
class Frame:
    session: int  # u16, given by the controller in Identity; 0 in Hello, and before
    sequence: int  # u32, counts the frames of one sender in one session
    message: Message


def encode(frame: Frame) -> bytes:
    """The bytes of a frame with the zero that ends it.

    :raises ValueError: a number does not fit its field
    """
    code, payload = pack(frame.message)
    body = _HEADER.pack(VERSION, code, frame.session, frame.sequence) + payload
    return cobs(body + _CRC.pack(crc16(body))) + b"\0"


def decode(piece: bytes) -> Frame:
    """The frame of what stood between two zeros.

    :raises VersionError: it is of another version
    :raises ValueError: damaged, or of no known type
    """
    body, crc = _halves(uncobs(piece))
    if crc != crc16(body):
        raise FramingError("its CRC is wrong")
    version, code, session, sequence = _HEADER.unpack_from(body)
    if version != VERSION:
        raise VersionError(f"the controller speaks version {version} of the protocol, this driver version {VERSION}")
    return Frame(session, sequence, unpack(code, body[_HEADER.size :]))


def _halves(raw: bytes) -> tuple[bytes, int]:
    if len(raw) < _HEADER.size + _CRC.size:
        raise FramingError(f"{len(raw)} bytes are too few")
    return raw[: -_CRC.size], _CRC.unpack(raw[-_CRC.size :])[0]


class Reader:
    """Frames out of a stream of bytes.  State: the beginning of the next one."""

    def __init__(self) -> None:
        self._splitter = Splitter()
        self.damaged = 0  # pieces that were no frame, so far

    def feed(self, data: bytes) -> list[Frame]:
        """The whole frames that have ended; what is damaged is counted.

        :raises VersionError: a whole frame of another version
        """
        return [frame for piece in self._splitter.feed(data) if (frame := self._whole(piece)) is not None]

    def _whole(self, piece: bytes) -> Frame | None:
        try:
            return decode(piece)
        except VersionError:
            raise
        except ValueError:
            self.damaged += 1
            return None


def ahead(new: int, old: int) -> int:
    """How far a u32 counter that wraps is ahead of an older reading; zero or negative when it is not.

    >>> ahead(5, 3), ahead(2, 0xFFFFFFFF), ahead(3, 5)
    (2, 3, -2)
    """
    return (new - old + _HALF) % (2 * _HALF) - _HALF
