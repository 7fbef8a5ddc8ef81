"""When the gate says its state and when it writes its motion down: limits of time to the tick, and nothing said twice."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from safety.caps import Cap
from safety.report import Outcome, Reporter, announced, state_message
from safety.types import SafetyMode
from tests.safety.rig import Rig, person

RESTING = Outcome(SafetyMode.RUNNING, ())
DRIVING = replace(RESTING, linear_mps=0.3)
TURNING = replace(RESTING, angular_radps=0.3)
CHILD = Cap("child", "child at 1.5 m", 0.3)
STOPPED = Outcome(SafetyMode.EMERGENCY_STOP, ("word: stop",))


def noted(reporter: Reporter, outcome: Outcome, now_s: float) -> str:
    """The kind of the record that is made, "" for none."""
    note = reporter.note(outcome, "a proposal", lambda at_s: {"scan": at_s}, now_s)
    return note[0] if note else ""


# ---------------------------------------------------------------- what is said


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (RESTING, False),
        (DRIVING, False),
        (replace(RESTING, mode=SafetyMode.PROTECTIVE_STOP), True),
        (replace(RESTING, stops=("no scan",)), True),
        (replace(RESTING, caps=(CHILD,)), True),
        (replace(RESTING, idle_reason="not approved"), True),
    ],
)
def test_what_is_new_is_said_at_once(later: Outcome, said: bool) -> None:
    reporter = Reporter()
    assert reporter.state_due(RESTING, 1.0)
    assert reporter.state_due(later, 1.02) is said
    assert not reporter.state_due(later, 1.04), "once"


def test_what_is_not_new_is_said_five_times_a_second() -> None:
    reporter = Reporter()
    told = [tick for tick in range(101) if reporter.state_due(RESTING, tick * 0.02)]
    assert told == list(range(0, 101, 10))
    reporter.reset()
    assert reporter.state_due(RESTING, 2.02), "after a reset it is new"


# ---------------------------------------------------------------- what is written down


@pytest.mark.parametrize(("moving", "kinds"), [(DRIVING, ["summary"] * 2), (TURNING, ["summary"] * 2), (RESTING, [])])
def test_motion_is_noted_once_a_second_and_rest_is_not(moving: Outcome, kinds: list[str]) -> None:
    reporter = Reporter()
    assert noted(reporter, moving, 8.0) == "mode"
    told = [(tick, kind) for tick in range(1, 17) if (kind := noted(reporter, moving, 8.0 + tick / 8))]
    assert told == [(tick, kind) for tick, kind in zip((8, 16), kinds, strict=False)]


@pytest.mark.parametrize(
    ("before", "after"), [(RESTING, DRIVING), (RESTING, TURNING), (DRIVING, RESTING), (DRIVING, replace(DRIVING, caps=(CHILD,)))]
)
def test_another_kind_of_motion_is_noted_no_more_than_ten_times_a_second(before: Outcome, after: Outcome) -> None:
    reporter = Reporter()
    assert noted(reporter, before, 0.0) == "mode"
    assert noted(reporter, after, 0.05) == ""
    assert noted(reporter, after, 0.1) == "motion"
    assert noted(reporter, before, 0.15) == "", "flickering fills no disk"
    assert noted(reporter, after, 0.3) == "", "it is the same kind"
    assert noted(reporter, before, 0.9) == "motion"


def test_another_speed_is_no_other_kind_of_motion() -> None:
    reporter = Reporter()
    noted(reporter, DRIVING, 0.0)
    assert noted(reporter, replace(DRIVING, linear_mps=0.6, angular_radps=0.2), 0.5) == ""


def test_another_mode_is_noted_at_once_with_what_led_to_it() -> None:
    reporter = Reporter()
    assert noted(reporter, DRIVING, 0.0) == "mode"
    slow = replace(STOPPED, caps=(CHILD,), idle_reason="nobody drives", linear_mps=0.1, angular_radps=0.2)
    assert reporter.note(slow, "a proposal", lambda at_s: {"scan": at_s}, 0.02) == (
        "mode",
        {
            "mode": SafetyMode.EMERGENCY_STOP,
            "causes": ("word: stop", "nobody drives", "child at 1.5 m"),
            "proposed": "a proposal",
            "linear_mps": 0.1,
            "angular_radps": 0.2,
            "ages_s": {"scan": 0.02},
        },
    )


@pytest.mark.parametrize("mode", SafetyMode)
def test_the_mirror_is_true_in_every_mode_that_is_no_normal_one(mode: SafetyMode) -> None:
    state = state_message(Outcome(mode, ()), 0.0, math.nan, math.nan, 1.0)
    normal = mode in (SafetyMode.RUNNING, SafetyMode.PROTECTIVE_STOP)
    assert dict(announced(state))["safety/stopped"].stopped is not normal
    assert dict(announced(state, ended=True))["safety/stopped"].stopped is True


# ---------------------------------------------------------------- in the gate


def states(rig: Rig) -> list[Any]:
    return [message for _, topic, message in rig.seen if topic == "safety/state"]


def test_the_record_tells_mode_and_motion() -> None:
    rig = Rig().ready()
    rig.drive(0.4, ticks=130)
    rig.stop()
    told = [(record["kind"], record["data"]["mode"]) for record in rig.records() if record["kind"] in ("mode", "motion", "summary")]
    assert told == [("mode", "running"), ("motion", "running"), *[("summary", "running")] * 2, ("mode", "emergency_stop")]
    summary = rig.records("summary")[-1]["data"]
    assert summary["linear_mps"] == pytest.approx(0.4) and summary["proposed"]["linear_mps"] == 0.4
    assert rig.records("mode")[-1]["data"]["causes"][0] == "word: stop"


def test_the_state_tells_the_speed_of_a_base_that_moves_and_what_caps_one_that_rests() -> None:
    rig = Rig().ready()
    assert (states(rig)[-1].max_speed_mps, states(rig)[-1].linear_mps, states(rig)[-1].angular_radps) == (0.8, 0.0, 0.0)
    rig.drive(0.4, 0.2, ticks=80)
    state = states(rig)[-1]
    assert (state.linear_mps, state.angular_radps, state.max_speed_mps) == (pytest.approx(0.4), pytest.approx(0.2), 0.8)
    rig.people = [person("anna", "adult", 30.0), person("leo", "child", 10.0)]
    rig.silent = {"scan"}
    rig.drive(0.4, ticks=30)
    state = states(rig)[-1]
    assert (state.mode, state.max_speed_mps, state.linear_mps) == ("protective_stop", 0.0, 0.0)
    assert 5.0 < state.nearest_person_m < 10.0, "the nearest of them"


def test_a_state_without_any_scan_claims_no_obstacle() -> None:
    rig = Rig()
    rig.silent = {"scan"}
    rig.tick()
    assert math.isnan(states(rig)[-1].nearest_obstacle_m)


def test_after_a_reset_the_state_is_said_again() -> None:
    rig = Rig().ready()
    count = len(states(rig))
    rig.gate.reset()
    rig.tick()
    assert len(states(rig)) == count + 1
