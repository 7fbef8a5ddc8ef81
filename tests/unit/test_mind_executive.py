"""Every branch of the executive: verdicts, stops, withdrawals, replacements, answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.messages import ActionVerdict, ProposedAction, SafetyMode, Utterance
from tests.unit.mind_rig import TICK_S, Rig, Thing, write_site


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path)).run(0.5)


def refuse(skill: str, verdict: str = "deny", say: str = "No.") -> Callable[[ProposedAction], tuple[str, str, float]]:
    """A gate that answers one skill so, and allows the rest."""
    return lambda action: (verdict, say, math.inf) if action.skill == skill else ("allow", "", math.inf)


def verdict(rig: Rig, action_id: str, word: str, say: str = "", speed: float = math.inf) -> ActionVerdict:
    return ActionVerdict(rig.now_s, action_id, word, ("test",), "", "", say, speed, 0.1)


def proposal(rig: Rig, skill: str) -> ProposedAction:
    proposed: list[ProposedAction] = [p for p in rig.sent("action/proposed") if p.skill == skill]
    return proposed[-1]


def test_goal_is_proposed_before_any_step_and_has_the_plans_id(rig: Rig) -> None:
    rig.hear("go_to", place="kitchen").run(3)
    goal, step = rig.sent("action/proposed")
    plan = rig.sent("plan")[0]
    assert (goal.id, goal.plan_id, step.plan_id) == (plan.id, plan.id, plan.id)
    assert step.id != goal.id
    assert goal.utterance_text == "go_to" and goal.requester_id == "anna"
    assert rig.said == ["I am going to the kitchen.", "I am in the kitchen."]


def test_fetch_runs_its_four_steps_in_order_and_ends_with_the_recipient_holding_it(rig: Rig) -> None:
    rig.hear("fetch", object="red cup", person="me").run(20)
    assert rig.proposed == [
        "fetch(red_cup, anna)", "approach(red_cup)", "pick(red_cup)", "approach(anna)", "hand_over(red_cup, anna)"]  # fmt: skip
    assert rig.things["red_cup"].held_by == "anna"
    assert rig.statuses("fetch")[-1] == "fetch succeeded"
    assert "Here is the red cup." in rig.said


def test_denied_goal_starts_nothing_and_says_the_gates_sentence(rig: Rig) -> None:
    rig.judge = refuse("fetch", say="It is sharp.")
    rig.hear("fetch", "leo", object="knife", person="me").run(3)
    assert rig.proposed == ["fetch(knife, leo)"]
    assert rig.said == ["It is sharp."]
    assert rig.statuses()[-1] == "fetch refused"
    assert rig.goals == []


def test_denied_goal_leaves_the_running_plan_alone(rig: Rig) -> None:
    rig.drive_s = 5
    rig.judge = refuse("fetch", say="It is sharp.")
    rig.hear("go_to", place="kitchen").run(1)
    rig.hear("fetch", "leo", object="knife", person="me").run(8)
    assert "It is sharp." in rig.said
    assert rig.statuses("go_to")[-1] == "go_to succeeded"
    assert not any(goal.cancel for goal in rig.goals)


def test_denied_step_ends_the_plan_honestly(rig: Rig) -> None:
    rig.judge = refuse("pick", say="A child is close by.")
    rig.hear("fetch", object="red cup", person="me").run(6)
    assert rig.said[-1] == "A child is close by."
    assert rig.statuses()[-2:] == ["pick refused", "fetch failed"]
    assert "Here is the red cup." not in rig.said


@pytest.mark.parametrize("speed", [0.25, 0.1])
def test_limit_bounds_the_speed_of_drives(rig: Rig, speed: float) -> None:
    rig.judge = lambda action: ("limit", "", speed)
    rig.hear("go_to", place="kitchen").run(1)
    assert rig.goals[0].max_speed_mps == speed


def test_limits_of_goal_and_step_combine_by_minimum(rig: Rig) -> None:
    rig.judge = lambda action: ("limit", "", 0.2 if action.id == action.plan_id else 0.4)
    rig.hear("go_to", place="kitchen").run(1)
    assert rig.goals[0].max_speed_mps == 0.2


def test_limit_with_a_warning_is_said(rig: Rig) -> None:
    rig.judge = refuse("pick", "limit", "Careful, it is sharp.")
    rig.hear("fetch", object="knife", person="me").run(20)
    assert rig.said.count("Careful, it is sharp.") == 1
    assert rig.statuses("fetch")[-1] == "fetch succeeded"


def test_nan_speed_limit_means_no_speed(rig: Rig) -> None:
    rig.judge = lambda action: ("limit", "", math.nan)
    rig.hear("go_to", place="kitchen").run(1)
    assert rig.goals[0].max_speed_mps == 0.0


def test_tighter_limit_while_driving_moves_the_goal_to_the_new_speed(rig: Rig) -> None:
    rig.drive_s = 5
    rig.hear("go_to", place="kitchen").run(1)
    rig.send("action/verdict", verdict(rig, rig.sent("action/proposed")[1].id, "limit", speed=0.15)).run(0.2)
    assert [(goal.id, goal.max_speed_mps, goal.cancel) for goal in rig.goals][-1] == (rig.goals[0].id, 0.15, False)


def test_silent_gate_means_no(rig: Rig) -> None:
    rig.judge = lambda action: None
    rig.hear("go_to", place="kitchen").run(0.9)
    assert rig.said == []
    rig.run(0.3)
    assert rig.said == ["I got no permission in time, so I will leave it."]
    assert rig.goals == []


def test_silent_gate_on_a_step_means_no(rig: Rig) -> None:
    rig.judge = lambda action: None if action.skill == "pick" else ("allow", "", math.inf)
    rig.hear("fetch", object="red cup", person="me").run(6)
    assert rig.said[-1] == "I got no permission in time, so I will leave it."


def test_late_verdict_does_not_start_anything(rig: Rig) -> None:
    rig.judge = lambda action: None
    rig.hear("go_to", place="kitchen").run(1.5)
    rig.send("action/verdict", verdict(rig, proposal(rig, "go_to").id, "allow")).run(2)
    assert rig.goals == []


def test_verdict_of_another_action_is_ignored(rig: Rig) -> None:
    rig.judge = lambda action: None
    rig.hear("go_to", place="kitchen").run(0.2)
    rig.send("action/verdict", verdict(rig, "somebody-else", "allow")).run(0.2)
    assert rig.goals == []


# ------------------------------------------------------------ confirmation


def confirming(action: ProposedAction) -> tuple[str, str, float]:
    """Wants the goal confirmed."""
    return ("confirm", "Shall I?", math.inf) if action.id == action.plan_id else ("allow", "", math.inf)


def test_what_the_gate_wants_confirmed_is_asked_and_the_answer_goes_to_the_gate(rig: Rig) -> None:
    rig.judge = confirming
    rig.hear("go_to", place="kitchen").run(1)
    assert rig.said == ["Shall I?"] and rig.goals == []
    rig.hear("yes", "anna", "yes").run(3)
    (answer,) = rig.sent("action/confirmation")
    assert (answer.yes, answer.person_id, answer.utterance_id) == (True, "anna", "u2")
    assert answer.confirmation_id == f"?{proposal(rig, 'go_to').plan_id}"
    assert len([p for p in rig.sent("action/proposed") if p.id == p.plan_id]) == 1
    assert rig.statuses("go_to")[-1] == "go_to succeeded"


@pytest.mark.parametrize("speaker", ["leo", ""])
def test_whose_yes_does_not_count_is_told_so_and_somebody_else_may_still_say_it(rig: Rig, speaker: str) -> None:
    rig.judge = confirming
    rig.hear("go_to", place="kitchen").run(1).hear("yes", speaker, "yes").run(1)
    assert rig.said == ["Shall I?", "You may not."] and rig.goals == []
    assert rig.sent("action/confirmation")[-1].person_id == speaker
    rig.hear("yes", "anna", "yes").run(3)
    assert rig.statuses("go_to")[-1] == "go_to succeeded"


@pytest.mark.parametrize(("word", "late_s"), [("yes", 1.5), ("no", 0.0)])
def test_a_yes_is_as_old_as_its_words_and_a_no_is_never_too_old(rig: Rig, word: str, late_s: float) -> None:
    """The gate takes no answer from before its question: that yes was said to something else."""
    rig.judge = confirming
    rig.hear("go_to", place="kitchen").run(2.0)
    said_s = rig.now_s - 1.5
    rig.send("speech/heard", Utterance(rig.now_s, "u9", word, word, (), 0.9, said_s - 0.3, said_s, "anna", "en", "test")).tick()
    (answer,) = rig.sent("action/confirmation")
    assert rig.now_s - answer.stamp_s == pytest.approx(late_s, abs=2 * TICK_S)


def test_no_to_a_confirmation_leaves_it(rig: Rig) -> None:
    rig.judge = confirming
    rig.hear("go_to", place="kitchen").run(1).hear("no", "leo").run(1)
    assert rig.said == ["Shall I?", "All right, I leave it."]
    assert [answer.yes for answer in rig.sent("action/confirmation")] == [False]
    rig.hear("yes").run(2)
    assert rig.goals == [] and len(rig.sent("action/confirmation")) == 1


@pytest.mark.parametrize("gate_tells", [True, False])
def test_silence_is_not_a_yes(rig: Rig, gate_tells: bool) -> None:
    rig.judge = confirming
    rig.hear("go_to", place="kitchen").run(10)
    if gate_tells:
        rig.send("action/verdict", verdict(rig, proposal(rig, "go_to").id, "deny", ""))
    rig.run(2)
    assert rig.said == ["Shall I?", "Nobody said yes, so I will leave it."]
    rig.hear("yes").run(2)
    assert rig.goals == [] and rig.sent("action/confirmation") == []


def test_a_question_that_is_void_is_told(rig: Rig) -> None:
    rig.judge = confirming
    rig.hear("go_to", place="kitchen").run(1)
    rig.send("action/verdict", verdict(rig, proposal(rig, "go_to").id, "deny", "Things have changed.")).run(1)
    assert rig.said == ["Shall I?", "Things have changed."] and rig.goals == []


def test_a_gate_without_words_is_lent_some(rig: Rig) -> None:
    rig.judge = lambda action: ("confirm", "", math.inf)
    rig.hear("go_to", place="kitchen").run(1)
    assert rig.said == ["Shall I really do that?"]


def test_a_confirm_that_asks_nothing_is_a_refusal(rig: Rig) -> None:
    rig.judge = lambda action: None
    rig.hear("go_to", place="kitchen").run(0.2)
    rig.send("action/verdict", verdict(rig, proposal(rig, "go_to").id, "confirm", "")).run(0.5)
    assert rig.said == ["I may not do that."]


@pytest.mark.parametrize("how", ["another wish", "a stop"])
def test_a_question_that_is_no_longer_wanted_is_answered_by_no(rig: Rig, how: str) -> None:
    rig.judge = confirming
    rig.hear("go_to", place="kitchen").run(1)
    asked = rig.sent("action/proposed")[-1].plan_id
    if how == "a stop":
        rig.mode = SafetyMode.EMERGENCY_STOP.value
    else:
        rig.hear("go_to", place="living room")
    rig.run(0.5)
    answers = [(answer.confirmation_id, answer.yes, answer.person_id) for answer in rig.sent("action/confirmation")]
    assert answers == [(f"?{asked}", False, "")]


def test_step_can_need_a_confirmation_too(rig: Rig) -> None:
    rig.judge = lambda action: ("confirm", "Shall I?", math.inf) if action.skill == "pick" else ("allow", "", math.inf)
    rig.hear("fetch", object="red cup", person="me").run(4).hear("yes", "anna", "yes").run(15)
    assert rig.statuses("fetch")[-1] == "fetch succeeded"


def driving_until_asked(rig: Rig, which: str) -> str:
    """The gate asks about what is being done; returns the id that it asks about."""
    rig.drive_s = 3
    rig.hear("go_to", place="kitchen").run(1)
    goal, step = rig.sent("action/proposed")
    asked: ProposedAction = goal if which == "goal" else step
    rig.send(
        "action/verdict", replace(verdict(rig, asked.id, "confirm", "Shall I go on?"), confirmation_id=f"?{asked.id}", confirm_within_s=5)
    )
    if which == "goal":
        rig.send("action/verdict", verdict(rig, step.id, "confirm"))
    rig.run(0.1)
    assert rig.goals[-1].cancel and rig.said[-1] == "Shall I go on?"
    return asked.id


@pytest.mark.parametrize("which", ["goal", "step"])
def test_what_is_being_done_rests_while_the_gate_asks_about_it_and_goes_on_after_the_yes(rig: Rig, which: str) -> None:
    asked = driving_until_asked(rig, which)
    drives, steps = len(rig.goals), len(rig.sent("action/proposed"))
    rig.run(2).hear("resume").run(1)  # "go on" is no yes
    assert len(rig.goals) == drives and len(rig.sent("action/proposed")) == steps
    rig.hear("yes", "anna", "yes").run(5)
    assert [answer.confirmation_id for answer in rig.sent("action/confirmation")] == [f"?{asked}"]
    assert rig.statuses("go_to")[-1] == "go_to succeeded"
    assert len(rig.sent("action/proposed")) == steps + (which == "goal")  # its step is proposed anew


@pytest.mark.parametrize("which", ["goal", "step"])
@pytest.mark.parametrize("how", ["no", "the gate's no", "silence", "another wish"])
def test_without_a_yes_what_rests_is_given_up(rig: Rig, which: str, how: str) -> None:
    asked = driving_until_asked(rig, which)
    if how == "no":
        rig.hear("no", "leo").run(1)
    elif how == "the gate's no":
        rig.send("action/verdict", verdict(rig, asked, "deny", "Things have changed.")).run(0.5)
    elif how == "another wish":
        rig.hear("describe").run(1)
    else:
        rig.run(7)
    assert rig.statuses("go_to")[-1] in ("go_to refused", "go_to failed", "go_to cancelled")
    assert len([goal for goal in rig.goals if not goal.cancel]) == 1
    assert [answer.yes for answer in rig.sent("action/confirmation")] == [False] * (how in ("no", "another wish"))


# ------------------------------------------------------------ stops


def drive_and_latch(rig: Rig) -> Rig:
    rig.drive_s = 3
    rig.hear("go_to", place="kitchen").run(1)
    rig.mode = SafetyMode.REARM_REQUIRED.value
    return rig.run(0.2)


def test_latched_stop_cancels_the_drive_and_pauses(rig: Rig) -> None:
    drive_and_latch(rig)
    assert rig.goals[-1].cancel and rig.goals[-1].id == rig.goals[0].id
    assert rig.statuses()[-1] == "go_to paused"


def test_nothing_is_proposed_while_latched(rig: Rig) -> None:
    drive_and_latch(rig)
    before = len(rig.sent("action/proposed"))
    rig.hear("go_to", place="living room").hear("describe").run(5)
    assert len(rig.sent("action/proposed")) == before
    assert rig.said[-1] == "I am standing still. A grown-up can tell me to go on."


def test_resume_asks_the_gate_and_the_step_begins_anew_with_a_new_proposal(rig: Rig) -> None:
    drive_and_latch(rig)
    before = len(rig.sent("action/proposed"))
    rig.hear("resume", "anna").run(0.3)
    request = rig.sent("safety/rearm_request")[0]
    assert (request.source, request.requester_id, request.utterance_id) == ("voice", "anna", "u2")
    assert len(rig.sent("action/proposed")) == before
    rig.mode = SafetyMode.RUNNING.value
    rig.run(5)
    goal, step = rig.sent("action/proposed")[before:]
    assert goal.id == goal.plan_id and step.id not in (goal.id, rig.sent("action/proposed")[1].id)
    assert "I am going on." in rig.said
    assert rig.statuses("go_to")[-1] == "go_to succeeded"


def test_stop_that_is_lifted_without_a_persons_word_starts_no_motion(rig: Rig) -> None:
    drive_and_latch(rig)
    before = len(rig.sent("action/proposed"))
    rig.mode = SafetyMode.RUNNING.value
    rig.run(3)
    assert len(rig.sent("action/proposed")) == before
    assert rig.said[-1] == "I may move again. Say go on when you want me to."
    rig.hear("resume").run(5)
    assert rig.statuses("go_to")[-1] == "go_to succeeded"


@pytest.mark.parametrize(
    ("speaker", "sentence"),
    [
        ("leo", "Only a grown-up may let me go on."),
        ("", "I cannot see who is asking, so I may not go on."),
        ("stranger", "I cannot see who is asking, so I may not go on."),
        ("anna", "I may not go on yet."),
    ],
)
def test_refused_resume_says_why(rig: Rig, speaker: str, sentence: str) -> None:
    drive_and_latch(rig)
    rig.hear("resume", speaker).run(1.4)
    assert sentence not in rig.said
    rig.run(0.3)
    assert rig.said[-1] == sentence
    assert len(rig.sent("safety/rearm_request")) == 1


def test_child_who_is_only_heard_is_told_why_too(rig: Rig) -> None:
    rig.people["leo"] = replace(rig.people["leo"], seen=False, age_group_confidence=0.7)
    drive_and_latch(rig).hear("resume", "leo").run(2)
    assert rig.said[-1] == "Only a grown-up may let me go on."


def test_grown_up_who_is_only_heard_is_told_why(rig: Rig) -> None:
    rig.people["anna"] = replace(rig.people["anna"], seen=False)
    drive_and_latch(rig).hear("resume", "anna").run(2)
    assert rig.said[-1] == "I cannot see who is asking, so I may not go on."


def test_goal_that_the_gate_forgot_or_forbids_after_a_stop_ends_the_plan(rig: Rig) -> None:
    drive_and_latch(rig)
    rig.judge = lambda action: ("deny", "Not any more.", math.inf)
    rig.hear("resume").run(0.2)
    rig.mode = SafetyMode.RUNNING.value
    rig.run(2)
    assert rig.said[-1] == "Not any more."
    assert rig.statuses()[-1] == "go_to refused"
    rig.hear("resume").run(1)
    assert rig.said[-1] == "There is nothing to go on with."


def test_verdict_stop_that_comes_with_the_latch_pauses_instead_of_ending(rig: Rig) -> None:
    rig.drive_s = 3
    rig.hear("go_to", place="kitchen").run(1)
    for action in rig.sent("action/proposed"):
        rig.send("action/verdict", verdict(rig, action.id, "stop"))
    rig.run(0.1)  # the verdicts come a little before the state
    assert rig.goals[-1].cancel
    rig.mode = SafetyMode.EMERGENCY_STOP.value
    rig.run(2).hear("resume")
    rig.mode = SafetyMode.RUNNING.value
    rig.run(5)
    assert rig.statuses("go_to")[-1] == "go_to succeeded"


def test_spoken_stop_pauses_even_if_the_gate_did_not_hear_it(rig: Rig) -> None:
    rig.drive_s = 3
    rig.hear("go_to", place="kitchen").run(1).hear("stop", "rose").run(0.1)
    assert rig.goals[-1].cancel
    rig.run(5)
    assert rig.statuses()[-1] == "go_to paused"
    rig.hear("resume").run(5)
    assert rig.statuses("go_to")[-1] == "go_to succeeded"


def test_latch_drops_a_goal_that_still_waits_for_its_verdict(rig: Rig) -> None:
    rig.judge = lambda action: None
    rig.hear("go_to", place="kitchen").run(0.2)
    rig.mode = SafetyMode.REARM_REQUIRED.value
    rig.run(0.2)
    rig.send("action/verdict", verdict(rig, proposal(rig, "go_to").id, "allow"))
    rig.mode = SafetyMode.RUNNING.value
    rig.run(2)
    assert rig.goals == []
    assert rig.statuses()[-1] == "go_to cancelled"


def test_stop_in_the_middle_of_a_grasp_can_be_resumed(rig: Rig) -> None:
    rig.hear("fetch", object="red cup", person="me")
    assert rig.run_until(lambda: rig.holding == "red_cup")
    rig.mode = SafetyMode.REARM_REQUIRED.value
    rig.run(1).hear("resume").run(0.2)
    rig.mode = SafetyMode.RUNNING.value
    rig.run(15)
    assert rig.things["red_cup"].held_by == "anna"
    assert rig.statuses("fetch")[-1] == "fetch succeeded"


# ------------------------------------------------------------ withdrawal, protective stop


@pytest.mark.parametrize("which", ["goal", "step"])
@pytest.mark.parametrize("word", ["deny", "stop", "confirm"])
def test_withdrawn_action_halts_at_once_and_is_told(rig: Rig, which: str, word: str) -> None:
    rig.drive_s = 3
    rig.hear("go_to", place="kitchen").run(1)
    action = rig.sent("action/proposed")[0 if which == "goal" else 1]
    rig.send("action/verdict", verdict(rig, action.id, word, "A child is near.")).run(0.1)
    assert rig.goals[-1].cancel
    rig.run(1)
    question = word == "confirm"  # is no explanation of why the robot halts
    assert rig.said[-1] == ("It is not safe any more, so I leave it." if question else "A child is near.")
    assert rig.statuses()[-1] == "go_to refused"
    proposals = len(rig.sent("action/proposed"))
    rig.run(3)
    assert len(rig.sent("action/proposed")) == proposals


def test_withdrawal_with_a_thing_in_hand_says_so(rig: Rig) -> None:
    rig.drive_s = 2
    rig.hear("fetch", object="red cup", person="me")
    assert rig.run_until(lambda: rig.holding == "red_cup" and len(rig.goals) == 2)
    rig.send("action/verdict", verdict(rig, proposal(rig, "fetch").id, "deny", "Not now.")).run(1)
    assert rig.said[-1] == "Not now. I am still holding the red cup."


def test_protective_stop_waits_excuses_itself_once_and_goes_on(rig: Rig) -> None:
    rig.drive_s = 3
    rig.hear("go_to", place="kitchen").run(1)
    rig.mode = SafetyMode.PROTECTIVE_STOP.value
    rig.run(1.2)
    assert "Excuse me." not in rig.said
    rig.run(10)
    assert rig.said.count("Excuse me.") == 1
    rig.mode = SafetyMode.RUNNING.value
    rig.run(20)
    assert rig.statuses("go_to")[-1] == "go_to succeeded"
    assert len(rig.sent("action/proposed")) == 2


def test_protective_stop_does_not_use_up_the_skills_time_but_not_forever_either(rig: Rig) -> None:
    rig.drive_s = 3
    rig.hear("go_to", place="kitchen").run(1)
    rig.mode = SafetyMode.PROTECTIVE_STOP.value
    rig.run(58)
    assert rig.statuses()[-1] == "go_to running"
    rig.run(4)
    assert rig.said[-1] == "My way is blocked, so I gave up."


def test_gate_that_starts_again_is_asked_again(rig: Rig) -> None:
    rig.drive_s = 3
    rig.hear("go_to", place="kitchen").run(1)
    rig.mode = SafetyMode.STARTING.value
    rig.run(2)
    assert rig.goals[-1].cancel and len(rig.sent("action/proposed")) == 2
    rig.mode = SafetyMode.RUNNING.value
    rig.run(5)
    goal, step = rig.sent("action/proposed")[2:]
    assert goal.id == goal.plan_id and step.id != rig.sent("action/proposed")[1].id
    assert rig.statuses("go_to")[-1] == "go_to succeeded"


def test_gate_that_comes_back_latched_keeps_the_plan_paused(rig: Rig) -> None:
    drive_and_latch(rig)
    before = len(rig.sent("action/proposed"))
    for mode in (SafetyMode.STARTING, SafetyMode.REARM_REQUIRED):
        rig.mode = mode.value
        rig.run(2)
    assert len(rig.sent("action/proposed")) == before
    assert "I may move again. Say go on when you want me to." not in rig.said
    rig.hear("resume").run(0.1)
    rig.mode = SafetyMode.RUNNING.value
    rig.run(5)
    assert rig.statuses("go_to")[-1] == "go_to succeeded"


def test_stop_spoken_while_the_gate_starts_stays(rig: Rig) -> None:
    rig.drive_s = 3
    rig.hear("go_to", place="kitchen").run(1)
    rig.mode = SafetyMode.STARTING.value
    rig.run(0.5).hear("stop").run(0.5)
    rig.mode = SafetyMode.RUNNING.value
    rig.run(5)
    assert rig.statuses()[-1] == "go_to paused"


def test_silence_of_the_gate_does_not_use_up_the_skills_time(rig: Rig) -> None:
    rig.drive_s, rig.drive_phase = 3, "silent"
    rig.hear("go_to", place="kitchen").run(1)
    rig.gate_lives = False
    rig.run(10)
    assert rig.statuses()[-1] == "go_to running"
    rig.gate_lives = True
    rig.run(3)
    assert rig.said[-1] == "I cannot drive just now."


def test_standing_without_a_drive_excuses_nobody(rig: Rig) -> None:
    rig.voice_speaks = False
    rig.hear("describe").run(1)
    rig.mode = SafetyMode.PROTECTIVE_STOP.value
    rig.run(5)
    assert "Excuse me." not in rig.said


# ------------------------------------------------------------ replacing, giving up, time


def test_new_command_replaces_the_running_one_once_its_goal_is_allowed(rig: Rig) -> None:
    rig.drive_s = 5
    rig.hear("go_to", place="kitchen").run(1).hear("come_here", "rose").run(0.3)
    assert rig.statuses("go_to")[-2:] == ["go_to cancelled", "go_to cancelled"]
    assert [goal.cancel for goal in rig.goals] == [False, True, False]
    rig.run(8)
    assert rig.said[-1] == "Here I am."


def test_replacing_with_a_thing_in_hand_says_so(rig: Rig) -> None:
    rig.hear("fetch", object="red cup", person="me")
    assert rig.run_until(lambda: rig.holding == "red_cup")
    rig.hear("go_to", place="kitchen").run(0.5)
    assert rig.said[-1] == "I am still holding the red cup. I am going to the kitchen."


def test_what_is_held_is_put_back_before_another_thing_is_picked_up(rig: Rig) -> None:
    """The gripper would open for the other one, and let it fall."""
    rig.hear("fetch", object="red cup", person="me")
    assert rig.run_until(lambda: rig.holding == "red_cup")
    before = len(rig.proposed)
    rig.hear("fetch", object="blue book", person="me").run(30)
    steps = [step for step in rig.proposed[before:] if not step.startswith("fetch")]
    assert steps[0] == "put(red_cup, kitchen table)" and "pick(blue_book)" in steps
    assert rig.things["blue_book"].held_by == "anna" and rig.things["red_cup"].held_by == ""


def test_nothing_is_picked_up_with_a_full_hand(rig: Rig) -> None:
    """Where nobody knows to where it could be put back."""
    rig.things["red_cup"].position_m = (4.0, 1.0, 0.05)
    rig.run(2.5)
    rig.holding, rig.things["red_cup"].held_by = "red_cup", "robot"
    rig.run(0.5).hear("fetch", object="blue book", person="me").run(10)
    assert rig.said[-1].startswith("I am holding the red cup, so I cannot do that.")
    assert rig.holding == "red_cup" and "gripper" not in {name for m in rig.sent("joints/proposed") for name in m.names}


def test_going_to_somebody_else_is_told_as_such(rig: Rig) -> None:
    rig.hear("come_here", "anna", person="rose").run(5)
    assert rig.said == ["I am going to Rose.", "I am with Rose."]


def test_no_gives_up_what_is_being_done(rig: Rig) -> None:
    rig.drive_s = 5
    rig.hear("go_to", place="kitchen").run(1).hear("no", words="never mind").run(0.2)
    assert rig.goals[-1].cancel
    assert rig.said[-1] == "All right, I leave it."
    assert rig.statuses()[-1] == "go_to cancelled"


def test_no_and_yes_out_of_the_blue_do_nothing(rig: Rig) -> None:
    rig.hear("no").hear("yes").run(1)
    assert rig.log == []


def test_step_that_takes_too_long_is_given_up(rig: Rig) -> None:
    rig.drive_s = 500
    rig.hear("go_to", place="kitchen").run(123)
    assert rig.said[-1] == "That took too long, so I gave up."
    assert rig.goals[-1].cancel


def test_long_step_renews_its_approval_before_it_expires(rig: Rig) -> None:
    rig.drive_s = 100
    rig.hear("go_to", place="kitchen").run(95)
    step = [p for p in rig.sent("action/proposed") if p.id != p.plan_id]
    assert len({p.id for p in step}) == 1 and len(step) == 4
    assert [p for p in rig.statuses() if p.endswith("running")] == ["go_to running"] * 2


def test_success_is_not_claimed_when_the_world_does_not_show_it(rig: Rig) -> None:
    rig.hear("go_to", place="kitchen")
    rig._arrive = lambda goal: None  # type: ignore[method-assign]
    rig.run(6)
    assert rig.said[-1] == "I could not see that it worked."
    assert rig.statuses()[-1] == "go_to failed"


def test_hand_over_is_not_claimed_when_nobody_was_seen_to_take_it(rig: Rig) -> None:
    def drop() -> None:
        rig.holding = ""
        rig.things["red_cup"] = Thing("cup", "red", (3.0, 0.5, 0.04))

    rig._let_go = lambda: drop() if rig.holding else None  # type: ignore[method-assign]
    rig.hear("fetch", object="red cup", person="me").run(20)
    assert rig.said[-1] == "I could not see that it worked."
    assert rig.statuses("fetch")[-1] == "fetch failed"


def test_failure_with_a_thing_in_hand_says_so(rig: Rig) -> None:
    rig.hear("fetch", object="red cup", person="me")
    assert rig.run_until(lambda: rig.holding == "red_cup")
    rig.drive_phase = "failed"
    rig.run(5)
    assert rig.said[-1] == "I cannot get there. I am still holding the red cup."


def test_thing_that_is_found_on_the_way_is_meant_by_the_later_steps(rig: Rig) -> None:
    rig.things["scissors"] = Thing("scissors", "", (2.2, 6.0, 0.77), visible=False)
    rig.hear("fetch", object="scissors", person="me").run(1)
    rig.things["scissors"].visible = True
    rig.run(20)
    assert rig.proposed == [
        "fetch(scissors, anna)", "find(scissors)", "approach(scissors)", "pick(scissors)", "approach(anna)",
        "hand_over(scissors, anna)"]  # fmt: skip
    assert rig.things["scissors"].held_by == "anna"


def test_description_is_replaced_by_the_id_of_what_was_found(rig: Rig) -> None:
    rig.things["item_7"] = Thing("cup", "green", (2.2, 6.0, 0.8), visible=False)
    rig.hear("fetch", object="green cup", person="me").run(1)
    rig.things["item_7"].visible = True
    rig.run(20)
    assert rig.proposed[:3] == ["fetch(green cup, anna)", "find(green cup)", "approach(item_7)"]
    assert rig.statuses("fetch")[-1] == "fetch succeeded"


def test_same_inputs_give_the_same_messages(tmp_path: Path) -> None:
    def play() -> list[tuple[float, str, Any]]:
        rig = Rig(write_site(tmp_path)).run(0.5)
        rig.hear("fetch", object="red cup", person="me").run(4).hear("come_here", "rose").run(8)
        return rig.log

    assert play() == play()


def test_reset_forgets_the_plan(rig: Rig) -> None:
    rig.drive_s = 5
    rig.hear("go_to", place="kitchen").run(1)
    rig.mind.reset()
    before = len(rig.log)
    rig.run(5)
    assert len(rig.log) == before


@pytest.mark.parametrize("wait_s", [0.2, 0.9, 1.5, 2.1])
@pytest.mark.parametrize("word", ["stop", "no", "another wish"])
def test_a_fetch_can_be_interrupted_at_any_moment(rig: Rig, wait_s: float, word: str) -> None:
    rig.hear("fetch", "anna", "bring me the red cup", object="red cup").run(wait_s)
    if word == "another wish":
        rig.hear("go_to", "rose", "go to the living room", place="living room").run(4.0)
        assert rig.statuses("go_to")[-1] == "go_to succeeded" and rig.statuses("fetch")[-1] == "fetch cancelled"
        return
    rig.hear(word, "leo").run(0.2)
    begun = len(rig.log)
    rig.run(2.0)
    assert not [m for _, topic, m in rig.log[begun:] if topic in ("action/proposed", "joints/proposed", "nav/goal")]
    rig.hear("resume").run_until(lambda: not rig.mind._executive.busy)
    assert (rig.things["red_cup"].held_by == "anna") == (word == "stop")
    assert rig.statuses("fetch")[-1] == ("fetch succeeded" if word == "stop" else "fetch cancelled")
