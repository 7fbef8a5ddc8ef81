"""Which executor a distribution gets."""

from __future__ import annotations

import importlib
import sys

import pytest
from rclpy.executors import Executor, SingleThreadedExecutor

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
