"""What a driver of a base has to be, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from safety.types import BaseCommand


@dataclass(frozen=True, slots=True)
class Measured:
    """What the base has measured of itself; times are on the driver's steady clock."""

    at_s: float
    x_m: float = 0.0  # odom frame (REP-105)
    y_m: float = 0.0
    yaw_rad: float = 0.0
    linear_mps: float = 0.0
    angular_radps: float = 0.0


@dataclass(frozen=True, slots=True)
class Charge:
    at_s: float
    voltage_v: float
    current_a: float
    ratio: float  # 0 … 1, nan unknown
    charging: bool


@dataclass(frozen=True, slots=True)
class Report:
    """State of a driver.  Without a ``problem`` commands reach the motors and the base's answers are fresh."""

    at_s: float
    problem: str = "not connected yet"  # one line for people, "" when all is well
    sessions: int = 0  # counts connections: when it changes, what was commanded before is void
    enabled: bool = False
    e_stop_pressed: bool | None = None  # None: the controller does not tell
    e_stops: int = 0  # counts how often the base's own emergency stop has become active
    measured: Measured | None = None
    charge: Charge | None = None
    details: tuple[tuple[str, str], ...] = ()  # name and value, for diagnostics


class MotorDriver(Protocol):
    """Drives one base.  No method waits for the hardware."""

    def send(self, command: BaseCommand, age_s: float) -> None:
        """Take the newest command, which the gate made ``age_s`` ago; it replaces the one before, sent or not."""
        ...

    def report(self) -> Report:
        """The state now."""
        ...

    def close(self) -> None:
        """Stop the base, disable the motors and let go of the port; a later ``send`` begins anew."""
        ...
