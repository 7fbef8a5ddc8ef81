"""The driver of a base controller on a serial line, on a thread of its own: nobody waits for the port but this thread."""

from __future__ import annotations

import logging
import termios
import threading
import time
from collections.abc import Callable

import serial

from safety.motors.config import BaseConfig, port_of
from safety.motors.driver import Report
from safety.motors.interlock import Wish
from safety.motors.link import Link, Port, SlowPortError
from safety.motors.session import Pending
from safety.types import BaseCommand

logger = logging.getLogger(__name__)

READ_S = 0.004
WRITE_S = 0.1
"""The longest that a write may take, with the time that a busy computer keeps this thread waiting; pyserial counts that too."""

BACKLOG_BYTES = 128
"""Six frames.  More that have not left the port is a delay of 11 ms at 115200 baud."""

IDLE_S = 0.02  # between two looks while there is no port
RECOVER_S = 1.0
CLOSE_S = 1.0


class SerialPort:
    """A serial port as :class:`safety.motors.link.Port`."""

    def __init__(self, path: str, baud: int) -> None:
        """Open it for this process alone, and throw away what had come in before.

        :raises OSError: it cannot be opened
        """
        try:
            self._serial = serial.Serial(path, baud, timeout=READ_S, write_timeout=WRITE_S, exclusive=True)
        except ValueError as error:  # a baud rate that the system does not know
            raise OSError(str(error)) from error

    def read(self) -> bytes:
        return bytes(self._serial.read(self._serial.in_waiting or 1))

    def write(self, data: bytes) -> None:
        if self._serial.out_waiting > BACKLOG_BYTES:
            raise SlowPortError(f"{self._serial.out_waiting} bytes wait in the port")
        try:
            self._serial.write(data)
        except serial.SerialTimeoutException as error:
            raise SlowPortError(f"a frame did not leave within {WRITE_S * 1000:.0f} ms") from error

    def close(self, discard: bool) -> None:
        try:
            if discard:
                self._serial.reset_output_buffer()
        except (OSError, termios.error) as error:  # it has gone already
            logger.debug("%s: %s", self._serial.port, error)
        finally:
            self._serial.close()


class SerialBase:
    """A :class:`safety.motors.driver.MotorDriver`.  The thread starts with the first command and ends with ``close``."""

    def __init__(
        self,
        config: BaseConfig,
        open_port: Callable[[], Port] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        path = port_of(config.driver)
        self._clock = clock
        self._link = Link(config, path, open_port or (lambda: SerialPort(path, config.baud)), lambda: time.time_ns() // 1000)
        self._lock = threading.Lock()
        self._pending: Pending | None = None
        self._report = self._link.report(clock())
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    # ---------------------------------------------------------------- for the gate's thread

    def send(self, command: BaseCommand, age_s: float) -> None:
        """Replace the command; the thread sends it within a few milliseconds, if at all."""
        velocity = command.velocity
        wish = Wish(velocity.linear_mps, velocity.angular_radps, command.enabled)
        with self._lock:
            self._pending = Pending(wish, self._clock() - age_s)
        self.connect()

    def connect(self) -> None:
        """Start the thread, if it does not run.  Without a command it only listens: the motors stay off."""
        if self._thread is None:
            self._ending = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._ending,), name="motors", daemon=True)
            self._thread.start()

    def report(self) -> Report:
        """The newest report, which the thread made at ``at_s``."""
        with self._lock:
            return self._report

    def close(self) -> None:
        """Stop the motors and end the thread; waits for it a second at most, since a port may hang."""
        thread, self._thread = self._thread, None
        with self._lock:
            self._pending = None
        self._ending.set()
        if thread is not None:
            thread.join(CLOSE_S)

    # ---------------------------------------------------------------- the thread

    def _run(self, ending: threading.Event) -> None:
        while not ending.is_set():
            try:
                self._turn()
            except Exception as error:  # a defect of this driver: the base must not be without one, and nobody else would notice
                logger.exception("motor driver")
                self._link.fail(f"internal error: {type(error).__name__}: {error}", self._clock())
                self._tell()
                ending.wait(RECOVER_S)
            if not self._link.connected:
                ending.wait(IDLE_S)
        self._link.close(self._clock())
        self._tell()

    def _turn(self) -> None:
        with self._lock:
            pending = self._pending
        self._link.turn(pending, self._clock)
        if self._link.voids_commands:
            self._forget(pending)
        self._tell()

    def _forget(self, pending: Pending | None) -> None:
        """A command that was there while nobody could obey it is never sent; a newer one has to come."""
        with self._lock:
            if self._pending is pending:
                self._pending = None

    def _tell(self) -> None:
        report = self._link.report(self._clock())
        with self._lock:
            self._report = report
