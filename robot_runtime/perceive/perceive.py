"""The eyes' shell: hands pictures to a perception backend, and its findings to everyone else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from robot_runtime import simulation
from robot_runtime.config import load_class
from robot_runtime.messages import Detections, People, SimState
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.stage import Diagnosing, Inbox, Outbox, latest
from robot_runtime.topics import TOPICS


class Eyes(Protocol):
    """A perception backend.  It may be :class:`~robot_runtime.stage.Diagnosing` too."""

    def look(self, inbox: Inbox, now_s: float) -> tuple[Detections, People] | None:
        """What is seen now; None when there is nothing to see with, and then nothing is published.

        "I see nobody" is an answer with empty people, never None.
        """
        ...

    def reset(self) -> None: ...


class OracleBackend:
    """Reads the truth from the simulated home.  For tests, and for runs without pictures."""

    def __init__(self, config: PerceiveConfig) -> None:
        self._eyes = load_class(simulation.ORACLE_EYES)(config.home, scenario_file=config.scenario_file)
        self._state: SimState | None = None

    def look(self, inbox: Inbox, now_s: float) -> tuple[Detections, People] | None:
        self._state = latest(inbox, "sim/state", SimState, self._state)
        max_age_s = TOPICS["sim/state"].max_age_s
        if self._state is None or (max_age_s is not None and now_s - self._state.stamp_s > max_age_s):
            return None
        found: tuple[Detections, People] = self._eyes.look(self._state, now_s)
        return found

    def reset(self) -> None:
        self._state = None


def _cnn(config: PerceiveConfig) -> Eyes:
    eyes: Eyes = load_class("robot_runtime.perceive.cnn:open_eyes")(config)  # by name: who has other eyes needs no onnxruntime
    return eyes


BACKENDS: dict[str, Callable[[PerceiveConfig], Eyes]] = {"oracle": OracleBackend, "cnn": _cnn}
"""Name of a backend → what builds it."""


class Perceive:
    """Publishes ``detections`` and ``people``.  Silence makes them stale, and stale makes every consumer careful."""

    Config = PerceiveConfig

    def __init__(self, config: PerceiveConfig) -> None:
        self._eyes = BACKENDS[config.backend](config)

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        found = self._eyes.look(inbox, now_s)
        if found is None:
            return []
        detections, people = found
        return [("detections", detections), ("people", people)]

    def reset(self) -> None:
        self._eyes.reset()

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """What is wrong with the eyes, and figures."""
        return self._eyes.diagnose() if isinstance(self._eyes, Diagnosing) else ("", {})
