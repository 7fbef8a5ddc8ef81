"""How often a model may be asked: a limit per minute, and a rest after failures in a row."""

from __future__ import annotations

from collections import deque

PERIOD_S = 60.0


class Budget:
    """Counts requests of the last minute, the retries among them.

    :param per_minute: requests in any 60 s
    :param failures: in a row, after which nothing is asked for ``rest_s``: a server that is down costs no waiting then
    """

    def __init__(self, per_minute: int, failures: int, rest_s: float) -> None:
        self._per_minute = per_minute
        self._failures = failures
        self._rest_s = rest_s
        self._asked: deque[float] = deque()
        self._failed = 0
        self._failed_s = 0.0

    def refusal(self, now_s: float) -> str:
        """Why nothing may be asked now, "" if it may."""
        if self._failed >= self._failures and now_s - self._failed_s < self._rest_s:
            return f"{self._failed} failures in a row; not asked again before {self._rest_s:g} s have passed"
        while self._asked and now_s - self._asked[0] >= PERIOD_S:
            self._asked.popleft()
        return f"asked {self._per_minute} times within a minute already" if len(self._asked) >= self._per_minute else ""

    def spend(self, now_s: float) -> None:
        """A request leaves."""
        self._asked.append(now_s)

    def succeeded(self) -> None:
        self._failed = 0

    def failed(self, now_s: float) -> None:
        """After the rest one more failure is enough for the next."""
        self._failed += 1
        self._failed_s = now_s
