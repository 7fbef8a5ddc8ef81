"""Who may speak, the duplex engine or the cascade, and when a failed engine is tried again."""

from __future__ import annotations

import math
from dataclasses import dataclass

from robot_runtime.duplex.deadline import Deadlines

SILENT_S = 0.5
"""A frame that waits so long is as good as lost: the cascade takes over; with a step of the voice this stays below one second."""

_HUNG_S = 3.0  # then it will not come back by itself
_MOST_LATE = 0.5  # share of frames in two seconds
_GOOD_S = 2.0  # of frames in time before it may speak again
_FIRST_PAUSE_S, _MOST_PAUSE_S = 0.5, 30.0
_LOADING_S = 300.0  # a model of 16 GB from a slow disk


@dataclass(frozen=True)
class Verdict:
    duplex: bool  # it may speak
    restart: bool  # its process must be started (again) now
    why: str  # not duplex; "" if it is


class Watchdog:
    """Looks at the engine once a step; time is passed in."""

    def __init__(self) -> None:
        self._duplex = False
        self._why = "the engine is not ready yet"
        self._good_since_s: float | None = None
        self._started_s: float | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._retry_s = -math.inf
        self.takeovers = 0  # of the cascade, from a duplex that had been good

    def started(self, now_s: float) -> None:
        """Its process was started."""
        self._started_s = now_s

    def gone(self, why: str, now_s: float) -> None:
        """Its process has ended or could not be started."""
        self._fall(why)
        self._started_s = None
        self._retry_s = now_s + self._pause_s
        self._pause_s = min(2 * self._pause_s, _MOST_PAUSE_S)

    def look(self, ready: bool, deadlines: Deadlines, now_s: float) -> Verdict:
        """What holds now."""
        if self._started_s is None:
            return Verdict(False, now_s >= self._retry_s, self._why)
        waits_s = deadlines.oldest_wait_s(now_s)
        if not ready:
            if now_s - self._started_s > _LOADING_S:
                self.gone("the engine does not get ready", now_s)
            return Verdict(False, False, self._why)
        if waits_s > _HUNG_S:
            self.gone(f"the engine has not answered for {waits_s:.1f} s", now_s)
            return Verdict(False, False, self._why)
        late = deadlines.timing().missed_share
        if waits_s > SILENT_S:
            self._fall(f"a frame waits for {waits_s:.1f} s")
        elif late > _MOST_LATE:
            self._fall(f"{late:.0%} of the frames are late")
        elif not self._duplex:
            self._rise(deadlines, now_s)
        return Verdict(self._duplex, False, self._why)

    def _rise(self, deadlines: Deadlines, now_s: float) -> None:
        if not deadlines.timing().frames:
            return
        self._good_since_s = now_s if self._good_since_s is None else self._good_since_s
        if now_s - self._good_since_s >= _GOOD_S:
            self._duplex, self._why, self._pause_s = True, "", _FIRST_PAUSE_S

    def _fall(self, why: str) -> None:
        self.takeovers += self._duplex
        self._duplex, self._why, self._good_since_s = False, why, None
