"""A second publisher at the motors, over real ROS: seen before it says a word, and caught by its words whatever its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist, TwistStamped
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from robot_runtime import messages as m
from robot_runtime.ros.convert import codec
from robot_runtime.ros.qos import profile
from robot_runtime.topics import TOPICS


@pytest.fixture
def states(start: Callable[..., Any], ears: Any, tmp_path: Path) -> list[m.SafetyState]:
    """The guard runs, alone, and says so."""
    states: list[m.SafetyState] = ears.hear("safety/state")
    start("guard", run_dir=str(tmp_path))
    assert ears.until(lambda: bool(states))
    ears.spin(0.5)
    assert states[-1].mode == "starting", "its own commands are no intruder's"
    return states


def latched_by(ears: Any, states: list[m.SafetyState], words: str, each: Callable[[], None] = lambda: None) -> bool:
    def latched() -> bool:
        each()
        return states[-1].mode == "emergency_stop" and any(words in cause for cause in states[-1].causes)

    return bool(ears.until(latched))


@pytest.mark.parametrize(
    ("topic", "kind", "seen_as"),
    [
        ("cmd_vel", TwistStamped, "cmd_vel"),
        ("/cmd_vel", TwistStamped, "cmd_vel"),
        ("cmd_vel", Twist, "cmd_vel"),
        ("joints/command", JointState, "joints/command"),
    ],
)
def test_a_silent_second_publisher_stops_the_robot(states: Any, ears: Any, topic: str, kind: Any, seen_as: str) -> None:
    publisher = ears.node.create_publisher(kind, topic, 1)
    assert latched_by(ears, states, f"intruder: {seen_as}: /ears publishes too")
    told = ears.hear_raw(DiagnosticArray, "/diagnostics")
    assert ears.until(lambda: any("/ears publishes too" in status.message for array in told for status in array.status))
    ears.call(Trigger, "safety/rearm", Trigger.Request())
    ears.spin(0.4)
    assert states[-1].mode == "emergency_stop", "nobody lifts it while the other one is there"

    ears.node.destroy_publisher(publisher)
    assert ears.until(lambda: states[-1].mode == "rearm_required")
    ears.call(Trigger, "safety/rearm", Trigger.Request())
    assert ears.until(lambda: states[-1].mode == "starting")


def test_a_namespace_and_a_remapping_do_not_hide_it(start: Callable[..., Any], ears: Any, tmp_path: Path) -> None:
    states: list[m.SafetyState] = []
    convert = codec("safety/state")
    ears.node.create_subscription(
        convert.ros_class, "/robot1/safety/state", lambda message: states.append(convert.from_ros(message, 0.0)),
        profile(TOPICS["safety/state"].qos),
    )  # fmt: skip
    start("guard", namespace="robot1", run_dir=str(tmp_path))
    assert ears.until(lambda: bool(states))
    other = ears.node.create_publisher(TwistStamped, "cmd_vel", 1)  # of another robot
    ears.spin(0.5)
    assert states[-1].mode == "starting"
    ears.node.destroy_publisher(other)
    sly = rclpy.create_node("sly", context=ears.node.context, cli_args=["--ros-args", "-r", "chatter:=/robot1/cmd_vel"], namespace="/x")
    sly.create_publisher(TwistStamped, "chatter", 1)
    assert latched_by(ears, states, "cmd_vel: /x/sly publishes too")
    sly.destroy_node()


def test_who_goes_by_the_gates_name_is_caught(states: Any, ears: Any) -> None:
    twin = rclpy.create_node("gate", context=ears.node.context)
    publisher = twin.create_publisher(TwistStamped, "cmd_vel", QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
    assert latched_by(ears, states, "cmd_vel: 2 publishers call themselves /gate")
    message = TwistStamped()
    message.twist.linear.x = 0.5
    words = "cmd_vel: a velocity of 0.50 m/s arrived that the gate did not make"
    assert latched_by(ears, states, words, lambda: publisher.publish(message))
    twin.destroy_node()
