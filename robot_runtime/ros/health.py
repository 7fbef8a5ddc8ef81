"""What a node says of itself on /diagnostics: state, step times against the budget, ages of its inputs."""

from __future__ import annotations

import math
from collections import Counter
from statistics import median
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from robot_runtime.nodes import Node
from robot_runtime.topics import TOPICS


class Health:
    """Collects between two reports; one report a second."""

    def __init__(self, row: Node) -> None:
        self._row = row
        self._steps_s: list[float] = []
        self._over_budget = 0
        self._stamps_s: dict[str, float] = {}
        self._refused: Counter[str] = Counter()

    def stepped(self, took_s: float) -> None:
        self._steps_s.append(took_s)
        self._over_budget += took_s * 1e3 > self._row.budget_ms

    def received(self, topic: str, message: Any, now_s: float) -> None:
        self._stamps_s[topic] = getattr(message, "stamp_s", now_s)

    def refused(self, topic: str) -> None:
        """A message of this topic was of no use; counted since the start of the process."""
        self._refused[topic] += 1

    def report(self, state: str, now_s: float) -> Any:
        """The status of the time since the last report, as ``diagnostic_msgs/DiagnosticStatus``."""
        steps_ms = [took_s * 1e3 for took_s in self._steps_s] or [math.nan]
        ages_s = {topic: now_s - self._stamps_s.get(topic, -math.inf) for topic in self._row.inputs}
        complaints = [text for topic, age_s in ages_s.items() if (text := _stale(topic, age_s))]
        values = {
            "state": state,
            "steps": str(len(self._steps_s)),
            "step_p50_ms": f"{median(steps_ms):.2f}",
            "step_max_ms": f"{max(steps_ms):.2f}",
            "budget_ms": f"{self._row.budget_ms:g}",
            "over_budget": str(self._over_budget),
            **{f"age_s {topic}": "never" if math.isinf(age_s) else f"{age_s:.3f}" for topic, age_s in ages_s.items()},
            **{f"refused {topic}": str(count) for topic, count in self._refused.items()},
        }
        self._steps_s.clear()
        if state != "active":
            complaints.insert(0, state)
        level = DiagnosticStatus.WARN if complaints else DiagnosticStatus.OK
        pairs = [KeyValue(key=key, value=value) for key, value in values.items()]
        return DiagnosticStatus(level=level, name=self._row.name, message="; ".join(complaints) or "ok", hardware_id="", values=pairs)


def _stale(topic: str, age_s: float) -> str:
    limit_s = TOPICS[topic].max_age_s
    if limit_s is None or age_s <= limit_s:
        return ""
    return f"{topic} never seen" if math.isinf(age_s) else f"{topic} is {age_s:.2f} s old (limit {limit_s:g} s)"
