"""When the motors may be switched on, and when a velocity may be sent: the driver's own part of "no motion by surprise".

After every connection and every emergency stop the gate has to ask for standstill before motion counts, as a crane's
stick has to be in neutral before it is live (IEC 60204-1: no unexpected start).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from safety.motors.messages import ClearEStop, Disable, Enable, State


@dataclass(frozen=True, slots=True)
class Wish:
    """What the gate wants of the base."""

    linear_mps: float
    angular_radps: float
    enabled: bool  # False while a stop is latched

    @property
    def still(self) -> bool:
        return self.linear_mps == 0.0 and self.angular_radps == 0.0


STOP = Wish(0.0, 0.0, False)


class Interlock:
    """State: the controller's flags, whether the gate has asked for standstill since, whether it knows of the stop."""

    def __init__(self) -> None:
        self._state = State(0)
        self._neutral = False  # standstill was asked for since the motors were last off
        self._acknowledged = True  # the gate has latched since the emergency stop became active
        self._wish = STOP
        self.e_stops = 0

    @property
    def complaint(self) -> str:
        """Why a velocity that the gate allows does not reach the wheels; it has to ask for standstill first."""
        if self._wish.still or self.may_drive(self._wish):
            return ""
        return "the motors are off, and go on only after the gate has asked for standstill"

    def see(self, state: State) -> None:
        """News of the controller."""
        stopped = state & (State.E_STOP_LATCHED | State.E_STOP_PRESSED)
        if stopped and not self._state & (State.E_STOP_LATCHED | State.E_STOP_PRESSED):
            self.e_stops += 1
            self._acknowledged = self._neutral = False
        if not state & State.ENABLED and self._state & State.ENABLED:
            self._neutral = False
        self._state = state

    def hear(self, wish: Wish) -> None:
        """News of the gate."""
        self._wish = wish
        if not wish.enabled:
            self._acknowledged, self._neutral = True, False
        elif wish.still:
            self._neutral = True

    def may_drive(self, wish: Wish) -> bool:
        """Whether this velocity may be sent."""
        finite = math.isfinite(wish.linear_mps) and math.isfinite(wish.angular_radps)
        return bool(finite and wish.enabled and self._neutral and self._state & State.ENABLED)

    def request(self, wish: Wish | None, faults: bool) -> ClearEStop | Enable | Disable | None:
        """What the controller has to be asked for; ``wish`` is None while the gate says nothing fresh."""
        enabled = bool(self._state & State.ENABLED)
        if wish is None or not wish.enabled:
            return Disable() if enabled else None
        if enabled or self._state & State.E_STOP_PRESSED or not self._acknowledged:
            return None
        if self._state & State.E_STOP_LATCHED:
            return ClearEStop()
        return Enable() if wish.still and self._neutral and not faults else None
