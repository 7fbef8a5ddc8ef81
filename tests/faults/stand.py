"""The guard process on a test stand: all that it hears over ROS, its clock too, comes from the test, which can spoil each of it.

The base stands on rollers: :class:`sim.wheels.Wheels` turn by what arrives on ``cmd_vel``, whoever sent it, until 60 ms after its
stamp, as the simulated base does.  Time goes on by one tick when the guard has answered the last one, so that a machine
that is busy with other things makes a test longer and no result different.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rclpy.duration import Duration
from rosgraph_msgs.msg import Clock
from std_srvs.srv import Trigger

from robot_runtime import messages as m
from robot_runtime.paths import ROOT
from robot_runtime.ros import environment
from robot_runtime.ros.convert import codec
from robot_runtime.ros.pace import TICK_S
from robot_runtime.ros.qos import CLOCK, profile
from robot_runtime.ros.stamp import to_time
from robot_runtime.spawned import Spawned
from robot_runtime.topics import TOPICS
from sim.robot import COMMAND_TIMEOUT_S
from sim.wheels import Wheels
from tests.faults.still_room import SENSED
from tests.faults.truth import STILL_MPS, Seen, fastest_mps, fell_below
from tests.ros.conftest import LIMIT_S, Ears

CRUISE_MPS = 0.6
DRIVING_MPS = 0.55
PROPOSED = "cmd_vel/proposed"
PARAMETERS = str(ROOT / "tests/faults/stand.yaml")
HEARD = ("cmd_vel", "safety/state", "safety/rules", "action/verdict")

ANSWER_S = 0.2
"""Of real time, after which a tick is repeated: /clock is carried best-effort."""

REPEATS = round(LIMIT_S / ANSWER_S)

Tamper = Callable[[float, Any], list[Any]]
"""Time [s] and the message that is due → what is published instead."""


class Stand:
    """Each test leaves it as it found it: the guard runs, nothing is latched, nothing is spoiled."""

    def __init__(self, domain: int, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.rules_file = Path(shutil.copytree(ROOT / "safety/rules", run_dir / "rules")) / "home.yaml"
        self.now_s = 100.0
        self.tamper: dict[str, Tamper] = {}
        self.in_step = True  # False: time goes on as real time does, whatever the guard does
        self._least_tick_s = 0.0  # of real time
        self._domain = domain
        self.path: list[Seen] = []
        self.published: list[tuple[str, Any]] = []
        self.wanted_mps = 0.0
        self.action = ""
        self._wheels, self._x_m, self._command = Wheels(), 0.0, m.Velocity(0.0, 0.0, 0.0)
        self._numbers = itertools.count(1)
        self._count = 0
        self.ears = Ears(domain)
        self.heard: dict[str, list[Any]] = {topic: self.ears.hear(topic) for topic in HEARD}
        sent = (*SENSED, PROPOSED, "action/proposed", "safety/rearm_request", "safety/stop_request")
        self.publishers = {topic: self.publisher(topic) for topic in sent}
        self._clock = self.ears.node.create_publisher(Clock, "/clock", CLOCK)
        given = {"use_sim_time": True, "run_dir": str(run_dir), "rules_file": str(self.rules_file), "params_file": PARAMETERS}
        self._arguments = [sys.executable, "-m", "robot_runtime.ros.process", "guard", "--settings", json.dumps(given)]
        self._how_ended = ""
        self.guard = self._start()

    def close(self) -> None:
        if not self.ended:
            self.guard.kill()
            self._await(lambda: self.ended)
        self.guard.close()
        self.ears.close()

    # ------------------------------------------------------------ the guard

    def _start(self) -> Spawned:
        surroundings = {**environment.for_child(), "ROS_DOMAIN_ID": str(self._domain)}
        guard = Spawned(self._arguments, surroundings, self.run_dir / "guard.log")
        try:
            assert self._await(lambda: "ready" in guard.lines()), self.log
            whole = self._await(lambda: all(p.get_subscription_count() > 0 for p in (*self.publishers.values(), self._clock)))
            assert whole, "the guard does not listen"
        except BaseException:
            guard.kill()
            raise
        return guard

    @property
    def ended(self) -> bool:
        """Whether the guard has."""
        self._how_ended = self._how_ended or self.guard.ended()
        return bool(self._how_ended)

    @property
    def log(self) -> str:
        return (self.run_dir / "guard.log").read_text(encoding="utf-8", errors="replace")

    def restart(self) -> None:
        """What the supervisor does when the guard has ended."""
        assert self._await(lambda: self.ended), "the guard goes on"
        self.guard.close()
        self._how_ended = ""
        self.guard = self._start()

    def _await(self, done: Callable[[], bool], seconds: float = LIMIT_S) -> bool:
        """In real time, while simulated time stands still."""
        return self.ears.until(done, seconds)

    # ------------------------------------------------------------ time

    def tick(self) -> None:
        """One step of everything."""
        begun_s = time.monotonic()
        self.now_s = round(self.now_s + TICK_S, 6)
        self._count += 1
        self._roll()
        for topic in (*SENSED, PROPOSED):
            if self._count % round(1 / TICK_S / (TOPICS[topic].rate_hz or 10.0)) == 0:
                self._send(topic)
        self._let_time_pass(begun_s)

    def run(self, seconds: float) -> None:
        end_s = self.now_s + seconds - TICK_S / 2
        while self.now_s < end_s:
            self.tick()

    def until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Let simulated time pass; False if that was too short."""
        end_s = self.now_s + seconds
        while not done():
            if self.now_s > end_s:
                return False
            self.tick()
        return True

    @contextmanager
    def slowly(self) -> Iterator[None]:
        """What the guard does on other threads, or looks at in real time, gets the time for it on a machine a tenth as fast."""
        self._least_tick_s = 10 * TICK_S
        try:
            yield
        finally:
            self._least_tick_s = 0.0

    def set_clock(self, to_s: float) -> None:
        """From the next tick on; what was heard by another time is forgotten when it goes back."""
        if to_s < self.now_s:
            self.path.clear()
            for heard in self.heard.values():
                heard.clear()
        self.now_s = to_s

    def _let_time_pass(self, begun_s: float) -> None:
        clock = Clock(clock=to_time(self.now_s))
        self._clock.publish(clock)
        if not self.in_step or self.ended:
            self.ears.until(lambda: time.monotonic() - begun_s >= TICK_S, TICK_S)
            return
        for _ in range(REPEATS):
            if self._await(self._answered, ANSWER_S) or self.ended:
                self.ears.until(lambda: time.monotonic() - begun_s >= self._least_tick_s, self._least_tick_s)
                return
            self._clock.publish(clock)
        raise AssertionError(f"no answer of the guard for {REPEATS * ANSWER_S:g} s of real time")

    def _answered(self) -> bool:
        commands = self.heard["cmd_vel"]
        return bool(commands) and abs(commands[-1].stamp_s - self.now_s) < TICK_S / 2

    # ------------------------------------------------------------ the base and its sensors

    def _roll(self) -> None:
        commands = self.heard["cmd_vel"]
        if commands:
            self._command = commands[-1]
        fresh = 0.0 <= self.now_s - self._command.stamp_s <= COMMAND_TIMEOUT_S + 1e-6
        self._wheels.drive(self._command.linear_mps if fresh else 0.0, 0.0, powered=True)
        self._wheels.step(TICK_S)
        self._x_m += self._wheels.linear_mps * TICK_S
        self.path.append(Seen(self.now_s, self._x_m, 0.0))

    def _send(self, topic: str) -> None:
        if topic == PROPOSED:
            message: Any = m.ProposedVelocity(self.now_s, self.action, self.wanted_mps, 0.0)
        else:
            message = SENSED[topic](self.now_s, self._x_m, self._wheels.linear_mps)
        for spoilt in self.tamper[topic](self.now_s, message) if topic in self.tamper else [message]:
            self.publish(topic, spoilt)

    def publish(self, topic: str, message: Any) -> None:
        """A dataclass, or bytes as they go over the wire."""
        self.published.append((topic, message))
        self.publishers[topic].publish(message if isinstance(message, bytes) else codec(topic).to_ros(message))

    def let_arrive(self, topic: str) -> None:
        """Megabytes cross the wire while simulated time stands still: the limits count from their arrival."""
        assert self.publishers[topic].wait_for_all_acked(Duration(seconds=LIMIT_S))

    def publisher(self, topic: str) -> Any:
        return self.ears.node.create_publisher(codec(topic).ros_class, topic, profile(TOPICS[topic].qos))

    # ------------------------------------------------------------ what is known

    @property
    def state(self) -> m.SafetyState:
        state: m.SafetyState = self.heard["safety/state"][-1]
        return state

    def states_since(self, since_s: float) -> list[m.SafetyState]:
        return [state for state in self.heard["safety/state"] if state.stamp_s >= since_s]

    def causes_since(self, since_s: float) -> set[str]:
        return {cause for state in self.states_since(since_s) for cause in state.causes}

    @property
    def speed_mps(self) -> float:
        return self._wheels.linear_mps

    def slow_s(self, since_s: float, limit_mps: float = STILL_MPS, seconds: float = 3.0) -> float | None:
        """When the base came to be slower than that; waits for it so long."""
        self.until(lambda: fell_below(self.path, limit_mps, since_s) is not None, seconds)
        return fell_below(self.path, limit_mps, since_s)

    def fastest_mps(self, since_s: float) -> float:
        return fastest_mps(self.path, since_s)

    def emitted_since(self, since_s: float) -> list[m.Velocity]:
        return [command for command in self.heard["cmd_vel"] if command.stamp_s >= since_s]

    # ------------------------------------------------------------ what is done

    def propose(self, skill: str = "go_to", **arguments: str) -> m.ActionVerdict:
        """Propose an action, Anna's, and wait for the verdict."""
        action_id = f"stand-{next(self._numbers)}"
        values = tuple(m.Argument(name, value) for name, value in (arguments or {"place": "kitchen"}).items())
        words = "go to the kitchen"
        self.publish("action/proposed", m.ProposedAction(self.now_s, action_id, "", skill, values, "u1", words, "anna"))
        assert self.until(lambda: self.verdict(action_id) is not None, 2.0), "no verdict"
        verdict = self.verdict(action_id)
        assert verdict is not None
        return verdict

    def verdict(self, action_id: str) -> m.ActionVerdict | None:
        """The newest one on an action."""
        found: list[m.ActionVerdict] = [verdict for verdict in self.heard["action/verdict"] if verdict.action_id == action_id]
        return found[-1] if found else None

    def drive(self) -> None:
        """From whatever was before to cruising speed, by an action of its own."""
        self.wanted_mps = 0.0
        assert self.until(lambda: bool(self.heard["safety/state"]) and self.state.mode == "running", 5.0), self.heard["safety/state"][-1:]
        verdict = self.propose()
        assert verdict.verdict in ("allow", "limit"), verdict
        self.action, self.wanted_mps = verdict.action_id, CRUISE_MPS
        assert self.until(lambda: self.speed_mps > DRIVING_MPS, 5.0), f"{self.speed_mps:.2f} m/s; {self.state}"

    def call(self, service: str) -> None:
        """One of the gate's services."""
        assert self.ears.call(Trigger, service, Trigger.Request()).success

    def rearm(self) -> None:
        """By the service, once the cause is over."""
        assert self.until(lambda: self.state.mode == "rearm_required", 3.0), self.state
        self.call("safety/rearm")
        assert self.until(lambda: self.state.mode in ("running", "protective_stop"), 2.0), self.state

    def whole(self) -> None:
        """End all spoiling, and stand still."""
        self.tamper.clear()
        self.in_step = True
        self.wanted_mps = 0.0
        if self.ended:
            self.restart()
        self.run(0.6)
        if self.state.mode in ("emergency_stop", "rearm_required"):
            self.rearm()
