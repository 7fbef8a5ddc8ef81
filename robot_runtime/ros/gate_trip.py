"""What a velocity costs on its way through the guard process: proposed here, judged there, emitted there, heard here.

The guard is the real one (``robot_runtime.ros.process guard``), on a ROS domain of its own, so that no robot hears it.  This process
publishes all that the gate senses and proposes "go" and "stand" in turn; a trip ends with the first command that does so.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from robot_runtime.messages import ActionVerdict, ProposedAction, ProposedVelocity, SafetyState, Velocity, Verdict
from robot_runtime.ros import environment

environment.prepare()

import rclpy  # noqa: E402  (reads the environment that is prepared above)
from rclpy.signals import SignalHandlerOptions  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402

from robot_runtime.ros.convert import codec  # noqa: E402
from robot_runtime.ros.executor import make_executor  # noqa: E402
from robot_runtime.ros.pace import START_S, TICK_S  # noqa: E402
from robot_runtime.ros.qos import CLOCK, profile  # noqa: E402
from robot_runtime.ros.stamp import to_time  # noqa: E402
from robot_runtime.spawned import Spawned  # noqa: E402
from robot_runtime.topics import TOPICS  # noqa: E402

Inputs = Callable[[float], Mapping[str, Sequence[Any]]]
"""Time [s] → what the gate senses then, by topic."""

PROPOSED, ACTION = "cmd_vel/proposed", "action/proposed"
GO_MPS = 0.4
READY_S = 60.0
LONGEST_S = 5.0
PAUSE_S = (0.04, 0.08)
"""Between two proposals in real time, by chance, so that they fall on every moment between two ticks."""


class NoAnswerError(RuntimeError):
    """The guard does not do what it should; says what it was, and what it told."""


def trips_ms(inputs: Inputs, action: ProposedAction, repeats: int, *, in_real_time: bool) -> list[float]:
    """Milliseconds of ``repeats`` trips.

    :param inputs: free of anything that would stop the robot
    :param action: moves the base and is allowed; its stamp and id do not matter
    :param in_real_time: the gate steps 50 times a second, and what is proposed waits for its next step, 10 ms on average; else time is
        simulated and each tick is given right after the proposal, so that what remains is transport, the step, and transport
    :raises NoAnswerError: the guard does not become ready, or does not let the robot drive
    """
    with tempfile.TemporaryDirectory(prefix="robot-runtime-bench-") as folder, _Trip(Path(folder), inputs, in_real_time) as trip:
        trip.prepare(action)
        chance = random.Random(1)
        gc.collect()
        trips = []
        for number in range(repeats):
            if in_real_time:
                trip.live(chance.uniform(*PAUSE_S))
            trips.append(trip.once(GO_MPS if number % 2 == 0 else 0.0))
            if number % 1000 == 999:
                trip.approve(action)  # before the approval expires
        return trips


class _Trip:
    def __init__(self, folder: Path, inputs: Inputs, in_real_time: bool) -> None:
        self._inputs, self._in_real_time = inputs, in_real_time
        self._log = folder / "guard.log"
        self._simulated_s, self._ticks, self._next_tick_s = START_S, 0, 0.0
        self._numbers = itertools.count(1)
        self._action_id = ""
        self._heard: dict[str, Any] = {}  # topic → newest message
        domain = 60 + os.getpid() % 40
        rclpy.init(domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("bench")
        self._executor = make_executor()
        self._executor.add_node(self._node)
        for topic in ("cmd_vel", "safety/state", "action/verdict"):
            self._listen(topic)
        self._publishers = {topic: self._publisher(topic) for topic in (*inputs(0.0), PROPOSED, ACTION)}
        self._clock = self._node.create_publisher(Clock, "/clock", CLOCK)
        settings = json.dumps({"use_sim_time": not in_real_time, "run_dir": str(folder)})
        command = [sys.executable, "-m", "robot_runtime.ros.process", "guard", "--settings", settings]
        self._guard = Spawned(command, {**environment.for_child(), "ROS_DOMAIN_ID": str(domain)}, self._log)

    def __enter__(self) -> _Trip:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._guard.kill()
        _bury(self._guard)
        self._guard.close()
        self._node.destroy_node()
        rclpy.try_shutdown()

    # ------------------------------------------------------------ what is measured

    def prepare(self, action: ProposedAction) -> None:
        """Wait until the guard lets the robot drive.

        :raises NoAnswerError: it does not
        """
        self._until(lambda: "ready" in self._guard.lines(), READY_S, "the guard does not become ready")
        listened = (*self._publishers.values(), *(() if self._in_real_time else (self._clock,)))
        self._until(lambda: all(p.get_subscription_count() for p in listened), READY_S, "the guard does not listen")
        self._live_until(lambda: self._mode == "running", "the gate does not start")
        self.approve(action)

    def approve(self, action: ProposedAction) -> None:
        """Have an action allowed anew, since approvals expire.

        :raises NoAnswerError: it is not
        """
        self._action_id = f"bench-{next(self._numbers)}"
        self._publish(ACTION, replace(action, stamp_s=self._now_s, id=self._action_id))
        self._live_until(lambda: self._answer == self._action_id, "the action is not allowed")

    def live(self, seconds: float) -> None:
        """Let the gate sense for a while."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self._sense()
            self._executor.spin_once(0.002)

    def once(self, speed_mps: float) -> float:
        """Propose, and wait for the first command that does it; in milliseconds.

        :raises NoAnswerError: none does
        """
        if not self._in_real_time:
            self._sense()
        begun_s = time.perf_counter()
        self._publish(PROPOSED, ProposedVelocity(self._now_s, self._action_id, speed_mps, 0.0))
        if not self._in_real_time:
            self._tick()
        while not self._done(speed_mps != 0.0):
            self._executor.spin_once(0.002)
            if self._in_real_time:
                self._sense()
            elif self._answered_without_it():  # it came after its tick: another step of the gate is part of its way
                self._sense()
                self._tick()
            if time.perf_counter() - begun_s > LONGEST_S:
                raise NoAnswerError(self._problem("the gate does not do what is proposed"))
        return (time.perf_counter() - begun_s) * 1000.0

    def _done(self, moving: bool) -> bool:
        command: Velocity | None = self._heard.get("cmd_vel")
        return command is not None and (command.linear_mps != 0.0) == moving

    def _answered_without_it(self) -> bool:
        command: Velocity | None = self._heard.get("cmd_vel")
        return command is not None and command.stamp_s > self._now_s - TICK_S / 2

    # ------------------------------------------------------------ time and senses

    @property
    def _now_s(self) -> float:
        return time.time() if self._in_real_time else self._simulated_s

    def _sense(self) -> None:
        """Publish what is due: in real time 50 times a second, else for the tick that comes."""
        if self._in_real_time:
            if time.monotonic() < self._next_tick_s:
                return
            self._next_tick_s = time.monotonic() + TICK_S
        else:
            self._simulated_s = round(self._simulated_s + TICK_S, 6)
        self._ticks += 1
        for topic, messages in self._inputs(self._now_s).items():
            every = round(1 / TICK_S / (TOPICS[topic].rate_hz or 10.0))
            for message in messages if self._ticks % every == 0 else ():
                self._publish(topic, message)

    def _tick(self) -> None:
        self._clock.publish(Clock(clock=to_time(self._now_s)))

    def _live_until(self, done: Callable[[], bool], problem: str) -> None:
        end_s = time.monotonic() + READY_S
        while not done():
            self._sense()
            if not self._in_real_time:
                self._tick()
            self._executor.spin_once(TICK_S)
            if time.monotonic() > end_s:
                raise NoAnswerError(self._problem(problem))

    # ------------------------------------------------------------ ROS and the guard

    def _listen(self, topic: str) -> None:
        convert = codec(topic)

        def take(message: Any) -> None:
            self._heard[topic] = convert.from_ros(message, 0.0)

        self._node.create_subscription(convert.ros_class, topic, take, profile(TOPICS[topic].qos))

    def _publisher(self, topic: str) -> Any:
        return self._node.create_publisher(codec(topic).ros_class, topic, profile(TOPICS[topic].qos))

    def _publish(self, topic: str, message: Any) -> None:
        self._publishers[topic].publish(codec(topic).to_ros(message))

    @property
    def _mode(self) -> str:
        state: SafetyState | None = self._heard.get("safety/state")
        return state.mode if state is not None else ""

    @property
    def _answer(self) -> str:
        """Id of the action that was allowed last."""
        verdict: ActionVerdict | None = self._heard.get("action/verdict")
        return verdict.action_id if verdict is not None and verdict.verdict in (Verdict.ALLOW, Verdict.LIMIT) else ""

    def _until(self, done: Callable[[], bool], seconds: float, problem: str) -> None:
        end_s = time.monotonic() + seconds
        while not done():
            self._executor.spin_once(0.02)
            if time.monotonic() > end_s:
                raise NoAnswerError(self._problem(problem))

    def _problem(self, what: str) -> str:
        told = self._log.read_text(encoding="utf-8", errors="replace")[-300:]
        return f"{what}: {self._heard.get('safety/state')}, {self._heard.get('action/verdict')}, {told}"


def _bury(process: Spawned) -> None:
    end_s = time.monotonic() + LONGEST_S
    while not process.ended() and time.monotonic() < end_s:
        time.sleep(0.01)
