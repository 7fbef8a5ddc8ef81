"""What must be true of a run, and the judges that watch for it and say with numbers whether it was."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import Field, model_validator

from sim import rules
from sim.references import Model, exactly_one
from sim.rule import Always, Once, Sighting
from sim.scene import Scene


class Expectation(Model):
    """One named rule."""

    name: str = Field(min_length=1)
    # These must come true.
    said: rules.Said | None = None
    heard: rules.Heard | None = None
    verdict: rules.Verdict | None = None
    action: rules.Action | None = None
    safety_mode: rules.SafetyIs | None = None
    object_at: rules.ObjectAt | None = None
    reaches: rules.RobotReaches | None = None
    robot_stopped: rules.RobotStopped | None = None
    robot_moves: rules.RobotMoves | None = None
    # These must never be broken.
    never_said: rules.NeverSaid | None = None
    never_verdict: rules.NeverVerdict | None = None
    never_action: rules.NeverAction | None = None
    never_held: rules.NeverHeld | None = None
    never: rules.Never | None = None
    max_speed: rules.MaxSpeed | None = None
    stays_stopped: rules.StaysStopped | None = None
    stays_latched: rules.StaysLatched | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> Expectation:
        return exactly_one(self, [name for name in type(self).model_fields if name != "name"])

    @cached_property
    def rule(self) -> Once | Always:
        """The one rule that is given."""
        name = next(name for name in type(self).model_fields if name != "name" and name in self.model_fields_set)
        rule: Once | Always = getattr(self, name)
        return rule


@dataclass(frozen=True)
class StepTimes:
    """When a step began, and when it was over; nan for "not yet"."""

    begun_s: float = math.nan
    over_s: float = math.nan


@dataclass(frozen=True)
class Outcome:
    passed: bool
    detail: str


@dataclass
class Judge:
    """Watches one expectation; ``outcome`` is there once it is decided.

    ``times`` everywhere maps step names, and "" for the start of the scenario, to their times.
    """

    expectation: Expectation
    outcome: Outcome | None = None
    _reported: Sighting = field(default_factory=lambda: Sighting(False, "", weight=-math.inf))

    def look(self, scene: Scene, times: Mapping[str, StepTimes]) -> None:
        """Take in one tick."""
        if self.outcome is not None:
            return
        rule = self.expectation.rule
        if not math.isnan(times[rule.after].begun_s):
            if isinstance(rule, Once):
                self._look_once(rule, scene, times[rule.after])
            else:
                self._look_always(rule, scene, times)

    def close(self, scene: Scene, times: Mapping[str, StepTimes]) -> None:
        """Decide what is still open: the scenario is over."""
        rule = self.expectation.rule
        if self.outcome is not None:
            return
        if not scene.now_s >= self._opens_s(times):
            self.outcome = Outcome(False, f"'{rule.after}' never happened")
        elif isinstance(rule, Once):
            self.outcome = Outcome(False, self._but("did not happen"))
        else:
            self.outcome = Outcome(True, self._reported.text or "never broken")

    def _look_once(self, rule: Once, scene: Scene, times: StepTimes) -> None:
        seen = rule.look(scene)
        self._note(seen)
        at_s = scene.now_s if math.isnan(seen.at_s) else max(seen.at_s, times.begun_s)
        deadline_s = math.inf if rule.within_s is None or math.isnan(times.over_s) else times.over_s + rule.within_s
        if seen.hit and at_s <= deadline_s + 1e-6:
            self.outcome = Outcome(True, f"{seen.text}, {_when(at_s, rule.after, times)}")
        elif scene.now_s > deadline_s:
            late = f"; {seen.text}, {_when(at_s, rule.after, times)}" if seen.hit else ""
            self.outcome = Outcome(False, self._but(f"not within {rule.within_s:g} s") + late)

    def _look_always(self, rule: Always, scene: Scene, times: Mapping[str, StepTimes]) -> None:
        opens_s = self._opens_s(times)
        if not scene.now_s >= opens_s:
            return
        closed = rule.for_s is not None and scene.now_s > opens_s + rule.for_s
        if closed or (rule.until and not math.isnan(times[rule.until].begun_s)):
            self.outcome = Outcome(True, self._reported.text or "never broken")
            return
        seen = rule.look(scene)
        self._note(seen)
        if seen.hit:
            at_s = scene.now_s if math.isnan(seen.at_s) else seen.at_s
            self.outcome = Outcome(False, f"{seen.text}, {_when(at_s, rule.after, times[rule.after])}")

    def _opens_s(self, times: Mapping[str, StepTimes]) -> float:
        rule = self.expectation.rule
        settle_s = rule.settle_s if isinstance(rule, Always) else None
        return times[rule.after].begun_s if settle_s is None else times[rule.after].over_s + settle_s

    def _note(self, seen: Sighting) -> None:
        if seen.text and seen.weight >= self._reported.weight:
            self._reported = seen

    def _but(self, what: str) -> str:
        return f"{what}; last: {self._reported.text}" if self._reported.text else f"{what}; nothing of it was seen"


def _when(at_s: float, after: str, times: StepTimes) -> str:
    """A time in words, relative to the end of a step.

    >>> _when(12.5, "asks", StepTimes(10.0, 12.0)), _when(11.5, "asks", StepTimes(10.0, 12.0)), _when(3.0, "", StepTimes(1.0, 1.0))
    ("0.50 s after 'asks'", "0.50 s before the end of 'asks'", '2.00 s after the start')
    """
    if math.isnan(times.over_s):
        return f"during '{after}'"
    since_s = at_s - times.over_s
    if not after:
        return f"{since_s:.2f} s after the start"
    return f"{since_s:.2f} s after '{after}'" if since_s >= 0 else f"{-since_s:.2f} s before the end of '{after}'"
