"""Who cannot record does not move: a disk that fails is a stop for as long as it does, and is tried again meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterator

from safety.audit import Audit
from safety.stops import Event, Stops

RETRY_S = 1.0


class DiskWatch:
    """State: when it was tried last."""

    def __init__(self, audit: Audit, stops: Stops) -> None:
        self._audit = audit
        self._stops = stops
        self.reset()

    def reset(self) -> None:
        """Try again at once."""
        self._tried_s = -math.inf

    def look(self, now_s: float) -> Iterator[Event]:
        """Latch while record or latch cannot be written; yields what happens for the record."""
        problem = self._audit.error or self._stops.error
        if not problem:
            self._stops.latch.over("audit")
            return
        yield from self._stops.trip("audit", problem, now_s, lasting=True)
        if now_s - self._tried_s >= RETRY_S:
            self._tried_s = now_s
            self._stops.retry()
            yield "retry", {"problem": problem}
