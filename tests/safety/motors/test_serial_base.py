"""The thread and the port: over a real pseudo-terminal for what only a port can show, with a false one for the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import serial

from safety import door
from safety.config import GateConfig
from safety.motors import serial_base
from safety.motors.config import BaseConfig
from safety.motors.link import Link, SlowPortError
from safety.motors.serial_base import SerialBase, SerialPort
from safety.types import BaseCommand
from sim.base_controller import BaseController
from sim.serial_port import Emulator, PtyPort

ZERO = BaseCommand(0.0, door.standstill(0.0), True)


def until(done: Callable[[], bool], seconds: float = 60.0) -> bool:
    end_s = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.002)
    return True


def enabled(base: SerialBase) -> bool:
    """Ask for standstill, as the gate does all the time, until the motors are on."""
    base.send(ZERO, 0.0)
    return base.report().enabled


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "base"


def driver(path: Path) -> SerialBase:
    return SerialBase(BaseConfig(driver=f"serial:{path}"))


def test_it_connects_enables_and_says_good_bye(path: Path) -> None:
    with Emulator(path, BaseController()) as emulator:
        base = driver(path)
        assert base.report().problem.endswith("not connected yet")
        assert until(lambda: enabled(base))
        assert base.report().sessions >= 1  # more when the machine lets the port wait longer than the link may
        base.close()
        wheels, chip = emulator.controller.wheels, emulator.controller.chip
        assert wheels is not None
        assert until(lambda: not wheels.powered)
        assert not chip._watchdog, "it was told, and not left to find out"
        assert base.report().problem == f"{path}: closed"
        assert "motors" not in {thread.name for thread in threading.enumerate()}
        assert until(lambda: enabled(base)), "and again after a close"
        base.close()


def test_nobody_else_can_open_the_port(path: Path) -> None:
    port = PtyPort(path)
    first = SerialPort(str(path), 115_200)
    with pytest.raises(OSError, match=r"lock|busy"):
        SerialPort(str(path), 115_200)
    first.close(discard=True)
    port.close()


def test_a_port_that_is_not_there_is_named(path: Path) -> None:
    base = driver(path)
    base.send(ZERO, 0.0)
    assert until(lambda: "cannot be opened" in base.report().problem)
    assert str(path) in base.report().problem
    base.close()


def test_a_strange_speed_is_an_error_of_the_port(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise ValueError("Not a valid baudrate: 12345")

    monkeypatch.setattr(serial, "Serial", refuse)
    with pytest.raises(OSError, match="12345"):
        SerialPort(str(path), 12_345)


def test_a_pulled_plug_shows_at_the_next_read(path: Path) -> None:
    pty = PtyPort(path)
    port = SerialPort(str(path), 115_200)
    pty.write(b"abc")
    assert b"".join(port.read() for _ in range(20)) == b"abc"
    pty.close()
    with pytest.raises(OSError):
        for _ in range(10):
            port.read()
    port.close(discard=True)


def test_a_port_that_nobody_empties_is_slow(path: Path) -> None:
    pty = PtyPort(path)
    port = SerialPort(str(path), 115_200)
    with pytest.raises(SlowPortError):
        for _ in range(10_000):
            port.write(b"x" * 64)
    port.close(discard=True)
    pty.close()


def test_what_has_come_in_is_read_at_once(path: Path) -> None:
    pty = PtyPort(path)
    port = SerialPort(str(path), 115_200)
    pty.write(b"abc" * 10)
    assert until(lambda: port._serial.in_waiting == 30)
    assert port.read() == b"abc" * 10
    port.close(discard=True)
    pty.close()


def test_a_backlog_is_slow(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pty = PtyPort(path)
    port = SerialPort(str(path), 115_200)
    for waiting, slow in ((128, False), (129, True), (200, True)):
        monkeypatch.setattr(type(port._serial), "out_waiting", waiting)
        if slow:
            with pytest.raises(SlowPortError, match=f"{waiting} bytes wait"):
                port.write(b"x")
        else:
            port.write(b"x")
    port.close(discard=True)
    pty.close()


def test_a_frame_that_does_not_leave_is_slow_and_what_waits_is_thrown_away_if_asked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pty = PtyPort(path)
    port = SerialPort(str(path), 115_200)
    assert (port._serial.timeout, port._serial.write_timeout, port._serial.exclusive) == (0.004, 0.1, True)

    def full(data: bytes) -> None:
        raise serial.SerialTimeoutException("Write timeout")

    monkeypatch.setattr(port._serial, "write", full)
    with pytest.raises(SlowPortError, match="a frame did not leave within 100 ms"):
        port.write(b"x")
    thrown: list[bool] = []
    monkeypatch.setattr(port._serial, "reset_output_buffer", lambda: thrown.append(True))
    port.close(discard=False)
    assert (thrown, port._serial.is_open) == ([], False)
    port.close(discard=True)
    assert thrown == [True]
    pty.close()


def test_a_command_that_nobody_could_obey_is_forgotten() -> None:
    base = SerialBase(BaseConfig(driver="serial:x"), lambda: Broken(OSError(5, "Input/output error")), lambda: 50.0)
    base.connect = lambda: None  # type: ignore[method-assign]  # the test takes the turns
    base.send(ZERO, 0.0)
    base._turn()
    assert base._pending is None
    assert base.report().problem == "x: unplugged: Input/output error"


def test_a_command_is_as_old_as_it_is_told() -> None:
    base = SerialBase(BaseConfig(driver="serial:x"), lambda: Broken(OSError()), lambda: 50.0)
    base.connect = lambda: None  # type: ignore[method-assign]  # the thread would forget it
    base.send(ZERO, 0.02)
    assert base._pending is not None and base._pending.made_s == pytest.approx(49.98)
    base._forget(None)
    assert base._pending is not None, "a newer one is not forgotten with an older one"
    base._forget(base._pending)
    assert base._pending is None


class Broken:
    """A port that breaks as the test says."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.closed = False

    def read(self) -> bytes:
        raise self.error

    def write(self, data: bytes) -> None:
        raise self.error

    def close(self, discard: bool) -> None:
        self.closed = True


def test_a_defect_of_the_driver_is_told_and_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_base, "RECOVER_S", 0.01)
    ports: list[Broken] = []

    def open_port() -> Broken:
        ports.append(Broken(ZeroDivisionError("oops")))
        return ports[-1]

    base = SerialBase(BaseConfig(driver="serial:x", retry_s=0.05), open_port)
    base.send(ZERO, 0.0)
    assert until(lambda: base.report().problem == "x: internal error: ZeroDivisionError: oops")
    assert until(lambda: len(ports) > 1)
    base.close()
    assert all(port.closed for port in ports[:-1])


def test_good_bye_on_a_broken_line_is_no_error() -> None:
    from tests.safety.motors.bench import Bench

    bench = Bench().drive(0.6)
    bench.controller.faults.unplugged = True
    bench.link.close(bench.now_s)
    assert bench.report.problem == "bench: closed"
    assert ("last_problem", "good-bye not said: Input/output error") in bench.report.details


@pytest.mark.parametrize("error", [OSError(), OSError("read failed: [Errno 5]\nmore"), OSError(5, "Input/output error")])
def test_the_reason_is_one_line(error: OSError) -> None:
    link = Link(BaseConfig(driver="serial:x"), "x", lambda: Broken(error), lambda: 1)
    link.turn(None, lambda: 0.0)
    problem = link.report(0.0).problem
    assert problem.startswith("x: unplugged: ")
    assert "\n" not in problem and len(problem) > len("x: unplugged: ")


def test_pauses_grow_and_start_anew_after_a_good_run() -> None:
    from tests.safety.motors.bench import Bench

    bench = Bench()
    attempts: list[float] = []
    plug_in = bench._plug_in

    def counted() -> Any:
        attempts.append(bench.now_s)
        return plug_in()

    bench.link._open = counted
    bench.controller.faults.unplugged = True
    bench.run(10.0)
    pauses = [round(after - before, 1) for before, after in pairwise(attempts)]
    assert pauses == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]
    bench.controller.faults.unplugged = False
    bench.run(8.0)
    attempts.clear()
    broke_s = bench.now_s
    bench.controller.faults.unplugged = True
    bench.run(0.3)
    assert attempts[0] - broke_s == pytest.approx(0.2, abs=0.01)


def test_settings_of_the_gate_and_the_driver_name_the_same_drivers() -> None:
    for kind, field in ((BaseConfig, "driver"), (GateConfig, "base_driver")):
        assert getattr(kind(**{field: "serial:/dev/ttyACM0"}), field) == "serial:/dev/ttyACM0"
        for wrong in ("serial:", "usb", ""):
            with pytest.raises(ValueError, match="expected 'ros' or 'serial:PORT'"):
                kind(**{field: wrong})
