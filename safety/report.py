"""When the gate says what state it is in, and what it writes down of its own motion."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from safety.caps import Cap
from safety.types import SafetyMode, SafetyState, Stopped

STATE_EVERY_S = 0.2
SUMMARY_EVERY_S = 1.0
CHANGE_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step came to."""

    mode: SafetyMode
    stops: tuple[str, ...]  # why nothing moves at all
    caps: tuple[Cap, ...] = ()  # why it is slower than wanted
    linear_mps: float = 0.0
    angular_radps: float = 0.0
    idle_reason: str = ""  # why a proposed velocity was not looked at

    @property
    def key(self) -> tuple[object, ...]:
        """Changes when the kind of outcome changes, not with every number."""
        moving = self.linear_mps != 0.0 or self.angular_radps != 0.0
        return (self.mode, len(self.stops), tuple([cap.key for cap in self.caps]), moving, self.idle_reason)

    @property
    def causes(self) -> tuple[str, ...]:
        """In words, most restrictive first."""
        idle = (self.idle_reason,) if self.idle_reason else ()
        return (*self.stops, *idle, *(cap.text for cap in self.caps))


class Reporter:
    """State: what was said last."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Say everything again."""
        self._said: tuple[object, ...] | None = None
        self._said_s = self._noted_s = -math.inf
        self._noted: tuple[object, ...] | None = None
        self._mode: SafetyMode | None = None

    def state_due(self, outcome: Outcome, now_s: float) -> bool:
        """Whether the state is to be published now: at 5 Hz, and at once when its mode or its stops change."""
        key = (outcome.mode, len(outcome.stops), outcome.idle_reason, tuple([cap.key for cap in outcome.caps]))
        if key == self._said and now_s - self._said_s < STATE_EVERY_S - 1e-9:
            return False
        self._said, self._said_s = key, now_s
        return True

    def note(
        self, outcome: Outcome, proposed: Any, ages_s: Callable[[float], Mapping[str, float]], now_s: float
    ) -> tuple[str, dict[str, Any]] | None:
        """A record of mode or motion: when the mode changes, when the kind of motion does, and once a second while moving."""
        if outcome.mode != self._mode:
            self._mode, kind = outcome.mode, "mode"
        elif outcome.key != self._noted and now_s - self._noted_s >= CHANGE_EVERY_S:
            kind = "motion"
        elif now_s - self._noted_s >= SUMMARY_EVERY_S and (outcome.linear_mps or outcome.angular_radps):
            kind = "summary"
        else:
            return None
        self._noted, self._noted_s = outcome.key, now_s
        return kind, {
            "mode": outcome.mode,
            "causes": outcome.causes,
            "proposed": proposed,
            "linear_mps": outcome.linear_mps,
            "angular_radps": outcome.angular_radps,
            "ages_s": ages_s(now_s),
        }


def state_message(outcome: Outcome, cap_mps: float, person_m: float, obstacle_m: float, now_s: float) -> SafetyState:
    """The outcome as the message that everybody gets."""
    return SafetyState(
        stamp_s=now_s,
        mode=outcome.mode.value,
        causes=outcome.causes,
        max_speed_mps=cap_mps,
        nearest_person_m=person_m,
        nearest_obstacle_m=obstacle_m,
        linear_mps=outcome.linear_mps,
        angular_radps=outcome.angular_radps,
    )


def announced(state: SafetyState, *, ended: bool = False) -> list[tuple[str, Any]]:
    """The state with its mirror for tools that know only a Bool: to them, a gate that has ended is a stop as well."""
    stopped = ended or state.mode not in (SafetyMode.RUNNING, SafetyMode.PROTECTIVE_STOP)
    return [("safety/stopped", Stopped(state.stamp_s, stopped)), ("safety/state", state)]
