"""Where a process takes its time from, and what steps its nodes.

``SteadyPace``: real time; timers run on the steady clock, so that setting the system clock moves no step.
``ClockPace``: simulated time; one subscription to /clock steps every node of the process, in table order.
``SourcePace``: makes simulated time; one process of a graph does (``sim``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rosgraph_msgs.msg import Clock as ClockMessage

from robot_runtime.clock import VirtualClock
from robot_runtime.ros.qos import CLOCK
from robot_runtime.ros.stamp import to_seconds, to_time

TICK_S = 0.02

START_S = 100.0
"""Simulated time begins here: late enough that "a minute ago" is not negative."""

RESTART_GAP_S = 1.5
"""Of simulated time while no simulation ran: what was sensed, proposed or commanded before is then too old for everybody."""

_MOST_TICKS = 2
"""… made in one go, so that messages are taken in between while a slow machine catches up."""


class ClockWentBackError(RuntimeError):
    """/clock jumped into the past: another simulation took over, and nothing remembered here fits it."""


class Pace(Protocol):
    def now_s(self) -> float:
        """The robot's time."""
        ...

    def every(self, node: Any, rate_hz: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back at this rate; returns what ends it.  Callbacks due at the same time come in the order of registration."""
        ...

    def listen(self, callback: Callable[[Any], None]) -> None:
        """Hand every new clock message to a node's own ROS clock."""
        ...


class SteadyPace:
    def __init__(self, node: Any) -> None:
        self._node = node
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)

    def now_s(self) -> float:
        return float(self._node.get_clock().now().nanoseconds * 1e-9)

    def every(self, node: Any, rate_hz: float, callback: Callable[[], None]) -> Callable[[], None]:
        timer = node.create_timer(1.0 / rate_hz, callback, clock=self._steady)
        return lambda: node.destroy_timer(timer)

    def listen(self, callback: Callable[[Any], None]) -> None:
        """Nobody asks for /clock in real time."""


@dataclass(eq=False)
class _Beat:
    period_s: float
    callback: Callable[[], None]
    next_s: float

    def run(self, now_s: float) -> None:
        if now_s >= self.next_s - 1e-6:
            self.next_s += self.period_s
            if self.next_s <= now_s:  # missed beats are not made up for
                self.next_s = now_s + self.period_s
            self.callback()


class ClockPace:
    def __init__(self, node: Any) -> None:
        self._now_s = 0.0
        self._beats: list[_Beat] = []
        self._listeners: list[Callable[[Any], None]] = []
        node.create_subscription(ClockMessage, "/clock", self._on_clock, CLOCK)

    def now_s(self) -> float:
        return self._now_s

    def every(self, node: Any, rate_hz: float, callback: Callable[[], None]) -> Callable[[], None]:
        beat = _Beat(1.0 / rate_hz, callback, self._now_s)
        self._beats.append(beat)
        return lambda: self._beats.remove(beat)

    def listen(self, callback: Callable[[Any], None]) -> None:
        self._listeners.append(callback)

    def _on_clock(self, message: Any) -> None:
        """:raises ClockWentBackError: the new time is before the last one"""
        now_s = to_seconds(message.clock)
        if now_s < self._now_s:
            raise ClockWentBackError(f"/clock went back from {self._now_s:.2f} s to {now_s:.2f} s")
        self._set(now_s, message)

    def _set(self, now_s: float, message: Any) -> None:
        self._now_s = now_s
        for listener in self._listeners:
            listener(message)
        for beat in tuple(self._beats):
            beat.run(now_s)


class SourcePace(ClockPace):
    """Publishes /clock and steps its own process with the same time."""

    def __init__(self, node: Any, factor: float = 1.0, memory: ClockMemory | None = None) -> None:
        """``factor`` is simulated seconds in a real one."""
        self._memory = memory
        self._clock = VirtualClock(START_S if memory is None else memory.resume_s(), TICK_S, factor)
        self._now_s = self._clock.now_s
        self._beats = []
        self._listeners = []
        self._publisher = node.create_publisher(ClockMessage, "/clock", CLOCK)
        node.create_timer(TICK_S / factor / 2, self._on_timer, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def slipped_s(self) -> float:
        """Real time that the simulation has fallen behind and given up, since its start."""
        return self._clock.slipped_s

    def _on_timer(self) -> None:
        for _ in range(min(self._clock.due(time.monotonic()), _MOST_TICKS)):
            now_s = self._clock.advance()
            if self._memory is not None:
                self._memory.write(now_s)
            message = ClockMessage(clock=to_time(now_s))
            self._publisher.publish(message)
            self._set(now_s, message)


class ClockMemory:
    """A file that lets a restarted simulation go on after the last one, so that time never goes back."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def resume_s(self) -> float:
        text = os.pread(self._file, 32, 0)
        return float(text) + RESTART_GAP_S if text else START_S

    def write(self, now_s: float) -> None:
        os.pwrite(self._file, b"%017.6f\n" % now_s, 0)  # one fixed-size write: no crash can leave half of it
