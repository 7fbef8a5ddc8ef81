"""The way to the controller: opens the port, talks, and begins anew after every failure.  No thread and no clock of its own.

Whatever breaks, the answer is the same: forget the command, let go of the port with everything that waits in it, say why in
one line, and greet the controller again after a pause.  Until then the controller's own watchdog has stopped the wheels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from safety.motors.config import BaseConfig
from safety.motors.driver import Charge, Measured, Report
from safety.motors.messages import State, in_words
from safety.motors.odometer import Odometer
from safety.motors.session import Pending, Session
from safety.motors.supervision import LinkError

GOOD_RUN_S = 5.0
"""A link that held for so long starts its pauses anew."""


class Port(Protocol):
    """A byte stream to the controller.  Every method raises OSError when the port is gone."""

    def read(self) -> bytes:
        """What has come in; waits a few milliseconds when there is nothing."""
        ...

    def write(self, data: bytes) -> None:
        """Hand bytes on, whole.

        :raises SlowPortError: the port does not take them
        """
        ...

    def close(self, discard: bool) -> None:
        """Let go of it; ``discard`` throws away what was written and has not left yet."""
        ...


class SlowPortError(OSError):
    """Bytes wait in the port that should long have left it."""


@dataclass
class _Counters:
    """For diagnostics, since the start of the process."""

    sessions: int = 0
    failures: int = 0
    e_stops: int = 0
    last_problem: str = ""
    pause_s: float = 0.0


class Link:
    """State: the port, the session on it, when to try again, the pose."""

    def __init__(self, config: BaseConfig, name: str, open_port: Callable[[], Port], nonce: Callable[[], int]) -> None:
        self._config, self._name = config, name
        self._open, self._nonce = open_port, nonce
        self._odometer = Odometer()
        self._count = _Counters()
        self._port: Port | None = None
        self._session: Session | None = None
        self._retry_s = 0.0
        self._problem = "not connected yet"
        self._measured: Measured | None = None
        self._charge: Charge | None = None

    @property
    def connected(self) -> bool:
        return self._port is not None

    @property
    def voids_commands(self) -> bool:
        """No session is running: whatever was commanded before it runs counts for nothing."""
        return self._session is None or not self._session.running

    def turn(self, pending: Pending | None, now: Callable[[], float]) -> None:
        """Read, think, write, once.  Never raises for what happens on the line."""
        try:
            if self._port is None:
                self._connect(now())
            if self._port is not None and self._session is not None:
                self._talk(self._port, self._session, pending, now)
        except SlowPortError as error:
            self.fail(f"slow: {error}", now())
        except LinkError as error:
            self.fail(str(error), now())
        except OSError as error:
            self.fail(f"unplugged: {_plain(error)}", now())

    def close(self, now_s: float) -> None:
        """Say good-bye, which stops the motors, and let go of the port."""
        port, session = self._port, self._session
        if port is not None and session is not None:
            try:
                port.write(session.farewell(now_s))
            except OSError as error:  # the controller's watchdog stops them as well
                self._count.last_problem = f"good-bye not said: {_plain(error)}"
        self._drop("closed", discard=False)

    def report(self, now_s: float) -> Report:
        """What is known now."""
        session = self._session
        state = State(session.telemetry.state) if session and session.telemetry else State(0)
        return Report(
            at_s=now_s,
            problem=f"{self._name}: {self._problem}" if self._problem else "",
            sessions=self._count.sessions,
            enabled=bool(state & State.ENABLED),
            e_stop_pressed=bool(state & State.E_STOP_PRESSED) if session and session.telemetry else None,
            e_stops=self._count.e_stops + (session.e_stops if session else 0),
            measured=self._measured,
            charge=self._charge,
            details=self._details(state),
        )

    # ---------------------------------------------------------------- inside

    def _connect(self, now_s: float) -> None:
        if now_s < self._retry_s:
            return
        try:
            self._port = self._open()
        except OSError as error:
            self.fail(f"cannot be opened: {_plain(error)}", now_s)
            return
        self._session = Session(self._config, self._nonce() & 0xFFFF_FFFF, self._odometer, now_s)

    def _talk(self, port: Port, session: Session, pending: Pending | None, now: Callable[[], float]) -> None:
        was_running = session.running
        data = port.read()
        now_s = now()
        session.take(data, now_s)
        if session.running and not was_running:
            self._count.sessions += 1
        port_bytes = session.due(pending, now_s)
        if port_bytes:
            port.write(port_bytes)
        if session.running or not self._count.last_problem:
            self._problem = session.problem
        self._note(session)

    def _note(self, session: Session) -> None:
        telemetry, odometer = session.telemetry, self._odometer
        if telemetry is not None:
            self._measured = Measured(
                session.telemetry_s, *odometer.pose, telemetry.linear_mmps / 1000.0, telemetry.angular_mradps / 1000.0
            )
        self._charge = session.charge or self._charge

    def fail(self, why: str, now_s: float) -> None:
        """Pauses double with each failure, so that a dead port costs nothing and a loose plug is found at once."""
        if self._session is not None and now_s - self._session.begun_s >= GOOD_RUN_S:
            self._count.pause_s = 0.0
        self._count.failures += 1
        self._count.last_problem = why
        self._count.pause_s = min(max(2 * self._count.pause_s, self._config.retry_s), self._config.retry_max_s)
        self._retry_s = now_s + self._count.pause_s
        self._drop(why, discard=True)

    def _drop(self, why: str, discard: bool) -> None:
        if self._session is not None:
            self._count.e_stops += self._session.e_stops
        port, self._port, self._session = self._port, None, None
        self._problem = why
        if port is not None:
            port.close(discard)

    def _details(self, state: State) -> tuple[tuple[str, str], ...]:
        session, count = self._session, self._count
        identity = session.identity if session else None
        telemetry = session.telemetry if session else None
        found = [("port", self._name), ("sessions", str(count.sessions)), ("failures", str(count.failures))]
        found.append(("last_problem", count.last_problem))
        if session and identity:
            found.append(("firmware", f"{identity.major}.{identity.minor}.{identity.patch}, power-on {identity.boot}"))
            found.append(("watchdog_ms", str(identity.watchdog_ms)))
            found.append(("round_trip_ms", f"{session.round_trip_s * 1000:.1f}"))
            found.append(("last_refusal", session.refused))
        if telemetry:
            found.append(("state", in_words(state, State) or "off"))
            found.append(("frames_damaged_at_controller", str(telemetry.damaged)))
        return tuple(found)


def _plain(error: OSError) -> str:
    """One line; pyserial puts the whole story into its text."""
    return (error.strerror or str(error)).splitlines()[0][:120] if str(error) else type(error).__name__
