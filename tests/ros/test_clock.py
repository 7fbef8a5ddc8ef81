"""Simulated time over ROS."""

from __future__ import annotations

import itertools
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from robot_runtime.ros.pace import RESTART_GAP_S
from robot_runtime.ros.qos import CLOCK
from robot_runtime.ros.stamp import to_seconds


def test_the_simulation_paces_everybody(start: Any, ears: Any) -> None:
    began_s = time.monotonic()
    all_of_them = QoSProfile(depth=1000, reliability=ReliabilityPolicy.BEST_EFFORT)
    clocks, asked, heard = ears.hear_raw(Clock, "/clock", all_of_them), ears.hear("action/status"), ears.hear("timeline")
    start("echo", use_sim_time=True)
    start("sim", use_sim_time=True)
    assert ears.until(lambda: bool(clocks and heard))
    heard.clear()
    assert ears.until(lambda: to_seconds(clocks[-1].clock) > to_seconds(clocks[0].clock) + 2.0 and len(heard) > 3)
    last_s = max(event.stamp_s for event in heard)
    assert ears.until(lambda: to_seconds(clocks[-1].clock) >= last_s), "stages live in that time"
    assert min(event.stamp_s for event in heard) > 100.0
    assert to_seconds(clocks[-1].clock) - 100.0 <= time.monotonic() - began_s, "never faster than real time"
    ticks = [(to_seconds(later.clock) - to_seconds(earlier.clock)) / 0.02 for earlier, later in itertools.pairwise(clocks)]
    assert min(ticks) == pytest.approx(1.0, abs=1e-3)  # some may be lost on their way
    assert all(tick == pytest.approx(round(tick), abs=1e-3) for tick in ticks)
    numbers = [int(status.action_id.removeprefix("a")) for status in asked]
    assert numbers[-1] - numbers[0] == pytest.approx(20 * (asked[-1].stamp_s - asked[0].stamp_s), abs=1)  # 20 Hz


def test_one_clock_subscription_serves_a_process(start: Any, ears: Any) -> None:
    start("eyes", ready=False, use_sim_time=True)
    assert ears.until(lambda: ears.node.count_subscribers("/clock") == 1)
    assert ears.until(lambda: {"lens", "viewer"} <= set(ears.node.get_node_names()))
    assert ears.node.count_subscribers("/clock") == 1


def test_time_goes_on_where_a_killed_simulation_ended(start: Any, ears: Any, tmp_path: Path) -> None:
    clocks = ears.hear_raw(Clock, "/clock", CLOCK)
    echo = start("echo", use_sim_time=True)
    sim = start("sim", use_sim_time=True, run_dir=str(tmp_path))
    assert ears.until(lambda: len(clocks) > 20)
    os.kill(sim.process.pid, signal.SIGKILL)
    sim.wait()
    ended_s, restarted_s = float((tmp_path / "clock").read_text()), time.monotonic()
    start("sim", use_sim_time=True, run_dir=str(tmp_path))
    assert ears.until(lambda: to_seconds(clocks[-1].clock) > ended_s)
    since_s = to_seconds(clocks[-1].clock) - ended_s
    assert RESTART_GAP_S <= since_s <= RESTART_GAP_S + time.monotonic() - restarted_s  # it runs a while before we hear it
    assert echo.process.poll() is None


def test_time_that_goes_back_ends_a_process(start: Any, ears: Any) -> None:
    """Everything a stage remembers would lie in the future: stale things would pass for fresh."""
    velocities = ears.hear("cmd_vel")
    echo = start("echo", use_sim_time=True)
    ears.set_clock(200.0, velocities)

    def ended() -> bool:
        ears.say_time(190.0)
        return echo.process.poll() is not None

    assert ears.until(ended)
    status, output = echo.wait()
    assert status == 1
    assert "/clock went back from 200.00 s to 190.00 s" in output
