"""Plays a scenario in virtual time, with every stage of the node table, in this process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robot_runtime.flow import Flow
from robot_runtime.messages import ScenarioEvent
from robot_runtime.nodes import Settings
from sim.director import READY_LIMIT_S
from sim.scenario import Scenario, load_scenario

Listener = Callable[[float, str, Any], None]
"""Called with virtual time, topic and message for everything that is published."""


@dataclass(frozen=True)
class Played:
    """How a play went."""

    events: tuple[ScenarioEvent, ...]
    finished: bool  # False when it was given up, which a sound director does not let happen
    virtual_s: float
    wall_s: float
    spent_s: dict[str, float]  # wall time by node

    @property
    def outcomes(self) -> tuple[ScenarioEvent, ...]:
        """The events that tell whether something that was expected came true."""
        return tuple(event for event in self.events if event.phase in ("passed", "failed"))

    @property
    def passed(self) -> bool:
        return self.finished and bool(self.outcomes) and all(event.phase == "passed" for event in self.outcomes)

    @property
    def summary(self) -> str:
        """Such as "6/6 passed"."""
        return str(json.loads(self.events[-1].detail)["summary"]) if self.finished else "not finished"


def play(scenario_file: str | Path, seed: int | None = None, listener: Listener | None = None, perception: str = "oracle") -> Played:
    """Play a scenario to its end.

    :param seed: of all noise, instead of the scenario's own
    :param perception: backend of the eyes; the oracle needs no pictures, so none are drawn for it
    :raises FileError: the scenario or a parameter cannot be used
    """
    scenario = load_scenario(scenario_file)
    flow = build(scenario_file, scenario, seed, perception)
    if listener:
        flow.listeners.append(listener)
    return run(flow, scenario.limit_s)


def build(scenario_file: str | Path, scenario: Scenario, seed: int | None = None, perception: str = "oracle") -> Flow:
    """Everything that plays it, before the first tick; parameters as for :func:`play`."""
    settings = Settings.for_simulation(world=scenario.home, scenario=str(scenario_file), perception_backend=perception)
    overrides = {"home": {"seed": scenario.seed if seed is None else seed}}
    return Flow.build(settings, only=lambda node: node.name != "camera" or perception != "oracle", overrides=overrides)


def run(flow: Flow, limit_s: float) -> Played:
    """Play what was built.

    :param limit_s: that of the scenario
    """
    events: list[ScenarioEvent] = []
    flow.listeners.append(lambda now_s, topic, message: events.append(message) if topic == "scenario" else None)
    started_s = time.perf_counter()
    finished = flow.run_until(lambda: bool(events) and events[-1].phase == "finished", READY_LIMIT_S + limit_s + 1.0)
    return Played(tuple(events), finished, flow.now_s, time.perf_counter() - started_s, flow.spent_s())
