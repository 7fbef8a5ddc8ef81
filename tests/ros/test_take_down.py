"""The end of a process: nobody's last words are lost, and nobody who does not listen delays it for long."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rclpy.duration import Duration

from robot_runtime.ros import running, shell
from robot_runtime.ros.shell import Shell


class Steady:
    """Stands for ``time``."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def monotonic(self) -> float:
        return self.now_s


class Publisher:
    def __init__(self, log: list[str], steady: Steady, name: str, readers: str) -> None:
        self._log, self._steady, self._name, self._readers = log, steady, name, readers

    def wait_for_all_acked(self, timeout: Duration) -> bool:
        self._log.append(f"{self._name} asked")
        if self._readers == "unknown":
            raise RuntimeError("this middleware cannot tell")
        if self._readers == "gone":
            self._steady.now_s += timeout.nanoseconds * 1e-9
        return self._readers == "there"


class Node:
    def __init__(self, log: list[str], steady: Steady, name: str, readers: str, state: str = "active") -> None:
        self.state, self._log, self._name = state, log, name
        self._own_publishers = [Publisher(log, steady, name, readers) for _ in range(2)]

    def trigger_deactivate(self) -> None:
        self._log.append(f"{self._name} says its last")
        self.state = "inactive"

    def trigger_shutdown(self) -> None:
        self._log.append(f"{self._name} goes")
        self.state = "finalized"

    wait_heard = Shell.wait_heard


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Steady:
    steady = Steady()
    for module in (running, shell):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=steady.monotonic))
    return steady


def test_all_have_said_their_last_and_were_heard_before_any_goes(steady: Steady) -> None:
    """The gate's zero velocity is out before anybody is waited for, and on a base before its driver goes."""
    log: list[str] = []
    failed = Node(log, steady, "failed", "there", "finalized")
    nodes: list[Any] = [failed, Node(log, steady, "gate", "there"), Node(log, steady, "base", "there")]
    running.take_down(nodes)
    asked = ["failed asked"] * 2 + ["gate asked"] * 2 + ["base asked"] * 2
    assert log == ["gate says its last", "base says its last", *asked, "gate goes", "base goes"]
    assert steady.now_s == 50.0


@pytest.mark.parametrize("readers", ["gone", "unknown"])
def test_readers_that_do_not_answer_are_waited_for_once(steady: Steady, readers: str) -> None:
    log: list[str] = []
    nodes: list[Any] = [Node(log, steady, name, readers) for name in ("eyes", "mind", "gate")]
    running.take_down(nodes)
    assert steady.now_s == pytest.approx(50.0 + (running.HEARD_S if readers == "gone" else 0.0))
    assert log.count("gate asked") == 2
    assert log[-1] == "gate goes"
