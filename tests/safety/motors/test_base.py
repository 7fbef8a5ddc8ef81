"""The stage behind the gate: only the gate's commands pass, and what the base says is told with its age."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from safety import door
from safety.motors.base import Base
from safety.motors.config import BaseConfig
from safety.motors.driver import Charge, Measured, Report
from safety.motors.serial_base import SerialBase
from safety.types import BaseCommand, BaseStatus, Battery, Odometry, ProposedVelocity, Velocity

GOOD = Report(at_s=10.0, problem="", sessions=1, enabled=True)


class Driver:
    def __init__(self) -> None:
        self.sent: list[tuple[BaseCommand, float]] = []
        self.now = GOOD
        self.closed = 0

    def send(self, command: BaseCommand, age_s: float) -> None:
        self.sent.append((command, age_s))

    def report(self) -> Report:
        return self.now

    def close(self) -> None:
        self.closed += 1


class Rig:
    def __init__(self) -> None:
        self.steady_s = 10.0
        self.driver = Driver()
        self.base = Base(BaseConfig(driver="serial:x"), self.driver, lambda: self.steady_s)

    def step(self, *commands: Any, now_s: float = 500.0) -> dict[str, Any]:
        return dict(self.base.step({"motors/command": commands} if commands else {}, now_s))


def command(stamp_s: float = 500.0) -> BaseCommand:
    return BaseCommand(stamp_s, door.standstill(stamp_s), True)


def test_commands_go_on_with_their_age() -> None:
    rig = Rig()
    rig.step(command(499.98), command(500.0))
    assert [command.stamp_s for command, _ in rig.driver.sent] == [499.98, 500.0]
    assert [age_s for _, age_s in rig.driver.sent] == pytest.approx([0.02, 0.0])


@pytest.mark.parametrize(
    ("stamp_s", "age_s"), [(500.0005, 0.0), (500.0015, math.inf), (500.1, math.inf), (math.nan, math.inf), (math.inf, math.inf)]
)
def test_a_command_of_another_time_has_no_age_that_counts(stamp_s: float, age_s: float) -> None:
    rig = Rig()
    rig.step(command(stamp_s))
    assert rig.driver.sent[0][1] == age_s


def test_a_clock_that_stood_still_for_a_millisecond_is_borne() -> None:
    rig = Rig()
    rig.step(command(0.001), now_s=0.0)
    assert rig.driver.sent[0][1] == 0.0


class Forged(BaseCommand):
    pass


@pytest.mark.parametrize(
    "wrong",
    [
        Velocity(500.0, 0.1, 0.0),
        ProposedVelocity(500.0, "a", 0.1, 0.0),
        BaseCommand(500.0, ProposedVelocity(500.0, "a", 0.1, 0.0), True),  # type: ignore[arg-type]  # that is the test
        Forged(500.0, door.standstill(500.0), True),
        (0.1, 0.0),
        None,
    ],
)
def test_what_the_gate_does_not_make_ends_the_process_with_the_motors_off(wrong: Any) -> None:
    rig = Rig()
    with pytest.raises(TypeError, match="which the gate does not make"):
        rig.step(wrong)
    assert (rig.driver.sent, rig.driver.closed) == ([], 1)


def test_the_gate_is_told_how_the_base_is() -> None:
    rig = Rig()
    rig.driver.now = replace(GOOD, problem="x: slow: 200 bytes wait in the port", sessions=3, e_stop_pressed=True, e_stops=2)
    assert rig.step()["motors/state"] == BaseStatus(500.0, "x: slow: 200 bytes wait in the port", 3, True, 2)


def test_a_driver_whose_thread_hangs_is_a_problem() -> None:
    rig = Rig()
    rig.steady_s = 10.3
    rig.driver.now = replace(GOOD, e_stop_pressed=False)
    assert rig.step()["motors/state"] == BaseStatus(500.0, "", 1, False, 0), "nobody has needed it yet"
    assert rig.step(command())["motors/state"].e_stop_pressed is None, "what it said last is no news"
    assert rig.step(command())["motors/state"].problem == "the motor driver hangs since 0.3 s"
    assert rig.base.diagnose()[0] == "the motor driver hangs since 0.3 s"


def test_a_driver_hangs_only_after_its_time_and_while_it_is_needed() -> None:
    rig = Rig()
    rig.steady_s = 10.25
    assert rig.step(command())["motors/state"].problem == ""
    rig.steady_s = 10.26
    rig.driver.now = replace(GOOD, problem="x: closed")
    assert rig.step(command())["motors/state"].problem == "x: closed", "what it said itself says more"
    rig.driver.now = GOOD
    rig.base.close()
    assert rig.step()["motors/state"].problem == "", "nobody needs it any more"


def test_what_was_measured_in_the_future_was_measured_now() -> None:
    rig = Rig()
    rig.driver.now = replace(GOOD, measured=Measured(10.5))
    assert rig.step()["odom"] == Odometry(500.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_odometry_and_battery_are_published_once_with_their_time() -> None:
    rig = Rig()
    assert set(rig.step()) == {"motors/state"}
    rig.driver.now = replace(GOOD, measured=Measured(9.98, 1.0, 2.0, 0.5, 0.3, -0.1), charge=Charge(9.9, 25.2, -1.0, 0.8, True))
    out = rig.step()
    odometry = out["odom"]
    assert odometry.stamp_s == pytest.approx(499.98)
    assert odometry == Odometry(odometry.stamp_s, 1.0, 2.0, 0.5, 0.3, -0.1)
    assert out["battery"] == Battery(500.0, 25.2, -1.0, 0.8, True)
    assert set(rig.step()) == {"motors/state"}
    rig.base.reset()
    assert set(rig.step()) == {"motors/state", "odom", "battery"}


def test_figures_are_there_for_diagnostics() -> None:
    rig = Rig()
    rig.driver.now = replace(GOOD, details=(("port", "x"), ("sessions", "1")))
    assert rig.base.diagnose() == ("", {"port": "x", "sessions": "1"})


def test_closing_closes_the_driver() -> None:
    rig = Rig()
    assert rig.base.close() == []
    assert rig.driver.closed == 1


def test_the_driver_is_the_serial_one_and_touches_nothing_before_the_first_command() -> None:
    base = Base(BaseConfig(driver="serial:nowhere"))
    assert isinstance(base._driver, SerialBase)
    base.step({}, 0.0)
    assert base._driver._thread is None
    base.close()


def test_a_simulated_controller_is_timed_by_the_robots_clock() -> None:
    driver = Driver()
    base = Base(BaseConfig(driver="serial:x", robot_clock=True), driver, clock=lambda: 1e9)
    driver.now = replace(GOOD, at_s=499.9, measured=Measured(499.9, 1.0, 2.0, 0.5, 0.3, -0.1))
    out = dict(base.step({"motors/command": [command()]}, 500.0))
    assert out["motors/state"].problem == ""
    assert out["odom"].stamp_s == pytest.approx(499.9)
