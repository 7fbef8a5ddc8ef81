"""A ring of numbers between two threads: one writes, one reads, and neither ever waits for the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Ring:
    """Rows of ``width`` numbers, counted from the first one ever written.

    Without a lock: ``written`` belongs to the writer, ``taken`` to the reader, and each only looks at the other's.  A writer who
    does not care overwrites the oldest; the reader notices, goes on with what is whole, and counts the rest in ``lost``.

    >>> ring = Ring(4)
    >>> ring.write(np.arange(6.0)); ring.read(), ring.lost
    ((2, array([2., 3., 4., 5.])), 2)
    """

    def __init__(self, capacity: int, width: int = 1, dtype: Any = np.float64) -> None:
        """:param width: 1 for rows that are plain numbers"""
        self.capacity = capacity
        self._rows: NDArray[Any] = np.zeros(capacity if width == 1 else (capacity, width), dtype)
        self.written = self._claimed = 0
        self.taken = self.lost = 0

    @property
    def waiting(self) -> int:
        """Rows that may be read."""
        return min(self.written - self.taken, self.capacity)

    @property
    def space(self) -> int:
        """Rows that may be written without overwriting any."""
        return self.capacity - self.waiting

    def write(self, rows: NDArray[Any]) -> None:
        """Add rows; no array is allocated.  Of more than the ring holds only the last ones stay."""
        count = len(rows)
        self._claimed = self.written + count  # said before it is done: a reader in the middle of a copy finds out
        kept = rows[-self.capacity :]
        start = (self.written + count - len(kept)) % self.capacity
        first = min(len(kept), self.capacity - start)
        self._rows[start : start + first] = kept[:first]
        self._rows[: len(kept) - first] = kept[first:]
        self.written += count

    def read(self) -> tuple[int, NDArray[Any]]:
        """All that waits, as a copy, and the number of its first row."""
        end = self.written
        start = max(self.taken, end - self.capacity)
        rows = self._rows[np.arange(start, end) % self.capacity]
        whole = max(start, min(self._claimed - self.capacity, end))  # what came meanwhile may have spoilt the oldest
        self.lost += whole - self.taken
        self.taken = end
        return whole, rows[whole - start :]

    def read_into(self, out: NDArray[Any]) -> int:
        """Fill ``out`` from its beginning as far as there is something; how many rows.  No array is allocated.

        Only for a writer who stays within ``space``.
        """
        count = min(len(out), self.written - self.taken)
        start = self.taken % self.capacity
        first = min(count, self.capacity - start)
        out[:first] = self._rows[start : start + first]
        out[first:count] = self._rows[: count - first]
        self.taken += count
        return count
