"""Driver and emulated controller over a real pseudo-terminal, in real time: how long the wheels turn after each fault.

The same faults run in virtual time in tests/safety/motors; here the threads, the port and the machine add what they add.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safety import door
from safety.config import GateConfig
from safety.motors.config import BaseConfig
from safety.motors.serial_base import SerialBase
from safety.types import BaseCommand
from sim.base_controller import BaseController
from sim.serial_port import Emulator
from tests.ros.conftest import LIMIT_S

pytestmark = [pytest.mark.alone, pytest.mark.waits]  # against a port, in real time

SPEED_MPS = 0.6
BRAKING_S = 0.12  # from that speed at 5 m/s²
SLACK_S = 0.5  # two turns of the emulator's thread on a machine a tenth as fast; in virtual time there is none
PERIOD_S = 0.02


class Track:
    """The wheels' speed over time, noted on the emulator's thread."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float]] = []

    def note(self, controller: BaseController) -> Callable[[float], None]:
        assert controller.wheels is not None
        wheels = controller.wheels
        return lambda now_s: self.seen.append((now_s, wheels.linear_mps))

    def fastest_mps(self, since_s: float) -> float:
        return max((abs(speed) for at_s, speed in self.seen if at_s > since_s), default=0.0)

    def still_s(self, since_s: float) -> float | None:
        """When the wheels stood, after ``since_s``; None while they turn."""
        return next((at_s for at_s, speed in self.seen if at_s > since_s and speed == 0.0), None)


class GateThread:
    """Commands the base at 50 Hz, as the gate does, and notes how long it was ever made to wait."""

    def __init__(self, base: SerialBase) -> None:
        self._base = base
        self.speed_mps = 0.0
        self.longest_s = 0.0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ending.wait(PERIOD_S):
            began_s = time.thread_time()
            self._base.send(BaseCommand(0.0, door.velocity(self.speed_mps, 0.0, GateConfig(), 0.0), True), 0.0)
            self._base.report()
            self.longest_s = max(self.longest_s, time.thread_time() - began_s)

    def end(self) -> None:
        self._ending.set()
        self._thread.join()


class Rig:
    def __init__(self, path: Path) -> None:
        self.controller, self.track = BaseController(), Track()
        self.emulator = Emulator(path, self.controller, self.track.note(self.controller))
        self.emulator.start()
        self.base = SerialBase(BaseConfig(driver=f"serial:{path}"))
        self.gate = GateThread(self.base)

    def close(self) -> None:
        self.gate.end()
        self.base.close()
        self.emulator.stop()

    def until(self, done: Callable[[], bool], seconds: float = LIMIT_S) -> bool:
        end_s = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end_s:
                return False
            time.sleep(0.002)
        return True

    def drive(self) -> None:
        """From wherever it is, as after a fault: standstill is asked for, then motion."""
        self.gate.speed_mps = 0.0

        def drives() -> bool:
            """A link that a busy machine has broken meanwhile wants standstill anew."""
            report = self.base.report()
            self.gate.speed_mps = SPEED_MPS if report.enabled and not report.problem else 0.0
            return bool(self.gate.speed_mps) and self.track.seen[-1][1] == pytest.approx(SPEED_MPS, abs=2e-3)

        assert self.until(lambda: self.base.report().enabled and not self.base.report().problem), self.base.report()
        assert self.until(drives), self.base.report()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path / "base")
    yield rig
    rig.close()


CASES = {
    "unplugged": (0.06, "unplugged"),  # the last command runs out
    "frozen": (0.1, "silent"),  # the chip's own watchdog
    "garbage": (1.0, "garbage"),  # until the fourth damaged frame, and meanwhile it obeys the whole ones
    "replayed": (0.35, "replayed or reordered"),  # until the next frame is repeated, then the last command runs out
    "reordered": (0.35, "replayed or reordered"),
    "slow": (0.06, "s"),
    "restarted": (0.0, "restarted"),
}


@pytest.mark.parametrize("fault", CASES)
def test_the_wheels_stop_in_time_and_obey_again_afterwards(rig: Rig, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    limit_s, reason = CASES[fault]
    rig.drive()
    since_s = time.monotonic()
    _harm(rig.controller, fault, on=True)
    assert rig.until(lambda: rig.track.still_s(since_s) is not None), f"{fault}: does not stop"
    stopped_s = rig.track.still_s(since_s)
    assert stopped_s is not None
    with capsys.disabled():
        print(f"\n  {fault}: wheels stand {(stopped_s - since_s) * 1000:.0f} ms after; ", end="")
    assert stopped_s - since_s <= limit_s + BRAKING_S + SLACK_S
    assert rig.until(lambda: reason in dict(rig.base.report().details)["last_problem"]), rig.base.report()

    rig.until(lambda: False, 0.5)  # the gate's thread goes on asking for 0.6 m/s
    _harm(rig.controller, fault, on=False)
    rig.until(lambda: False, 1.0)
    assert rig.track.fastest_mps(stopped_s) == 0.0, "moves without a fresh start"
    rig.drive()


def _harm(controller: BaseController, fault: str, on: bool) -> None:
    faults = controller.faults
    if fault == "garbage":
        faults.garbage_ratio = 0.05 if on else 0.0
    elif fault == "slow":
        faults.delay_s = 0.2 if on else 0.0
    elif fault != "restarted":
        setattr(faults, fault, on)
    elif on:
        controller.reset_asked = True


def test_the_gate_never_waits_for_the_port(rig: Rig) -> None:
    """Processor time of its thread, since a busy machine may take the thread away for as long as it likes."""
    rig.drive()
    for fault in CASES:
        _harm(rig.controller, fault, on=True)
        rig.until(lambda: False, 0.3)
        _harm(rig.controller, fault, on=False)
    assert rig.gate.longest_s < 0.002
