"""What host and base controller say to each other.  Layout: little-endian, in the order of the fields."""

from __future__ import annotations

import struct
from dataclasses import astuple, dataclass
from enum import IntEnum, IntFlag


class State(IntFlag):
    """What the controller is doing: ``Telemetry.state``."""

    ENABLED = 1  # the motors obey
    E_STOP_PRESSED = 2  # its emergency-stop input is open now
    E_STOP_LATCHED = 4  # … or was since the last ClearEStop; the motors are off until then
    WATCHDOG = 8  # the host was silent for longer than the watchdog; it has to enable anew
    EXPIRED = 16  # the last velocity was in force until its time was up


class Fault(IntFlag):
    """What is broken: ``Telemetry.faults``.  Any of them switches the motors off."""

    OVER_CURRENT = 1
    OVER_TEMPERATURE = 2
    UNDER_VOLTAGE = 4
    OVER_VOLTAGE = 8
    ENCODER_LEFT = 16
    ENCODER_RIGHT = 32
    MOTOR_DRIVER = 64
    E_STOP_WIRING = 128  # the two channels of the emergency stop disagree


class Reason(IntEnum):
    """Why the controller did not do what a frame asked for."""

    NOT_ENABLED = 1
    E_STOP = 2
    FAULT = 3
    MOVING = 4  # it enables only wheels that stand
    OUT_OF_DATE = 5  # the velocity came after its time, or is in force for too long
    OUT_OF_ORDER = 6  # not newer than the frame before: replayed, reordered, or of another session


# ---------------------------------------------------------------- host → controller


@dataclass(frozen=True, slots=True)
class Hello:
    """Begins a session: stop, disable, forget the session before, answer with Identity.  Its own session is 0."""

    nonce: int  # u32, comes back in Identity


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The host is alive and has nothing to say."""


@dataclass(frozen=True, slots=True)
class Drive:
    """The velocity from now on until ``until_ms``; then brake."""

    linear_mmps: int  # i16
    angular_mradps: int  # i16
    until_ms: int  # u32, on the controller's clock: a frame that lay in a buffer comes too late and is refused


@dataclass(frozen=True, slots=True)
class Enable:
    """Switch the motors on; only at standstill, without a fault and without an emergency stop."""


@dataclass(frozen=True, slots=True)
class Disable:
    """Brake, then switch the motors off (stop category 1 of IEC 60204-1)."""


@dataclass(frozen=True, slots=True)
class ClearEStop:
    """A person has lifted the stop: forget that the input was open, if it is closed now.  Does not enable."""


# ---------------------------------------------------------------- controller → host


@dataclass(frozen=True, slots=True)
class Identity:
    """Answer to Hello, with the number of the new session; also sent unasked, with session 0 and nonce 0, twice a second from
    power-on until the first Hello.
    """

    nonce: int  # u32
    boot: int  # u32, counts power-ons and resets; kept in flash
    major: int  # u8, firmware version
    minor: int  # u8
    patch: int  # u8
    watchdog_ms: int  # u16
    max_linear_mmps: int  # u16
    max_angular_mradps: int  # u16
    ticks_per_m: int  # u32, encoder ticks of a wheel that rolls one metre
    track_mm: int  # u16, between the wheels' contact points


@dataclass(frozen=True, slots=True)
class Telemetry:
    """50 times a second."""

    uptime_ms: int  # u32, the controller's clock; wraps after 49.7 days
    boot: int  # u32, as in Identity
    acknowledged: int  # u32, sequence of the newest frame that it accepted
    left_ticks: int  # i32, since power-on; wraps
    right_ticks: int  # i32
    x_mm: int  # i32, pose by dead reckoning since power-on (REP-105)
    y_mm: int  # i32
    yaw_urad: int  # i32, within half a turn
    linear_mmps: int  # i16, measured
    angular_mradps: int  # i16
    state: int  # u8, State
    faults: int  # u8, Fault
    damaged: int  # u16, frames that came in damaged since power-on; wraps


@dataclass(frozen=True, slots=True)
class Battery:
    """Once a second."""

    voltage_mv: int  # u16
    current_ma: int  # i16, out of the battery; negative while it charges
    charge_permille: int  # u16, 65535: unknown
    charging: int  # u8, 0 or 1


@dataclass(frozen=True, slots=True)
class Refused:
    """The frame with this sequence was understood and not obeyed."""

    sequence: int  # u32
    reason: int  # u8, Reason


Message = Hello | Heartbeat | Drive | Enable | Disable | ClearEStop | Identity | Telemetry | Battery | Refused

LAYOUTS: dict[int, tuple[type[Message], struct.Struct]] = {
    0x01: (Hello, struct.Struct("<I")),
    0x02: (Heartbeat, struct.Struct("<")),
    0x03: (Drive, struct.Struct("<hhI")),
    0x04: (Enable, struct.Struct("<")),
    0x05: (Disable, struct.Struct("<")),
    0x06: (ClearEStop, struct.Struct("<")),
    0x81: (Identity, struct.Struct("<IIBBBHHHIH")),
    0x82: (Telemetry, struct.Struct("<IIIiiiiihhBBH")),
    0x83: (Battery, struct.Struct("<HhHB")),
    0x84: (Refused, struct.Struct("<IB")),
}
"""Type byte → message and layout.  The highest bit tells who speaks."""

CODES = {kind: code for code, (kind, _) in LAYOUTS.items()}


def pack(message: Message) -> tuple[int, bytes]:
    """Type byte and payload.

    :raises ValueError: a number does not fit its field
    """
    code = CODES[type(message)]
    try:
        return code, LAYOUTS[code][1].pack(*astuple(message))
    except struct.error as error:
        raise ValueError(f"{type(message).__name__}: {error}") from error


def unpack(code: int, payload: bytes) -> Message:
    """The message of a payload.

    :raises ValueError: unknown type, or a payload of the wrong length
    """
    if code not in LAYOUTS:
        raise ValueError(f"unknown type 0x{code:02x}")
    kind, layout = LAYOUTS[code]
    if len(payload) != layout.size:
        raise ValueError(f"{kind.__name__} with {len(payload)} bytes instead of {layout.size}")
    return kind(*layout.unpack(payload))


def in_words(flags: int, kind: type[IntFlag]) -> str:
    """Names of the bits that are set.

    >>> in_words(5, Fault)
    'over current, under voltage'
    >>> in_words(0, Fault)
    ''
    """
    return ", ".join((flag.name or "").lower().replace("_", " ") for flag in kind if flags & flag)
