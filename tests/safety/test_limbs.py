"""Head, arm and hand in the gate: what the hand may let go of, and where a motion begins when news of the joints fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from safety.types import JointPositions, ProposedJoints
from tests.safety.rig import Rig, person

LEO = person("leo", "child", 0.95)
OTHERS = ("scan", "odom", "pose", "people", "joint_states")


def about_to_let_go(rig: Rig, held: str = "apple") -> Rig:
    """An approved action that may open the hand, which holds this 2 cm wide thing beside a child."""
    rig.ready()
    rig.joints["gripper"] = 0.02
    assert rig.propose("hand_over", "a2", object="apple", recipient="anna").verdict == "allow"
    rig.holding = (held, held)
    rig.people = [person("anna", "adult", 2.0), LEO]
    return rig


def silent_for(rig: Rig, seconds: float, topic: str = "gripper/state") -> Rig:
    rig.silent = {*rig.silent, topic}
    for _ in range(round(seconds / 0.02)):
        rig.tick()
    return rig


@pytest.mark.parametrize(("age_s", "opens"), [(0.0, True), (0.48, True), (0.52, False), (1.2, False)])
def test_the_hand_lets_go_only_by_what_it_is_known_to_hold_now(age_s: float, opens: bool) -> None:
    """Rules go on with old news for a second longer: enough to grasp something else."""
    rig = silent_for(about_to_let_go(Rig()), age_s)
    rig.move_joints("a2", gripper=0.1)
    assert (rig.joints["gripper"] > 0.02) is opens


def test_an_unknown_thing_is_let_go_of_where_no_child_is() -> None:
    rig = about_to_let_go(Rig())
    rig.people = [person("anna", "adult", 2.0)]
    silent_for(rig, 0.8).move_joints("a2", gripper=0.1)
    assert rig.joints["gripper"] > 0.02


def test_news_that_are_late_do_not_loosen_the_grip() -> None:
    """Only letting go is stricter meanwhile: with the force for something fragile, a heavy thing would slip."""
    rig = silent_for(about_to_let_go(Rig()), 0.8)
    rig.move_joints("a2", gripper=0.0)
    command = next(message for _, topic, message in reversed(rig.seen) if topic == "joints/command")
    assert isinstance(command, JointPositions) and command.efforts == (20.0,)  # half, since somebody is near


def test_a_robot_that_feels_nothing_may_open_what_it_has() -> None:
    rig = Rig(required_inputs=OTHERS)
    rig.silent = {"gripper/state"}
    about_to_let_go(rig).move_joints("a2", gripper=0.1)
    assert rig.joints["gripper"] > 0.02


def test_a_second_motion_does_not_begin_where_the_first_one_did() -> None:
    rig = Rig().ready()
    rig.silent = {"joint_states"}
    rig.move_joints(lift=0.65)
    for _ in range(8):
        rig.tick()
    before = rig.joints["lift"]
    rig.move_joints(lift=1.1)
    assert before == pytest.approx(0.65) and rig.joints["lift"] == pytest.approx(0.657)


@pytest.mark.parametrize(("age_s", "taken"), [(0.25, True), (0.26, False), (-0.25, True), (-0.26, False)])
def test_how_old_a_target_may_be(age_s: float, taken: bool) -> None:
    rig = Rig(joint_command_max_age_s=0.25).ready()
    rig.now_s = 0.5
    rig.tick(joints__proposed=[ProposedJoints(0.5 - age_s, "a1", ("lift",), (1.0,))])
    assert rig.records("joints")[-1]["data"]["refused"] == ("" if taken else "malformed, too old, or from the future")
    assert (rig.joints["lift"] > 0.6) is taken


def test_why_a_target_is_refused_is_on_record() -> None:
    rig = Rig().ready()
    rig.move_joints("nobody", lift=1.0)
    silent_for(rig, 0.4, "joint_states").move_joints(lift=1.0)
    rig.silent = set()
    rig.stop()
    rig.move_joints(lift=0.9)
    refused = [record["data"]["refused"] for record in rig.records("joints")]
    assert refused == ["its action is not approved", "joint_states is 0.4 s old", "its action is not approved"]
    assert rig.joints["lift"] == 0.6


def test_joints_that_are_not_seen_any_more_stop() -> None:
    rig = Rig().ready()
    rig.move_joints(lift=1.1)
    before = silent_for(rig, 0.34, "joint_states").joints["lift"]
    assert silent_for(rig, 0.2, "joint_states").joints["lift"] == before < 0.6 + 0.35 * 0.36
    rig.silent = set()
    rig.tick()
    assert rig.joints["lift"] > before


def test_the_slowest_of_all_actions_that_move_sets_the_pace() -> None:
    rig = Rig().ready()
    assert rig.propose("go_to", "a2", place="kitchen").verdict == "allow"
    limbs = rig.gate._limbs
    get = limbs._approvals.get

    def slowed(action_id: str) -> Any:
        approval = get(action_id)
        judged = approval.judged if approval else None
        if approval is None or judged is None or action_id != "a2":
            return approval
        slow = replace(judged.decision, limits=judged.decision.limits.model_copy(update={"joint_speed_ratio": 0.5}))
        return replace(approval, judged=replace(judged, decision=slow))

    limbs._approvals.get = slowed  # type: ignore[method-assign]
    rig.move_joints("a1", lift=1.0)
    assert rig.joints["lift"] == pytest.approx(0.607)
    rig.move_joints("a2", head_pan=1.0)
    assert rig.joints["lift"] == pytest.approx(0.607 + 0.0035)


def test_after_a_clock_was_set_back_a_joint_is_looked_at_before_it_moves() -> None:
    rig = Rig()
    rig.now_s = 100.0
    rig.ready().move_joints(lift=1.1)
    rig.now_s = 0.0
    rig.tick()
    rig.call_rearm()
    rig.joints["lift"] = 0.3
    rig.propose("go_to", "a3", place="kitchen")
    rig.move_joints("a3", lift=1.1)
    assert rig.joints["lift"] == pytest.approx(0.307)
