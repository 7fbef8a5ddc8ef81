"""Pictures that were of no use: counted, and told of, but not each of them."""

from __future__ import annotations

import logging
import math

_LOG = logging.getLogger(__name__)
_TELL_EVERY_S = 5.0


class Refusals:
    """``count`` since the start, and ``last``, the newest reason."""

    def __init__(self) -> None:
        self.count, self.last = 0, ""
        self._told_s, self._untold = -math.inf, 0

    def add(self, reason: str, now_s: float, count: int = 1) -> None:
        """``count`` more; logged at most every 5 s, with how many there were meanwhile."""
        self.count, self.last = self.count + count, reason
        self._untold += count
        if not 0.0 <= now_s - self._told_s < _TELL_EVERY_S:
            _LOG.warning("camera: %d picture%s refused: %s", self._untold, "" if self._untold == 1 else "s", reason)
            self._told_s, self._untold = now_s, 0
