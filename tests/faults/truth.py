"""What really happened to the base, from the simulator's truth; pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

STILL_MPS = 0.03
STILL_S = 0.1
"""A base is still when it has been slower than ``STILL_MPS`` for so long: a dip between two speeds is no standstill."""


@dataclass(frozen=True)
class Seen:
    """Where the base was at one instant."""

    stamp_s: float
    x_m: float
    y_m: float


def pairwise(path: Sequence[Seen]) -> Iterator[tuple[Seen, Seen]]:
    """Each with the next; not more than what is there now, since the path may grow meanwhile."""
    return ((path[index], path[index + 1]) for index in range(len(path) - 1))


def speed_mps(before: Seen, after: Seen) -> float:
    """Mean speed between two instants.

    >>> speed_mps(Seen(0.0, 0.0, 0.0), Seen(0.5, 0.3, 0.4))
    1.0
    """
    return math.dist((before.x_m, before.y_m), (after.x_m, after.y_m)) / (after.stamp_s - before.stamp_s)


def fell_below(path: Sequence[Seen], limit_mps: float, since_s: float) -> float | None:
    """When the base became slower than a limit, for ``STILL_S`` at least, at ``since_s`` or later; None when it did not.

    The mean speed over an interval is that of its middle, which therefore is the date.
    """
    slow_since_s: float | None = None
    for before, after in pairwise(path):
        middle_s = (before.stamp_s + after.stamp_s) / 2
        if middle_s < since_s or speed_mps(before, after) >= limit_mps:
            slow_since_s = None
        elif slow_since_s is None:
            slow_since_s = middle_s
        elif middle_s - slow_since_s >= STILL_S - 1e-9:
            return slow_since_s
    return None


def fastest_mps(path: Sequence[Seen], since_s: float, until_s: float = math.inf) -> float:
    """The highest speed between two instants; 0 when nothing was seen."""
    return max((speed_mps(a, b) for a, b in pairwise(path) if a.stamp_s >= since_s and b.stamp_s <= until_s), default=0.0)
