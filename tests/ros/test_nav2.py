"""The Nav2 adapter against a real action server, where nav2_msgs is installed."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import pytest
from geometry_msgs.msg import PoseWithCovarianceStamped, Twist, TwistStamped
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile

from robot_runtime import messages as m
from tests.ros.conftest import LIMIT_S

HAS_NAV2 = importlib.util.find_spec("nav2_msgs") is not None
GOAL = m.NavGoal(0.0, "g1", "a1", 3.0, 0.0, math.nan, 1.0, 0.4, False)


@pytest.mark.skipif(HAS_NAV2, reason="nav2_msgs is installed")
def test_a_missing_nav2_is_one_line(start: Any) -> None:
    child = start("nav2", ready=False)
    status, output = child.wait()
    assert status != 0
    assert "navigation_backend: nav2 needs the ROS package nav2_msgs" in output


@pytest.mark.skipif(not HAS_NAV2, reason="needs nav2_msgs")
@pytest.mark.parametrize("stamped", [False, True])
def test_a_goal_goes_through_nav2(start: Any, ears: Any, stamped: bool) -> None:
    from nav2_msgs.action import NavigateToPose
    from rclpy.action import ActionServer

    asked: list[Any] = []
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    kind = TwistStamped if stamped else Twist
    wheels = ears.node.create_publisher(kind, "cmd_vel_nav", 1)

    def execute(handle: Any) -> Any:
        asked.append(handle.request.pose.pose.position)
        handle.publish_feedback(NavigateToPose.Feedback(distance_remaining=1.5))
        twist = Twist()
        twist.linear.x = 0.3
        wheels.publish(TwistStamped(twist=twist) if stamped else twist)
        assert wheels.wait_for_all_acked(Duration(seconds=LIMIT_S))
        handle.succeed()
        return NavigateToPose.Result()

    server = ActionServer(ears.node, NavigateToPose, "navigate_to_pose", execute)
    poses, statuses, velocities = ears.hear("pose"), ears.hear("nav/status"), ears.hear("cmd_vel/proposed")
    start("nav2")
    pose = PoseWithCovarianceStamped()
    pose.pose.pose.orientation.w = 1.0
    ears.node.create_publisher(PoseWithCovarianceStamped, "amcl_pose", latched).publish(pose)
    assert ears.until(lambda: bool(poses) and wheels.get_subscription_count() > 0)
    ears.speaker("nav/goal")(GOAL)
    assert ears.until(lambda: bool(statuses) and statuses[-1].phase == "reached")
    assert [status.phase for status in statuses] == ["running", "running", "reached"]
    assert (asked[0].x, asked[0].y) == (2.0, 0.0)  # a metre before the place
    assert [(velocity.action_id, velocity.linear_mps) for velocity in velocities] == [("a1", 0.3)]
    server.destroy()
