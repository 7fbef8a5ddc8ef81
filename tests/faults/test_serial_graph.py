"""The whole graph with the base behind a serial port: the emulated controller turns the simulated wheels."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

from robot_runtime.ros.pace import RESTART_GAP_S
from safety.segments import RECORD_NAME
from tests.faults.documented import LIMITS_S
from tests.faults.rig import Rig

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def running(graph_domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    run_dir = tmp_path_factory.mktemp("serial")
    rig = Rig(graph_domain, run_dir, base_driver=f"serial:{run_dir / 'base'}")
    try:
        yield rig
    finally:
        rig.close()


def test_it_drives_by_the_serial_port_and_stands_when_the_gate_dies(rig: Rig) -> None:
    rig.drive()
    limit_s = LIMITS_S["guard"]
    assert limit_s is not None
    killed_s = rig.harm("guard", signal.SIGKILL)
    still_s = rig.still_s(killed_s, limit_s + 1.0)
    assert still_s is not None
    print(f"guard: still after {(still_s - killed_s) * 1000:.0f} ms")
    assert still_s - killed_s <= limit_s + 1e-6
    rig.wait_back("guard")
    assert rig.probe.until(lambda: rig.probe.safety[-1].stamp_s > killed_s + 1.0 and rig.probe.mode == "running")
    rig.drive()


@pytest.mark.long
def test_a_stop_switches_the_motors_off_and_a_rearm_moves_nothing(rig: Rig) -> None:
    rig.drive()
    stopped_s = rig.probe.now_s
    rig.probe.call("safety/stop")
    assert rig.still_s(stopped_s, 1.0) is not None
    rig.probe.call("safety/rearm")
    rearmed_s = rig.probe.now_s
    assert rig.probe.until(lambda: rig.probe.mode == "running"), f"still {rig.probe.safety[-1]}"
    assert rig.stays_still(rearmed_s, 1.0)
    rig.drive()


def losses(rig: Rig) -> list[str]:
    """What the gate's record says of a base that was lost."""
    lines = (rig.run_dir / "audit" / RECORD_NAME).read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["data"]["lost"] for line in lines if '"lost"' in line]


@pytest.mark.long
def test_a_base_that_is_gone_is_named_and_taken_back(rig: Rig) -> None:
    """The simulation is the controller: with it the port goes, and comes back, perhaps before the gate tells of its state again."""
    rig.drive()
    before = len(losses(rig))
    killed_s = rig.harm("sim", signal.SIGKILL)
    rig.wait_back("sim")
    since_s = killed_s + RESTART_GAP_S
    back = rig.probe.until(lambda: rig.probe.safety[-1].stamp_s > since_s + 1.0 and rig.probe.mode == "running")
    assert back, f"still {rig.probe.safety[-1]}"
    assert losses(rig)[before:] and all(lost.startswith("base: ") for lost in losses(rig))
    assert rig.stays_still(rig.probe.now_s, 1.0)
    rig.drive()
