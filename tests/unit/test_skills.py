"""Each skill against a tiny robot: what it does, and how it fails."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.act.skill import Skill, load_skill
from robot_runtime.messages import ActionVerdict, JointPositions, NavGoal, ProposedJoints, SpeechState, SpeechStyle
from tests.unit.mind_rig import Rig, Thing, write_site

ONCE = {"replans": 0}
"""What one try of a skill comes to; tests/unit/test_mind_plans.py has the second one."""


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path), config=ONCE).run(0.5)


def style(person: str, distance_m: float, speed_mps: float) -> SpeechStyle:
    return SpeechStyle(0.0, person, "test", 150, 1, 1, 0.3, distance_m, speed_mps, "", 1)


def joints(rig: Rig, name: str) -> list[float]:
    """Every target that was proposed for one joint, without repetitions."""
    proposed: list[ProposedJoints] = rig.sent("joints/proposed")
    targets = [dict(zip(p.names, p.positions, strict=True))[name] for p in proposed if name in p.names]
    return [target for index, target in enumerate(targets) if index == 0 or target != targets[index - 1]]


def ends_with(rig: Rig, sentence: str, skill: str) -> None:
    assert rig.said[-1] == sentence
    assert rig.statuses()[-1] == f"{skill} failed"


@pytest.mark.parametrize("name", [name for name, skill in load_catalogue().skills.items() if not skill.steps])
def test_every_simple_skill_has_a_behaviour(name: str) -> None:
    assert isinstance(load_skill(name), Skill)


def test_skill_cannot_be_ticked_before_its_start(rig: Rig) -> None:
    with pytest.raises(RuntimeError):
        load_skill("say").tick(None, 0.0)  # type: ignore[arg-type]


# ------------------------------------------------------------ driving


def test_go_to_drives_to_the_way_point(rig: Rig) -> None:
    rig.hear("go_to", place="kitchen").run(3)
    goal = rig.goals[0]
    assert (goal.x_m, goal.y_m, goal.yaw_rad, goal.stand_off_m, goal.max_speed_mps) == (3.0, 5.0, 1.57, 0.0, 0.6)


@pytest.mark.parametrize(
    ("phase", "wait_s", "sentence"),
    [
        ("failed", 3, "I cannot get there."),
        ("cancelled", 3, "I cannot get there."),
        ("blocked", 33, "My way is blocked, so I gave up."),
        ("silent", 4, "I cannot drive just now."),
    ],
)
def test_drive_that_does_not_arrive_is_told(rig: Rig, phase: str, wait_s: float, sentence: str) -> None:
    rig.drive_phase = phase
    rig.hear("go_to", place="kitchen").run(wait_s)
    ends_with(rig, sentence, "go_to")


def test_come_here_keeps_the_distance_and_speed_of_the_persons_style(rig: Rig) -> None:
    rig.style = style("rose", 1.3, 0.25)
    rig.hear("come_here", "rose").run(4)
    goal = rig.goals[0]
    assert (goal.x_m, goal.y_m, goal.stand_off_m, goal.max_speed_mps) == (1.2, 3.0, 1.3, 0.25)
    assert math.isnan(goal.yaw_rad)
    assert rig.said == ["I am coming.", "Here I am."]


def test_style_of_somebody_else_is_not_used(rig: Rig) -> None:
    rig.style = style("anna", 0.8, 0.7)
    rig.hear("come_here", "rose").run(1)
    assert (rig.goals[0].stand_off_m, rig.goals[0].max_speed_mps) == (1.2, 0.3)


def test_come_here_drives_again_when_the_person_has_moved(rig: Rig) -> None:
    rig.hear("come_here", "anna").run(0.8)
    rig.people["anna"] = replace(rig.people["anna"], position_m=(5.5, 3.5, 0.0))
    rig.run(5)
    assert [goal.x_m for goal in rig.goals] == [3.5, 5.5]
    assert rig.said[-1] == "Here I am."


def test_person_who_keeps_running_away_is_not_said_to_be_reached(rig: Rig) -> None:
    rig.hear("come_here", "anna")
    for _ in range(160):
        x_m = 0.5 if rig.goals and rig.goals[-1].x_m > 3 else 5.5  # away from where the robot drives
        rig.people["anna"] = replace(rig.people["anna"], position_m=(x_m, x_m, 0.0))
        rig.tick()
    ends_with(rig, "I cannot find Anna.", "come_here")


def test_follow_moves_one_drive_after_the_person_at_their_distance(rig: Rig) -> None:
    rig.drive_s, rig.style = 100, style("anna", 1.4, 0.25)
    rig.hear("follow", "anna").run(1)
    for step in range(40):
        rig.people["anna"] = replace(rig.people["anna"], position_m=(5.0, 2.0 + 0.05 * step, 0.0))
        rig.tick()
    assert len({goal.id for goal in rig.goals}) == 1
    assert 3 <= len(rig.goals) <= 5  # at most two a second, and only after 0.25 m
    assert all(goal.stand_off_m == 1.4 for goal in rig.goals)


def test_follow_begins_a_new_drive_after_an_arrival(rig: Rig) -> None:
    rig.people["anna"] = replace(rig.people["anna"], position_m=(5.5, 2.0, 0.0))
    rig.hear("follow", "anna").run(3)
    rig.people["anna"] = replace(rig.people["anna"], position_m=(5.5, 6.0, 0.0))
    rig.run(3)
    assert len({goal.id for goal in rig.goals}) == 2


def test_follow_stays_when_the_person_is_near(rig: Rig) -> None:
    rig.hear("follow", "anna").run(5)
    assert rig.goals == []


def test_follow_says_when_it_lost_the_person(rig: Rig) -> None:
    rig.hear("follow", "anna").run(1)
    rig.people["anna"] = replace(rig.people["anna"], seen=False, last_seen_s=rig.now_s)
    rig.run(6)
    ends_with(rig, "I cannot see Anna any more.", "follow")


def test_follow_keeps_the_head_turned_to_the_person(rig: Rig) -> None:
    rig.hear("follow", "anna").run(1)
    for x_m, y_m in ((5.0, 3.0), (1.0, 3.5), (2.0, 1.0)):
        rig.people["anna"] = replace(rig.people["anna"], position_m=(x_m, y_m, 0.0))
        rig.run(2)
        x0_m, y0_m, yaw_rad = rig.pose
        bearing_rad = math.remainder(math.atan2(y_m - y0_m, x_m - x0_m) - yaw_rad, math.tau)
        assert rig.joints["head_pan"] == pytest.approx(min(max(bearing_rad, -2.7), 2.7), abs=0.05)


def test_follow_looks_to_both_sides_for_who_is_out_of_sight_and_then_ahead(rig: Rig) -> None:
    rig.hear("follow", "anna").run(1)
    ahead_rad = rig.joints["head_pan"]
    before = len(rig.sent("joints/proposed"))
    rig.people["anna"] = replace(rig.people["anna"], seen=False, last_seen_s=rig.now_s)
    rig.run(6)
    pans = [proposal.positions[0] - ahead_rad for proposal in rig.sent("joints/proposed")[before:]]
    assert max(pans) == pytest.approx(0.9, abs=0.05)
    assert min(pans[:-1]) == pytest.approx(-0.9, abs=0.05)
    assert rig.sent("joints/proposed")[-1].positions == (0.0, 0.25)


def test_follow_ends_by_itself_and_says_so(rig: Rig) -> None:
    rig.hear("follow", "anna").run(301)
    assert rig.said[-1] == "I have followed you for a while. I will wait here."


# ------------------------------------------------------------ telling


def test_describe_tells_place_things_and_people(rig: Rig) -> None:
    rig.hear("describe").run(1)
    assert rig.said == [
        "I am in the living room. I see the red cup, the blue cup, the blue book and the knife. Leo and Rose are here."]  # fmt: skip


def test_describe_with_nothing_known(rig: Rig) -> None:
    rig.things, rig.people = {}, {}
    rig = Rig(rig.site)
    rig.things, rig.people = {}, {}
    rig.run(0.5).hear("describe").run(1)
    assert rig.said == ["I am in the living room. I see nothing that I know."]


def test_describe_does_not_list_what_was_seen_long_ago(rig: Rig) -> None:
    for thing in rig.things.values():
        thing.visible = False
    rig.run(5).hear("describe").run(1)
    assert "I see nothing that I know." in rig.said[0]


def test_say_says_the_text(rig: Rig) -> None:
    rig.hear("say", text="good morning").run(1)
    assert rig.said == ["good morning"]
    assert rig.statuses()[-1] == "say succeeded"


def test_say_that_is_cut_short_is_no_success_and_adds_no_words(rig: Rig) -> None:
    rig.voice_speaks = False
    rig.hear("say", text="good morning").run(0.5)
    request = rig.sent("speech/say")[0]
    rig.send("speech/state", SpeechState(rig.now_s, request.id, "cancelled", request.text, 0.1, math.nan)).run(0.5)
    assert rig.said == ["good morning"]
    assert rig.statuses()[-1] == "say failed"


def test_voice_that_never_answers_is_no_success(rig: Rig) -> None:
    rig.voice_speaks = False
    rig.hear("say", text="good morning").run(31)
    assert rig.statuses()[-1] == "say failed"


# ------------------------------------------------------------ finding


def test_find_answers_at_once_from_memory(rig: Rig) -> None:
    rig.hear("find", object="book").run(1)
    assert rig.said == ["The blue book is on the coffee table in the living room."]
    assert rig.goals == []


def test_find_says_that_an_old_sight_is_old(rig: Rig) -> None:
    for thing in rig.things.values():
        thing.visible = False
    rig.run(10).hear("find", object="book").run(1)
    assert rig.said == ["I last saw the blue book on the coffee table in the living room."]


def test_find_tells_all_that_fit(rig: Rig) -> None:
    rig.hear("find", object="cup").run(1)
    assert rig.said == ["The red cup is on the kitchen table and the blue cup is on the kitchen table."]


def test_find_tells_who_holds_it(rig: Rig) -> None:
    rig.things["red_cup"].held_by, rig.things["blue_cup"].held_by = "leo", "anna"
    rig.run(0.5).hear("find", object="cup").run(1)
    assert rig.said == ["The red cup is in the hands of Leo and the blue cup is in your hands."]


def test_find_looks_around_then_drives_to_the_places_and_tells(rig: Rig) -> None:
    rig.things["phone"] = Thing("phone", "", (2.0, 6.0, 0.77), visible=False)
    rig.hear("find", object="phone").run(2.5)
    assert joints(rig, "head_pan")[:3] == [0.9, -0.9, 0.0]
    assert rig.goals == []
    assert rig.run_until(lambda: len(rig.goals) == 3)
    rig.things["phone"].visible = True
    rig.run(3)
    assert rig.said == ["I will look for the phone.", "The phone is on the kitchen table."]
    assert rig.goals[-1].cancel  # it came into view on the way


def test_find_gives_up_after_every_place_even_if_none_can_be_reached(rig: Rig) -> None:
    rig.drive_phase = "failed"
    rig.hear("find", object="phone").run(40)
    assert len(rig.goals) >= 4
    ends_with(rig, "I could not find the phone.", "find")


# ------------------------------------------------------------ grasping and handing over


def at_table(rig: Rig, x_m: float = 2.5, y_m: float = 5.48, yaw_rad: float = math.pi / 2) -> Rig:
    """The robot before the kitchen table, the next drives in place."""
    rig.pose = (x_m, y_m, yaw_rad)
    rig._arrive = lambda goal: None  # type: ignore[method-assign]
    return rig


def test_pick_lifts_reaches_closes_raises_and_draws_in(rig: Rig) -> None:
    at_table(rig).hear("fetch", object="red cup").run(3)
    assert rig.holding == "red_cup"
    assert joints(rig, "gripper") == [0.1, 0.0]
    assert joints(rig, "lift")[:2] == pytest.approx([0.8, 0.9])
    assert joints(rig, "arm")[:2] == pytest.approx([0.3, 0.0], abs=0.001)


def test_pick_looks_at_the_thing_and_then_ahead(rig: Rig) -> None:
    at_table(rig).hear("fetch", object="red cup").run(3)
    tilts = joints(rig, "head_tilt")
    assert tilts[0] == pytest.approx(math.atan2(0.45, 0.62), abs=0.01)
    assert tilts[-1] == 0.25


def test_pick_turns_to_a_thing_that_is_aside(rig: Rig) -> None:
    at_table(rig, yaw_rad=math.pi / 2 - 0.3)

    def arrive(goal: NavGoal) -> None:
        if goal.stand_off_m == 0:
            rig.pose = (rig.pose[0], rig.pose[1], math.pi / 2)

    rig._arrive = arrive  # type: ignore[method-assign]
    rig.hear("fetch", object="red cup")
    assert rig.run_until(lambda: "pick succeeded" in rig.statuses())
    facing = rig.goals[1]
    assert (facing.x_m, facing.y_m, facing.stand_off_m) == (rig.pose[0], rig.pose[1], 0.0)
    assert facing.yaw_rad == pytest.approx(math.pi / 2, abs=0.01)


def test_pick_drives_up_again_when_the_thing_is_out_of_reach(rig: Rig) -> None:
    at_table(rig, y_m=5.2)
    rig.hear("fetch", object="red cup").run(0.3)
    rig.run(2)
    assert [goal.stand_off_m for goal in rig.goals] == [0.62, 0.62]


def test_thing_that_stays_out_of_reach_is_told(rig: Rig) -> None:
    at_table(rig, y_m=5.2).hear("fetch", object="red cup").run(8)
    ends_with(rig, "I cannot reach the red cup.", "fetch")


@pytest.mark.parametrize("height_m", [0.02, 1.4])
def test_thing_too_low_or_too_high_is_told(rig: Rig, height_m: float) -> None:
    rig.things["red_cup"].position_m = (2.5, 6.1, height_m)
    at_table(rig).run(0.5).hear("fetch", object="red cup").run(4)
    ends_with(rig, "I cannot reach the red cup.", "fetch")


def test_grasp_that_misses_is_tried_twice_and_told(rig: Rig) -> None:
    rig.gripper_grasps = False
    at_table(rig).hear("fetch", object="red cup").run(14)
    assert joints(rig, "gripper") == [0.1, 0.0, 0.1, 0.0, 0.1]
    ends_with(rig, "I could not get hold of the red cup.", "fetch")


def test_grasp_of_the_wrong_thing_is_let_go_of(rig: Rig) -> None:
    rig.things["blue_cup"].position_m = (2.52, 6.08, 0.8)
    rig.things["red_cup"].position_m = (2.5, 6.18, 0.8)
    at_table(rig).run(0.5)
    rig.things["blue_cup"].visible = False
    rig.joints["arm"] = 0.0
    original = rig._grasp_point
    rig._grasp_point = lambda: (2.52, 6.08, rig.joints["lift"]) if rig.joints["arm"] > 0.1 else original()  # type: ignore[method-assign]
    rig.hear("fetch", object="red cup").run(12)
    assert rig.holding == ""
    ends_with(rig, "I could not get hold of the red cup.", "fetch")


def test_arm_that_does_not_move_is_told(rig: Rig) -> None:
    rig.joints_move = False
    at_table(rig).hear("fetch", object="red cup").run(25)
    ends_with(rig, "My arm does not move as it should.", "fetch")


def test_joints_of_which_nothing_fresh_is_known_have_not_arrived(rig: Rig) -> None:
    at_table(rig)
    rig._sensed = [s for s in rig._sensed() if s[0] != "joint_states"].copy  # type: ignore[method-assign]
    rig.run(1).send("joint_states", JointPositions(0.0, ("arm",), (0.0,)))
    rig.hear("fetch", object="red cup").run(2)
    assert rig.goals == []


def test_thing_that_nobody_knows_any_more_is_told(rig: Rig) -> None:
    rig.hear("fetch", object="red cup")
    assert rig.run_until(lambda: "approach succeeded" in rig.statuses())
    rig.world._objects._memory.clear()
    rig.things["red_cup"].visible = False
    rig.gripper_grasps = False
    rig.run(8)
    ends_with(rig, "I do not know any more where the red cup is.", "fetch")


@pytest.mark.parametrize(("who", "height_m"), [("anna", 0.95), ("rose", 0.95), ("leo", 0.75)])
def test_hand_over_holds_it_at_a_handy_height_and_comes_at_their_speed(rig: Rig, who: str, height_m: float) -> None:
    rig.style = style(who, 1.3, 0.25)
    rig.hear("fetch", who, object="red cup", person="me").run(20)
    assert joints(rig, "lift")[-1] == height_m
    assert rig.things["red_cup"].held_by == who
    assert rig.joints["arm"] == 0.0
    assert [goal.max_speed_mps for goal in rig.goals if not goal.cancel][1] == 0.25


@pytest.mark.parametrize(("halted_m", "arm_m"), [(0.65, 0.0), (0.85, 0.13), (1.1, 0.3)])
def test_hand_comes_as_near_as_is_handy_wherever_the_base_halted(rig: Rig, halted_m: float, arm_m: float) -> None:
    rig.hear("fetch", object="red cup")
    assert rig.run_until(lambda: rig.holding == "red_cup" and len(rig.goals) == 2)
    rig._arrive = lambda goal: setattr(rig, "pose", (3.5 - halted_m, 2.0, 0.0))  # type: ignore[method-assign]
    rig.run(5)
    hand_over = rig.sent("action/proposed")[-1].id
    targets = [p.positions[0] for p in rig.sent("joints/proposed") if p.action_id == hand_over and p.names == ("arm",)]
    assert max(targets, default=0.0) == pytest.approx(arm_m, abs=0.001)
    assert rig.things["red_cup"].held_by == "anna"


def test_hand_over_follows_somebody_who_walked_on_and_faces_them(rig: Rig) -> None:
    rig.judge = lambda action: None if action.skill == "hand_over" else ("allow", "", math.inf)
    rig.hear("fetch", object="red cup")
    assert rig.run_until(lambda: rig.statuses("hand_over") == ["hand_over proposed"])
    rig.people["anna"] = replace(rig.people["anna"], position_m=(5.5, 3.5, 0.0))
    step = rig.sent("action/proposed")[-1]
    rig.run(0.5).send("action/verdict", ActionVerdict(rig.now_s, step.id, "allow", (), "", "", "", math.inf, 0.1)).run(8)
    assert (rig.goals[-1].x_m, rig.goals[-1].stand_off_m) == (5.5, 0.85)
    assert rig.things["red_cup"].held_by == "anna"


def test_gripper_stays_closed_when_the_person_steps_back(rig: Rig) -> None:
    rig.voice_speaks = False
    rig.hear("fetch", object="red cup")
    assert rig.run_until(lambda: "Here is the red cup." in rig.said)
    rig.people["anna"] = replace(rig.people["anna"], position_m=(5.5, 3.8, 0.0))
    rig.run(0.5)
    request = rig.sent("speech/say")[-1]
    rig.send("speech/state", SpeechState(rig.now_s, request.id, "finished", request.text, 0.5, 150.0)).run(2)
    assert rig.holding == "red_cup"
    ends_with(rig, "Anna is too far away to take the red cup, so I am keeping it. I am still holding the red cup.", "fetch")


def test_gripper_that_does_not_let_go_is_told(rig: Rig) -> None:
    rig.hear("fetch", object="red cup")
    assert rig.run_until(lambda: "Here is the red cup." in rig.said)
    rig._let_go = lambda: None  # type: ignore[method-assign]
    rig.run(6)
    ends_with(rig, "I could not let go of the red cup. I am still holding the red cup.", "fetch")


def test_hand_over_of_what_fell_on_the_way_is_not_pretended(rig: Rig) -> None:
    rig.hear("fetch", object="red cup")
    assert rig.run_until(lambda: rig.statuses("hand_over") == ["hand_over proposed"])
    rig.holding, rig.things["red_cup"].held_by = "", ""
    rig.run(3)
    ends_with(rig, "I am not holding the red cup.", "fetch")
