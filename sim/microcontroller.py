"""The reference firmware of docs/motor_protocol.md as a program: what a base controller does, millisecond by millisecond.

Pure: bytes and the time on its own clock in, bytes and a velocity for the wheels out.  The pty that makes a serial port of
it is in :mod:`sim.serial_port`, the wheels are in :mod:`sim.wheels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from safety.motors.messages import (
    Battery,
    ClearEStop,
    Disable,
    Drive,
    Enable,
    Heartbeat,
    Hello,
    Identity,
    Message,
    Reason,
    Refused,
    State,
    Telemetry,
)
from safety.motors.protocol import Frame, Reader, VersionError, ahead, encode
from sim.dead_reckoning import DeadReckoning

FIRMWARE = (1, 0, 0)
LIFE_MAX_MS = 250
"""A velocity that claims to be in force for longer comes from a host that has lost its time."""

SESSIONS_OF_A_BOOT = 256
"""A power-on that has more uses numbers of the next one."""

TELEMETRY_MS, ANNOUNCE_MS, BATTERY_MS = 20, 500, 1000
STILL_MPS = 0.02


class Plant(Protocol):
    """The wheels, as the firmware sees them."""

    def drive(self, linear_mps: float, angular_radps: float, powered: bool) -> None:
        """The goal from now on; without power the brakes hold."""
        ...

    def ticks(self) -> tuple[int, int]:
        """Encoder counts of the left and right wheel."""
        ...

    def speed(self) -> tuple[float, float]:
        """Measured forward [m/s] and angular [rad/s] velocity."""
        ...


@dataclass(frozen=True)
class Settings:
    """What a builder of a base sets in the firmware."""

    watchdog_ms: int = 150
    max_linear_mmps: int = 1200
    max_angular_mradps: int = 4000
    ticks_per_m: int = 8149  # 4096 ticks a turn of a wheel of 0.16 m
    track_mm: int = 340


class Microcontroller:
    """State: everything that a reset loses.  ``boot`` alone is kept in flash, so a reset is a new object with the next number."""

    def __init__(self, plant: Plant, settings: Settings | None = None, boot: int = 1, uptime_ms: int = 0) -> None:
        self._plant, self._settings, self.boot = plant, settings or Settings(), boot
        self.uptime_ms = uptime_ms
        self.e_stop_pressed = False  # the input; set from outside
        self.faults = 0  # likewise
        self.battery = Battery(25_200, 800, 870, 0)
        self._reader = Reader()
        self._out = b""
        self._session = self._nonce = self._sequence = self._accepted = self._greeted = 0
        self._latched = self._enabled = self._watchdog = False
        self._heard_ms = uptime_ms
        self._goal: Drive | None = None
        self._expired = False
        self._pose = DeadReckoning(plant.ticks(), self._settings.ticks_per_m, self._settings.track_mm / 1000.0)
        self._next_ms = {"telemetry": uptime_ms, "announce": uptime_ms, "battery": uptime_ms}
        plant.drive(0.0, 0.0, powered=False)

    # ---------------------------------------------------------------- one turn of the main loop

    def step(self, data: bytes, uptime_ms: int) -> bytes:
        """Take in what the serial line brought, and return what it shall carry away."""
        self.uptime_ms, self._out = uptime_ms, b""
        self._pose.take(self._plant.ticks())
        self._obey(data)
        self._supervise()
        self._steer()
        self._tell()
        return self._out

    def _obey(self, data: bytes) -> None:
        try:
            frames = self._reader.feed(data)
        except VersionError:  # of a host of the future: it will see our version in the announcements
            return
        for frame in frames:
            if isinstance(frame.message, Hello):
                self._greet(frame, frame.message)
            elif frame.session != self._session or not self._session or ahead(frame.sequence, self._accepted) <= 0:
                self._refuse(frame, Reason.OUT_OF_ORDER)
            else:
                self._accepted, self._heard_ms = frame.sequence, self.uptime_ms
                self._act(frame)

    def _greet(self, frame: Frame, hello: Hello) -> None:
        """A new session, unless it is the running one's own greeting that came twice.

        Its number comes from here and was never used before (but for 65,536 sessions ago), so whatever was recorded of an
        older one is void, even if it is played back from its Hello on.
        """
        if not self._session or hello.nonce != self._nonce:
            self._greeted += 1
            self._session = (self.boot * SESSIONS_OF_A_BOOT + self._greeted) % 0xFFFF + 1
            self._nonce, self._sequence, self._accepted = hello.nonce, 0, frame.sequence
            self._enabled, self._goal, self._watchdog, self._expired = False, None, False, False
            self._next_ms["telemetry"] = self.uptime_ms
        elif ahead(frame.sequence, self._accepted) > 0:
            self._accepted = frame.sequence
        self._heard_ms = self.uptime_ms
        self._send(self._identity(hello.nonce))

    def _act(self, frame: Frame) -> None:
        match frame.message:
            case Drive() as drive:
                self._take_velocity(frame, drive)
            case Enable():
                self._enable(frame)
            case Disable():
                self._enabled, self._goal = False, None
            case ClearEStop():
                if self.e_stop_pressed:
                    self._refuse(frame, Reason.E_STOP)
                else:
                    self._latched = False
            case Heartbeat():
                pass

    def _take_velocity(self, frame: Frame, drive: Drive) -> None:
        if not self._enabled:
            self._refuse(frame, Reason.NOT_ENABLED)
        elif not 0 < ahead(drive.until_ms, self.uptime_ms) <= LIFE_MAX_MS:
            self._refuse(frame, Reason.OUT_OF_DATE)
        else:
            self._goal, self._expired = drive, False

    def _enable(self, frame: Frame) -> None:
        if self._latched or self.e_stop_pressed:
            self._refuse(frame, Reason.E_STOP)
        elif self.faults:
            self._refuse(frame, Reason.FAULT)
        elif abs(self._plant.speed()[0]) > STILL_MPS:
            self._refuse(frame, Reason.MOVING)
        else:
            self._enabled, self._watchdog = True, False

    # ---------------------------------------------------------------- what stops it, whatever the host says

    def _supervise(self) -> None:
        if self.e_stop_pressed:
            self._latched = True
        if self._session and self.uptime_ms - self._heard_ms > self._settings.watchdog_ms:
            self._watchdog = self._watchdog or self._enabled
            self._enabled = False
        if self._latched or self.faults:
            self._enabled = False
        if not self._enabled:
            self._goal = None
        if self._goal is not None and ahead(self._goal.until_ms, self.uptime_ms) <= 0:
            self._goal, self._expired = None, True

    def _steer(self) -> None:
        goal, settings = self._goal, self._settings
        linear = _clip(goal.linear_mmps, settings.max_linear_mmps) if goal else 0
        angular = _clip(goal.angular_mradps, settings.max_angular_mradps) if goal else 0
        self._plant.drive(linear / 1000.0, angular / 1000.0, powered=self._enabled)

    # ---------------------------------------------------------------- what it says

    def _tell(self) -> None:
        if not self._session:
            if self._due("announce", ANNOUNCE_MS):
                self._send(self._identity(0))
            return
        if self._due("telemetry", TELEMETRY_MS):
            self._send(self._telemetry())
        if self._due("battery", BATTERY_MS):
            self._send(self.battery)

    def _due(self, what: str, every_ms: int) -> bool:
        if self.uptime_ms < self._next_ms[what]:
            return False
        self._next_ms[what] = max(self._next_ms[what] + every_ms, self.uptime_ms + 1)
        return True

    def _telemetry(self) -> Telemetry:
        left, right = self._plant.ticks()
        linear_mps, angular_radps = self._plant.speed()
        return Telemetry(
            self.uptime_ms % 2**32, self.boot, self._accepted, _i32(left), _i32(right),
            round(self._pose.x_m * 1000), round(self._pose.y_m * 1000), round(self._pose.yaw_rad * 1e6),
            round(linear_mps * 1000), round(angular_radps * 1000), int(self._state()), self.faults, self._reader.damaged % 2**16,
        )  # fmt: skip

    def _state(self) -> State:
        flags = {
            State.ENABLED: self._enabled, State.E_STOP_PRESSED: self.e_stop_pressed, State.E_STOP_LATCHED: self._latched,
            State.WATCHDOG: self._watchdog, State.EXPIRED: self._expired,
        }  # fmt: skip
        return State(sum(flag for flag, on in flags.items() if on))

    def _identity(self, nonce: int) -> Identity:
        s = self._settings
        return Identity(nonce, self.boot, *FIRMWARE, s.watchdog_ms, s.max_linear_mmps, s.max_angular_mradps, s.ticks_per_m, s.track_mm)

    def _refuse(self, frame: Frame, reason: Reason) -> None:
        self._send(Refused(frame.sequence, reason))

    def _send(self, message: Message) -> None:
        self._sequence += 1
        self._out += encode(Frame(self._session, self._sequence, message))


def _clip(value: int, most: int) -> int:
    return min(max(value, -most), most)


def _i32(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31
