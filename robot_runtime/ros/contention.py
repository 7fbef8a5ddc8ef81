"""Watches a running graph from a process of its own: how long things take on the wall's clock, and what its nodes say of themselves.

A picture's way is counted from the tick of /clock at which it was taken; the others from one message to the next, as both arrive here.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from robot_runtime.ros import environment

environment.prepare()

import rclpy  # noqa: E402  (reads the environment that is prepared above)
from diagnostic_msgs.msg import DiagnosticArray  # noqa: E402
from rclpy.signals import SignalHandlerOptions  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402

from robot_runtime.messages import (  # noqa: E402
    ActionVerdict,
    Detections,
    Plan,
    ProposedAction,
    ProposedVelocity,
    ScenarioEvent,
    SpeechRequest,
    SpeechState,
    Utterance,
    Velocity,
)
from robot_runtime.ros.convert import codec  # noqa: E402
from robot_runtime.ros.executor import make_executor  # noqa: E402
from robot_runtime.ros.qos import CLOCK, DIAGNOSTICS, profile  # noqa: E402
from robot_runtime.ros.stamp import to_seconds  # noqa: E402
from robot_runtime.topics import TOPICS  # noqa: E402

PICTURE, PLAN, VERDICT, VELOCITY, SOUND = (
    "picture → facts", "words → plan", "action → verdict", "velocity proposed → emitted", "asked to say → first sound"
)  # fmt: skip
"""Names of the ways."""

_STORY = "scenario"
_MOST_OPEN = 500
_LONGEST_S = 10.0
"""What has no end by then has none."""


class Pairs:
    """Beginnings that wait for their ends; times are the wall's, in seconds.

    >>> pairs = Pairs()
    >>> pairs.begin("a", 1.0); pairs.end("a", 1.25); pairs.end("a", 2.0); pairs.end("b", 2.0)
    >>> pairs.took_ms
    [250.0]
    """

    def __init__(self) -> None:
        self._begun_s: OrderedDict[Any, float] = OrderedDict()
        self.took_ms: list[float] = []

    def begin(self, key: Any, now_s: float) -> None:
        """The first beginning of a key counts."""
        self._begun_s.setdefault(key, now_s)
        while len(self._begun_s) > _MOST_OPEN:
            self._begun_s.popitem(last=False)

    def end(self, key: Any, now_s: float) -> None:
        """The first end too; without a beginning it is none."""
        begun_s = self._begun_s.pop(key, None)
        if begun_s is not None and now_s - begun_s < _LONGEST_S:
            self.took_ms.append((now_s - begun_s) * 1e3)


class Watch:
    """Listens on a thread of its own until it is closed; what is found is complete then.

    :param settle_s: simulated time after the graph is ready, before which nothing counts
    """

    def __init__(self, settle_s: float) -> None:
        self.ways = {name: Pairs() for name in (PICTURE, PLAN, VERDICT, VELOCITY, SOUND)}
        self._settle_s, self._from_s, self._now_s = settle_s, math.inf, 0.0
        self.reports: dict[str, list[dict[str, str]]] = defaultdict(list)
        """Node → what it told on /diagnostics, once a second."""
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("contention")
        self._executor = make_executor()
        self._executor.add_node(self._node)
        self._node.create_subscription(Clock, "/clock", self._tick, CLOCK)
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._report, DIAGNOSTICS)
        for topic, take in _TAKES.items():
            self._listen(topic, take)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._spin, name="contention")
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._ending.set()
        self._thread.join()
        self._node.destroy_node()
        rclpy.try_shutdown()

    def _spin(self) -> None:
        while not self._ending.is_set():
            self._executor.spin_once(0.1)

    def _listen(self, topic: str, take: Callable[[Watch, Any, float], None]) -> None:
        convert = codec(topic)

        def on_message(message: Any) -> None:
            now_s = time.perf_counter()
            if topic == _STORY or self._now_s >= self._from_s:
                take(self, convert.from_ros(message, 0.0), now_s)

        self._node.create_subscription(convert.ros_class, topic, on_message, profile(TOPICS[topic].qos))

    # ------------------------------------------------------------ messages

    def _tick(self, message: Any) -> None:
        self._now_s = to_seconds(message.clock)
        self.ways[PICTURE].begin(_stamp(self._now_s), time.perf_counter())

    def _event(self, message: ScenarioEvent, now_s: float) -> None:
        if message.phase == "ready":
            self._from_s = message.stamp_s + self._settle_s

    def _report(self, message: Any) -> None:
        for status in message.status if self._now_s >= self._from_s else ():
            self.reports[status.name].append({"message": status.message, **{pair.key: pair.value for pair in status.values}})

    def _detections(self, message: Detections, now_s: float) -> None:
        self.ways[PICTURE].end(_stamp(message.stamp_s), now_s)

    def _heard(self, message: Utterance, now_s: float) -> None:
        self.ways[PLAN].begin(message.id, now_s)

    def _plan(self, message: Plan, now_s: float) -> None:
        self.ways[PLAN].end(message.utterance_id, now_s)

    def _proposed(self, message: ProposedAction, now_s: float) -> None:
        self.ways[VERDICT].begin(message.id, now_s)

    def _verdict(self, message: ActionVerdict, now_s: float) -> None:
        self.ways[VERDICT].end(message.action_id, now_s)

    def _wants(self, message: ProposedVelocity, now_s: float) -> None:
        self.ways[VELOCITY].begin("", now_s)

    def _moves(self, message: Velocity, now_s: float) -> None:
        self.ways[VELOCITY].end("", now_s)

    def _say(self, message: SpeechRequest, now_s: float) -> None:
        self.ways[SOUND].begin(message.id, now_s)

    def _state(self, message: SpeechState, now_s: float) -> None:
        if message.phase == "started":
            self.ways[SOUND].end(message.request_id, now_s)


_TAKES: dict[str, Callable[[Watch, Any, float], None]] = {
    "detections": Watch._detections, "speech/heard": Watch._heard, "plan": Watch._plan, "action/proposed": Watch._proposed,
    "action/verdict": Watch._verdict, "speech/say": Watch._say, "speech/state": Watch._state, "cmd_vel/proposed": Watch._wants,
    "cmd_vel": Watch._moves, _STORY: Watch._event,
}  # fmt: skip


def _stamp(seconds: float) -> int:
    """Times of one tick are one key."""
    return round(seconds * 1e3)
