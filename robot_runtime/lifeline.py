"""When a process is started, given up on or killed: the decisions of the supervisor, without any process.

Time is an argument, so a test needs no clock.  The shell around it is ``robot_runtime/supervisor.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Phase(Enum):
    WAITING = "waiting"  # not running; starts when its delay has gone by
    STARTING = "starting"  # runs, but has not said "ready"
    READY = "ready"
    STOPPED = "stopped"  # not running and not wanted
    GIVEN_UP = "given up"  # crashed too often


@dataclass(frozen=True)
class Policy:
    """Delays grow from ``first_delay_s`` by ``growth`` to ``longest_delay_s`` and start anew after ``stable_s`` of good running."""

    first_delay_s: float = 0.2
    growth: float = 2.0
    longest_delay_s: float = 5.0
    stable_s: float = 10.0
    start_limit_s: float = 60.0  # from start to "ready": loading models may take long
    alive_limit_s: float = 3.0  # between signs of life of a ready process, which sends one every 0.5 s
    crash_limit: int = 5  # so many crashes …
    crash_window_s: float = 30.0  # … within this time, and it is given up
    grace_s: float = 3.0  # from the request to end to the kill

    def delay_s(self, failures: int) -> float:
        """The wait before the next start after so many failures in a row.

        >>> [Policy().delay_s(n) for n in (1, 2, 3, 6)]
        [0.2, 0.4, 0.8, 5.0]
        """
        return min(self.first_delay_s * self.growth ** (failures - 1), self.longest_delay_s)


class Lifeline:
    """The life of one process: what has happened to it, and what to do about it now."""

    def __init__(self, policy: Policy, now_s: float) -> None:
        self._policy = policy
        self.phase = Phase.WAITING
        self._due_s = now_s
        self._last_sign_s = now_s
        self._ready_s = now_s
        self._failures = 0  # in a row
        self._crashes_s: list[float] = []

    @property
    def running(self) -> bool:
        return self.phase in (Phase.STARTING, Phase.READY)

    def due(self, now_s: float) -> bool:
        """Whether to start it now."""
        return self.phase is Phase.WAITING and now_s >= self._due_s

    def complaint(self, now_s: float) -> str:
        """Why a running process has to be killed, "" when it is well."""
        if not self.running:
            return ""
        limit_s = self._policy.alive_limit_s if self.phase is Phase.READY else self._policy.start_limit_s
        if now_s - self._last_sign_s <= limit_s:
            return ""
        return f"no sign of life for {limit_s:g} s" if self.phase is Phase.READY else f"not ready after {limit_s:g} s"

    def started(self, now_s: float) -> None:
        self.phase = Phase.STARTING
        self._last_sign_s = now_s

    def heard(self, line: str, now_s: float) -> bool:
        """Take in one line from its notification pipe; True when the process has just become ready."""
        if not self.running:
            return False
        if line == "ready" and self.phase is Phase.STARTING:
            self.phase = Phase.READY
            self._ready_s = self._last_sign_s = now_s
            return True
        # While it starts, a sign of life does not prolong the limit: a start that never ends is a failure too.
        if line == "alive" and self.phase is Phase.READY:
            self._last_sign_s = now_s
        return False

    def died(self, now_s: float, bad_input: bool = False) -> None:
        """It has ended without having been asked to.  With ``bad_input`` another start would end in the same way."""
        if self.phase is Phase.READY and now_s - self._ready_s >= self._policy.stable_s:
            self._failures = 0
        self._failures += 1
        self._crashes_s = [t for t in self._crashes_s if now_s - t < self._policy.crash_window_s] + [now_s]
        if bad_input or len(self._crashes_s) >= self._policy.crash_limit:
            self.phase = Phase.GIVEN_UP
            return
        self.phase = Phase.WAITING
        self._due_s = now_s + self._policy.delay_s(self._failures)

    def stopped(self) -> None:
        """It is no longer wanted and has ended, or is not to start again."""
        if self.phase is not Phase.GIVEN_UP:
            self.phase = Phase.STOPPED
