"""The gate as a whole: what comes out of it for what goes in, in virtual time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.approvals import Approvals
from safety.config import GateConfig
from safety.files import FileError
from safety.gate import Gate
from safety.semantic import Judged
from safety.types import (
    EStop,
    GripperState,
    JointPositions,
    People,
    ProposedAction,
    ProposedJoints,
    ProposedVelocity,
    RearmRequest,
    StopRequest,
    Velocity,
    Verdict,
)
from safety.verdicts import decision
from safety.verify import verify
from safety.wanted import Wanted
from tests.safety.profile import examples
from tests.safety.rig import TICK_S, Facts, Rig, person, scan, wall_ahead

# ---------------------------------------------------------------- driving


def test_an_approved_action_drives() -> None:
    rig = Rig().ready()
    assert rig.drive(0.4, ticks=60).linear_mps == pytest.approx(0.4)
    assert rig.mode == "running"


def test_one_velocity_a_step_even_when_nothing_is_proposed() -> None:
    rig = Rig()
    for _ in range(10):
        assert rig.tick() == Velocity(round(rig.now_s - TICK_S, 9), 0.0, 0.0)


def test_nothing_moves_before_every_input_has_come() -> None:
    for topic in GateConfig().required_inputs:
        rig = Rig()
        rig.silent = {topic}
        assert rig.propose("go_to", place="kitchen").rule_ids == ("starting",)
        assert rig.drive(0.4, ticks=20) == Velocity(round(rig.now_s - TICK_S, 9), 0.0, 0.0)
        assert rig.mode == "starting"
        assert rig.state is not None and topic in rig.state.causes[0]


@pytest.mark.parametrize("action_id", ["", "a2", "A1"])
def test_a_velocity_without_an_approved_action_is_zero(action_id: str) -> None:
    rig = Rig().ready()
    assert rig.drive(0.4, 0.3, action_id, ticks=20).linear_mps == 0.0
    assert rig.velocity.angular_radps == 0.0
    assert rig.state is not None and any("not approved" in cause for cause in rig.state.causes)


def test_a_driver_that_falls_silent_in_mid_motion_is_named() -> None:
    rig = Rig().ready()
    rig.drive(0.3, ticks=40)
    for _ in range(30):
        rig.tick()
    assert rig.state is not None
    assert (rig.velocity.linear_mps, rig.mode, rig.state.causes[:1]) == (0.0, "running", ("cmd_vel/proposed for action 'a1' has ceased",))
    rig.drive(0.0)
    for _ in range(30):
        rig.tick()
    assert rig.state.causes == (), "it came to its end"


def test_a_driver_that_fell_silent_is_not_missed_once_its_action_is_over() -> None:
    rig = Rig(approval_s=1.5).ready()
    rig.drive(0.3, ticks=40)
    for _ in range(100):
        rig.tick()
    assert rig.state is not None and rig.state.causes == ()


def test_a_denied_action_moves_nothing() -> None:
    rig = Rig().ready()
    assert rig.propose("go_to", "a2", place="bathroom").verdict == "deny"
    assert rig.drive(0.4, action_id="a2", ticks=20).linear_mps == 0.0


@pytest.mark.parametrize(("skill", "arguments"), [("say", {"text": "hello"})])
def test_a_skill_that_moves_nothing_moves_nothing(skill: str, arguments: dict[str, str]) -> None:
    rig = Rig().ready()
    assert rig.propose(skill, "a2", **arguments).verdict == "allow"
    assert rig.drive(0.4, action_id="a2", ticks=20).linear_mps == 0.0
    assert rig.state is not None and "may not move the base" in rig.state.causes[0]
    rig.move_joints("a2", head_pan=0.5)
    assert "may not move head_pan" in rig.records("joints")[-1]["data"]["refused"]


def test_a_verdicts_limit_holds() -> None:
    rig = Rig().ready()
    rig.people = [person("anna", "adult", 20.0), person("rose", "elderly", 15.0)]
    assert rig.propose("come_here", "a2", person="rose").max_speed_mps == 0.35
    assert rig.drive(0.8, action_id="a2", ticks=80).linear_mps == pytest.approx(0.35)


def test_a_silent_commander_is_a_stop_within_its_age_limit() -> None:
    rig = Rig().ready()
    rig.drive(0.4, ticks=60)
    for _ in range(9):
        rig.tick()
    assert rig.velocity.linear_mps > 0
    rig.tick()
    assert rig.tick().linear_mps == 0.0


@pytest.mark.parametrize(
    "bad",
    [
        ProposedVelocity(1.0, "a1", math.nan, 0.0),
        ProposedVelocity(1.0, "a1", 0.1, math.inf),
        ProposedVelocity(math.nan, "a1", 0.1, 0.0),
        ProposedVelocity(1.0, "a1", "fast", 0.0),  # type: ignore[arg-type]  # as a bad sender might
        None,
        "forward",
    ],
)
def test_a_malformed_velocity_stops(bad: Any) -> None:
    rig = Rig().ready()
    rig.drive(0.4, ticks=60)
    assert rig.tick(cmd_vel__proposed=[bad]).linear_mps == 0.0


def test_a_velocity_from_the_future_or_the_past_counts_for_nothing() -> None:
    rig = Rig().ready()
    assert rig.tick(cmd_vel__proposed=[ProposedVelocity(rig.now_s + 1.0, "a1", 0.4, 0.0)]).linear_mps == 0.0
    rig.drive(0.0)
    assert rig.tick(cmd_vel__proposed=[ProposedVelocity(rig.now_s - 0.1, "a1", 0.4, 0.0)]).linear_mps == 0.0


def test_a_fast_clock_does_not_make_a_velocity_last_longer() -> None:
    config = GateConfig()
    wanted = Wanted(config, Approvals(lambda action, now_s: Judged(decision(Verdict.ALLOW, "test", "")), 10.0))
    wanted.take([ProposedVelocity(1.0 + config.future_tolerance_s / 2, "a1", 0.4, 0.0)], 1.0)
    assert wanted.newest is not None and wanted.newest.stamp_s == 1.0


# ---------------------------------------------------------------- stale inputs


@pytest.mark.parametrize(
    ("topic", "max_age_s", "mode", "speed"),
    [
        ("scan", 0.35, "protective_stop", 0.0),
        ("odom", 0.2, "protective_stop", 0.0),
        ("people", 0.5, "running", 0.2),
        ("pose", 0.5, "running", 0.2),
        ("joint_states", 0.3, "running", 0.1),
    ],
)
def test_a_stale_input_stops_or_slows_and_clears(topic: str, max_age_s: float, mode: str, speed: float) -> None:
    rig = Rig().ready()
    rig.drive(0.6, ticks=60)
    rig.silent = {topic}
    rig.drive(0.6, ticks=int(max_age_s / TICK_S - 0.5))
    assert rig.velocity.linear_mps == pytest.approx(0.6)
    rig.drive(0.6, ticks=12)
    assert rig.velocity.linear_mps == pytest.approx(speed)
    assert rig.mode == mode
    assert rig.state is not None and rig.state.causes
    rig.silent = set()
    assert rig.drive(0.6, ticks=80).linear_mps == pytest.approx(0.6)
    assert rig.mode == "running"


def test_people_unseen_for_longer_make_the_action_slow_and_carrying_a_knife_a_withdrawal() -> None:
    rig = Rig().ready()
    rig.silent = {"people"}
    rig.drive(0.6, ticks=90)
    assert (rig.verdicts[-1].verdict, rig.verdicts[-1].max_speed_mps) == ("limit", 0.2)
    rig.holding = ("knife", "knife")
    rig.drive(0.6, ticks=10)
    assert rig.verdicts[-1].verdict == "deny" and rig.velocity.linear_mps == 0.0


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("scan", None),
        ("scan", scan(math.nan)),
        ("scan", scan(1e6)),
        ("odom", 5),
        ("people", People(0.0, "t", (person("x", "adult", 1.0, velocity=("fast", 0, 0)),))),  # type: ignore[arg-type]
        ("joint_states", JointPositions(0.0, ("lift",), ())),
        ("gripper/state", GripperState(0.0, True, 5, "")),  # type: ignore[arg-type]
        ("world/facts", Facts(0.0, "hall", (5,))),  # type: ignore[arg-type]
    ],
)
def test_a_malformed_input_is_no_input(topic: str, message: Any) -> None:
    rig = Rig()
    box = rig.sensors()
    box[topic] = [message]
    rig.take(rig.gate.step(box, 0.0))
    if topic == "world/facts":
        assert rig.mode == "running"
        assert "world/facts" in rig.gate._context_at(0.0).stale
    else:
        assert rig.mode == "starting"


def test_a_broken_scan_is_a_protective_stop() -> None:
    rig = Rig().ready()
    rig.ranges = np.full(360, np.nan)
    assert rig.drive(0.4, ticks=20).linear_mps == 0.0
    assert rig.mode == "protective_stop"
    assert rig.state is not None and "100% of its rays" in rig.state.causes[0]


def test_a_person_whose_place_is_unknown_may_be_anywhere() -> None:
    rig = Rig().ready()
    rig.people = [*rig.people, person("leo", "child", math.nan)]
    assert rig.drive(0.6, ticks=80).linear_mps == pytest.approx(0.2)


# ---------------------------------------------------------------- people and things in the way


def test_somebody_steps_into_the_way_and_out_again() -> None:
    rig = Rig().ready()
    rig.drive(0.6, ticks=80)
    rig.people = [person("anna", "adult", rig.x_m + 0.7)]
    assert rig.drive(0.6).linear_mps == 0.0
    assert rig.mode == "protective_stop"
    assert rig.state is not None and "adult at 0.7 m in the way" in rig.state.causes[0]
    rig.people = [person("anna", "adult", 20.0)]
    assert rig.drive(0.6, ticks=80).linear_mps > 0.5
    assert rig.mode == "running"


def test_a_thing_in_the_way_stops_and_the_state_tells_how_near_it_is() -> None:
    rig = Rig().ready()
    rig.ranges = wall_ahead(0.25)
    assert rig.drive(0.6, ticks=20).linear_mps == 0.0
    assert rig.mode == "protective_stop"
    assert rig.state is not None and rig.state.nearest_obstacle_m == pytest.approx(0.25)


def test_the_state_comes_at_5_hz_and_at_once_when_it_changes() -> None:
    rig = Rig().ready()
    rig.drive(0.0, ticks=100)
    states = [now_s for now_s, topic, _ in rig.seen if topic == "safety/state"]
    assert 10 <= len([s for s in states if s > 0.1]) <= 11
    stopped_s = rig.now_s
    rig.stop()
    assert rig.seen[-1][1] == "safety/state" and rig.seen[-1][0] == stopped_s


def test_the_state_of_a_resting_base_tells_what_would_cap_it() -> None:
    rig = Rig().ready()
    rig.people = [person("leo", "child", 0.0, 1.5)]
    for _ in range(11):
        rig.tick()
    assert rig.state is not None
    assert rig.state.max_speed_mps == 0.3 and rig.state.causes == ("child at 1.5 m",)
    assert rig.state.nearest_person_m == pytest.approx(1.5)


# ---------------------------------------------------------------- changes of context


def test_a_child_who_comes_near_a_carried_knife_withdraws_the_action() -> None:
    rig = Rig().ready()
    rig.holding = ("kitchen_knife", "knife")
    rig.drive(0.6, ticks=80)
    assert rig.velocity.linear_mps == pytest.approx(0.4)  # sharp-carried
    rig.people = [*rig.people, person("leo", "child", rig.x_m - 0.5)]
    rig.drive(0.6, ticks=6)
    withdrawn = rig.verdicts[-1]
    assert (withdrawn.action_id, withdrawn.verdict) == ("a1", "deny")
    assert "hazard-carried-near-child" in withdrawn.rule_ids and "knife" in withdrawn.say
    assert rig.velocity.linear_mps == 0.0
    assert rig.records("withdrawn")


def test_a_withdrawn_goal_takes_its_step_along() -> None:
    rig = Rig()
    rig.tick()
    assert rig.propose("fetch", "p1", "p1", object="knife", recipient="anna").verdict == "allow"
    assert rig.propose("go_to", "s1", "p1", place="kitchen").verdict == "allow"
    rig.holding = ("knife", "knife")
    rig.people = [*rig.people, person("leo", "child", 0.9)]
    before = len(rig.verdicts)
    rig.drive(0.4, action_id="s1", ticks=8)
    told = rig.verdicts[before:]
    assert {(v.action_id, v.verdict) for v in told} == {("p1", "deny"), ("s1", "deny")}
    assert "knife" in next(v.say for v in told if v.action_id == "p1")
    assert rig.velocity.linear_mps == 0.0


def test_the_latency_of_a_changed_verdict_is_not_the_age_of_the_proposal() -> None:
    rig = Rig().ready()
    rig.holding = ("kitchen_knife", "knife")
    rig.drive(0.6, ticks=250)
    rig.people = [*rig.people, person("leo", "child", rig.x_m - 0.5)]
    rig.drive(0.6, ticks=6)
    assert rig.verdicts[-1].verdict == "deny"
    assert 0.0 < rig.verdicts[-1].latency_ms <= 120.0  # approvals are judged again ten times a second


@pytest.mark.parametrize("rest_ticks", [150, 1500])
def test_what_changed_while_an_action_rested_counts_from_when_it_goes_on(rest_ticks: int) -> None:
    rig = Rig().ready()
    rig.drive(0.4, ticks=20)
    for _ in range(rest_ticks):
        rig.tick()
    rig.holding = ("kitchen_knife", "knife")
    rig.people = [*rig.people, person("leo", "child", rig.x_m + 0.5)]
    rig.drive(0.4)
    assert (rig.verdicts[-1].verdict, rig.verdicts[-1].latency_ms) == ("deny", 0.0)
    assert rig.velocity.linear_mps == 0.0


def test_an_action_that_is_over_is_withdrawn_in_silence() -> None:
    rig = Rig(approval_s=5.0).ready()
    for _ in range(300):
        rig.tick()
    assert len(rig.verdicts) == 1
    assert rig.records("withdrawn")[0]["data"]["verdict"]["rule_ids"] == ["approval-expired"]


# ---------------------------------------------------------------- latched stops


def test_the_word_stops_and_only_an_adult_goes_on() -> None:
    rig = Rig().ready()
    rig.people = [person("anna", "adult", 6.0), person("leo", "child", 6.0, 3.0)]
    rig.drive(0.5, ticks=60)
    rig.stop()
    assert rig.velocity.linear_mps == 0.0 and rig.mode == "emergency_stop"
    rig.drive(0.5, ticks=500)
    assert rig.velocity.linear_mps == 0.0 and rig.mode == "rearm_required"  # no timeout lifts it
    assert rig.propose("go_to", "a9", place="kitchen").rule_ids == ("latched",)
    assert rig.propose("say", "a10", text="I am stopped").verdict == "allow"
    rig.move_joints("a10", head_pan=0.5)
    assert rig.records("joints")[-1]["data"]["refused"] == "stopped"
    rig.rearm(requester="leo")
    assert rig.mode == "rearm_required"
    assert rig.state is not None and any("'child' may not" in cause for cause in rig.state.causes)
    rig.rearm(requester="anna")
    assert rig.mode == "running"
    assert rig.drive(0.5, ticks=60).linear_mps == 0.0  # lifting it starts nothing
    assert rig.propose("go_to", "a11", place="kitchen").verdict == "allow"
    assert rig.drive(0.5, action_id="a11", ticks=60).linear_mps > 0.4


def test_a_stop_and_a_request_in_one_step_is_a_stop() -> None:
    rig = Rig().ready()
    rig.tick(
        safety__stop_request=[StopRequest(0.0, "word", "stop", 0.9)], safety__rearm_request=[RearmRequest(rig.now_s, "service", "", "")]
    )
    assert rig.mode == "emergency_stop"


def test_a_button_holds_the_stop_while_it_is_pressed() -> None:
    rig = Rig().ready()
    rig.tick(e_stop=[EStop(rig.now_s, True)])
    for _ in range(50):
        rig.tick()
    assert rig.mode == "emergency_stop"
    rig.call_rearm()
    assert rig.mode == "emergency_stop"
    rig.tick(e_stop=[EStop(rig.now_s, False)])
    assert rig.mode == "rearm_required"
    rig.call_rearm()
    assert rig.mode == "running"


def test_a_killed_gate_comes_back_latched(tmp_path: Path) -> None:
    rig = Rig(tmp_path).ready()
    rig.stop()
    again = Rig(tmp_path)
    again.tick()
    assert again.mode == "emergency_stop"
    again.now_s += 1.0
    again.tick()
    assert again.mode == "rearm_required"
    assert again.state is not None and again.state.causes == ("word: stop",)
    again.call_rearm()
    assert again.mode == "running"
    again.gate.close()
    rig.gate.close()


def test_reset_forgets_actions_but_not_a_stop() -> None:
    rig = Rig().ready()
    rig.gate.reset()
    assert rig.drive(0.4, ticks=20).linear_mps == 0.0
    rig.stop()
    rig.gate.reset()
    rig.tick()
    assert rig.mode == "emergency_stop"


def test_a_clock_that_goes_back_ends_every_approval() -> None:
    rig = Rig().ready()
    rig.drive(0.4, ticks=60)
    rig.now_s = 0.5
    assert rig.drive(0.4, ticks=60).linear_mps == 0.0
    assert rig.records("clock")[0]["data"]["went_back_s"] > 0.5
    assert rig.mode == "rearm_required" and rig.state is not None and "the clock went back" in rig.state.causes[0]
    rig.rearm()
    assert rig.propose("go_to", place="kitchen").verdict == "allow"
    assert rig.drive(0.4, ticks=10).linear_mps > 0


def test_a_clock_that_jumps_ahead_is_a_stop_until_inputs_are_fresh() -> None:
    rig = Rig().ready()
    rig.drive(0.4, ticks=60)
    rig.take(rig.gate.step({}, rig.now_s + 30.0))
    assert rig.velocity.linear_mps == 0.0 and rig.mode == "protective_stop"


# ---------------------------------------------------------------- joints


def test_joints_move_only_for_an_approved_action() -> None:
    rig = Rig().ready()
    rig.move_joints(head_pan=0.5)
    for _ in range(20):
        rig.tick()
    assert rig.joints["head_pan"] == pytest.approx(0.5)
    rig.move_joints("a7", head_pan=0.0)
    assert rig.joints["head_pan"] == pytest.approx(0.5)
    assert rig.records("joints")[-1]["data"]["refused"] == "its action is not approved"
    rig.move_joints(gripper=0.0)
    assert "may not move gripper" in rig.records("joints")[-1]["data"]["refused"]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        ProposedJoints(-9.0, "a1", ("lift",), (1.0,)),
        ProposedJoints(99.0, "a1", ("lift",), (1.0,)),
        ProposedJoints(math.nan, "a1", (), ()),
    ],
)
def test_bad_joint_proposals_are_refused(bad: Any) -> None:
    rig = Rig().ready()
    rig.tick(joints__proposed=[bad])
    assert rig.records("joints")[-1]["data"]["refused"] == "malformed, too old, or from the future"


def test_a_repeated_joint_proposal_is_recorded_once() -> None:
    rig = Rig().ready()
    for _ in range(5):
        rig.move_joints(lift=1.1)
    assert len(rig.records("joints")) == 1


def test_a_stop_freezes_the_joints_for_good() -> None:
    rig = Rig().ready()
    rig.move_joints(lift=1.1)
    for _ in range(10):
        rig.tick()
    rig.stop()
    frozen = rig.joints["lift"]
    rig.move_joints(lift=1.1)
    assert rig.records("joints")[-1]["data"]["refused"] == "its action is not approved"
    rig.call_rearm()
    for _ in range(20):
        rig.tick()
    assert 0.6 < frozen == rig.joints["lift"] < 0.8


def test_stale_joint_states_freeze_the_joints_until_they_are_back() -> None:
    rig = Rig().ready()
    rig.move_joints(lift=1.1)
    rig.silent = {"joint_states"}
    for _ in range(20):
        rig.tick()
    frozen = rig.joints["lift"]
    rig.tick()
    assert rig.joints["lift"] == frozen
    rig.move_joints(head_pan=0.1)
    assert "joint_states is" in rig.records("joints")[-1]["data"]["refused"]
    rig.silent = set()
    rig.tick()
    assert rig.joints["lift"] > frozen


def test_a_withdrawn_action_stops_its_joints() -> None:
    rig = Rig().ready()
    assert rig.propose("pick", "a2", object="knife").verdict == "allow"
    rig.move_joints("a2", lift=1.1, arm=0.4)
    rig.people = [*rig.people, person("leo", "child", 1.0, 0.5)]
    for _ in range(10):
        rig.tick()
    frozen = dict(rig.joints)
    rig.tick()
    assert rig.verdicts[-1].verdict == "deny" and rig.joints == frozen


def test_an_expired_step_stops_its_joints() -> None:
    rig = Rig(approval_s=0.1).ready()
    rig.move_joints(lift=1.1)
    for _ in range(10):
        rig.tick()
    frozen = dict(rig.joints)
    rig.tick()
    assert rig.joints == frozen and rig.joints["lift"] < 0.7


def test_a_goal_that_is_lost_stops_the_joints_of_its_steps_at_once() -> None:
    rig = Rig()
    rig.tick()
    rig.propose("fetch", "p1", "p1", object="apple", recipient="anna")
    rig.propose("pick", "s1", "p1", object="apple")
    rig.move_joints("s1", lift=1.1)
    rig.tick(action__proposed=[ProposedAction(rig.now_s, "p1", "p1", "fetch", (), "", "", "anna")])  # the id used for something else
    frozen = dict(rig.joints)
    rig.tick()
    assert rig.joints == frozen


def test_the_hand_stays_away_from_a_person() -> None:
    rig = Rig().ready()
    rig.people = [person("anna", "adult", 0.75)]
    assert rig.propose("hand_over", "a2", object="apple", recipient="anna").verdict == "allow"
    rig.move_joints("a2", arm=0.5)
    for _ in range(150):
        rig.tick()
    assert rig.joints["arm"] == pytest.approx(0.75 - 0.3 - 0.32, abs=0.02)


@pytest.mark.parametrize(
    ("held", "who", "opens"),
    [("apple", ("leo", "child", 0.8), True), ("knife", ("anna", "adult", 0.8), True), ("knife", ("leo", "child", 0.95), False),
     ("knife", ("leo", "child", math.nan), False), ("knife", ("mia", "unknown", 0.95), False)],
)  # fmt: skip
def test_the_gripper_never_releases_a_hazard_near_a_child(held: str, who: tuple[str, str, float], opens: bool) -> None:
    """Even if some action were still approved: this is checked at the joint, not only in the rules."""
    rig = Rig().ready()
    rig.joints["gripper"] = 0.02
    assert rig.propose("hand_over", "a2", object="apple", recipient="anna").verdict == "allow"
    rig.holding = (held, held)
    rig.people = [person("anna", "adult", 2.0), person(*who)]
    rig.move_joints("a2", gripper=0.1)
    assert (rig.joints["gripper"] > 0.02) is opens


# ---------------------------------------------------------------- failing


def test_an_exception_inside_is_a_latched_stop_and_never_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig().ready()
    rig.drive(0.4, ticks=60)

    def explode(*args: Any) -> None:
        raise RuntimeError("boom")

    for attribute in ("_verdicts", "_answers", "_commands", "_stop_events", "_tick", "_withdrawals", "_joint_commands"):
        broken = Rig().ready()
        with monkeypatch.context() as patch:
            patch.setattr(Gate, attribute, explode)
            assert broken.drive(0.4).linear_mps == 0.0
            assert broken.mode == "emergency_stop"
            assert broken.state is not None and broken.state.causes == ("internal error: RuntimeError: boom",)
        assert broken.drive(0.4, ticks=50).linear_mps == 0.0
        assert broken.mode == "rearm_required"
        assert broken.records("stop")[-1]["data"]["source"] == "internal"


@pytest.mark.parametrize("now_s", [math.nan, math.inf, -math.inf])
def test_a_clock_that_shows_no_number_is_a_latched_stop(now_s: float) -> None:
    rig = Rig().ready()
    rig.take(rig.gate.step({}, now_s))
    assert rig.velocity.linear_mps == 0.0 and math.isfinite(rig.velocity.stamp_s)
    assert rig.mode == "emergency_stop"


def test_a_disk_that_cannot_record_is_a_stop(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    rig = Rig(tmp_path).ready()
    rig.drive(0.4, ticks=60)
    rig.gate.close()
    (folder / "gate.jsonl").rename(folder / "kept.jsonl")
    (folder / "gate.jsonl").symlink_to("/dev/full")
    rig.propose("say", "a2", text="something to record")
    rig.drive(0.4, ticks=2)
    assert rig.velocity.linear_mps == 0.0 and rig.mode == "emergency_stop"
    assert rig.state is not None and "No space left" in rig.state.causes[0]
    rig.call_rearm()
    assert rig.mode == "emergency_stop"  # its cause is still there
    rig.gate.close()
    (folder / "gate.jsonl").unlink()
    (folder / "kept.jsonl").rename(folder / "gate.jsonl")
    for _ in range(60):
        rig.tick()
    rig.gate.close()  # waits for the disk, which now answers
    for _ in range(60):
        rig.tick()
    assert rig.mode == "rearm_required"
    rig.call_rearm()
    assert rig.mode == "running"
    rig.gate.close()
    report = verify(folder / "gate.jsonl")
    assert report.intact and "gap" in report.notes[0]


def test_a_rule_file_that_cannot_be_used_is_an_error_at_once() -> None:
    with pytest.raises(FileError, match=r"nothing\.yaml: cannot be read"):
        Rig(rules_file="nothing.yaml")


def test_the_hour_comes_from_the_clock() -> None:
    sight = Rig(hour_at_start=23.0).gate._sight
    assert sight.hour(0.0) == 23.0 and sight.hour(7200.0) == 1.0
    assert Rig(utc_offset_h=2.0).gate._sight.hour(1_700_000_000.0) == pytest.approx((22 + 13 / 60 + 20 / 3600 + 2) % 24)


def test_a_robot_without_arm_and_gripper_needs_no_news_of_them() -> None:
    rig = Rig(required_inputs=("scan", "odom", "pose", "people"), joints={})
    rig.silent = {"joint_states", "gripper/state"}
    rig.tick()
    assert rig.propose("go_to", place="kitchen").verdict == "allow"
    assert rig.drive(0.6, ticks=80).linear_mps == pytest.approx(0.6)
    armed = Rig(required_inputs=("scan", "odom", "pose", "people"))
    armed.silent = {"joint_states", "gripper/state"}
    armed.tick()
    armed.propose("go_to", place="kitchen")
    assert armed.drive(0.6, ticks=80).linear_mps == pytest.approx(0.6)


# ---------------------------------------------------------------- anything at all

junk = st.none() | st.integers() | st.text(max_size=3) | st.floats() | st.binary(max_size=3)
numbers = st.floats() | st.sampled_from([0.0, -0.0, 0.4, 1e308, math.nan, math.inf])
velocities = st.builds(ProposedVelocity, numbers, st.sampled_from(["a1", "a2", ""]), numbers, numbers)
messages = st.dictionaries(
    st.sampled_from(
        ["action/proposed", "cmd_vel/proposed", "joints/proposed", "safety/rearm_request", "people", "scan", "odom", "pose", "joint_states",
         "gripper/state", "world/facts", "safety/listening", "service/rearm"]
    ),
    st.lists(junk | velocities, max_size=2),
    max_size=3,
)  # fmt: skip


@examples(60)
@given(st.lists(st.tuples(messages, st.floats(0, 2)), max_size=8))
def test_no_input_makes_it_raise_or_exceed_a_limit(steps: list[tuple[dict[str, list[Any]], float]]) -> None:
    rig = Rig().ready()
    config = GateConfig()
    for box, pause_s in steps:
        rig.now_s += pause_s
        rig.take(rig.gate.step({**rig.sensors(), **box}, rig.now_s))
        v = rig.velocity
        assert -config.max_reverse_mps <= v.linear_mps <= config.max_speed_mps and abs(v.angular_radps) <= config.max_turn_radps
        assert rig.mode != "emergency_stop", rig.state  # junk is dealt with, it is not an internal error


def test_the_same_inputs_give_the_same_outputs_to_the_bit() -> None:
    def story() -> list[Any]:
        rig = Rig().ready()
        rig.people = [person("anna", "adult", 3.0), person("leo", "child", 2.0, 1.5)]
        rig.drive(0.6, 0.1, ticks=150)
        rig.stop()
        rig.rearm()
        rig.drive(0.3, -0.2, ticks=50)
        return [repr(entry) for entry in rig.seen] + list(rig.gate.audit.kept)

    assert story() == story()


def test_the_mirror_tells_tools_that_know_only_a_bool() -> None:
    rig = Rig()
    rig.tick()

    def mirrored() -> bool:
        return bool(next(message.stopped for _, topic, message in reversed(rig.seen) if topic == "safety/stopped"))

    assert mirrored() is False
    rig.stop()
    assert mirrored() is True
    rig.drive(0.0, ticks=30)
    assert rig.mode == "rearm_required" and mirrored() is True
    rig.rearm()
    assert mirrored() is False
    assert Rig().gate.close()[-2][1].stopped is True
    silent = Rig()
    silent.silent.add("scan")
    silent.tick()
    assert silent.mode == "starting"
    assert next(message.stopped for _, topic, message in silent.seen if topic == "safety/stopped") is True


def test_the_record_tells_what_the_joints_were_told() -> None:
    rig = Rig().ready()
    for _ in range(80):
        rig.move_joints(head_pan=2.5)
    rig.drive(0.0, ticks=3)
    notes = [record["data"] for record in rig.records("joint-motion")]
    assert [note["phase"] for note in notes][:2] == ["begins", "goes on"] and notes[-1]["phase"] == "over"
    assert notes[0]["actions"] == ["a1"] and notes[0]["names"] == ["head_pan"]
    assert notes[0]["positions"][0] < notes[1]["positions"][0] <= notes[-1]["positions"][0]
