"""Every way in which the link can break, against the emulated controller, in virtual time: stop, a clear reason, recovery."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from safety.motors.interlock import Wish
from tests.safety.motors.bench import Bench

STOP_S = 0.35
"""From 0.6 m/s, whatever breaks: a command's life or the chip's watchdog, noticing, and 0.12 s of braking."""

AHEAD = Wish(0.6, 0.0, True)
STILL = Wish(0.0, 0.0, True)


def set_fault(**knobs: float | bool) -> Callable[[Bench], None]:
    def turn_knobs(bench: Bench) -> None:
        for name, value in knobs.items():
            setattr(bench.controller.faults, name, value)

    return turn_knobs


FAULTS: dict[str, tuple[Callable[[Bench], None], Callable[[Bench], None], tuple[str, ...]]] = {
    "unplugged": (
        set_fault(unplugged=True),
        set_fault(unplugged=False),
        ("unplugged: Input/output error", "cannot be opened: No such file"),
    ),
    "garbage": (set_fault(garbage_ratio=0.05), set_fault(garbage_ratio=0.0), ("garbage: 4 damaged frames within a second",)),
    "noise": (set_fault(garbage_ratio=0.9), set_fault(garbage_ratio=0.0), ("garbage: ", "no answer to the greeting, only garbage")),
    "replayed": (set_fault(replayed=True), set_fault(replayed=False), ("replayed or reordered frames: ",)),
    "reordered": (set_fault(reordered=True), set_fault(reordered=False), ("replayed or reordered frames: ",)),
    "frozen": (set_fault(frozen=True), set_fault(frozen=False), ("silent: no telemetry for 100 ms", "no answer to the greeting")),
    "slow": (set_fault(delay_s=0.2), set_fault(delay_s=0.0), ("silent: no telemetry", "slow: a frame is not acknowledged after 1")),
    "jammed": (lambda b: setattr(b, "jammed", True), lambda b: setattr(b, "jammed", False), ("slow: a frame did not leave",)),
    "restarted": (lambda b: b.controller.restart(), lambda b: None, ("the controller restarted",)),
}


@pytest.fixture(params=FAULTS, ids=str)
def fault(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_it_stops_says_why_and_obeys_again_only_after_standstill_was_asked_for(fault: str) -> None:
    harm, heal, reasons = FAULTS[fault]
    bench = Bench().drive(0.6)
    harm(bench)
    said = [bench.turn().problem for _ in range(round(STOP_S / 0.004))]
    assert bench.speed_mps == 0.0
    said += [bench.turn().problem for _ in range(600)]
    for reason in reasons:
        assert any(reason in line for line in said), set(said)
    assert all("\n" not in line and (not line or line.startswith("bench: ")) for line in said)

    heal(bench)
    bench.wish = AHEAD  # somebody goes on asking for motion all the time
    for _ in range(1000):
        bench.turn()
        assert bench.speed_mps == 0.0, "moves without a fresh start"
    report = bench.report
    assert (report.problem, report.enabled) == ("bench: the motors are off, and go on only after the gate has asked for standstill", False)

    bench.wish = STILL
    bench.run(0.3)
    assert (bench.report.problem, bench.report.enabled) == ("", True)
    assert bench.report.sessions >= 2
    bench.wish = AHEAD
    bench.run(0.6)
    assert bench.speed_mps == pytest.approx(0.6)


@pytest.mark.parametrize("seed", range(1, 6))
def test_no_damage_ever_makes_it_faster_than_what_was_sent(seed: int) -> None:
    bench = Bench(seed=seed).drive(0.3)
    bench.controller.faults.garbage_ratio = 0.02
    for _ in range(1500):
        bench.turn()
        assert -1e-9 <= bench.speed_mps <= 0.3 + 1e-9


def test_a_command_that_lay_in_a_buffer_is_not_obeyed() -> None:
    """The bytes themselves arrive, whole and in order, a quarter of a second late."""
    bench = Bench().drive(0.6)
    bench.controller.faults.delay_s = 0.25
    bench.until_still_s()
    for _ in range(200):
        bench.turn()
        assert bench.speed_mps == 0.0


def test_nothing_of_an_old_session_is_obeyed_in_a_new_one() -> None:
    """Everything that was ever written comes again, whole, after the next greeting."""
    bench = Bench().drive(0.6)
    old = b"".join(bench.sent)
    bench.controller.restart()
    bench.wish = STILL
    bench.run(1.0)
    assert (bench.report.problem, bench.report.enabled) == ("", True)
    bench.controller.turn(old, bench.now_s)
    for _ in range(100):
        bench.turn()
        assert bench.speed_mps == 0.0


def test_a_gate_that_falls_silent_stops_the_base_and_switches_it_off() -> None:
    bench = Bench().drive(0.6)
    bench.gate_speaks = False
    assert bench.until_still_s() <= 0.2
    assert bench.report.enabled, "a gap is no reason to switch off …"
    bench.run(0.3)
    assert not bench.report.enabled, "… but silence is"


def test_a_gap_of_the_gate_is_driven_through() -> None:
    bench = Bench().drive(0.6)
    bench.gate_speaks = False
    bench.run(0.1)
    bench.gate_speaks = True
    bench.run(0.5)
    assert bench.speed_mps == pytest.approx(0.6)
    assert bench.report.sessions == 1


def test_a_driver_that_dies_leaves_a_base_that_stops() -> None:
    """As the guard's death: nobody reads, nobody writes."""
    bench = Bench().drive(0.6)
    since_s = bench.now_s
    while bench.speed_mps > 0:
        bench.now_s += 0.004
        bench.controller.turn(b"", bench.now_s)
    assert bench.now_s - since_s <= 0.2
    assert bench.controller.chip.step(b"", bench.controller.chip.uptime_ms + 200)


# ---------------------------------------------------------------- emergency stop and motor faults


def test_the_emergency_stop_is_told_and_kept_until_a_person_lifts_it() -> None:
    bench = Bench().drive(0.6)
    bench.controller.chip.e_stop_pressed = True
    assert bench.until_still_s() <= 0.15
    assert (bench.report.e_stop_pressed, bench.report.e_stops, bench.report.enabled) == (True, 1, False)

    bench.wish = Wish(0.0, 0.0, False)  # the gate has latched
    bench.run(0.2)
    bench.controller.chip.e_stop_pressed = False
    bench.run(1.0)
    assert (bench.report.e_stop_pressed, bench.report.e_stops, bench.report.enabled) == (False, 1, False)

    bench.wish = STILL  # a person has lifted it
    bench.run(0.5)
    assert (bench.report.e_stops, bench.report.enabled, bench.report.problem) == (1, True, "")
    bench.wish = AHEAD
    bench.run(0.6)
    assert bench.speed_mps == pytest.approx(0.6)


def test_a_tap_on_the_button_is_not_cleared_before_the_gate_has_latched() -> None:
    bench = Bench().drive(0.6)
    bench.controller.chip.e_stop_pressed = True
    bench.controller.turn(b"", bench.now_s + 0.001)
    bench.controller.chip.e_stop_pressed = False
    bench.run(2.0)  # the gate's word is still "enabled", as if it had not noticed
    bench.wish = STILL
    bench.run(1.0)
    assert (bench.report.e_stop_pressed, bench.report.e_stops, bench.report.enabled) == (False, 1, False)
    bench.wish = Wish(0.0, 0.0, False)
    bench.run(0.1)
    bench.wish = STILL
    bench.run(0.5)
    assert bench.report.enabled


def test_a_button_that_is_pressed_while_the_cable_is_out_is_told_afterwards() -> None:
    bench = Bench().drive(0.6)
    bench.controller.faults.unplugged = True
    bench.run(0.5)
    bench.controller.chip.e_stop_pressed = True
    bench.run(0.1)
    bench.controller.chip.e_stop_pressed = False
    bench.controller.faults.unplugged = False
    bench.run(3.0)
    assert (bench.report.e_stops, bench.report.enabled) == (1, False)


@pytest.mark.parametrize(("bit", "says"), [(1, "over current"), (4 + 64, "under voltage, motor driver")])
def test_a_fault_of_the_motors_stops_and_is_named(bit: int, says: str) -> None:
    bench = Bench().drive(0.6)
    bench.controller.chip.faults = bit
    assert bench.until_still_s() <= 0.15
    bench.wish = STILL
    bench.run(0.5)
    assert (bench.report.problem, bench.report.enabled) == (f"bench: motor fault: {says}", False)
    assert bench.report.sessions == 1, "the link is sound"
    bench.controller.chip.faults = 0
    bench.run(0.5)
    assert (bench.report.problem, bench.report.enabled) == ("", True)
