"""Each condition of a step holds when it should, and not before."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from safety.files import parse
from sim.expectations import StepTimes
from sim.steps import When
from sim.triggers import Trigger

if TYPE_CHECKING:
    from tests.sim.conftest import SceneStage

START = {"": StepTimes(0.0, 0.0), "asks": StepTimes(1.0, 2.0)}


def when(**content: Any) -> Trigger:
    return Trigger(parse(content, When, "test"))


def due_at(stage: SceneStage, trigger: Trigger, times: dict[str, StepTimes] = START, limit_s: float = 10.0) -> float:
    """When the trigger fires; nan when it does not."""
    while stage.now_s < limit_s:
        stage.tick()
        if trigger.is_due(stage.scene, times):
            return stage.scene.now_s
    return math.nan


def test_at_a_time(stage: SceneStage) -> None:
    assert due_at(stage, when(at_s=3.0)) == 3.0


def test_after_the_end_of_a_step_with_a_delay(stage: SceneStage) -> None:
    assert due_at(stage, when(after="asks", delay_s=0.5)) == 2.5


def test_not_before_the_step_is_over(stage: SceneStage) -> None:
    assert math.isnan(due_at(stage, when(after="asks"), {"": StepTimes(0, 0), "asks": StepTimes(1.0, math.nan)}))


Event = Callable[["SceneStage"], None]

EVENTS: list[tuple[dict[str, Any], Event, Event]] = [
    ({"robot_said": "sharp"}, lambda s: s.robot_says("It is SHARP."), lambda s: s.robot_says("It is sharp.", ["started", "cancelled"])),
    (
        {"action": {"skill": "fetch", "phase": "succeeded"}},
        lambda s: s.reports("fetch", "succeeded"),
        lambda s: s.reports("fetch", "failed"),
    ),
]


@pytest.mark.parametrize(("content", "happens", "not_quite"), EVENTS)
def test_happenings(stage: SceneStage, content: dict[str, Any], happens: Event, not_quite: Event) -> None:
    trigger = when(after="asks", **content)
    stage.now_s = 2.5
    not_quite(stage)
    assert math.isnan(due_at(stage, trigger, limit_s=4.0))
    happens(stage)
    assert due_at(stage, trigger) == 4.0


def test_verdict(stage: SceneStage) -> None:
    trigger = when(verdict={"skill": "fetch", "verdict": ["deny", "stop"], "argument": "knife"})
    stage.proposes("fetch", "knife", "leo")
    stage.judges("allow")
    assert math.isnan(due_at(stage, trigger, limit_s=1.0))
    stage.judges("deny")
    assert due_at(stage, trigger) == 1.0


def test_what_happened_before_the_step_began_does_not_count(stage: SceneStage) -> None:
    trigger = when(after="asks", robot_said="sharp")
    stage.robot_says("sharp")
    pending = {"": StepTimes(0, 0), "asks": StepTimes()}
    assert math.isnan(due_at(stage, trigger, pending, limit_s=0.5))
    assert math.isnan(due_at(stage, trigger, START, limit_s=5.0))


def test_what_happened_during_the_step_counts_once_it_is_over(stage: SceneStage) -> None:
    trigger = when(after="asks", robot_said="sharp")
    stage.now_s = 1.5
    stage.robot_says("sharp")
    during = {"": StepTimes(0, 0), "asks": StepTimes(1.0, math.nan)}
    assert math.isnan(due_at(stage, trigger, during, limit_s=2.0))
    assert due_at(stage, trigger, START) == 2.0


def test_robot_near(stage: SceneStage) -> None:
    stage.drive_mps = -0.5
    fired_s = due_at(stage, when(robot_near={"person": "rose", "within_m": 1.0}))
    assert stage.scene.truth is not None and stage.scene.truth.distance_m("rose") == pytest.approx(1.0, abs=0.03)
    assert fired_s == pytest.approx(2.0, abs=0.1)


def test_robot_in_a_room(stage: SceneStage) -> None:
    stage.drive_mps = 1.0
    assert due_at(stage, when(robot_in="hall")) == pytest.approx(1.8, abs=0.1)


def test_held(stage: SceneStage) -> None:
    trigger = when(held={"object": "red_cup", "by": "anna"})
    stage.holders = {"red_cup": "robot"}
    assert math.isnan(due_at(stage, trigger, limit_s=1.0))
    stage.holders = {"red_cup": "anna"}
    assert due_at(stage, trigger) == 1.0


def test_safety_mode(stage: SceneStage) -> None:
    trigger = when(safety="protective_stop")
    assert math.isnan(due_at(stage, trigger, limit_s=1.0))
    stage.mode = "protective_stop"
    assert due_at(stage, trigger) == 1.0


def test_moving_and_still_for_a_time(stage: SceneStage) -> None:
    moving, still = when(robot_moving={"for_s": 1.0}), when(robot_still={"for_s": 2.0})
    stage.drive_mps = 0.3
    assert due_at(stage, moving) == pytest.approx(1.1, abs=0.11)
    stage.drive_mps = 0.0
    stopped_s = stage.now_s
    assert due_at(stage, still) == pytest.approx(stopped_s + 2.0, abs=0.11)


def test_all_conditions_together(stage: SceneStage) -> None:
    trigger = when(after="asks", at_s=3.0, robot_said="yes", safety="running", delay_s=0.5)
    stage.now_s, stage.mode = 2.5, "starting"
    stage.robot_says("yes")
    assert math.isnan(due_at(stage, trigger, limit_s=4.0))
    stage.mode = "running"
    assert due_at(stage, trigger) == pytest.approx(4.5)
