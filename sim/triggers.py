"""When a step of a scenario is due."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sim.expectations import StepTimes
from sim.rule import contains
from sim.scene import Scene
from sim.steps import When

Condition = Callable[[When, Scene], bool]

# Happenings: true in the tick in which they are reported, and remembered from then on.
_HAPPENINGS: dict[str, Condition] = {
    "robot_said": lambda when, scene: any(contains(state.text, when.robot_said) for state in scene.finished),
    "verdict": lambda when, scene: when.verdict is not None and any(when.verdict.matches(judged) for judged in scene.verdicts),
    "action": lambda when, scene: when.action is not None and any(when.action.matches(status) for status in scene.statuses),
}


def _near(when: When, scene: Scene) -> bool:
    near = when.robot_near
    return near is not None and scene.truth is not None and scene.truth.distance_m(near.person) <= near.within_m


def _held(when: When, scene: Scene) -> bool:
    held = when.held
    return held is not None and scene.truth is not None and scene.truth.holders.get(held.object) == held.by


# States: must be true now.
_STATES: dict[str, Condition] = {
    "safety": lambda when, scene: scene.safety is not None and scene.safety.mode == when.safety,
    "robot_near": _near,
    "robot_in": lambda when, scene: scene.room() == when.robot_in,
    "held": _held,
    "robot_moving": lambda when, scene: when.robot_moving is not None and 0 < scene.moving_for_s() >= when.robot_moving.for_s,
    "robot_still": lambda when, scene: when.robot_still is not None and 0 < scene.still_for_s() >= when.robot_still.for_s,
}


@dataclass
class Trigger:
    """Waits for one step's conditions.

    ``times`` maps step names, and "" for the start of the scenario, to their times.
    """

    when: When
    _happenings: set[str] = field(init=False)
    _states: set[str] = field(init=False)
    _happened: set[str] = field(default_factory=set)
    _due_s: float = math.nan

    def __post_init__(self) -> None:
        given = self.when.model_fields_set
        self._happenings, self._states = given & _HAPPENINGS.keys(), given & _STATES.keys()

    def is_due(self, scene: Scene, times: Mapping[str, StepTimes]) -> bool:
        """Whether the step happens now; to be asked in every tick, since it remembers what has happened."""
        before = times[self.when.after]
        if not math.isnan(before.begun_s):
            self._happened |= {name for name in self._happenings if _HAPPENINGS[name](self.when, scene)}
        if math.isnan(self._due_s) and self._holds(scene, times):
            # Counted from the end of the step before, not from the tick that noticed it.
            alone = not self._happenings and not self._states and "at_s" not in self.when.model_fields_set
            self._due_s = (before.over_s if alone else scene.now_s) + self.when.delay_s
        return scene.now_s >= self._due_s - 1e-6

    def _holds(self, scene: Scene, times: Mapping[str, StepTimes]) -> bool:
        return (
            not math.isnan(times[self.when.after].over_s)
            and scene.now_s >= times[""].begun_s + (self.when.at_s or 0.0) - 1e-6
            and self._happenings <= self._happened
            and all(_STATES[name](self.when, scene) for name in self._states)
        )
