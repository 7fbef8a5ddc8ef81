"""What goes wrong on the way between host and controller, as knobs: a line that damages, repeats, reorders or delays."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Faults:
    """Set from outside, at any time.  All off: a perfect line."""

    frozen: bool = False  # the controller's main loop hangs; its motors keep the last goal, as a hung program leaves them …
    hardware_watchdog_s: float = 0.1  # … until the chip's own watchdog resets it
    garbage_ratio: float = 0.0  # of all bytes, in both directions, that arrive as others
    replayed: bool = False  # every 5th frame of the controller comes again after the next
    reordered: bool = False  # every 5th and 6th frame change places
    delay_s: float = 0.0  # of all bytes, in both directions
    unplugged: bool = False


@dataclass
class Line:
    """One direction.  Whole writes are kept apart, as a controller's frames are."""

    faults: Faults
    seed: int = 1
    from_controller: bool = True
    _under_way: deque[tuple[float, bytes]] = field(default_factory=deque)
    _held: bytes = b""
    _count: int = 0

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)

    def put(self, data: bytes, now_s: float) -> None:
        """Bytes that the sender wrote."""
        for frame in _frames(data):
            for passed in self._shuffled(frame):
                self._under_way.append((now_s + self.faults.delay_s, self._damaged(passed)))

    def get(self, now_s: float) -> bytes:
        """Bytes that have arrived."""
        arrived = b""
        while self._under_way and self._under_way[0][0] <= now_s:
            arrived += self._under_way.popleft()[1]
        return arrived

    def clear(self) -> None:
        """The plug is out: what was under way is lost."""
        self._under_way.clear()
        self._held = b""

    def _shuffled(self, frame: bytes) -> list[bytes]:
        self._count += 1
        if not self.from_controller or not (self.faults.replayed or self.faults.reordered):
            return [frame]
        held, self._held = self._held, b""
        if held:
            return [frame, held]
        if self._count % 5:
            return [frame]
        self._held = frame
        return [frame] if self.faults.replayed else []

    def _damaged(self, frame: bytes) -> bytes:
        if not self.faults.garbage_ratio:
            return frame
        data = np.frombuffer(frame, np.uint8).copy()
        hit = self._rng.random(data.size) < self.faults.garbage_ratio
        data[hit] ^= self._rng.integers(1, 256, int(hit.sum()), np.uint8)
        return bytes(data)


def _frames(data: bytes) -> list[bytes]:
    r"""Pieces with the zero that ends each; the last one may lack it.

    >>> _frames(b"ab\0c\0d")
    [b'ab\x00', b'c\x00', b'd']
    """
    *whole, rest = data.split(b"\0")
    return [piece + b"\0" for piece in whole] + ([rest] if rest else [])
