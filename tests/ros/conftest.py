"""Real ROS graphs for tests: each on a domain of its own, so that tests and other graphs on this machine do not hear each other."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.child import NOTIFY_VARIABLE
from robot_runtime.paths import ROOT
from robot_runtime.ros import environment

environment.prepare()

import rclpy  # noqa: E402  (reads the environment that is prepared above)
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402

from robot_runtime.ros.convert import codec  # noqa: E402
from robot_runtime.ros.qos import CLOCK, profile  # noqa: E402
from robot_runtime.ros.stamp import to_time  # noqa: E402
from robot_runtime.topics import TOPICS  # noqa: E402

GRAPH = str(Path(__file__).with_name("tiny_graph.py"))
DOMAINS = range(1, 100)  # above 101 the ports reach into those that Linux gives to clients
LIMIT_S = 120.0
"""Of waiting, in real time, for what takes a second at most on an idle machine; only a failure takes so long."""


@contextmanager
def free_domain() -> Iterator[int]:
    """A ROS domain that no other test on this machine uses now."""
    for number in DOMAINS:
        path = Path(tempfile.gettempdir()) / f"robot_runtime_domain_{number}.lock"
        with path.open("w") as lock, suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield number
            return
    pytest.fail("every ROS domain is taken")


@pytest.fixture
def domain() -> Iterator[int]:
    """As :func:`free_domain`, for one test."""
    with free_domain() as number:
        yield number


class Child:
    """A process of the tiny graph."""

    def __init__(self, arguments: list[str], domain: int) -> None:
        self._read, write = os.pipe()
        env = {
            **environment.for_child(),
            "ROS_DOMAIN_ID": str(domain),
            NOTIFY_VARIABLE: str(write),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        self.process = subprocess.Popen(
            [sys.executable, *arguments], env=env, pass_fds=[write], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        os.close(write)
        self.told = ""

    def listen(self, until: str) -> str:
        """What the process has told its supervisor by now, after waiting for ``until``."""
        end_s = time.monotonic() + LIMIT_S
        while (left_s := end_s - time.monotonic()) > 0 and until not in self.told:
            if not select.select([self._read], [], [], left_s)[0]:
                break
            if not (news := os.read(self._read, 4096)):
                break
            self.told += news.decode()
        return self.told

    def wait(self) -> tuple[int, str]:
        """Exit status and output."""
        output, _ = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, output

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        os.close(self._read)


@pytest.fixture
def start(domain: int) -> Iterator[Callable[..., Child]]:
    """Start a process of the tiny graph; by default wait until it is ready."""
    children: list[Child] = []

    def start(name: str, *, ready: bool = True, **settings: Any) -> Child:
        child = Child([GRAPH, name, json.dumps(settings)], domain)
        children.append(child)
        if ready and "ready" not in child.listen(until="ready"):
            child.process.kill()
            pytest.fail(f"{name} did not become ready: {child.wait()}")
        return child

    yield start
    for child in children:
        child.end()


class Ears:
    """A ROS node of the test, in the test's own process."""

    def __init__(self, domain: int) -> None:
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node("ears", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._clients: dict[str, Any] = {}
        self._clock = self.node.create_publisher(Clock, "/clock", CLOCK)

    def hear(self, topic: str) -> list[Any]:
        """A list that fills with the dataclasses of a topic while ``until`` spins."""
        heard: list[Any] = []
        convert = codec(topic)
        self.node.create_subscription(
            convert.ros_class, topic, lambda message: heard.append(convert.from_ros(message, 0.0)), profile(TOPICS[topic].qos)
        )
        return heard

    def hear_raw(self, kind: Any, topic: str, qos: Any = 10) -> list[Any]:
        heard: list[Any] = []
        self.node.create_subscription(kind, topic, heard.append, qos)
        return heard

    def speaker(self, topic: str) -> Callable[[Any], None]:
        """A function that publishes dataclasses on a topic, once somebody listens."""
        convert = codec(topic)
        publisher = self.node.create_publisher(convert.ros_class, topic, profile(TOPICS[topic].qos))
        assert self.until(lambda: publisher.get_subscription_count() > 0), f"nobody listens to {topic}"
        return lambda message: publisher.publish(convert.to_ros(message))

    def say_time(self, now_s: float) -> None:
        """Publish simulated time; best effort, so that it may be lost."""
        self._clock.publish(Clock(clock=to_time(now_s)))

    def run_clock(self, from_s: float, commands: list[Any]) -> None:
        """… on from then until one of ``commands`` is heard: what is published before two processes have met is lost."""
        ticks = itertools.count()

        def met() -> bool:
            self.say_time(from_s + 0.02 * next(ticks))
            return bool(commands)

        assert self.until(met), "no command was heard"

    def set_clock(self, now_s: float, commands: list[Any]) -> None:
        """… until whoever publishes ``commands`` by it has heard."""

        def taken() -> bool:
            self.say_time(now_s)
            return bool(commands) and abs(commands[-1].stamp_s - now_s) < 1e-3

        assert self.until(taken), f"time is not {now_s:g} s"

    def until(self, done: Callable[[], bool], seconds: float = LIMIT_S) -> bool:
        """Spin until ``done()``; False if that took too long."""
        end_s = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end_s:
                return False
            self._executor.spin_once(0.05)
        return True

    def spin(self, seconds: float) -> None:
        self.until(lambda: False, seconds)

    def call(self, kind: Any, service: str, request: Any) -> Any:
        client = self._clients.get(service) or self._clients.setdefault(service, self.node.create_client(kind, service))
        assert self.until(lambda: bool(client.service_is_ready())), f"no service {service}"
        future = client.call_async(request)
        assert self.until(lambda: bool(future.done())), f"no answer from {service}"
        return future.result()

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()


@pytest.fixture
def ears(domain: int) -> Iterator[Ears]:
    ears = Ears(domain)
    yield ears
    ears.close()
