"""Every process of a running graph is killed while the robot drives; docs/failures.md says what must come of it.

The times are simulated, by the simulator's truth, so that a slow machine does not stretch them.
"""

from __future__ import annotations

import signal

import pytest

from robot_runtime.ros.pace import RESTART_GAP_S
from safety.config import GateConfig
from tests.faults.documented import LIMITS_S
from tests.faults.rig import Rig
from tests.faults.truth import STILL_MPS

pytestmark = pytest.mark.alone

LATCHED = {"emergency_stop", "rearm_required"}
SERVO_MPS = 0.02  # how far the wheels' real speed may be from the one commanded


def must_slow_down(rig: Rig, process: str, since_s: float, limit_mps: float = STILL_MPS) -> None:
    limit_s = LIMITS_S[process]
    assert limit_s is not None
    slow_s = rig.still_s(since_s, limit_s + 1.0, limit_mps)
    assert slow_s is not None, f"faster than {limit_mps:g} m/s a second after the time was up"
    print(f"{process}: slower than {limit_mps:g} m/s after {(slow_s - since_s) * 1000:.0f} ms")
    assert slow_s - since_s <= limit_s + 1e-6


def must_obey_again(rig: Rig, process: str) -> None:
    """The supervisor has started another one, all are ready, and the robot does what it is told."""
    rig.wait_back(process)
    rig.drive()


@pytest.mark.parametrize("process", ["watch"])
def test_nobody_needs_it_to_drive(rig: Rig, process: str) -> None:
    rig.drive()
    killed_s = rig.harm(process, signal.SIGKILL)
    assert LIMITS_S[process] is None
    assert rig.still_s(killed_s, 1.0) is None
    modes = {state.mode for state in rig.probe.safety if state.stamp_s > killed_s}
    assert modes == {"running"}
    must_obey_again(rig, process)


def test_when_nobody_listens_for_the_stop_word_it_slows_down(rig: Rig) -> None:
    rig.drive()
    killed_s = rig.harm("voice", signal.SIGKILL)
    must_slow_down(rig, "voice", killed_s, GateConfig().blind_speed_mps + SERVO_MPS)
    must_obey_again(rig, "voice")


@pytest.mark.long
def test_without_eyes_it_slows_down(rig: Rig) -> None:
    rig.drive()
    killed_s = rig.harm("eyes", signal.SIGKILL)
    must_slow_down(rig, "eyes", killed_s, GateConfig().blind_speed_mps + SERVO_MPS)
    must_obey_again(rig, "eyes")


def test_without_a_mind_it_stands_until_it_is_told_something(rig: Rig) -> None:
    rig.drive()
    killed_s = rig.harm("mind", signal.SIGKILL)
    must_slow_down(rig, "mind", killed_s)
    rig.wait_back("mind")
    assert rig.stays_still(killed_s + 1.0, 1.5)
    must_obey_again(rig, "mind")


def test_without_the_gate_the_base_stops_by_itself(rig: Rig) -> None:
    rig.drive()
    killed_s = rig.harm("guard", signal.SIGKILL)
    must_slow_down(rig, "guard", killed_s)
    must_obey_again(rig, "guard")


def test_a_gate_that_hangs_is_replaced(rig: Rig) -> None:
    rig.drive()
    before = len(rig.events("guard"))
    hung_s = rig.harm("guard", signal.SIGSTOP)
    must_slow_down(rig, "guard", hung_s)
    rig.wait_back("guard")
    kinds = [(event["kind"], event["detail"]) for event in rig.events("guard")[before:] if event["kind"] != "warned"]
    assert kinds == [("killed", "no sign of life for 3 s"), ("died", "killed by SIGKILL"), ("started", ""), ("ready", "")]
    must_obey_again(rig, "guard")


def test_a_latched_stop_outlives_the_gate(rig: Rig) -> None:
    rig.drive()
    stopped_s = rig.probe.now_s
    rig.probe.call("safety/stop")
    assert rig.still_s(stopped_s, 1.0) is not None
    killed_s = rig.harm("guard", signal.SIGKILL)
    rig.wait_back("guard")
    assert rig.probe.until(lambda: rig.probe.safety[-1].stamp_s > killed_s + 0.1), "the new gate says nothing"
    assert rig.stays_still(killed_s, 2.0)
    after = [state for state in rig.probe.safety if state.stamp_s > killed_s]
    assert {state.mode for state in after} <= LATCHED
    assert after[-1].mode == "rearm_required"
    assert after[-1].causes == ("service: called",)

    rig.probe.call("safety/rearm")
    rearmed_s = rig.probe.now_s
    assert rig.probe.until(lambda: rig.probe.mode == "running"), f"still {rig.probe.safety[-1]}"
    assert rig.stays_still(rearmed_s, 1.0), "to lift a stop is not to start (ISO 13850)"
    rig.drive()


@pytest.mark.long
def test_a_base_that_restarts_waits_for_a_command(rig: Rig) -> None:
    """The simulation is the base: with it, time ends, and goes on when it is back."""
    rig.drive()
    killed_s = rig.harm("sim", signal.SIGKILL)
    rig.wait_back("sim")
    back_s = killed_s + RESTART_GAP_S - 0.1
    assert rig.probe.until(lambda: rig.probe.path[-1].stamp_s > back_s and rig.probe.mode == "running")
    assert rig.stays_still(back_s, 3.0)
    must_obey_again(rig, "sim")
