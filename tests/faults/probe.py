"""A ROS node of the test that speaks to the running graph and watches it, on a thread of its own."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from std_srvs.srv import Trigger

from robot_runtime import messages as m
from robot_runtime.nodes import Settings, nodes
from robot_runtime.ros.convert import codec
from robot_runtime.ros.qos import profile
from robot_runtime.topics import TOPICS
from sim.truth import truth_reader
from tests.faults.truth import Seen, speed_mps
from tests.ros.conftest import LIMIT_S, Ears

HOME = "sim/homes/family_home"
POLL_S = 0.005


class Probe:
    """What is seen grows while the test does other things; lists are only appended to, so a reader needs no lock."""

    def __init__(self, domain: int, run_dir: Path) -> None:
        self._ears = Ears(domain)
        self._clock = run_dir / "clock"
        self._read = truth_reader(HOME)
        self._ids = itertools.count(1)
        self.path: list[Seen] = []
        self.safety: list[m.SafetyState] = []
        self.commands: list[m.Velocity] = []
        self.statuses: list[m.ActionStatus] = []
        self._listen("sim/state", self._on_state)
        self._listen("safety/state", self.safety.append)
        self._listen("cmd_vel", self.commands.append)
        self._listen("action/status", self.statuses.append)
        self._heard = self._publisher("speech/heard")
        graph = nodes(Settings.for_simulation(world=HOME, run_dir=str(run_dir)))
        self._listeners = sum("speech/heard" in node.inputs for node in graph)
        self._clients = {name: self._ears.node.create_client(Trigger, name) for name in ("safety/stop", "safety/rearm")}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._spin, name="probe")
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._ears.close()

    # ------------------------------------------------------------ what is known

    @property
    def now_s(self) -> float:
        """Simulated time now, from the file that the simulation writes at every tick: no message is in between."""
        return float(self._clock.read_text())

    @property
    def mode(self) -> str:
        """The gate's newest word; "" when it is stale, as that of a gate that died is."""
        fresh = bool(self.safety) and self.now_s - self.safety[-1].stamp_s <= (TOPICS["safety/state"].max_age_s or 0.0)
        return self.safety[-1].mode if fresh else ""

    @property
    def speed_mps(self) -> float:
        return speed_mps(self.path[-2], self.path[-1]) if len(self.path) > 1 else 0.0

    @property
    def at(self) -> tuple[float, float]:
        return self.path[-1].x_m, self.path[-1].y_m

    def until(self, done: Callable[[], bool], seconds: float = LIMIT_S) -> bool:
        """Wait, in real time; False if that took too long."""
        end_s = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end_s:
                return False
            time.sleep(POLL_S)
        return True

    # ------------------------------------------------------------ what is said

    def say(self, intent: str, text: str, **slots: str) -> None:
        """Anna's words, as the ear would have understood them."""
        everybody = self.until(lambda: self._heard.get_subscription_count() >= self._listeners)
        assert everybody, "somebody does not listen, perhaps the mind"
        now_s, number = self.now_s, next(self._ids)
        arguments = tuple(m.Argument(name, value) for name, value in slots.items())
        words = m.Utterance(now_s, f"probe-{number}", text, intent, arguments, 1.0, now_s - 1.0, now_s, "anna", "en", "probe")
        self._heard.publish(codec("speech/heard").to_ros(words))

    def call(self, service: str) -> None:
        """One of the gate's services, as ``ros2 service call`` does it."""
        client = self._clients[service]
        assert self.until(lambda: bool(client.service_is_ready())), f"no service {service}"
        future = client.call_async(Trigger.Request())
        assert self.until(lambda: bool(future.done())), f"no answer from {service}"
        assert future.result().success

    # ------------------------------------------------------------ ROS

    def _listen(self, topic: str, callback: Callable[[Any], None]) -> None:
        convert = codec(topic)
        qos = profile(TOPICS[topic].qos)
        self._ears.node.create_subscription(convert.ros_class, topic, lambda message: callback(convert.from_ros(message, 0.0)), qos)

    def _publisher(self, topic: str) -> Any:
        return self._ears.node.create_publisher(codec(topic).ros_class, topic, profile(TOPICS[topic].qos))

    def _on_state(self, state: m.SimState) -> None:
        x_m, y_m, _ = self._read(state).robot
        if not self.path or state.stamp_s > self.path[-1].stamp_s:
            self.path.append(Seen(state.stamp_s, x_m, y_m))

    def _spin(self) -> None:
        while not self._ending.is_set():
            self._ears.spin(0.1)
