"""When the motors may be switched on and driven: every rule of the interlock by itself."""

from __future__ import annotations

import math

import pytest

from safety.motors.interlock import STOP, Interlock, Wish
from safety.motors.messages import ClearEStop, Disable, Enable, State

OFF, ON = State(0), State.ENABLED
STILL, AHEAD, TURN = Wish(0.0, 0.0, True), Wish(0.3, 0.0, True), Wish(0.0, 0.3, True)


@pytest.fixture
def lock() -> Interlock:
    """The motors are on, after standstill was asked for."""
    lock = Interlock()
    lock.hear(STILL)
    lock.see(OFF)
    assert lock.request(STILL, faults=False) == Enable() and not lock.may_drive(AHEAD)
    lock.see(ON)
    return lock


def test_at_first_nothing_is_asked_for_and_nothing_is_wrong() -> None:
    lock = Interlock()
    assert (lock.complaint, lock.e_stops) == ("", 0)
    assert [lock.request(wish, faults=False) for wish in (None, STOP, STILL, AHEAD)] == [None] * 4


@pytest.mark.parametrize("wish", [AHEAD, TURN])
def test_who_asks_for_motion_first_gets_no_motors(wish: Wish) -> None:
    lock = Interlock()
    lock.hear(wish)
    assert lock.request(wish, faults=False) is None
    assert not lock.may_drive(wish)
    assert "only after the gate has asked for standstill" in lock.complaint
    lock.hear(STILL)
    assert lock.complaint == ""
    assert lock.request(STILL, faults=True) is None
    assert lock.request(wish, faults=False) is None, "standstill is asked for until the motors are on"


@pytest.mark.parametrize(("wish", "may"), [(AHEAD, True), (TURN, True), (Wish(0.3, 0.0, False), False), (Wish(math.nan, 0.0, True), False),
                                           (Wish(0.0, math.inf, True), False)])  # fmt: skip
def test_what_may_be_driven_with_the_motors_on(lock: Interlock, wish: Wish, may: bool) -> None:
    assert lock.may_drive(wish) is may
    lock.see(ON)
    lock.hear(AHEAD)
    assert lock.may_drive(wish) is may
    assert lock.complaint == ""
    assert lock.request(AHEAD, faults=False) is None, "they are on"


def test_motors_that_went_off_need_standstill_anew(lock: Interlock) -> None:
    lock.see(OFF)
    lock.see(ON)
    assert not lock.may_drive(AHEAD)
    lock.hear(STILL)
    assert lock.may_drive(AHEAD)


def test_a_gate_that_stops_or_is_silent_switches_them_off(lock: Interlock) -> None:
    assert lock.request(None, faults=False) == lock.request(STOP, faults=False) == Disable()
    lock.hear(STOP)
    lock.hear(AHEAD)
    assert not lock.may_drive(AHEAD)


@pytest.mark.parametrize("flag", [State.E_STOP_PRESSED, State.E_STOP_LATCHED])
def test_each_emergency_stop_counts_once_and_voids_standstill(lock: Interlock, flag: State) -> None:
    for number in (1, 2):
        lock.see(ON | flag)
        lock.see(ON | State.E_STOP_PRESSED | State.E_STOP_LATCHED)
        lock.see(ON | State.E_STOP_LATCHED)
        assert lock.e_stops == number
        assert not lock.may_drive(AHEAD)
        lock.see(ON)


def test_a_stop_is_cleared_once_the_gate_has_latched_and_the_button_is_out(lock: Interlock) -> None:
    lock.see(State.E_STOP_LATCHED)
    lock.hear(STILL)
    assert lock.request(STILL, faults=False) is None, "the gate does not know of it yet"
    lock.hear(STOP)
    lock.hear(STILL)
    lock.see(State.E_STOP_LATCHED | State.E_STOP_PRESSED)
    assert lock.request(STILL, faults=False) is None
    lock.see(State.E_STOP_LATCHED)
    assert lock.request(STILL, faults=False) == ClearEStop()
    lock.see(OFF)
    assert lock.request(STILL, faults=False) == Enable()
