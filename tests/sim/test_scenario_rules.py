"""Every rule passes when it is kept and fails when it is broken, and says with numbers what it saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from safety.files import parse
from sim.expectations import Expectation, Judge, Outcome, StepTimes

if TYPE_CHECKING:
    from tests.sim.conftest import SceneStage

Play = Callable[["SceneStage"], None]

TIMES = {"": StepTimes(0.0, 0.0), "asks": StepTimes(1.0, 2.0), "later": StepTimes(6.0, 6.0)}


def judge(stage: SceneStage, rule: dict[str, Any], play: Play, until_s: float = 5.0) -> Outcome:
    """Play from 1.5 s, when 'asks' is under way, and decide at the end what is still open."""
    watching = Judge(parse({"name": "it", **rule}, Expectation, "test"))
    stage.now_s = 0.5
    stage.tick(20)
    play(stage)
    while stage.now_s <= until_s:
        stage.tick()
        begun = {name: times if stage.scene.now_s >= times.begun_s else StepTimes() for name, times in TIMES.items()}
        watching.look(stage.scene, begun)
    watching.close(stage.scene, TIMES)
    assert watching.outcome is not None
    return watching.outcome


def nothing(stage: SceneStage) -> None:
    """The robot stands there."""


def fetch(verdict: str, thing: str = "knife") -> Play:
    def play(stage: SceneStage) -> None:
        stage.proposes("fetch", thing, "leo")
        stage.judges(verdict, reason="sharp-to-child")

    return play


def drive(mps: float) -> Play:
    def play(stage: SceneStage) -> None:
        stage.drive_mps = mps
        stage.tick(5)  # long enough for the speed to be measured

    return play


def place(x: float, y: float) -> Play:
    def play(stage: SceneStage) -> None:
        stage.robot = (x, y, 0.0)

    return play


def give(thing: str, holder: str) -> Play:
    return lambda stage: stage.holders.update({thing: holder})


def put(thing: str, *at: float) -> Play:
    return lambda stage: stage.objects.update({thing: (at[0], at[1], at[2])})


def set_mode(mode: str) -> Play:
    def play(stage: SceneStage) -> None:
        stage.mode = mode

    return play


CASES: list[tuple[dict[str, Any], Play, str, Play, str]] = [
    # rule, what keeps it, what is then said, what breaks it, what is then said
    ({"said": {"contains": "sharp", "after": "asks", "within_s": 1}},
     lambda s: s.robot_says("It is sharp."), 'said "It is sharp.", 0.50 s before the end of \'asks\'',
     lambda s: s.robot_says("It is blunt."), 'not within 1 s; last: said "It is blunt."'),
    ({"said": {"contains": ["sharp", "pointed"], "after": "asks", "within_s": 1}},
     lambda s: s.robot_says("It is pointed."), "pointed", nothing, "nothing of it was seen"),
    ({"never_said": {"contains": "stop"}},
     lambda s: s.robot_says("I stand."), "never broken", lambda s: s.robot_says("I STOP."), 'said "I STOP."'),
    ({"heard": {"intent": "fetch", "contains": "cup", "speaker": "anna", "after": "asks", "within_s": 1}},
     lambda s: s.hears("bring me the cup", "fetch", "anna"), 'anna say "bring me the cup"',
     lambda s: s.hears("bring me the cup", "fetch", "leo"), "heard leo say"),
    ({"heard": {"intent": "fetch", "after": "asks", "within_s": 1}},
     lambda s: s.hears("bring it", "fetch", ""), "bring it", lambda s: s.hears("", "", ""), "not understood"),
    ({"verdict": {"skill": "fetch", "verdict": "deny", "argument": "knife", "after": "asks", "within_s": 1}},
     fetch("deny"), "fetch(knife, leo) deny: sharp-to-child", fetch("allow"), "fetch(knife, leo) allow"),
    ({"verdict": {"skill": "fetch", "verdict": ["allow", "limit"], "argument": "knife", "after": "asks", "within_s": 1}},
     fetch("limit"), "limit", fetch("limit", "spoon"), "fetch(spoon, leo) limit"),
    ({"never_verdict": {"skill": "fetch", "verdict": "allow"}},
     fetch("deny"), "never broken", fetch("allow"), "fetch(knife, leo) allow"),
    ({"action": {"skill": "go_to", "phase": "succeeded", "after": "asks", "within_s": 1}},
     lambda s: s.reports("go_to", "succeeded"), "go_to succeeded",
     lambda s: s.reports("go_to", "failed", "blocked"), "go_to failed: blocked"),
    ({"never_action": {"skill": "fetch"}},
     lambda s: s.reports("fetch", "refused"), "never broken", lambda s: s.reports("fetch", "running"), "fetch running"),
    ({"safety_mode": {"mode": "rearm_required", "after": "asks", "within_s": 1}},
     set_mode("rearm_required"), "rearm_required", set_mode("protective_stop"), "last: protective_stop"),
    ({"safety_mode": {"mode": ["emergency_stop", "rearm_required"], "after": "asks", "within_s": 1}},
     set_mode("emergency_stop"), "emergency_stop", nothing, "last: running"),
    ({"object_at": {"object": "red_cup", "held_by": "anna", "after": "asks"}},
     give("red_cup", "anna"), "red_cup in the hands of anna",
     give("red_cup", "robot"), "did not happen; last: red_cup in the hands of robot"),
    ({"object_at": {"object": "red_cup", "on": "kitchen table"}},
     put("red_cup", 2.1, 5.7, 0.8), "red_cup on kitchen table", put("red_cup", 4.0, 3.0, 0.05), "red_cup in living room"),
    ({"object_at": {"object": "red_cup", "room": "hall"}},
     put("red_cup", 8.0, 2.0, 0.05), "red_cup in hall", nothing, "red_cup on kitchen table"),
    ({"never_held": {"object": "knife", "by": ["robot", "leo"]}},
     give("knife", "anna"), "knife in the hands of anna", give("knife", "robot"), "knife in the hands of robot"),
    ({"reaches": {"room": "hall", "after": "asks", "within_s": 2}},
     place(8.0, 2.0), "in hall, still for 1.0 s", drive(0.9), "in hall, at 0.90 m/s"),
    ({"reaches": {"room": "hall", "still_s": 0, "after": "asks", "within_s": 2.5}},
     drive(0.9), "in hall", drive(0.1), "in living room"),
    ({"reaches": {"person": "rose", "between_m": [0.9, 1.5], "after": "asks", "within_s": 2}},
     place(3.2, 3.0), "1.20 m from rose", place(2.8, 3.0), "0.80 m from rose"),
    ({"robot_stopped": {"after": "asks", "within_s": 0.5}}, nothing, "standing still", drive(0.3), "not within 0.5 s; last: 0.30 m/s"),
    ({"robot_moves": {"after": "asks", "within_s": 2}}, drive(0.3), "0.30 m/s", nothing, "0.00 m/s"),
    ({"stays_stopped": {"after": "asks"}}, nothing, "0.000 m/s", drive(0.03), "0.030 m/s"),
    ({"stays_latched": {"after": "asks"}}, set_mode("rearm_required"), "rearm_required", set_mode("protective_stop"), "protective_stop"),
    ({"never": {"nearer_than_m": 0.6, "to": "rose"}}, drive(-0.3), "to rose", drive(-0.9), "nearest 0.5"),
    ({"never": {"nearer_than_m": 0.6, "to": "anybody"}}, drive(-0.2), "to rose", drive(-0.9), "to rose"),
    ({"never": {"nearer_than_m": 0.6, "to": "rose", "moving": False}},
     place(3.0, 3.0), "nearest 1.00 m to rose", place(2.3, 3.0), "0.30 m"),
    ({"max_speed": {"mps": 0.35}}, drive(0.3), "fastest 0.30 m/s", drive(0.4), "fastest 0.40 m/s"),
    ({"max_speed": {"mps": 0.35, "near": "rose", "within_m": 1.5}},
     drive(0.9), "never broken", drive(-0.9), "0.90 m/s within 1.5 m of rose"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "kept", "seen", "broken", "seen_instead"), CASES, ids=lambda value: next(iter(value)) if isinstance(value, dict) else ""
)
def test_rule(stage: SceneStage, rule: dict[str, Any], kept: Play, seen: str, broken: Play, seen_instead: str) -> None:
    passed = judge(stage, rule, kept)
    assert passed.passed, passed.detail
    assert seen in passed.detail
    other = type(stage)(consumer=lambda inbox, now_s: other.scene.take(inbox, now_s))
    failed = judge(other, rule, broken)
    assert not failed.passed, failed.detail
    assert seen_instead in failed.detail


def test_every_rule_of_the_format_is_tested() -> None:
    assert {next(iter(rule)) for rule, *_ in CASES} == set(Expectation.model_fields) - {"name"}


def at(second: float, event: Play) -> Play:
    """An event at a time; the play goes on from there."""

    def play(stage: SceneStage) -> None:
        stage.run(second - stage.now_s)
        event(stage)

    return play


def test_too_late_is_failed_with_the_time(stage: SceneStage) -> None:
    outcome = judge(stage, {"said": {"contains": "yes", "after": "asks", "within_s": 1}}, at(3.5, lambda s: s.robot_says("yes")))
    assert not outcome.passed


def test_before_the_step_does_not_count(stage: SceneStage) -> None:
    stage.robot_says("yes")
    assert not judge(stage, {"said": {"contains": "yes", "after": "later", "within_s": 1}}, nothing, until_s=8.0).passed


@pytest.mark.parametrize(("second", "passed"), [(3.0, False), (6.5, True)])
def test_a_rule_ends_with_a_step(stage: SceneStage, second: float, passed: bool) -> None:
    rule = {"never_said": {"contains": "go", "after": "asks", "until": "later"}}
    assert judge(stage, rule, at(second, lambda s: s.robot_says("go")), until_s=8.0).passed is passed


@pytest.mark.parametrize(("second", "passed"), [(2.5, False), (4.5, True)])
def test_a_rule_ends_with_a_time(stage: SceneStage, second: float, passed: bool) -> None:
    rule = {"never_said": {"contains": "go", "after": "asks", "for_s": 2}}
    assert judge(stage, rule, at(second, lambda s: s.robot_says("go"))).passed is passed


def test_settling_is_allowed_for_a_second_after_the_step(stage: SceneStage) -> None:
    def brake(stage: SceneStage) -> None:
        stage.drive_mps = 0.5
        stage.run(2.5 - stage.now_s)
        stage.drive_mps = 0.0

    assert judge(stage, {"stays_stopped": {"after": "asks"}}, brake).passed


@pytest.mark.parametrize("rule", [{"said": {"contains": "x", "after": "later"}}, {"never_said": {"contains": "x", "after": "later"}}])
def test_nothing_is_passed_that_waits_for_a_step_that_never_came(stage: SceneStage, rule: dict[str, Any]) -> None:
    watching = Judge(parse({"name": "it", **rule}, Expectation, "test"))
    times = {"": StepTimes(0, 0), "later": StepTimes()}
    for _ in range(20):
        stage.tick()
        watching.look(stage.scene, times)
    watching.close(stage.scene, times)
    assert watching.outcome == Outcome(False, "'later' never happened")
