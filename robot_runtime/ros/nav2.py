"""Drives with Nav2 on a robot that has it: ``nav/goal`` becomes a ``NavigateToPose`` goal, Nav2's velocity goes to the gate.

On the robot, Nav2's controller (or its velocity smoother) must publish on ``cmd_vel_topic``, never on ``cmd_vel``: that
topic belongs to the gate alone.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped, Twist, TwistStamped
from pydantic import Field
from rclpy.action import ActionClient
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.qos import DurabilityPolicy, QoSProfile

from robot_runtime.config import StageConfig
from robot_runtime.messages import NavGoal
from robot_runtime.nodes import Node
from robot_runtime.ros.host import Host
from robot_runtime.ros.nav2_drive import Drive, OnEnd, OnFeedback, Pose
from robot_runtime.ros.shell import Shell
from robot_runtime.ros.stamp import to_time
from robot_runtime.ros.standard import pose_from_ros
from safety.files import FileError

_LOOK_S = 0.5  # how often a publisher of velocities is looked for
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)  # as AMCL publishes its pose
_END = {4: "reached", 5: "cancelled"}  # action_msgs/GoalStatus: SUCCEEDED, CANCELED; anything else has failed


class Nav2Config(StageConfig):
    """Parameters of the adapter; the defaults are the names that nav2_bringup uses."""

    action: str = Field("navigate_to_pose", description="Nav2's action")
    cmd_vel_topic: str = Field("cmd_vel_nav", description="where Nav2 publishes velocities (Twist or TwistStamped)")
    pose_topic: str = Field("amcl_pose", description="where localisation publishes the pose")
    speed_limit_topic: str = Field("speed_limit", description="where Nav2's controller takes a speed limit")


class Nav2(Shell):
    """The adapter's node."""

    Config = Nav2Config

    def __init__(self, row: Node, host: Host) -> None:
        """:raises FileError: the parameters do not fit"""
        super().__init__(row, host)
        self._drive: Drive | None = None
        self._velocity: Any = None

    def configure(self) -> None:
        """Connect to Nav2.

        :raises FileError: nav2_msgs is not installed
        """
        self._publish_pose, self._publish_velocity = self.publisher("pose"), self.publisher("cmd_vel/proposed")
        self._client = Nav2Client(self, self.config)
        self._drive = Drive(self._client, self.publisher("nav/status"), self.host.pace.now_s)
        self.subscribe("nav/goal", self._on_goal)
        subscription = self.create_subscription(PoseWithCovarianceStamped, self.config.pose_topic, self._on_pose, _LATCHED)
        self._own_subscriptions.append(subscription)
        self._looking = self.create_timer(_LOOK_S, self._look_for_velocities, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def deactivate(self) -> None:
        """Give up the current goal."""
        if self._drive is not None:
            self._drive.halt()

    def cleanup(self) -> None:
        """Let go of Nav2."""
        self.destroy_timer(self._looking)
        self._client.close()
        self._drive = self._velocity = None

    def _on_goal(self, goal: NavGoal) -> None:
        if self._drive is not None and self.state == "active":
            self._drive.on_goal(goal)

    def _on_pose(self, message: Any) -> None:
        pose = pose_from_ros(message, self.host.pace.now_s())
        if self._drive is not None:
            self._drive.on_pose(pose)
        self._publish_pose(pose)

    def _look_for_velocities(self) -> None:
        """Subscribe once Nav2 publishes, with the type it publishes: Twist, or TwistStamped in newer distributions."""
        if self._velocity is not None:
            return
        kinds = {
            publisher.topic_type for publisher in self.get_publishers_info_by_topic(self.resolve_topic_name(self.config.cmd_vel_topic))
        }
        if "geometry_msgs/msg/TwistStamped" in kinds:
            self._listen(TwistStamped, lambda message: self._pass_on(message.twist))
        elif "geometry_msgs/msg/Twist" in kinds:
            self._listen(Twist, self._pass_on)

    def _listen(self, kind: Any, callback: Callable[[Any], None]) -> None:
        self._velocity = self.create_subscription(kind, self.config.cmd_vel_topic, callback, 1)
        self._own_subscriptions.append(self._velocity)

    def _pass_on(self, twist: Any) -> None:
        """Hand a velocity to the gate, in whose hands everything else about it is."""
        if self._drive is not None and self.state == "active":
            velocity = self._drive.velocity(twist.linear.x, twist.angular.z)
            if velocity is not None:
                self._publish_velocity(velocity)


class Nav2Client:
    """``Navigator`` over the real action."""

    def __init__(self, node: Shell, config: Nav2Config) -> None:
        """:raises FileError: nav2_msgs is not installed"""
        action, message = _nav2("action").NavigateToPose, _nav2("msg").SpeedLimit
        self._node, self._action, self._limit = node, action, message
        self._client = ActionClient(node, action, config.action)
        self._speed = node.create_publisher(message, config.speed_limit_topic, 1)
        self._handle: Any = None
        self._current = ""

    def ready(self) -> bool:
        """Whether Nav2's action server is there."""
        return bool(self._client.server_is_ready())

    def send(self, goal_id: str, pose: Pose, max_speed_mps: float, on_feedback: OnFeedback, on_end: OnEnd) -> None:
        """See :class:`~robot_runtime.ros.nav2_drive.Navigator`."""
        self._current, self._handle = goal_id, None
        if math.isfinite(max_speed_mps):
            self._speed.publish(self._limit(percentage=False, speed_limit=float(max_speed_mps)))
        sent = self._client.send_goal_async(
            self._action.Goal(pose=self._stamped(pose)),
            feedback_callback=lambda message: on_feedback(
                goal_id, message.feedback.distance_remaining, message.feedback.number_of_recoveries
            ),
        )
        sent.add_done_callback(lambda future: self._on_answer(goal_id, future.result(), on_end))

    def cancel(self) -> None:
        """Give up the goal that was sent last, also when Nav2 has not answered to it yet."""
        self._current = ""
        if self._handle is not None:
            self._handle.cancel_goal_async()
            self._handle = None

    def close(self) -> None:
        """Let go of action and topic."""
        self.cancel()
        self._client.destroy()
        self._node.destroy_publisher(self._speed)

    def _on_answer(self, goal_id: str, handle: Any, on_end: OnEnd) -> None:
        if not handle.accepted:
            on_end(goal_id, "failed", "Nav2 does not accept the goal")
        elif goal_id != self._current:
            handle.cancel_goal_async()  # it was replaced or given up in the meantime
        else:
            self._handle = handle
            handle.get_result_async().add_done_callback(lambda future: self._on_result(goal_id, future.result(), on_end))

    def _on_result(self, goal_id: str, response: Any, on_end: OnEnd) -> None:
        if goal_id == self._current:
            self._handle = None
        phase = _END.get(response.status, "failed")
        on_end(
            goal_id, phase, getattr(response.result, "error_msg", "") or ("" if phase == "reached" else f"Nav2 status {response.status}")
        )

    def _stamped(self, pose: Pose) -> Any:
        message = PoseStamped()
        message.header.frame_id = "map"
        message.header.stamp = to_time(self._node.host.pace.now_s())
        message.pose.position.x, message.pose.position.y = pose[0], pose[1]
        message.pose.orientation.z, message.pose.orientation.w = math.sin(pose[2] / 2), math.cos(pose[2] / 2)
        return message


def _nav2(part: str) -> Any:
    try:
        return importlib.import_module(f"nav2_msgs.{part}")
    except ModuleNotFoundError as error:
        raise FileError("navigation_backend: nav2 needs the ROS package nav2_msgs: apt-get install ros-$ROS_DISTRO-nav2-msgs") from error
