"""The life of one process: make its nodes, bring them up, turn until the end, take them down."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node as RosNode
from rclpy.signals import SignalHandlerOptions

from robot_runtime.config import load_class, read_params
from robot_runtime.garbage import spare
from robot_runtime.nodes import Node, Settings
from robot_runtime.ros.executor import make_executor
from robot_runtime.ros.host import Host, NodeFailedError
from robot_runtime.ros.link import Link, ParentGoneError
from robot_runtime.ros.node import StageNode
from robot_runtime.ros.pace import ClockMemory, ClockPace, ClockWentBackError, Pace, SourcePace, SteadyPace
from robot_runtime.ros.qos import DIAGNOSTICS
from robot_runtime.ros.shell import Shell
from robot_runtime.ros.stamp import to_time
from safety.files import FileError

CLOCK_PROCESS = "sim"
_WAKE_S = 0.1  # how long a signal may wait to be seen
_ALIVE_S = 0.5
_DIAGNOSTICS_S = 1.0

HEARD_S = 0.3
"""How long a process that ends waits for its readers: a reliable message that was lost on its way is sent again only while its
writer lives.  A tenth of the supervisor's grace, spent once for all of them, since a reader that hangs or was killed never answers."""


def run(process: str, rows: tuple[Node, ...], settings: Settings, ros_args: list[str], factor: float = 1.0) -> int:
    """Run until SIGTERM or SIGINT, or until a node fails; returns the exit status.

    :raises FileError: a parameter does not fit
    """
    ending = _EndOnSignal()
    link = Link()
    rclpy.init(args=["--ros-args", "--log-level", settings.log_level, *ros_args[1:]], signal_handler_options=SignalHandlerOptions.NO)
    try:
        running = Process(process, rows, settings, factor)
        if settings.autostart:
            running.start()
        return running.turn(ending.asked, link)
    except (NodeFailedError, ClockWentBackError) as error:
        rclpy.logging.get_logger(process).fatal(str(error))
        return 1
    finally:
        rclpy.try_shutdown()


class _EndOnSignal:
    """Notices SIGTERM and SIGINT.  Ctrl-C may bring both: the terminal's, and the supervisor's after it."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def asked(self) -> bool:
        return self._asked

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked = True


class Process:
    """The nodes of one process on one executor, and a plain node of their own for clock and diagnostics."""

    def __init__(self, name: str, rows: tuple[Node, ...], settings: Settings, factor: float = 1.0) -> None:
        """:raises FileError: a parameter does not fit"""
        self._ros = RosNode(f"{name}_process", namespace=settings.namespace, start_parameter_services=False)
        self._pace = _pace(name, settings, self._ros, factor)
        host = Host(settings, read_params(settings.params_file), self._pace)
        self.nodes: list[Shell] = [_make(row, host) for row in rows]
        self._ready, self._slipped_s = False, 0.0
        self._autostart = settings.autostart
        self._executor = make_executor()
        for node in (self._ros, *self.nodes):
            self._executor.add_node(node)
        self._diagnostics = self._ros.create_publisher(DiagnosticArray, "/diagnostics", DIAGNOSTICS)
        self._every(_DIAGNOSTICS_S, self._publish_diagnostics)

    def start(self) -> None:
        """Configure all nodes, then activate all, in the order in which data flows.

        :raises FileError: the parameters or files of one of them do not fit
        :raises NodeFailedError: one of them raised
        """
        self._bring("configure")
        spare()
        self._bring("activate")

    def _bring(self, verb: str) -> None:
        for node in self.nodes:
            if getattr(node, f"trigger_{verb}")() != TransitionCallbackReturn.SUCCESS:
                raise FileError(node.refusal) if node.refusal else NodeFailedError(f"{node.row.name}: cannot {verb}; see above")

    def turn(self, ended: Callable[[], bool], link: Link) -> int:
        """Work until ``ended()``; returns the exit status."""
        self._every(_ALIVE_S, lambda: self._tell(link))
        self._tell(link)
        try:
            while not ended():
                self._executor.spin_once(_WAKE_S)
        except ParentGoneError as error:
            self._ros.get_logger().error(str(error))
        finally:  # also when a node failed: the others still have last words
            take_down(self.nodes)
        return 0

    def _tell(self, link: Link) -> None:
        waiting = not self._autostart  # somebody else brings the nodes up, in their own time
        if not self._ready and (waiting or all(node.state == "active" for node in self.nodes)):
            self._ready = True
            link.ready()
        link.alive()

    def _every(self, period_s: float, callback: Callable[[], None]) -> None:
        """On the steady clock: it goes on when simulated time stands still."""
        self._ros.create_timer(period_s, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _publish_diagnostics(self) -> None:
        message = DiagnosticArray(status=[self._status(), *(node.status() for node in self.nodes)])
        message.header.stamp = to_time(self._pace.now_s())
        self._diagnostics.publish(message)

    def _status(self) -> Any:
        """The process itself: how far simulated time has slipped, in the process that makes it."""
        if not isinstance(self._pace, SourcePace):
            return DiagnosticStatus(name=self._ros.get_name(), message="ok")
        slipped_s, self._slipped_s = self._pace.slipped_s - self._slipped_s, self._pace.slipped_s
        slow = slipped_s > 0
        return DiagnosticStatus(
            level=DiagnosticStatus.WARN if slow else DiagnosticStatus.OK,
            name=self._ros.get_name(),
            message=f"too slow: simulated time slipped by {slipped_s:.2f} s in the last second" if slow else "ok",
            values=[KeyValue(key="slipped_s", value=f"{self._pace.slipped_s:.3f}")],
        )


def take_down(nodes: Sequence[Shell]) -> None:
    """End all nodes in order, none before the last words of all have been heard."""
    for node in nodes:
        if node.state == "active":
            node.trigger_deactivate()
    end_s = time.monotonic() + HEARD_S
    for node in nodes:
        node.wait_heard(end_s)
    for node in nodes:
        if node.state != "finalized":
            node.trigger_shutdown()


def _pace(process: str, settings: Settings, node: Any, factor: float) -> Pace:
    if not settings.use_sim_time:
        return SteadyPace(node)
    if process != CLOCK_PROCESS:
        return ClockPace(node)
    return SourcePace(node, factor, ClockMemory(Path(settings.run_dir) / "clock") if settings.run_dir else None)


def _make(row: Node, host: Host) -> Shell:
    shell: Shell = load_class(row.stage)(row, host) if row.own_shell else StageNode(row, host)
    return shell
