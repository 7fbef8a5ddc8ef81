"""What a run left behind, sorted for the report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from robot_runtime.messages import ScenarioEvent

M = TypeVar("M")


@dataclass
class Run:
    """All messages of one run by topic, oldest first."""

    topics: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, messages: Iterable[tuple[str, Any]]) -> Run:
        """Gather (topic, message) pairs as a recording or a virtual-time run yields them."""
        run = cls()
        for topic, message in messages:
            run.topics[topic].append(message)
        return run

    def all(self, topic: str, kind: type[M]) -> list[M]:
        """The messages of one topic; ``kind`` only tells the type checker."""
        return cast("list[M]", self.topics.get(topic, []))

    @property
    def start_s(self) -> float:
        """When the scenario was ready, else the first stamped message."""
        ready = [event.stamp_s for event in self.all("scenario", ScenarioEvent) if event.phase == "ready"]
        return ready[0] if ready else min((m.stamp_s for ms in self.topics.values() for m in ms[:1]), default=0.0)

    @property
    def end_s(self) -> float:
        return max((m.stamp_s for ms in self.topics.values() for m in ms[-1:]), default=0.0)

    def expectations(self) -> list[ScenarioEvent]:
        """What the scenario expected, each as it was decided (phase "passed" or "failed")."""
        return [event for event in self.all("scenario", ScenarioEvent) if event.phase in ("passed", "failed")]
