"""Watches the door to the motors from the ROS side: nobody but the gate may publish there.

Two ways to notice somebody: the graph shows a second publisher, even one that is still silent; or a velocity arrives that
the gate did not make, even from somebody who goes by the gate's name.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from pydantic import Field
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.qos import QoSProfile, ReliabilityPolicy

from robot_runtime.config import StageConfig
from robot_runtime.messages import BaseCommand, DoorState
from robot_runtime.nodes import Node
from robot_runtime.ros.convert import codec
from robot_runtime.ros.host import Host
from robot_runtime.ros.shell import Shell

GATE = "gate"
VELOCITY, STATE, COMMAND = "cmd_vel", "motors/door", "motors/command"
_REMEMBERED = 500
"""The gate's last commands: ten seconds, longer than anything waits in a queue."""

_QOS = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Hears reliable and best-effort publishers alike."""


class DoorConfig(StageConfig):
    """Parameters of the watch."""

    period_s: float = Field(0.1, gt=0, le=1, description="between two looks at who publishes")
    hold_s: float = Field(1.0, ge=0.1, le=60, description="a stranger's velocity counts as an intruder for so long")
    topics: tuple[str, ...] = Field(
        ("cmd_vel", "joints/command"), description="only the gate may publish there; add names that a bridge takes to the motors"
    )


class Door(Shell):
    """The node.  Delivers a DoorState to the gate, which shares its process, at every look and at once when somebody intrudes."""

    Config = DoorConfig

    def __init__(self, row: Node, host: Host) -> None:
        """:raises FileError: the parameters do not fit"""
        super().__init__(row, host)
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._made: deque[Any] = deque(maxlen=_REMEMBERED)
        self._stranger = ""
        self._stranger_s = 0.0
        self._intruders: tuple[str, ...] = ()
        self._timer: Any = None
        host.readers.append(self)

    def configure(self) -> None:
        """Listen to what arrives at the motors."""
        self._codec = codec(VELOCITY)
        self._own_subscriptions.append(self.create_subscription(self._codec.ros_class, VELOCITY, self._on_velocity, _QOS))

    def activate(self) -> None:
        """Begin to look."""
        self._timer = self.create_timer(self.config.period_s, self._look, clock=self._steady)

    def deactivate(self) -> None:
        """Stop to look."""
        self.destroy_timer(self._timer)

    def status(self) -> Any:
        """As any node's, with the intruders."""
        status = super().status()
        if self._intruders:
            status.level, status.message = DiagnosticStatus.ERROR, "; ".join(self._intruders)
        return status

    def take(self, topic: str, message: Any) -> None:
        """Remember what the gate has sent, as it comes back over ROS."""
        if topic == COMMAND and isinstance(message, BaseCommand):
            self._made.append(self._over_ros(message.velocity))

    def _over_ros(self, velocity: Any) -> Any:
        """The stamp loses digits on its way."""
        convert = codec(VELOCITY)
        return convert.from_ros(convert.to_ros(velocity), 0.0)

    def _on_velocity(self, message: Any) -> None:
        velocity = self._codec.from_ros(message, 0.0)
        if velocity in self._made or self.state != "active":
            return
        self._stranger = f"{VELOCITY}: a velocity of {velocity.linear_mps:.2f} m/s arrived that the gate did not make"
        self._stranger_s = self._now_s()
        self._deliver()

    def _look(self) -> None:
        found = [line for topic in self.config.topics for line in self._strangers(topic)]
        self._intruders = tuple(found)
        self._deliver()

    def _deliver(self) -> None:
        lines = self._intruders
        if self._stranger and self._now_s() - self._stranger_s <= self.config.hold_s:
            lines = (*lines, self._stranger)
        self.host.deliver(STATE, DoorState(self.host.pace.now_s(), lines))

    def _strangers(self, topic: str) -> list[str]:
        """Who else publishes on a topic.  rclpy expands the name and applies remappings, so spelling makes no difference."""
        own = f"{self.get_namespace().rstrip('/')}/{GATE}"
        names = Counter(f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in self.get_publishers_info_by_topic(topic))
        lines = [f"{topic}: {name} publishes too" for name in sorted(names) if name != own]
        if names[own] > 1:
            lines.append(f"{topic}: {names[own]} publishers call themselves {own}")
        return lines

    def _now_s(self) -> float:
        return float(self._steady.now().nanoseconds * 1e-9)
