"""What the nodes of one process share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from robot_runtime.nodes import Settings
from robot_runtime.ros.pace import Pace


class LocalReader(Protocol):
    def take(self, topic: str, message: Any) -> None:
        """Receive a message of a topic that never leaves the process, if it reads that topic."""
        ...


@dataclass
class Host:
    """Settings, time and local topics of one process."""

    settings: Settings
    params: dict[str, dict[str, Any]]  # node name → raw parameters, as in the parameter file
    pace: Pace
    readers: list[LocalReader] = field(default_factory=list)

    def deliver(self, topic: str, message: Any) -> None:
        for reader in self.readers:
            reader.take(topic, message)


class NodeFailedError(RuntimeError):
    """A node raised where it must not: its process cannot be trusted any more and ends, to be started afresh."""
