"""How the nodes of a process are brought up."""

from __future__ import annotations

import gc
from functools import partial
from types import SimpleNamespace
from typing import Any

from rclpy.lifecycle import TransitionCallbackReturn

from robot_runtime.ros.running import Process


class Node:
    """Makes much when it is configured, and notes how many objects the collector of garbage then passes over."""

    def __init__(self) -> None:
        self.made: list[dict[str, int]] = []
        self.spared = -1

    def trigger_configure(self) -> Any:
        self.made = [{"number": number} for number in range(10_000)]
        return TransitionCallbackReturn.SUCCESS

    def trigger_activate(self) -> Any:
        self.spared = gc.get_freeze_count()
        return TransitionCallbackReturn.SUCCESS


def test_what_was_configured_is_not_searched_for_garbage() -> None:
    nodes = [Node(), Node()]
    thresholds = gc.get_threshold()
    process: Any = SimpleNamespace(nodes=nodes)
    process._bring = partial(Process._bring, process)
    try:
        Process.start(process)
        searched = {id(one) for one in gc.get_objects()}
        assert not searched & {id(node.made) for node in nodes}
        assert min(node.spared for node in nodes) > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
