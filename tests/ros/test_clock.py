"""Simulated time over ROS."""

from __future__ import annotations

import itertools
import os
import signal
import time
from pathlib import Path
from typing import Any

from rosgraph_msgs.msg import Clock

from robot_runtime.ros.qos import CLOCK
from robot_runtime.ros.stamp import to_seconds


def test_the_simulation_paces_everybody(start: Any, ears: Any) -> None:
    clocks, heard = ears.hear_raw(Clock, "/clock", CLOCK), ears.hear("timeline")
    start("echo", use_sim_time=True)
    start("sim", use_sim_time=True)
    assert ears.until(lambda: len(clocks) > 5 and len(heard) > 3)
    assert 100.0 < to_seconds(clocks[0].clock) < 104.0
    steady_s, first_s = time.monotonic(), to_seconds(clocks[-1].clock)
    heard.clear()
    ears.spin(2.0)
    elapsed_s = time.monotonic() - steady_s
    assert abs(to_seconds(clocks[-1].clock) - first_s - elapsed_s) < 0.2
    steps_s = [to_seconds(later.clock) - to_seconds(earlier.clock) for earlier, later in itertools.pairwise(clocks)]
    assert abs(sorted(steps_s)[len(steps_s) // 2] - 0.02) < 1e-6
    assert all(first_s - 0.1 < event.stamp_s < to_seconds(clocks[-1].clock) + 0.1 for event in heard)  # stages live in that time
    assert 35 <= len(heard) <= 45  # 20 Hz for two seconds


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
    ears.spin(0.2)
    last_s = to_seconds(clocks[-1].clock)
    clocks.clear()
    start("sim", use_sim_time=True, run_dir=str(tmp_path))
    assert ears.until(lambda: len(clocks) > 5)
    assert 0 < to_seconds(clocks[0].clock) - last_s < 5.0  # it runs a while before we hear it
    assert echo.process.poll() is None


def test_time_that_goes_back_ends_a_process(start: Any, ears: Any) -> None:
    """Everything a stage remembers would lie in the future: stale things would pass for fresh."""
    clocks = ears.hear_raw(Clock, "/clock", CLOCK)
    echo = start("echo", use_sim_time=True)
    sim = start("sim", use_sim_time=True)
    assert ears.until(lambda: len(clocks) > 60)
    os.kill(sim.process.pid, signal.SIGKILL)
    start("sim", use_sim_time=True)
    status, output = echo.wait()
    assert status == 1
    assert "/clock went back from" in output
