"""What the link tells, counts and keeps over its sessions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from safety.motors import messages as m
from safety.motors.config import BaseConfig
from safety.motors.driver import Report
from safety.motors.interlock import Wish
from safety.motors.link import Link, Port
from safety.motors.protocol import Frame, Reader
from tests.safety.motors.bench import Bench

STILL = Wish(0.0, 0.0, True)


class Deaf:
    """A port that never answers."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def read(self) -> bytes:
        return b""

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self, discard: bool) -> None:
        pass


def jam(bench: Bench) -> None:
    """The session ends, and the port is well again at once."""
    bench.jammed = True
    while not bench.report.problem.startswith("bench: slow"):
        bench.turn()
    bench.jammed = False


def test_before_anything_happened() -> None:
    def never() -> Port:
        raise AssertionError("nobody asked for the port")

    link = Link(BaseConfig(driver="serial:x"), "x", never, lambda: 1)
    details = (("port", "x"), ("sessions", "0"), ("failures", "0"), ("last_problem", ""))
    assert link.report(3.0) == Report(at_s=3.0, problem="x: not connected yet", details=details)
    assert link.voids_commands and not link.connected


@pytest.mark.parametrize("nonce", [5, 2**32 + 5])
def test_the_first_turn_opens_the_port_and_greets(nonce: int) -> None:
    port = Deaf()
    link = Link(BaseConfig(driver="serial:x"), "x", lambda: port, lambda: nonce)
    link.turn(None, lambda: 0.0)
    assert Reader().feed(b"".join(port.written)) == [Frame(0, 1, m.Hello(5))]
    assert link.report(0.0).problem == "x: greeting the controller"
    assert link.connected and link.voids_commands


def test_the_figures_of_a_base_that_is_well() -> None:
    bench = Bench()
    bench.wish = STILL
    bench.run(1.5)
    details = dict(bench.report.details)
    identity = bench.link._session.identity if bench.link._session else None
    assert identity is not None
    assert 0.0 < float(details.pop("round_trip_ms")) < 50.0
    assert details == {
        "port": "bench", "sessions": "1", "failures": "0", "last_problem": "", "last_refusal": "", "state": "enabled",
        "firmware": f"{identity.major}.{identity.minor}.{identity.patch}, power-on {identity.boot}", "watchdog_ms": "150",
        "frames_damaged_at_controller": "0",
    }  # fmt: skip
    assert (bench.report.sessions, bench.report.enabled, bench.report.e_stop_pressed) == (1, True, False)
    bench.wish = Wish(0.0, 0.0, False)
    bench.run(0.5)
    assert dict(bench.report.details)["state"] == "off"


def test_closing_says_good_bye_and_lets_it_leave_the_port() -> None:
    bench = Bench().drive(0.6)
    bench.link.close(bench.now_s)
    (last,) = Reader().feed(bench.sent[-1])
    assert isinstance(last.message, m.Disable)
    assert bench.cables[-1].discarded is False
    assert dict(bench.report.details) == {"port": "bench", "sessions": "1", "failures": "0", "last_problem": ""}


def test_a_failure_throws_away_what_waits_in_the_port_and_is_told_until_all_is_well() -> None:
    bench = Bench().drive(0.6)
    charge = bench.run(1.0).charge
    jam(bench)
    problem = bench.report.problem
    assert bench.cables[0].discarded is True
    assert "slow: a frame did not leave" in problem
    told = set()
    while bench.report.sessions == 1:
        told.add(bench.report.problem)
        bench.turn()
    assert told == {problem}, "greeting again is no news"
    assert dict(bench.report.details)["last_problem"] == "slow: a frame did not leave within 20 ms"
    assert dict(bench.report.details)["failures"] == "1"
    assert charge is not None and bench.report.charge == charge, "the battery has not spoken since"


def test_emergency_stops_are_counted_on_over_sessions() -> None:
    bench = Bench().drive(0.6)
    bench.controller.chip.e_stop_pressed = True
    bench.run(0.2)
    assert bench.report.e_stops == 1
    jam(bench)
    assert bench.report.e_stops == 1
    assert bench.run(1.0).e_stops == 2, "a new session finds the button pressed"


def test_pauses_grow_while_nobody_answers() -> None:
    """A port that can be opened is no good run."""
    opened: list[float] = []
    clock = [1000.0]

    def open_port() -> Any:
        opened.append(clock[0])
        return Deaf()

    link = Link(BaseConfig(driver="serial:x"), "x", open_port, lambda: 1)
    while clock[0] < 1013.0:
        link.turn(None, lambda: clock[0])
        clock[0] += 0.004
    assert [round(after - before, 1) for before, after in pairwise(opened)] == [1.2, 1.4, 1.8, 2.6, 3.0]
