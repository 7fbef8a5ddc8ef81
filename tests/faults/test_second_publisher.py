"""Somebody else publishes on cmd_vel while the robot drives."""

from __future__ import annotations

import time

import pytest
from geometry_msgs.msg import TwistStamped

from robot_runtime.ros.stamp import to_time
from tests.faults.documented import ATTACKS_S
from tests.faults.stand import Stand
from tests.faults.truth import STILL_MPS

INTRUDER_MPS = 0.37
LATCHED = ("emergency_stop", "rearm_required")


def test_a_silent_one_latches_the_stop(stand: Stand) -> None:
    """Who publishes is looked at in real time, so the limit is one of real time; time goes on by itself."""
    limit_s = ATTACKS_S["second publisher on cmd_vel"]
    assert limit_s is not None
    stand.drive()
    since_s, begun_s = stand.now_s, time.monotonic()
    publisher = stand.ears.node.create_publisher(TwistStamped, "cmd_vel", 1)
    try:
        with stand.slowly():
            still_s = stand.slow_s(since_s)
        assert still_s is not None, stand.state
        print(f"second publisher: still after {(still_s - since_s) * 1000:.0f} ms, {time.monotonic() - begun_s:.2f} s of real time")
        assert still_s - since_s <= limit_s + 1e-6
        assert stand.state.mode == "emergency_stop"
        assert any("intruder: cmd_vel: /ears publishes too" in cause for cause in stand.state.causes), stand.state
        stand.call("safety/rearm")
        stand.run(0.5)
        assert stand.state.mode == "emergency_stop", "nobody lifts it while the other one is there"
    finally:
        stand.ears.node.destroy_publisher(publisher)
    with stand.slowly():
        assert stand.until(lambda: stand.state.mode == "rearm_required", 10.0), stand.state
    stand.rearm()
    rearmed_s = stand.now_s
    stand.run(0.5)
    assert stand.fastest_mps(rearmed_s) < STILL_MPS
    stand.drive()


def test_the_gate_says_zero_to_one_that_talks(stand: Stand) -> None:
    """A base on ROS hears both, as docs/failures.md says; what the gate itself says is zero, so that the base gets no steady goal."""
    stand.drive()
    publisher = stand.ears.node.create_publisher(TwistStamped, "cmd_vel", 1)
    try:
        with stand.slowly():
            assert stand.until(lambda: stand.state.mode in LATCHED, 5.0), stand.state
        since_s = stand.now_s + 0.02
        for _ in range(50):
            message = TwistStamped()
            message.header.stamp = to_time(stand.now_s)
            message.twist.linear.x = INTRUDER_MPS
            publisher.publish(message)
            stand.tick()
    finally:
        stand.ears.node.destroy_publisher(publisher)
    own = [command.linear_mps for command in stand.emitted_since(since_s) if command.linear_mps != pytest.approx(INTRUDER_MPS)]
    assert len(own) > 25
    assert set(own) == {0.0}
    with stand.slowly():  # it counts as there for a second of real time
        assert stand.until(lambda: stand.state.mode == "rearm_required", 10.0), stand.state
    assert any("that the gate did not make" in cause for cause in stand.causes_since(since_s)), stand.state
