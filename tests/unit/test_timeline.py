"""The story of a run: lines, names and latencies."""

import math
from dataclasses import replace

import pytest

from robot_runtime.messages import (
    ActionVerdict,
    Argument,
    FloorDecision,
    Guess,
    People,
    Person,
    Plan,
    PlanStep,
    ProposedAction,
    RulesState,
    SafetyState,
    SpeechMeasured,
    SpeechState,
    SpeechStyle,
    StopRequest,
    TimelineEvent,
    Utterance,
    Velocity,
)
from robot_runtime.observe.page import page
from robot_runtime.observe.run import Run
from robot_runtime.observe.timeline import Timeline, TimelineConfig


@pytest.fixture
def timeline() -> Timeline:
    return Timeline(TimelineConfig())


def lines(timeline: Timeline, now_s: float, **inbox: object) -> list[TimelineEvent]:
    """Step with one message a topic; ``speech_heard`` stands for ``speech/heard``."""
    topics = {name.replace("__", "/"): [message] for name, message in inbox.items()}
    return [message for _, message in timeline.step(topics, now_s)]


def heard(end_s: float = 9.7, stamp_s: float = 10.0) -> Utterance:
    slots = (Argument("object", "red cup"),)
    return Utterance(stamp_s, "u1", "bring me the red cup", "fetch", slots, 0.9, end_s - 1.5, end_s, "anna", "en", "engine")


def velocity(stamp_s: float, linear_mps: float) -> Velocity:
    return Velocity(stamp_s, linear_mps, 0.0)


def test_what_was_half_heard_is_told_with_what_it_may_have_been(timeline: Timeline) -> None:
    unclear = replace(heard(), text="", intent="", slots=(), guesses=(Guess("go to the kitchen", "go_to", (), 0.4),))
    (told,) = lines(timeline, 10.0, speech__heard=unclear)
    assert "perhaps “go to the kitchen”" in told.text


@pytest.mark.parametrize(("decision", "told"), [("dip", "hesitated"), ("hold", "paused"), ("keep", "went on speaking")])
def test_what_the_robot_did_when_perhaps_somebody_spoke_is_told_with_the_reason(timeline: Timeline, decision: str, told: str) -> None:
    (line,) = lines(timeline, 10.0, speech__floor=FloorDecision(10.0, decision, "perhaps somebody speaks", 9.9, ""))
    assert line.text == told and line.detail == "perhaps somebody speaks, 0.10 s after they began"


def test_a_sound_that_is_ahead_of_the_clock_was_heard_after_no_known_time(timeline: Timeline) -> None:
    told, _ = lines(timeline, 10.0, speech__heard=heard(end_s=10.06))
    assert math.isnan(told.latency_ms)


def test_heard_names_the_speaker_and_counts_from_the_end_of_the_sound(timeline: Timeline) -> None:
    anna = Person("anna", "Anna", "adult", 0.9, (0, 0, 0), (0, 0, 0), 0.1, True, True, True, 10.0)
    told, understood = lines(timeline, 10.0, people=People(10.0, "test", (anna,)), speech__heard=heard())
    assert told.text == "Anna: “bring me the red cup”"
    assert told.latency_ms == pytest.approx(300)
    assert understood.text == "fetch(object=red cup)"


def test_who_turns_out_to_have_said_it_is_one_line_more_and_no_second_utterance(timeline: Timeline) -> None:
    assert [line.kind for line in lines(timeline, 10.0, speech__heard=replace(heard(), speaker_id=""))] == ["heard", "understood"]
    assert [line.text for line in lines(timeline, 11.0, speech__heard=heard(stamp_s=11.0))] == [
        "it was anna who said “bring me the red cup”"
    ]
    assert len(lines(timeline, 12.0, speech__heard=heard(end_s=11.7, stamp_s=12.0))) == 2  # said once more


def test_plan_and_verdict_carry_their_own_latencies(timeline: Timeline) -> None:
    lines(timeline, 10.0, speech__heard=heard())
    step = PlanStep("pick", (Argument("object", "red_cup"),))
    (planned,) = lines(timeline, 10.05, plan=Plan(10.02, "p1", "u1", "anna", "grounded", step, (step,), ""))
    assert planned.text == "pick(red_cup)"
    assert planned.latency_ms == pytest.approx(20)
    action = ProposedAction(10.03, "a1", "p1", "pick", step.arguments, "u1", "…", "anna")
    verdict = ActionVerdict(10.04, "a1", "deny", ("R1",), "hash", "sharp object", "No.", math.inf, 0.7)
    (judged,) = lines(timeline, 10.06, action__proposed=action, action__verdict=verdict)
    assert judged.text == "deny: pick(red_cup)"
    assert judged.detail == "R1: sharp object"
    assert judged.latency_ms == 0.7


def test_a_renewed_verdict_is_told_once_and_a_changed_one_again(timeline: Timeline) -> None:
    action = ProposedAction(10.0, "a1", "p1", "go_to", (Argument("place", "kitchen"),), "u1", "…", "anna")
    allow = ActionVerdict(10.0, "a1", "allow", ("R1",), "hash", "", "", math.inf, 0.7)
    assert len(lines(timeline, 10.0, action__proposed=action, action__verdict=allow)) == 1
    assert lines(timeline, 40.0, action__verdict=allow) == []
    deny = ActionVerdict(41.0, "a1", "deny", ("R2",), "hash", "", "", math.inf, 0.7)
    assert [e.text for e in lines(timeline, 41.0, action__verdict=deny)] == ["deny: go_to(kitchen)"]


def test_first_motion_counts_from_the_utterance_and_only_once(timeline: Timeline) -> None:
    lines(timeline, 10.0, speech__heard=heard(end_s=9.7))
    (moving,) = lines(timeline, 10.2, cmd_vel=velocity(10.2, 0.3))
    assert moving.text == "starts to move"
    assert moving.latency_ms == pytest.approx(500)
    assert lines(timeline, 10.4, cmd_vel=velocity(10.4, 0.3)) == []


def test_a_short_pause_is_no_halt_and_a_long_one_is(timeline: Timeline) -> None:
    lines(timeline, 10.0, cmd_vel=velocity(10.0, 0.3))
    assert lines(timeline, 10.1, cmd_vel=velocity(10.1, 0.0)) == []
    assert lines(timeline, 10.2, cmd_vel=velocity(10.2, 0.3)) == []
    assert lines(timeline, 10.3, cmd_vel=velocity(10.3, 0.0)) == []
    (halt,) = lines(timeline, 10.8, cmd_vel=velocity(10.8, 0.0))
    assert (halt.text, halt.stamp_s) == ("stands still", 10.3)


def test_stop_request_is_timed_to_the_first_zero(timeline: Timeline) -> None:
    lines(timeline, 10.0, cmd_vel=velocity(10.0, 0.3))
    lines(timeline, 10.02, safety__stop_request=StopRequest(10.01, "word", "stop", 0.9))
    lines(timeline, 10.04, cmd_vel=velocity(10.03, 0.2))
    (zero,) = lines(timeline, 10.06, cmd_vel=velocity(10.05, 0.0))
    assert (zero.kind, zero.text) == ("safety", "velocity zero")
    assert zero.latency_ms == pytest.approx(40)


def test_safety_mode_is_told_when_it_changes(timeline: Timeline) -> None:
    running = SafetyState(1.0, "running", (), 0.8, math.nan, 2.0, 0.0, 0.0)
    stopped = SafetyState(1.2, "protective_stop", ("anna 0.4 m ahead",), 0.0, 0.4, 0.4, 0.0, 0.0)
    assert [e.text for e in lines(timeline, 1.0, safety__state=running)] == ["running"]
    assert lines(timeline, 1.1, safety__state=running) == []
    (event,) = lines(timeline, 1.2, safety__state=stopped)
    assert (event.text, event.detail) == ("protective stop", "anna 0.4 m ahead")
    nearer = SafetyState(1.3, "protective_stop", ("anna 0.3 m ahead",), 0.0, 0.3, 0.3, 0.0, 0.0)
    assert lines(timeline, 1.3, safety__state=nearer) == []


def test_first_answer_counts_from_the_end_of_the_question(timeline: Timeline) -> None:
    lines(timeline, 10.0, speech__heard=heard(end_s=9.7))
    (first,) = lines(timeline, 10.1, speech__state=SpeechState(10.1, "s1", "started", "I will bring it.", 0.0, math.nan))
    (second,) = lines(timeline, 15.0, speech__state=SpeechState(15.0, "s2", "started", "Here it is.", 0.0, math.nan))
    assert first.latency_ms == pytest.approx(400)
    assert math.isnan(second.latency_ms)


def test_reset_forgets_who_spoke(timeline: Timeline) -> None:
    lines(timeline, 10.0, speech__heard=heard())
    timeline.reset()
    (moving,) = lines(timeline, 11.0, cmd_vel=velocity(11.0, 0.3))
    assert math.isnan(moving.latency_ms)


def test_rules_that_change_while_the_robot_runs_are_told(timeline: Timeline) -> None:
    def rules(changes: str, error: str) -> RulesState:
        return RulesState(1.0, "home", "1.1.0", "aa", "bb", 0.0, changes, error)

    assert lines(timeline, 1.0, safety__rules=rules("", "")) == []
    (new,) = lines(timeline, 1.0, safety__rules=rules("tighter: rule a", ""))
    assert (new.kind, new.text, new.detail) == ("safety", "new rules in force: home 1.1.0", "tighter: rule a")
    (bad,) = lines(timeline, 1.0, safety__rules=rules("", "home.yaml: not valid YAML"))
    assert (bad.text, bad.detail) == ("changed rules are not in force", "home.yaml: not valid YAML")


def test_a_manner_is_told_with_evidence_and_confidence_when_it_changes(timeline: Timeline) -> None:
    style = SpeechStyle(1.0, "rose", "elderly", 120.0, 1.0, 1.0, 0.7, 1.2, 0.3, "rose: age elderly", 0.9, reasons=("age:elderly",))
    (line,) = lines(timeline, 1.0, speech__style=style)
    assert (line.kind, line.text) == ("manner", "elderly for rose")
    assert line.detail == "120 words a minute, 1.2 m, 0.30 m/s; rose: age elderly; confidence 0.9"
    assert not lines(timeline, 2.0, speech__style=replace(style, rate_wpm=118.0))
    assert lines(timeline, 3.0, speech__style=replace(style, reasons=("hearing", "age:elderly")))
    assert lines(timeline, 4.0, speech__style=replace(style, person_id="", name="careful"))[0].text == "careful"


NAN = math.nan
MEASURED = SpeechMeasured(
    10.0, "s1", 0, "I will <go>.", "rose", "elderly", "espeak en",
    120.0, 121.0, NAN, NAN, 0.7, 0.71, 6.0, 4.0, 90.0, -26.0, -26.1,
    1.0, 0.0, 0.0, 1.0, 0.0, "",
)  # fmt: skip


def test_a_sentence_that_sounded_as_wanted_is_no_story(timeline: Timeline) -> None:
    assert lines(timeline, 10.0, speech__measured=MEASURED) == []


def test_a_sentence_that_did_not_is_told_with_both_figures(timeline: Timeline) -> None:
    told = lines(timeline, 10.0, speech__measured=replace(MEASURED, rate_wpm=140.0, pause_s=0.5))[0]
    assert told.kind == "said" and math.isnan(told.latency_ms)
    assert told.detail == "elderly: rate 140 instead of 120 words/min; pause after 0.5 instead of 0.7 s"


def test_a_sentence_that_was_cut_is_no_news_again(timeline: Timeline) -> None:
    assert lines(timeline, 10.0, speech__measured=replace(MEASURED, rate_wpm=140.0, disturbed="cut")) == []


def test_the_report_shows_what_was_wanted_and_measured() -> None:
    text = page(Run.of([("speech/measured", replace(MEASURED, rate_wpm=140.0))]), "t", [], [])
    assert "I will &lt;go&gt;." in text and "elderly" in text
    assert '<td class="n">120.00</td><td class="n">140.00</td>' in text and '<td class="n failed">+17 %</td>' in text
    assert "pause within" not in text, "nothing was wanted of it"
