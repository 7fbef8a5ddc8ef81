"""Controller, wheels and a faulty line in one: what hangs on the other end of the cable, stepped by whoever has the time."""

from __future__ import annotations

from sim.microcontroller import Microcontroller, Plant, Settings
from sim.serial_line import Faults, Line
from sim.wheels import Wheels

TURN_S = 0.001
"""A firmware's main loop runs a thousand times a second."""


class BaseController:
    """State: the microcontroller, which a reset replaces, and what is under way on the line."""

    def __init__(self, plant: Plant | None = None, settings: Settings | None = None, seed: int = 1) -> None:
        self.faults = Faults()
        self.wheels = Wheels() if plant is None else None
        self._plant: Plant = plant or self.wheels or Wheels()
        self._settings = settings
        self._to_controller = Line(self.faults, seed, from_controller=False)
        self._to_host = Line(self.faults, seed + 1)
        self._turned_s: float | None = None
        self._frozen_s: float | None = None
        self._booted_s = 0.0
        self.chip = Microcontroller(self._plant, settings)
        self.reset_asked = False  # from another thread: resets the chip once, at its next turn

    def restart(self) -> None:
        """Reset the chip, as a brown-out does."""
        pressed, faults = self.chip.e_stop_pressed, self.chip.faults
        self.chip = Microcontroller(self._plant, self._settings, self.chip.boot + 1)
        self.chip.e_stop_pressed, self.chip.faults = pressed, faults
        self._booted_s = self._turned_s or 0.0

    def turn(self, data: bytes, now_s: float) -> bytes:
        """Everything up to ``now_s``: ``data`` has just been written by the host; returns what it can read."""
        if self._turned_s is None:
            self._turned_s = self._booted_s = now_s
        if self.faults.unplugged:
            self._to_controller.clear()
            self._to_host.clear()
        else:
            self._to_controller.put(data, now_s)
        while self._turned_s + TURN_S <= now_s + 1e-9:
            self._turned_s += TURN_S
            self._loop(self._turned_s)
        return b"" if self.faults.unplugged else self._to_host.get(now_s)

    def _loop(self, now_s: float) -> None:
        if self.wheels is not None:
            self.wheels.step(TURN_S)
        if self.reset_asked:
            self.reset_asked = False
            self.restart()
        if self.faults.frozen:
            self._hang(now_s)
            return
        self._frozen_s = None
        out = self.chip.step(self._to_controller.get(now_s), round((now_s - self._booted_s) * 1000))
        if not self.faults.unplugged:
            self._to_host.put(out, now_s)

    def _hang(self, now_s: float) -> None:
        """A program that hangs leaves the motors as they are; the chip's hardware watchdog resets it, and they are off.

        Whatever hung the program hangs it again at once, until the knob is turned back.
        """
        if self._frozen_s is None:
            self._frozen_s = now_s
        if now_s - self._frozen_s >= self.faults.hardware_watchdog_s:
            self._frozen_s = now_s
            self.restart()
