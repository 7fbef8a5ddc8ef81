"""Which executor a distribution gets."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.qos import QoSProfile

from robot_runtime.ros import executor


def test_humble_gets_rclpys_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Humble has another inner interface, and no rclpy.event_handler to import."""
    monkeypatch.setitem(sys.modules, "rclpy.event_handler", None)
    monkeypatch.setattr(Executor, "_execute_timer", lambda self, timer: None, raising=False)
    monkeypatch.delitem(sys.modules, executor.__name__)
    humble = importlib.import_module(executor.__name__)
    made: list[type] = []
    monkeypatch.setattr(humble, "SingleThreadedExecutor", lambda: made.append(SingleThreadedExecutor))
    humble.make_executor()
    assert made == [SingleThreadedExecutor]


class Endless:
    """A subscription that always has one more message."""

    def __init__(self, depth: int) -> None:
        self.qos_profile = QoSProfile(depth=depth)


@pytest.mark.parametrize(("depth", "taken"), [(1, 1), (5, 5), (1000, 20)])
def test_what_arrives_meanwhile_waits_for_its_turn(depth: int, taken: int) -> None:
    """Else a fast /clock would be served before everything that it was sent after."""
    served: list[int] = []

    async def work() -> None:
        served.append(depth)

    lean: Any = SimpleNamespace(_take_subscription=lambda subscription: work)
    executor.LeanExecutor._do_subscription(lean, Endless(depth))
    assert len(served) == taken
