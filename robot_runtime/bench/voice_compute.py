"""Computing time in virtual time: when a message would have been out if each process had a core of its own.

A step begins when its message is there and its process has finished what it did before, and takes the processor time that it
took on this machine, so that what else runs here meanwhile does not count.  A decode of 0.2 s delays the words by 0.2 s, and the
next frames of the same process too, as on a robot.  The voice waits for the process of its speech engine, whose time the thread does
not see; its steps count as they took by the clock on the wall.
"""

from __future__ import annotations

from collections import defaultdict

from robot_runtime.nodes import NODES, Node

_CAUSES = ("speech/heard", "action/proposed", "action/verdict", "speech/say", "safety/stop_request")
"""Messages that others wait for on the way from a word to an answer, or to a stop."""
_HEARS = "ear"
"""Knows by ``speech/say`` what the robot will ask, and waits for no message but sound."""
_NOT_ON_THE_ROBOT = ("sim", "watch")
_WAITS = ("voice",)


class Compute:
    """Hooks of a :class:`~robot_runtime.flow.Flow`: ``stepped`` is a watcher, ``out_s`` is asked by a listener."""

    def __init__(self) -> None:
        self.spent_s: dict[str, float] = defaultdict(float)  # node → processor time
        self._free_s: dict[str, float] = defaultdict(float)  # process → when it has time again
        self._cause_s: dict[str, float] = {}  # node → when what it will step for was out
        self._end_s = 0.0
        self._readers = {topic: [node.name for node in NODES if topic in node.inputs and node.name != _HEARS] for topic in _CAUSES}

    def stepped(self, now_s: float, node: Node, wall_s: float, worked_s: float) -> None:
        """A node has made a step."""
        took_s = wall_s if node.name in _WAITS else worked_s
        self.spent_s[node.name] += took_s
        began_s = max(now_s, self._cause_s.pop(node.name, 0.0))
        if node.process in _NOT_ON_THE_ROBOT:
            self._end_s = began_s
            return
        self._end_s = max(began_s, self._free_s[node.process]) + took_s
        self._free_s[node.process] = self._end_s

    def out_s(self, topic: str) -> float:
        """When the message that is being published now would have been out."""
        for name in self._readers.get(topic, ()):
            self._cause_s[name] = max(self._end_s, self._cause_s.get(name, 0.0))
        return self._end_s
