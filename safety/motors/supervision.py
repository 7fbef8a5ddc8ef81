"""What a healthy link looks like: four checks, each ends in a LinkError with one line that says why."""

from __future__ import annotations

from collections import deque

from safety.motors.config import BaseConfig
from safety.motors.messages import Telemetry
from safety.motors.protocol import ahead

DAMAGE_WINDOW_S = 1.0


class LinkError(Exception):
    """The link to the controller cannot be trusted any more; the text is one line that says why."""


class Supervision:
    """State: what was sent and is not acknowledged, the newest telemetry, when damage was seen."""

    def __init__(self, config: BaseConfig) -> None:
        self._config = config
        self._sent: deque[tuple[int, float]] = deque()  # sequence and time of what is not acknowledged yet
        self._damage_s: deque[float] = deque()
        self._last_sequence: int | None = None
        self.newest: Telemetry | None = None
        self.newest_s = 0.0
        self.round_trip_s = 0.0

    def begin(self, now_s: float) -> None:
        """The controller has answered the greeting: from now on it has to keep time."""
        self._sent.clear()
        self.newest_s = now_s

    def sent(self, sequence: int, now_s: float) -> None:
        """A frame has left."""
        self._sent.append((sequence, now_s))

    def received(self, sequence: int) -> None:
        """A frame of this session has come.

        :raises LinkError: it is not newer than the one before; a serial line neither repeats nor overtakes
        """
        last, self._last_sequence = self._last_sequence, sequence
        if last is not None and ahead(sequence, last) <= 0:
            raise LinkError(f"replayed or reordered frames: {sequence} came after {last}")

    def telemetry(self, telemetry: Telemetry, now_s: float) -> None:
        """News of the controller.

        :raises LinkError: its clock does not go on, or it acknowledges what was never sent
        """
        last, self.newest, self.newest_s = self.newest, telemetry, now_s
        if last is not None and ahead(telemetry.uptime_ms, last.uptime_ms) <= 0:
            raise LinkError("frozen: the controller's clock stands still")
        self._acknowledge(telemetry.acknowledged, now_s)

    def _acknowledge(self, sequence: int, now_s: float) -> None:
        newest = self._sent[-1][0] if self._sent else sequence
        if ahead(sequence, newest) > 0:
            raise LinkError(f"the controller acknowledges frame {sequence}, which was never sent")
        while self._sent and ahead(sequence, self._sent[0][0]) >= 0:
            self.round_trip_s = now_s - self._sent.popleft()[1]

    def damaged(self, count: int, now_s: float) -> None:
        """So many pieces came that were no frame.

        :raises LinkError: too many within a second
        """
        self._damage_s.extend([now_s] * count)
        while self._damage_s and now_s - self._damage_s[0] > DAMAGE_WINDOW_S:
            self._damage_s.popleft()
        if len(self._damage_s) > self._config.damaged_per_s:
            raise LinkError(f"garbage: {len(self._damage_s)} damaged frames within a second")

    def check(self, now_s: float) -> None:
        """What only shows by what does not come.

        :raises LinkError: silence, or a frame that is not acknowledged in time
        """
        silent_s = now_s - self.newest_s
        if silent_s > self._config.telemetry_max_age_s:
            raise LinkError(f"silent: no telemetry for {silent_s * 1000:.0f} ms; the controller is frozen or the cable is cut")
        if self._sent and now_s - self._sent[0][1] > self._config.round_trip_max_s:
            waits_ms = (now_s - self._sent[0][1]) * 1000
            raise LinkError(f"slow: a frame is not acknowledged after {waits_ms:.0f} ms; the port or the controller cannot keep up")
