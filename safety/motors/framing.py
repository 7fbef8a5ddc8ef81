"""How bytes become frames on a serial line: COBS for where a frame ends, a CRC for whether it is whole.

COBS (Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999) takes the
zeros out of a frame, so that a zero only ever ends one: whoever joins late, or has lost bytes, is in step again at the next
zero.
"""

from __future__ import annotations

DELIMITER = 0
MOST_BYTES = 64
"""… of a frame with its CRC, before COBS.  Below 254, so that COBS adds exactly one byte."""


class FramingError(ValueError):
    """Bytes that are no frame; the text says why."""


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE (also called IBM-3740): polynomial 0x1021, start 0xFFFF, nothing reflected, nothing added.

    It finds every error of up to three bits and every burst of up to 16, so every single wrong byte.  The check value of
    the catalogue of parametrised CRC algorithms (Cook):

    >>> hex(crc16(b"123456789"))
    '0x29b1'
    """
    crc = 0xFFFF
    for byte in data:
        crc = ((crc << 8) & 0xFFFF) ^ _TABLE[(crc >> 8) ^ byte]
    return crc


def _of_byte(value: int) -> int:
    crc = value << 8
    for _ in range(8):
        crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
    return crc & 0xFFFF


_TABLE = tuple(_of_byte(value) for value in range(256))


def cobs(data: bytes) -> bytes:
    """The same bytes without a zero, one byte longer.

    :raises FramingError: more than MOST_BYTES

    >>> cobs(bytes([0x11, 0x22, 0x00, 0x33])).hex(" ")
    '03 11 22 02 33'
    """
    if len(data) > MOST_BYTES:
        raise FramingError(f"{len(data)} bytes, at most {MOST_BYTES}")
    return b"".join(bytes([len(part) + 1]) + part for part in data.split(b"\0"))


def uncobs(stuffed: bytes) -> bytes:
    """What ``cobs`` was given.

    :raises FramingError: no output of ``cobs``

    >>> uncobs(bytes.fromhex("03 11 22 02 33")).hex(" ")
    '11 22 00 33'
    """
    parts, at = [], 0
    while at < len(stuffed):
        length = stuffed[at]
        part = stuffed[at + 1 : at + length]
        if length == DELIMITER or len(part) != length - 1 or DELIMITER in part:
            raise FramingError("its COBS code is broken")
        parts.append(part)
        at += length
    if not parts:
        raise FramingError("it is empty")
    return b"\0".join(parts)


class Splitter:
    """Cuts a stream at the zeros.  State: the beginning of a frame whose end has not come yet."""

    def __init__(self) -> None:
        self._begun = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Everything that has ended; a piece too long to be a frame comes out as one piece of its first bytes."""
        *ended, rest = data.split(b"\0")
        pieces = []
        for part in ended:
            self._keep(part)
            if self._begun:
                pieces.append(self._begun)
            self._begun = b""
        self._keep(rest)
        return pieces

    def _keep(self, part: bytes) -> None:
        """Two bytes more than a frame may have are enough to see that it is none; a stream of garbage fills no memory."""
        self._begun = (self._begun + part)[: MOST_BYTES + 2]
