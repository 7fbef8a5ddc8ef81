"""What the gate makes of the motors' end: a lost link, the base's own emergency stop, and intruders at the door."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from safety.config import GateConfig
from safety.motors.config import ROS
from safety.stops import Event, Stops
from safety.types import BaseStatus, DoorState

BASE_BUTTON, INTRUDER = "base_button", "intruder"
"""Sources of a latched stop."""

BASE_UNKNOWN = "base_button is not known"
"""Whether the base's emergency stop is pressed: a stop cannot be lifted before its controller says that it is not."""


class BaseWatch:
    """State: the newest status, the emergency stops that were told, and whether the base was lost in the last ``take``."""

    def __init__(self, config: GateConfig) -> None:
        self._config = config
        self._supervised = config.base_driver != ROS
        self._status: BaseStatus | None = None
        self._e_stops = 0
        self.lost = ""  # why nothing that was approved before counts any more, "" when the base was there all the time

    def begin(self, stops: Stops) -> None:
        """The first step: nothing is known of the base."""
        if self._supervised:
            stops.latch.doubt(BASE_UNKNOWN)

    def take(self, inbox: Mapping[str, Sequence[Any]], stops: Stops, now_s: float) -> Iterator[Event]:
        """News; what has to be latched is latched, and told as events for the record."""
        self.lost = ""
        for state in inbox.get("motors/door", ()):
            yield from self._door(state, stops, now_s)
        for status in inbox.get("motors/state", ()):
            yield from self._base(status, stops, now_s)
        if self._supervised and not self._told_lately(now_s):
            stops.latch.doubt(BASE_UNKNOWN)

    def _told_lately(self, now_s: float) -> bool:
        status = self._status
        return status is not None and abs(now_s - status.stamp_s) <= self._config.motors_state_max_age_s

    def problem(self, now_s: float) -> str:
        """Why commands do not reach the motors, "" when they do or when another node drives the base."""
        if not self._supervised:
            return ""
        if self._status is None:
            return "base: no news of its driver"
        if not self._told_lately(now_s):
            return f"base: news of its driver is {now_s - self._status.stamp_s:.1f} s old"
        return f"base: {self._status.problem}" if self._status.problem else ""

    def _door(self, state: Any, stops: Stops, now_s: float) -> Iterator[Event]:
        if not isinstance(state, DoorState):
            yield from stops.trip(INTRUDER, "malformed news of the door", now_s)
        elif state.intruders:
            yield from stops.trip(INTRUDER, "; ".join(state.intruders)[:200], now_s, lasting=True)
        else:
            stops.latch.over(INTRUDER)

    def _lost(self, before: BaseStatus, now: BaseStatus) -> Iterator[Event]:
        """A base that was ready and is not any more, or was not in between.  Old news alone are a reason to stop, but not for this."""
        if now.problem or now.sessions != before.sessions:
            self.lost = f"base: {now.problem or 'its link was lost and is back'}"
            yield "base", {"lost": self.lost}

    def _base(self, status: Any, stops: Stops, now_s: float) -> Iterator[Event]:
        if not isinstance(status, BaseStatus) or not math.isfinite(status.stamp_s):
            yield from stops.trip("internal", "malformed news of the base", now_s)
            return
        before, self._status = self._status, status
        if before is not None and not before.problem:
            yield from self._lost(before, status)
        pressed = status.e_stop_pressed
        if pressed or status.e_stops != self._e_stops:
            self._e_stops = status.e_stops
            yield from stops.trip(BASE_BUTTON, "the emergency stop of the base", now_s, lasting=pressed is True)
        if pressed is None:
            stops.latch.doubt(BASE_UNKNOWN)
            return
        stops.latch.over(BASE_UNKNOWN)
        if pressed is False:  # nothing else is a release
            stops.latch.over(BASE_BUTTON)
