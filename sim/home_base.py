"""The base of the simulated home behind a serial port: an emulated controller whose wheels are those of the physics.

It lives in simulated time, as everything in the home, so that a slow computer makes it slow and not late.
"""

from __future__ import annotations

from pathlib import Path

from safety.files import FileError
from safety.motors.config import port_of
from sim.base_controller import BaseController
from sim.serial_port import PtyPort


class HomeWheels:
    """Between controller and physics."""

    def __init__(self) -> None:
        self.goal = (0.0, 0.0)
        self.measured_ticks = (0, 0)
        self.measured_speed = (0.0, 0.0)

    def drive(self, linear_mps: float, angular_radps: float, powered: bool) -> None:
        """The goal from now on; without power the brakes hold."""
        self.goal = (linear_mps, angular_radps) if powered else (0.0, 0.0)

    def ticks(self) -> tuple[int, int]:
        """Encoder counts."""
        return self.measured_ticks

    def speed(self) -> tuple[float, float]:
        """Forward and angular velocity."""
        return self.measured_speed


class HomeBase:
    """The controller and its port, from the first step until ``close``."""

    def __init__(self, driver: str) -> None:
        self._path = Path(port_of(driver))
        self.wheels = HomeWheels()
        self._controller = BaseController(self.wheels)
        self._port: PtyPort | None = None

    def step(self, now_s: float) -> tuple[float, float]:
        """Let the controller work until ``now_s``; returns the velocity that its wheels shall have.

        :raises FileError: the port cannot be made
        """
        if self._port is None:
            self._port = self._plugged_in()
        out = self._controller.turn(self._port.read(), now_s)
        self._port.write(out)
        return self.wheels.goal

    def close(self) -> None:
        """Power off."""
        if self._port is not None:
            self._port.close()
            self._port, self._controller = None, BaseController(self.wheels)

    def _plugged_in(self) -> PtyPort:
        try:
            return PtyPort(self._path)
        except OSError as error:
            raise FileError(f"base_driver: {self._path}: {error.strerror}") from error
