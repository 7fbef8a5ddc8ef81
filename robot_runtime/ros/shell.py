"""What every lifecycle node here has in common: parameters from the table, the process's clock, orderly failure."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

from robot_runtime.config import build_config, load_class, node_params
from robot_runtime.nodes import Node
from robot_runtime.ros.convert import codec
from robot_runtime.ros.health import Health
from robot_runtime.ros.host import Host, NodeFailedError
from robot_runtime.ros.parameters import Parameters
from robot_runtime.ros.qos import profile
from robot_runtime.ros.unpack import unpack
from robot_runtime.topics import TOPICS, Qos
from robot_runtime.valid import accepted
from safety.files import FileError, parse

_CLOCK = "/clock"
_SIM_TIME = "use_sim_time"
_COMPLAIN_EVERY_S = 5.0


class Shell(LifecycleNode):
    """A lifecycle node for one row of the node table.  Subclasses fill in what is below "for subclasses"."""

    def __init__(self, row: Node, host: Host) -> None:
        """:raises FileError: the parameters of this node do not fit; file and field are named"""
        self.row, self.host, self.health, self.failed = row, host, Health(row), False
        self._next_complaint_s: dict[str, float] = {}
        self._own_publishers: list[Any] = []
        self._own_subscriptions: list[Any] = []
        self.refusal = ""  # why the node could not be configured, if its parameters or files are to blame
        simulated = Parameter(_SIM_TIME, value=host.settings.use_sim_time)
        super().__init__(row.name, namespace=host.settings.namespace, parameter_overrides=[simulated])
        self.config: Any = build_config(row, host.settings, host.params)
        self._stage_parameters = Parameters(self, self.config, node_params(row, host.settings, host.params))
        self._checked(self._stage_parameters.values())  # ROS arguments may have replaced what the file says
        self.add_on_set_parameters_callback(self._on_set_parameters)

    @property
    def state(self) -> str:
        """Label of the lifecycle state."""
        return str(self._state_machine.current_state[1])

    # ---------------------------------------------------------------- for subclasses

    def configure(self) -> None:
        """Build what costs time or memory from ``self.config``."""

    def activate(self) -> None:
        """Begin to work."""

    def deactivate(self) -> None:
        """Stop to work, and keep what was built.  Publishers still publish: the last chance to say something."""

    def cleanup(self) -> None:
        """Let go of what ``configure`` built; publishers and subscriptions of the topic table go by themselves."""

    def status(self) -> Any:
        """Return the node's part of /diagnostics."""
        return self.health.report(self.state, self.host.pace.now_s())

    def publisher(self, topic: str) -> Callable[[Any], None]:
        """A function that publishes dataclasses on a topic of the table.  It is silent unless the node is active."""
        convert = codec(topic)
        publisher = self.create_lifecycle_publisher(convert.ros_class, topic, profile(TOPICS[topic].qos))
        self._own_publishers.append(publisher)
        return lambda message: publisher.publish(convert.to_ros(message))

    def subscribe(self, topic: str, callback: Callable[[Any], None]) -> None:
        """Call back with the dataclasses that arrive on a topic of the table; what :mod:`robot_runtime.valid` refuses is dropped."""
        convert, pace, ros_type = codec(topic), self.host.pace, TOPICS[topic].ros_type

        def on_message(data: bytes) -> None:
            try:
                received = accepted(convert.from_ros(unpack(data, ros_type, convert.ros_class), pace.now_s()))
            except ValueError as error:  # RefusedError, or a value that the dataclass has no place for
                self._drop(topic, error)
            else:
                callback(received)

        subscribe = partial(self.create_subscription, convert.ros_class, topic, on_message, raw=True)
        if TOPICS[topic].qos is Qos.PICTURE:
            self._subscribe_as_offered(topic, subscribe)
        else:
            self._own_subscriptions.append(subscribe(profile(TOPICS[topic].qos)))

    def _subscribe_as_offered(self, topic: str, subscribe: Callable[..., Any]) -> None:
        """Reliably; best effort, in place of that, as soon as there is a publisher that offers no more."""

        def ask_less() -> None:
            if strict in self._own_subscriptions:
                self._own_subscriptions.remove(strict)
                self.destroy_subscription(strict)
                self._own_subscriptions.append(subscribe(profile(Qos.SENSOR)))
                self.get_logger().warning(f"{topic}: a publisher offers best effort only; large pictures may be lost")

        # A task of the executor, since the event belongs to what is destroyed.
        events = SubscriptionEventCallbacks(incompatible_qos=lambda event: self.executor.create_task(ask_less))
        strict: Any = subscribe(profile(Qos.PICTURE), event_callbacks=events)
        self._own_subscriptions.append(strict)

    def _drop(self, topic: str, error: ValueError) -> None:
        """Count a message that is of no use, and tell of it, but not of each: whoever sends one may send thousands."""
        self.health.refused(topic)
        if (now_s := time.monotonic()) >= self._next_complaint_s.get(topic, 0.0):
            self._next_complaint_s[topic] = now_s + _COMPLAIN_EVERY_S
            self.get_logger().warning(f"{topic}: message dropped: {error}")

    def wait_heard(self, end_s: float) -> None:
        """Until the readers have all that was published, or until ``end_s`` of the steady clock."""
        for publisher in self._own_publishers:
            left_s = max(0.0, end_s - time.monotonic())
            with suppress(RuntimeError):  # of rclpy: a middleware that cannot tell
                publisher.wait_for_all_acked(Duration(seconds=left_s))

    def fail(self, error: Exception) -> NodeFailedError:
        """Put this node into the error state; raise what it returns, so that the process ends."""
        self.failed = True
        self.get_logger().fatal("".join(traceback.format_exception(error)))
        if self.state == "active":
            self.trigger_deactivate()
        return NodeFailedError(f"{self.row.name}: {type(error).__name__}: {error}")

    # ---------------------------------------------------------------- rclpy

    def create_subscription(self, msg_type: Any, topic: str, callback: Any, qos_profile: QoSProfile | int, **options: Any) -> Any:
        """As rclpy's, except that one subscription to /clock serves the ROS clocks of all nodes of the process."""
        if topic == _CLOCK:
            self.host.pace.listen(callback)
            return None
        return super().create_subscription(msg_type, topic, callback, qos_profile, **options)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: the parameters are read and the stage is built."""
        self.refusal = ""
        return self._do(self._build) or super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: the stage is stepped from now on."""
        enabled = super().on_activate(state)  # publishers first: the first step may publish
        return self._do(self.activate) or enabled

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: the stage keeps its state and is not stepped."""
        return self._do(self.deactivate) or super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: the stage is forgotten."""
        return self._do(self._release) or super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: as deactivate and cleanup, whichever is due."""
        if state.label == "active" and (failed := self._do(self.deactivate)):
            return failed
        if state.label != "unconfigured" and (failed := self._do(self._release)):
            return failed
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: to ``finalized``, since a node that failed is not trusted again in this process."""
        return TransitionCallbackReturn.FAILURE

    def _build(self) -> None:
        self.config = self._checked(self._stage_parameters.values())
        self.configure()

    def _do(self, work: Callable[[], None]) -> TransitionCallbackReturn | None:
        """What a transition returns when its work raised, or the node had failed before; None if all is well.

        Bad input leaves the node where it was, to be corrected; anything else ends it.  rclpy would hide the exception.
        """
        try:
            work()
        except FileError as error:
            self.refusal = str(error)
            self.get_logger().error(self.refusal)
            return TransitionCallbackReturn.FAILURE
        except Exception:
            self.failed = True
            self.get_logger().fatal(traceback.format_exc())
        return TransitionCallbackReturn.ERROR if self.failed else None

    def _release(self) -> None:
        self.cleanup()
        for subscription in self._own_subscriptions:
            self.destroy_subscription(subscription)
        for publisher in self._own_publishers:
            self.destroy_lifecycle_publisher(publisher)
        self._own_subscriptions.clear()
        self._own_publishers.clear()

    # ---------------------------------------------------------------- parameters

    def _checked(self, values: dict[str, Any]) -> Any:
        return parse(values, load_class(self.row.stage).Config, f"parameters of {self.row.name}")

    def _on_set_parameters(self, changed: list[Any]) -> Any:
        try:
            self._refuse(changed)
        except FileError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _refuse(self, changed: list[Any]) -> None:
        """:raises FileError: a change that cannot take effect, or that ``Config`` does not allow"""
        for parameter in changed:
            if parameter.name == _SIM_TIME:
                raise FileError(f"{_SIM_TIME}: is fixed when the process starts")
            if self._stage_parameters.owns(parameter.name) and self.state != "unconfigured":
                raise FileError(f"{self.row.name}.{parameter.name}: node is {self.state}; clean it up, set, and configure it again")
        self._checked(self._stage_parameters.values({parameter.name: parameter.value for parameter in changed}))
