"""The reference firmware: what it refuses, and what stops it, whatever the host says."""

from __future__ import annotations

import pytest

from safety.motors import messages as m
from safety.motors.framing import cobs, crc16
from safety.motors.protocol import Frame, Reader, encode
from sim.microcontroller import Microcontroller
from sim.wheels import Wheels


class Bench:
    """A chip and its wheels; the test is the host."""

    def __init__(self, uptime_ms: int = 1000) -> None:
        self.wheels = Wheels()
        self.chip = Microcontroller(self.wheels, uptime_ms=uptime_ms)
        self.session = self.sequence = 0
        self.reader = Reader()

    def run(self, milliseconds: int, data: bytes = b"") -> list[m.Message]:
        out = b""
        for turn in range(milliseconds):
            self.wheels.step(0.001)
            out += self.chip.step(data if turn == 0 else b"", self.chip.uptime_ms + 1)
        frames = self.reader.feed(out)
        self.session = max([self.session, *(frame.session for frame in frames)])
        return [frame.message for frame in frames]

    def say(self, message: m.Message, sequence: int | None = None, session: int | None = None) -> list[m.Message]:
        self.sequence += 1
        frame = Frame(self.session if session is None else session, self.sequence if sequence is None else sequence, message)
        return self.run(1, encode(frame))

    def enabled(self) -> Bench:
        self.say(m.Hello(5))
        self.say(m.Enable())
        assert self.wheels.powered
        return self

    def drive(self, linear_mmps: int = 500, life_ms: int = 60) -> list[m.Message]:
        return self.say(m.Drive(linear_mmps, 0, self.chip.uptime_ms + life_ms))

    def drive_for(self, milliseconds: int) -> Bench:
        for _ in range(milliseconds // 20):
            self.drive()
            self.run(19)
        return self

    @property
    def state(self) -> m.State:
        telemetry = next(message for message in reversed(self.run(40)) if isinstance(message, m.Telemetry))
        return m.State(telemetry.state)


def refusals(messages: list[m.Message]) -> list[int]:
    return [message.reason for message in messages if isinstance(message, m.Refused)]


def test_it_announces_itself_until_it_is_greeted() -> None:
    bench = Bench()
    assert [message.nonce for message in bench.run(1400) if isinstance(message, m.Identity)] == [0, 0, 0]
    (identity, *rest) = bench.say(m.Hello(5))
    assert isinstance(identity, m.Identity) and identity.nonce == 5
    assert bench.session > 0
    assert not [message for message in (*rest, *bench.run(600)) if isinstance(message, m.Identity)]


def test_a_greeting_that_comes_twice_begins_one_session() -> None:
    bench = Bench().enabled()
    session = bench.session
    bench.say(m.Hello(5))
    assert (bench.session, bench.wheels.powered) == (session, True)
    bench.say(m.Hello(6))
    assert bench.session != session
    assert not bench.wheels.powered


@pytest.mark.parametrize(("sequence", "session"), [(1, None), (None, 0), (None, 999)])
def test_what_is_old_or_of_another_session_is_refused_and_feeds_no_watchdog(sequence: int | None, session: int | None) -> None:
    bench = Bench().enabled().drive_for(400)
    for _ in range(20):
        assert m.Reason.OUT_OF_ORDER in refusals(bench.say(m.Heartbeat(), sequence, session))
        bench.run(14)
    assert bench.state & m.State.WATCHDOG
    assert not bench.wheels.powered


@pytest.mark.parametrize("life_ms", [-1, 0, 1, 252, 100_000])
def test_a_velocity_out_of_its_time_is_refused(life_ms: int) -> None:
    bench = Bench().enabled()
    assert refusals(bench.drive(life_ms=life_ms)) == [m.Reason.OUT_OF_DATE]
    bench.run(20)
    assert bench.wheels.linear_mps == 0.0


def test_a_velocity_before_enabling_is_refused() -> None:
    bench = Bench()
    bench.say(m.Hello(5))
    assert refusals(bench.drive()) == [m.Reason.NOT_ENABLED]


def test_a_velocity_runs_out_without_disabling() -> None:
    bench = Bench().enabled().drive_for(400)
    bench.run(60)
    bench.say(m.Heartbeat())
    bench.run(110)
    assert bench.wheels.linear_mps == 0.0
    assert bench.state == m.State.ENABLED | m.State.EXPIRED


def test_silence_switches_the_motors_off_within_its_watchdog() -> None:
    bench = Bench().enabled().drive_for(400)
    bench.run(132)
    assert not bench.wheels.powered
    bench.run(40)
    assert bench.wheels.linear_mps == 0.0
    assert bench.state == m.State.WATCHDOG | m.State.EXPIRED
    bench.say(m.Enable())
    assert bench.state == m.State.ENABLED | m.State.EXPIRED


def test_it_enables_only_wheels_that_stand() -> None:
    bench = Bench().enabled().drive_for(400)
    bench.say(m.Disable())
    assert refusals(bench.say(m.Enable())) == [m.Reason.MOVING]


def test_the_emergency_stop_stays_until_it_is_closed_and_cleared() -> None:
    bench = Bench().enabled().drive_for(400)
    bench.chip.e_stop_pressed = True
    bench.run(110)
    assert bench.wheels.linear_mps == 0.0
    assert refusals(bench.say(m.ClearEStop())) == [m.Reason.E_STOP]
    assert refusals(bench.say(m.Enable())) == [m.Reason.E_STOP]
    bench.chip.e_stop_pressed = False
    assert bench.state == m.State.E_STOP_LATCHED
    assert refusals(bench.say(m.Enable())) == [m.Reason.E_STOP]
    bench.say(m.ClearEStop())
    assert bench.state == m.State(0), "cleared is not enabled"
    bench.say(m.Enable())
    assert bench.wheels.powered


def test_a_fault_switches_off_and_forbids_enabling() -> None:
    bench = Bench().enabled()
    bench.chip.faults = int(m.Fault.OVER_CURRENT)
    bench.run(1)
    assert not bench.wheels.powered
    assert refusals(bench.say(m.Enable())) == [m.Reason.FAULT]


def test_the_clock_may_wrap_while_it_drives() -> None:
    bench = Bench(uptime_ms=2**32 - 300).enabled()
    for _ in range(30):
        bench.say(m.Drive(500, 0, (bench.chip.uptime_ms + 60) % 2**32))
        bench.run(19)
    assert bench.chip.uptime_ms > 2**32
    assert bench.wheels.linear_mps == pytest.approx(0.5)


def test_a_host_of_another_version_is_not_obeyed() -> None:
    bench = Bench().enabled()
    body = bytes([2, 0x05, bench.session & 0xFF, bench.session >> 8, 99, 0, 0, 0])
    bench.run(1, cobs(body + crc16(body).to_bytes(2, "little")) + b"\0")
    assert bench.wheels.powered


def test_backwards_and_round_the_corner() -> None:
    bench = Bench().enabled()
    for _ in range(40):
        bench.say(m.Drive(-300, 500, bench.chip.uptime_ms + 60))
        bench.run(19)
    left, right = bench.wheels.ticks()
    assert left < right < 0
    assert bench.wheels.speed() == pytest.approx((-0.3, 0.5))
