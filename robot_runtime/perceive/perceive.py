"""The eyes' shell: hands pictures to a perception backend, and its findings to everyone else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pydantic import Field, field_validator

from robot_runtime import simulation
from robot_runtime.config import StageConfig, load_class
from robot_runtime.messages import Detections, People, SimState
from robot_runtime.stage import Inbox, Outbox, latest
from robot_runtime.topics import TOPICS
from safety.files import suggestion


class Eyes(Protocol):
    """A perception backend."""

    def look(self, inbox: Inbox, now_s: float) -> tuple[Detections, People] | None:
        """What is seen now; None when there is nothing to see with, and then nothing is published.

        "I see nobody" is an answer with empty people, never None.
        """
        ...

    def reset(self) -> None: ...


class OracleBackend:
    """Reads the truth from the simulated home.  For tests and for runs before there is a trained detector."""

    def __init__(self, home: str) -> None:
        self._eyes = load_class(simulation.ORACLE_EYES)(home)
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


BACKENDS: dict[str, Callable[[str], Eyes]] = {"oracle": OracleBackend}
"""Name of a backend → what builds it from the folder of the home or site."""


class Perceive:
    """Publishes ``detections`` and ``people``.  Silence makes them stale, and stale makes every consumer careful."""

    class Config(StageConfig):
        backend: str = Field("oracle", description=f"perception backend: {', '.join(BACKENDS)}")
        home: str = Field("", description="folder of the simulated home, for the backend oracle")

        @field_validator("backend")
        @classmethod
        def _known(cls, value: str) -> str:
            if value not in BACKENDS:
                raise ValueError(f"unknown backend '{value}'{suggestion(value, list(BACKENDS))}")
            return value

    def __init__(self, config: Config) -> None:
        self._eyes = BACKENDS[config.backend](config.home)

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        found = self._eyes.look(inbox, now_s)
        if found is None:
            return []
        detections, people = found
        return [("detections", detections), ("people", people)]

    def reset(self) -> None:
        self._eyes.reset()
