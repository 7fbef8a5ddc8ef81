"""Who speaks out of the camera's view is looked at, and their words wait for it to be known whose they are: in virtual time."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.act.catalogue import plan_step
from robot_runtime.messages import ActionVerdict, Argument, Plan, ProposedAction, SafetyMode, Utterance, VoiceDirection
from robot_runtime.mind.plan_document import PlanDocument, Task
from tests.unit.mind_rig import TICK_S, Rig, allow, write_site

LEFT = math.pi / 2
CUP = (Argument("object", "red cup"), Argument("person", "me"))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path)).run(0.5)


def hear(rig: Rig, *bearings: float, intent: str = "fetch", speaker: str = "", confidence: float = 0.9, id_: str = "u1") -> Utterance:
    """A turn whose voices came from these bearings, which is over now."""
    start_s, now_s = rig.now_s, rig.now_s + 0.1 * len(bearings)
    for bearing_rad in bearings:
        rig.send("audio/direction", VoiceDirection(rig.now_s, "base_link", bearing_rad, 0.1, -30.0)).run(0.1)
    slots = CUP if intent == "fetch" else ()
    utterance = Utterance(now_s, id_, intent, intent, slots, confidence, start_s, now_s, speaker, "en", "test")
    rig.send("speech/heard", utterance).tick()
    return utterance


def turns_out(rig: Rig, utterance: Utterance, speaker: str) -> None:
    rig.send("speech/heard", replace(utterance, stamp_s=rig.now_s, speaker_id=speaker))


def requesters(rig: Rig) -> list[str]:
    return [plan.requester_id for plan in rig.sent("plan")]


def pans(rig: Rig) -> list[float]:
    proposed = [dict(zip(p.names, p.positions, strict=True)) for p in rig.sent("joints/proposed")]
    return [targets["head_pan"] for targets in proposed if "head_pan" in targets]


def test_who_speaks_out_of_view_is_looked_at_and_then_known(rig: Rig) -> None:
    utterance = hear(rig, LEFT, LEFT + 0.1, -2.0, LEFT - 0.1)  # one is a reflection
    rig.run(0.6)
    assert rig.proposed == ["attend(90)", "attend(90)"]
    assert {p.utterance_id for p in rig.sent("action/proposed")} == {"u1"}
    assert pans(rig)[-1] == pytest.approx(LEFT, abs=0.01)
    assert rig.sent("plan") == []
    turns_out(rig, utterance, "leo")
    rig.run(0.2)
    assert requesters(rig) == ["leo"]
    assert "fetch(red_cup, leo)" in rig.proposed


def test_when_it_does_not_turn_out_the_words_are_acted_on_as_they_are(rig: Rig) -> None:
    hear(rig, LEFT, LEFT)
    heard_s = rig.now_s - TICK_S
    assert rig.run_until(lambda: bool(rig.sent("plan")), 3.0)
    assert rig.sent("plan")[0].stamp_s == pytest.approx(heard_s + 2.0, abs=TICK_S)
    assert rig.said == ["I cannot tell who is asking."]


def test_what_turns_out_too_late_is_not_done_twice(rig: Rig) -> None:
    utterance = hear(rig, LEFT, LEFT, intent="describe")
    rig.run(2.0)
    turns_out(rig, utterance, "leo")
    rig.run(1.0)
    assert requesters(rig) == [""]


@pytest.mark.parametrize("speaker", ["", "anna"])
def test_the_same_words_twice_are_done_once(rig: Rig, speaker: str) -> None:
    utterance = hear(rig, 0.0, 0.0, speaker=speaker, intent="describe")
    rig.send("speech/heard", utterance).run(0.2)
    turns_out(rig, utterance, "leo")
    rig.run(0.2)
    assert requesters(rig) == [speaker]


def test_who_turns_out_to_have_said_it_twice_gets_it_once(rig: Rig) -> None:
    utterance = hear(rig, LEFT, LEFT, intent="describe")
    for _ in range(2):
        turns_out(rig, utterance, "leo")
        rig.run(0.2)
    assert requesters(rig) == ["leo"]


def test_a_yes_that_permits_something_is_not_given_to_whom_is_found_later(rig: Rig) -> None:
    """Who may say yes is somebody who was seen to say it, not who stands where a voice came from."""
    rig.judge = lambda action: ("confirm", "Shall I?", math.inf) if action.skill == "go_to" else allow(action)
    rig.hear("go_to", place="kitchen").run(0.3)
    yes = hear(rig, LEFT, LEFT, intent="yes")
    rig.run(0.3)
    turns_out(rig, yes, "anna")
    rig.run(2.0)
    assert [answer.person_id for answer in rig.sent("action/confirmation")] == [""]
    assert "attend(90)" not in rig.proposed


def test_go_on_that_waited_does_not_lift_a_stop_that_came_meanwhile(rig: Rig) -> None:
    """The gate refuses a request from before the stop."""
    utterance = hear(rig, LEFT, LEFT, intent="resume")
    rig.run(0.5)
    stopped_s, rig.mode = rig.now_s, SafetyMode.REARM_REQUIRED.value
    turns_out(rig, utterance, "anna")
    rig.run(0.5)
    (request,) = rig.sent("safety/rearm_request")
    assert request.stamp_s == utterance.end_s < stopped_s


def test_the_world_has_to_know_the_speaker_first(rig: Rig) -> None:
    leo = rig.people.pop("leo")
    rig.run(0.5)
    rig.world.reset()
    utterance = hear(rig, LEFT, LEFT)
    rig.run(0.3)
    turns_out(rig, utterance, "leo")
    rig.run(0.3)
    assert rig.sent("plan") == []
    rig.people["leo"] = leo
    rig.run(0.5)
    assert requesters(rig) == ["leo"]


def test_the_head_stays_for_a_moment_and_then_looks_ahead(rig: Rig) -> None:
    hear(rig, LEFT, LEFT, intent="where_is")
    rig.run(3.5)
    assert rig.joints["head_pan"] == pytest.approx(LEFT, abs=0.01)
    rig.run(1.0)
    assert rig.joints["head_pan"] == 0.0
    assert rig.statuses("attend")[-2:] == ["attend succeeded", "attend succeeded"]


def test_it_looks_ahead_before_a_plan_begins(rig: Rig) -> None:
    utterance = hear(rig, LEFT, LEFT)
    rig.run(0.5)
    turns_out(rig, utterance, "leo")
    assert rig.run_until(lambda: "fetch running" in rig.statuses("fetch"), 1.0)
    assert rig.joints["head_pan"] == 0.0
    assert rig.statuses("attend")[-2:] == ["attend cancelled", "attend cancelled"]


@pytest.mark.parametrize(
    "bearings",
    [(), (math.nan, math.nan), (0.3, 0.3), (LEFT, -LEFT), (LEFT, -2.0, 3.0, 0.8)],
    ids=["no voice", "no array", "in view", "two places", "anywhere"],
)
def test_without_a_direction_or_in_view_nothing_waits(rig: Rig, bearings: tuple[float, ...]) -> None:
    hear(rig, *bearings)
    rig.tick()
    assert len(rig.sent("plan")) == 1
    assert rig.proposed == []
    assert pans(rig) == []


@pytest.mark.parametrize("changes", [{"speaker": "anna"}, {"intent": "no"}, {"intent": "stop"}, {"intent": ""}, {"confidence": 0.1}])
def test_what_needs_no_speaker_is_heard_at_once(rig: Rig, changes: dict[str, Any]) -> None:
    hear(rig, LEFT, LEFT, **changes)
    assert "attend(90)" not in rig.proposed
    assert rig.mind._attention._held is None


def test_a_latched_stop_is_no_time_to_look(rig: Rig) -> None:
    rig.mode = SafetyMode.EMERGENCY_STOP.value
    rig.run(0.2)
    hear(rig, LEFT, LEFT, intent="resume")
    assert len(rig.sent("safety/rearm_request")) == 1
    assert rig.proposed == []


def test_while_something_is_done_the_head_is_needed(rig: Rig) -> None:
    rig.drive_s = 30.0
    rig.hear("go_to", place="kitchen").run(1)
    hear(rig, LEFT, LEFT)
    rig.run(0.2)
    assert "attend(90)" not in rig.proposed
    assert len(rig.sent("plan")) == 2


def test_somebody_else_is_not_kept_waiting(rig: Rig) -> None:
    hear(rig, LEFT, LEFT, intent="describe")
    hear(rig, speaker="anna", intent="who_is_here", id_="u2")
    assert [plan.utterance_id for plan in rig.sent("plan")] == ["u1", "u2"]


def test_another_voice_is_looked_at_instead(rig: Rig) -> None:
    hear(rig, LEFT, LEFT, intent="where_is")
    rig.run(2.1)
    assert rig.joints["head_pan"] == pytest.approx(LEFT, abs=0.01)
    hear(rig, -LEFT, -LEFT, intent="where_is", id_="u2")
    rig.run(0.6)
    assert list(dict.fromkeys(rig.proposed)) == ["attend(90)", "attend(-90)"]
    assert rig.joints["head_pan"] == pytest.approx(-LEFT, abs=0.01)


@pytest.mark.parametrize("verdict", ["deny", "stop", "confirm"])
def test_what_the_gate_does_not_allow_is_not_waited_for(rig: Rig, verdict: str) -> None:
    def judge(action: ProposedAction) -> tuple[str, str, float] | None:
        return (verdict, "", math.nan) if action.skill == "attend" else allow(action)

    rig.judge = judge
    hear(rig, LEFT, LEFT)
    rig.run(0.3)
    assert len(rig.sent("plan")) == 1
    assert pans(rig) == []
    assert "attend refused" in rig.statuses("attend")


def test_after_a_stop_the_head_does_not_stay_turned(rig: Rig) -> None:
    hear(rig, LEFT, LEFT, intent="where_is")
    rig.run(0.5)
    rig.mode = SafetyMode.EMERGENCY_STOP.value
    for id_ in {action.id for action in rig.sent("action/proposed")}:
        rig.send("action/verdict", ActionVerdict(rig.now_s, id_, "stop", ("test",), "", "", "", math.nan, 0.1, "", math.nan))
    rig.run(0.5)
    assert rig.joints["head_pan"] == pytest.approx(LEFT, abs=0.01)
    rig.mode = SafetyMode.RUNNING.value
    rig.run(0.5)
    assert rig.proposed[-1] == "attend(0)"
    assert rig.joints["head_pan"] == 0.0


def test_a_silent_gate_is_not_waited_for_longer(rig: Rig) -> None:
    rig.judge = lambda action: None
    hear(rig, LEFT, LEFT, intent="describe")
    rig.run(1.2)
    assert len(rig.sent("plan")) == 1


def test_a_neck_goes_only_so_far(rig: Rig) -> None:
    hear(rig, math.pi, -math.pi + 0.01)
    rig.run(0.5)
    assert abs(pans(rig)[-1]) == 2.7


def test_without_a_neck_nothing_waits(tmp_path: Path) -> None:
    rig = Rig(write_site(tmp_path))
    del rig.joints["head_pan"]
    hear(rig.run(0.5), LEFT, LEFT)
    assert len(rig.sent("plan")) == 1
    assert rig.proposed == []


@pytest.mark.parametrize("bearing", ["left", "nan", "inf"])
def test_a_bearing_that_is_no_number_turns_nothing(rig: Rig, bearing: str) -> None:
    goal = plan_step("attend", {"bearing_deg": bearing})
    rig.mind._executive.submit(Plan(rig.now_s, "p1", "u1", "anna", "test", goal, (goal,), ""), PlanDocument(Task(goal)), "")
    rig.run(1)
    assert rig.statuses()[-1] == "attend failed"
    assert set(pans(rig)) <= {0.0}
