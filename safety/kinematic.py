"""The kinematic stage: what becomes of one velocity proposal, 50 times a second, last before the motors.

Speed rises no faster than the limits of acceleration and jerk and falls as fast as a cap asks (``safety/ramp.py``).  Caps
scale speed and turn rate together, so that the base stays on the arc that was checked.  A protective stop begins when
nothing is left of the speed, and ends by itself when the way has been free, with some room to spare, for a while: it does
not flicker.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from safety.caps import Cap, Caps, Permit, Surroundings
from safety.config import GateConfig
from safety.flight import Flight
from safety.latency import Latency
from safety.ramp import Ramp

STANDSTILL_MPS = 0.02
TURNING_RADPS = 0.1
MAX_TICK_S = 0.05
"""A longer pause between two steps does not allow a larger jump in speed."""

FIRST_TICK_S = 0.02


@dataclass(frozen=True, slots=True)
class Motion:
    """The answer to one proposal."""

    linear_mps: float = 0.0
    angular_radps: float = 0.0
    caps: tuple[Cap, ...] = ()  # the ones that took effect, most restrictive first
    blocked: bool = False  # a protective stop holds the base
    cap_mps: float = math.inf  # the speed that was allowed in the proposed direction


@dataclass(slots=True)
class _Hold:
    """A protective stop: the command that was blocked, and since when its way is free again."""

    linear: float
    angular: float
    caps: tuple[Cap, ...]
    asked_s: float
    free_since_s: float = math.nan


class Kinematic:
    """State: what was emitted last, and the protective stop."""

    def __init__(self, config: GateConfig, caps: Caps) -> None:
        self._config = config
        self._caps = caps
        self._drive = Ramp(config.acceleration_mps2, config.jerk_mps3)
        self._turn = Ramp(config.turn_acceleration_radps2, config.turn_jerk_radps3)
        self.latency = Latency(config.drive_latency_s, config.drive_latency_most_s)
        self.flight = Flight()
        self.halt()

    def halt(self) -> None:
        """Stand still at once, and forget a protective stop."""
        self._drive.halt()
        self._turn.halt()
        self.latency.halt()
        self._stepped_s = math.nan
        self._hold: _Hold | None = None

    def step(self, proposed: tuple[float, float] | None, permit: Permit, around: Surroundings, now_s: float) -> Motion:
        """The motion for this tick.  ``proposed`` is (m/s, rad/s), or None when no approved command is fresh."""
        self._begin(now_s)
        around = self._measured(around, now_s)
        wanted = self._within_machine(proposed)
        if self._hold is not None and self._still_held(wanted, permit, around, now_s):
            return self._emit(0.0, 0.0, self._hold.caps, blocked=True, cap_mps=0.0)
        if wanted == (0.0, 0.0):
            return self._emit(0.0, 0.0, (), blocked=False, cap_mps=math.inf)
        linear = self._drive.towards(wanted[0], self._dt_s)
        share = linear / wanted[0] if wanted[0] != 0.0 else 1.0  # a base that is still too slow turns as much less
        angular = self._turn.towards(wanted[1] * share, self._dt_s)
        turning = self._turn.towards(wanted[1], self._dt_s)
        return self._capped((linear, angular), turning, wanted, permit, around, now_s)

    def allowed_ahead(self, permit: Permit, around: Surroundings) -> tuple[float, tuple[Cap, ...]]:
        """The cap on driving straight on, and what causes it: for the state message of a base that stands."""
        caps = self._caps.of(self._config.max_speed_mps, 0.0, self._measured(around, self._stepped_s), permit)
        return min([cap.speed_mps for cap in caps]), _effective(caps, self._config.max_speed_mps, 0.0)

    def _begin(self, now_s: float) -> None:
        passed_s = now_s - self._stepped_s
        self._dt_s = min(max(passed_s, 0.0), MAX_TICK_S) if math.isfinite(passed_s) else FIRST_TICK_S
        self._stepped_s = now_s

    def _measured(self, around: Surroundings, now_s: float) -> Surroundings:
        """With what is known of the drive by now: its latency, and what it has been told and not done yet."""
        followed_mps = math.copysign(around.linear_mps, around.linear_mps * self._drive.value)
        self.latency.observed(max(0.0, followed_mps), around.odom_s)
        self.flight.latency_s = self.latency.seconds
        return around if around.flight is self.flight else replace(around, flight=self.flight, now_s=now_s)

    def _capped(
        self, next_: tuple[float, float], turning: float, wanted: tuple[float, float], permit: Permit, around: Surroundings, now_s: float
    ) -> Motion:
        """``next_`` is what the acceleration limits leave of ``wanted``; ``turning`` what they leave of it in place."""
        caps = self._caps.of(*next_, around, permit)
        effective = _effective(caps, *wanted)
        speed_mps = min([cap.speed_mps for cap in caps])
        if wanted[0] != 0.0 and speed_mps < STANDSTILL_MPS:
            person = any(cap.by_person and cap.speed_mps < STANDSTILL_MPS for cap in caps)
            if person or abs(wanted[1]) < TURNING_RADPS:
                self._hold = _Hold(*wanted, effective, now_s)
                return self._emit(0.0, 0.0, effective, blocked=True, cap_mps=speed_mps)
            next_ = 0.0, turning  # a thing is ahead: turning in place towards free space remains
            caps = self._caps.of(*next_, around, permit)
        turn_radps = min([cap.turn_radps for cap in caps])
        scale = min(1.0, _ratio(speed_mps, next_[0]), _ratio(turn_radps, next_[1]))
        return self._emit(next_[0] * scale, next_[1] * scale, effective, blocked=False, cap_mps=speed_mps)

    def _still_held(self, wanted: tuple[float, float], permit: Permit, around: Surroundings, now_s: float) -> bool:
        hold = self._hold
        assert hold is not None
        if wanted != (0.0, 0.0):
            if wanted[0] * hold.linear <= 0.0:  # turning in place, or away from what blocks: judged on its own
                self._hold = None
                return False
            hold.linear, hold.angular, hold.asked_s = *wanted, now_s
        elif now_s - hold.asked_s > 1.0:
            self._hold = None  # nobody wants to go there any more
            return False
        caps = self._caps.of(hold.linear, hold.angular, around, permit, release=True)
        if min([cap.speed_mps for cap in caps]) < 2 * STANDSTILL_MPS:
            hold.caps, hold.free_since_s = _effective(caps, hold.linear, hold.angular), math.nan
        elif math.isnan(hold.free_since_s):
            hold.free_since_s = now_s
        if now_s - hold.free_since_s >= self._config.release_hold_s:
            self._hold = None
            return False
        return True

    def _within_machine(self, proposed: tuple[float, float] | None) -> tuple[float, float]:
        if proposed is None or not (math.isfinite(proposed[0]) and math.isfinite(proposed[1])):
            return 0.0, 0.0
        c = self._config
        linear = min(max(proposed[0], -c.max_reverse_mps), c.max_speed_mps)
        angular = min(max(proposed[1], -c.max_turn_radps), c.max_turn_radps)
        return (linear if abs(linear) >= STANDSTILL_MPS / 4 else 0.0), angular

    def _emit(self, linear: float, angular: float, caps: tuple[Cap, ...], *, blocked: bool, cap_mps: float) -> Motion:
        linear, angular = linear + 0.0, angular + 0.0  # no negative zeros
        self._drive.took(linear, self._dt_s)
        self._turn.took(angular, self._dt_s)
        self.latency.commanded(abs(linear), self._stepped_s)
        self.flight.sent(linear, angular, self._stepped_s, self._dt_s)
        return Motion(linear, angular, caps, blocked, cap_mps)


def _ratio(limit: float, value: float) -> float:
    return max(limit, 0.0) / abs(value) if value != 0.0 else math.inf


def _effective(caps: list[Cap], linear: float, angular: float) -> tuple[Cap, ...]:
    """The caps below what was wanted, the tightest of each kind, most restrictive first."""
    biting = [cap for cap in caps if cap.speed_mps < abs(linear) or cap.turn_radps < abs(angular)]
    tightest: dict[str, Cap] = {}
    for cap in sorted(biting, key=lambda cap: (cap.speed_mps, cap.turn_radps)):
        tightest.setdefault(cap.key, cap)
    return tuple(tightest.values())
