"""Head, arm and hand in the gate: what the hand may let go of, and where a motion begins when news of the joints fail."""

from __future__ import annotations

import pytest

from safety.types import JointPositions
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


def test_after_a_clock_was_set_back_a_joint_is_looked_at_before_it_moves() -> None:
    rig = Rig().ready()
    rig.move_joints(lift=1.1)
    rig.now_s = 0.0
    rig.tick()
    rig.call_rearm()
    rig.joints["lift"] = 0.3
    rig.propose("go_to", "a3", place="kitchen")
    rig.move_joints("a3", lift=1.1)
    assert rig.joints["lift"] == pytest.approx(0.307)
