"""The node table in virtual time: the whole graph in one process, without ROS, devices or a wall clock.

A run is a function of its settings, parameters and seed: the same inputs give the same messages to the bit.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from robot_runtime.config import build_config, load_class, read_params
from robot_runtime.nodes import Node, Settings, nodes
from robot_runtime.stage import Outbox, Stage
from safety.config import MEMORY

TICK_S = 0.02
"""The finest rate in the node table is 50 Hz."""


@dataclass(slots=True)
class _Running:
    node: Node
    stage: Stage
    next_step_s: float  # infinite without a timer
    inbox: dict[str, list[Any]] = field(default_factory=dict)
    triggered: bool = False
    spent_s: float = 0.0  # wall time, for benchmarks only; nothing in the run depends on it


class Flow:
    """Steps the stages in table order, every 20 ms of virtual time.

    A message reaches nodes further down the table in the same tick and nodes further up in the next one.
    """

    def __init__(self, rows: Iterable[tuple[Node, Stage]], start_s: float = 0.0) -> None:
        self._running = [_Running(node, stage, math.inf if node.rate_hz is None else start_s) for node, stage in rows]
        self._readers: dict[str, list[tuple[_Running, bool]]] = defaultdict(list)  # and whether the topic makes them step at once
        for running in self._running:
            for topic in running.node.inputs:
                self._readers[topic].append((running, topic in running.node.trigger))
        self._ticks = 0
        self._start_s = start_s
        self.listeners: list[Callable[[float, str, Any], None]] = []
        self.watchers: list[Callable[[float, Node, float, float], None]] = []
        """Told of each step, before what it publishes: virtual time, node, wall time that it took, and processor time of this thread."""

    @classmethod
    def build(
        cls,
        settings: Settings,
        only: Callable[[Node], bool] = lambda node: True,
        overrides: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> Flow:
        """All stages of the table that run under these settings, built from the parameter file.

        :param overrides: node name → parameters that go before those of the file
        """
        params = read_params(settings.params_file)
        # Virtual time leaves nothing behind, and finds nothing; a file that changes meanwhile would make two runs differ.
        params["gate"] = {**params.get("gate", {}), "state_dir": MEMORY, "reload_s": 0.0}
        for name in ("world", "shutter"):
            params[name] = {**params.get(name, {}), "memory_file": ""}
        params["stop_word"] = {**params.get("stop_word", {}), "background": False}
        params["ear"] = {**params.get("ear", {}), "prepare": False}  # it would take as long, and more often
        for name, values in overrides.items():
            params[name] = {**params.get(name, {}), **values}
        rows = [node for node in nodes(settings) if not node.own_shell and only(node)]
        return cls((node, load_class(node.stage)(build_config(node, settings, params))) for node in rows)

    @property
    def now_s(self) -> float:
        return self._start_s + self._ticks * TICK_S

    def inject(self, topic: str, message: Any) -> None:
        """Put a message on a topic from outside, as a test or a service call does."""
        self._deliver([(topic, message)])

    def stage(self, name: str) -> Any:
        """The stage of one node, for tests that look inside."""
        return next(running.stage for running in self._running if running.node.name == name)

    def remove(self, name: str) -> None:
        """Take a node out, as a crash of its process does."""
        self._running = [running for running in self._running if running.node.name != name]
        for readers in self._readers.values():
            readers[:] = [reader for reader in readers if reader[0].node.name != name]

    def run_for(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.tick()

    def run_until(self, done: Callable[[], bool], limit_s: float) -> bool:
        """Tick until ``done()`` or until ``limit_s`` of virtual time has gone by; True when done."""
        end_s = self.now_s + limit_s
        while not done():
            if self.now_s >= end_s:
                return False
            self.tick()
        return True

    def tick(self) -> None:
        now_s = self.now_s
        for running in self._running:
            if now_s >= running.next_step_s - 1e-9:
                assert running.node.rate_hz is not None
                running.next_step_s += 1.0 / running.node.rate_hz
            elif not running.triggered:
                continue
            inbox, running.inbox, running.triggered = running.inbox, {}, False
            started, worked = time.perf_counter(), time.thread_time()
            outbox = running.stage.step(inbox, now_s)
            took_s, worked_s = time.perf_counter() - started, time.thread_time() - worked
            running.spent_s += took_s
            for watcher in self.watchers:
                watcher(now_s, running.node, took_s, worked_s)
            self._deliver(outbox)
        self._ticks += 1

    def _deliver(self, outbox: Outbox) -> None:
        for topic, message in outbox:
            for listener in self.listeners:
                listener(self.now_s, topic, message)
            for reader, triggers in self._readers[topic]:
                reader.inbox.setdefault(topic, []).append(message)
                reader.triggered |= triggers

    def spent_s(self) -> dict[str, float]:
        """Wall seconds that each node's steps have taken so far."""
        return {running.node.name: running.spent_s for running in self._running}
