"""Long answers in turns of as many words as the style has, with the rest after a yes; and what is never cut."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from robot_runtime.messages import ProposedAction, SafetyMode, SpeechStyle, Utterance
from robot_runtime.mind.turn_length import in_sentences
from robot_runtime.social.policy import POLICIES, load_policy
from robot_runtime.speak.clauses import count_words
from tests.unit.mind_rig import Rig, Thing, write_site

QUESTION = "Shall I tell the rest?"
THINGS = ("plate", "bowl", "fork", "spoon", "bottle", "apple", "banana")
STYLES = {
    name: SpeechStyle(0.0, "rose", name, evidence="", confidence=0.9, **style.model_dump())
    for name, style in load_policy(POLICIES / "home.yaml").styles.items()
}


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """Ten things on the kitchen table, and a child who asks."""
    rig = Rig(write_site(tmp_path), style=STYLES["child"])
    rig.things |= {name: Thing(name, "", (1.5 + 0.1 * at, 5.8, 0.8)) for at, name in enumerate(THINGS)}
    return rig.run(1.0)


def asked(rig: Rig, intent: str, **slots: str) -> str:
    before = len(rig.said)
    rig.hear(intent, "leo", "", 0.9, **slots).run(0.5)
    return " ".join(rig.said[before:])


def told_in_turns(rig: Rig, intent: str, **slots: str) -> list[str]:
    turns = [asked(rig, intent, **slots)]
    while turns[-1].endswith(QUESTION) and len(turns) < 9:
        turns.append(asked(rig, "yes"))
    return turns


@pytest.mark.parametrize("style", STYLES)
def test_ten_things_are_told_in_turns_of_the_styles_words_and_none_is_left_out(rig: Rig, style: str) -> None:
    rig.style = STYLES[style]
    turns = told_in_turns(rig.run(0.1), "what_is_on", surface="kitchen table")
    assert all(count_words(turn) <= STYLES[style].words_per_turn for turn in turns)
    assert len(turns) == (1 if style == "adult" else 3 if style == "child" else 2)
    whole = " ".join(turns)
    assert all(whole.count(f"the {thing}") == 1 for thing in (*THINGS, "red cup", "blue cup", "knife"))
    purposes = [request.purpose for request in rig.sent("speech/say")]
    assert purposes == ["question"] * (len(turns) - 1) + ["answer"]


@pytest.mark.parametrize("intent", ["describe", "what_done", "what_changed"])
def test_other_long_answers_are_cut_at_a_sentence_and_told_to_the_end(rig: Rig, intent: str) -> None:
    rig.drive_s = 0.1
    for _ in range(3):
        rig.hear("go_to", "anna", "go to the kitchen", place="kitchen").run(2.0)
    rig.style = replace(STYLES["child"], words_per_turn=200)
    whole = asked(rig.run(0.1), intent)
    rig.style = STYLES["child"]
    turns = told_in_turns(rig.run(0.1), intent)
    assert len(turns) > 1 and count_words(whole) > 20
    if intent == "describe":
        assert turns[0].startswith("I am in the kitchen. I see the ")
    if intent == "what_done":
        assert " ".join(turn.removesuffix(QUESTION).strip() for turn in turns) == whole


@pytest.mark.parametrize("intent", ["resume", "longer"])
def test_go_on_and_tell_me_more_tell_the_rest_too_and_it_is_told_once(rig: Rig, intent: str) -> None:
    first = asked(rig, "what_is_on", surface="kitchen table")
    second = asked(rig, intent)
    assert first.endswith(QUESTION) and second.startswith("On the kitchen table I see")
    assert asked(rig, "no") == "All right, I leave it."
    assert asked(rig, "yes") == ""


def test_go_on_under_a_stop_is_for_the_gate_and_yes_tells_the_rest(rig: Rig) -> None:
    rig.mode = SafetyMode.EMERGENCY_STOP.value
    assert asked(rig.run(0.1), "what_is_on", surface="kitchen table").endswith(QUESTION)
    assert asked(rig, "resume") == "" and len(rig.sent("safety/rearm_request")) == 1
    assert asked(rig, "yes").startswith("On the kitchen table I see") and rig.proposed == []


def test_the_rest_waits_until_the_answer_may_have_been_heard_and_not_for_ever(rig: Rig) -> None:
    asked(rig, "what_is_on", surface="kitchen table")
    assert asked(rig.run(20.0), "yes").startswith("On the kitchen table")
    assert asked(rig.run(28.0), "yes") == ""


def test_another_request_ends_the_offer(rig: Rig) -> None:
    asked(rig, "what_is_on", surface="kitchen table")
    asked(rig, "where_is", object="red cup")
    assert asked(rig, "yes") == ""


def test_reasons_questions_and_refusals_are_said_whole(rig: Rig) -> None:
    why = "I will not give you the knife, because it is sharp and could hurt somebody. " * 3

    def judge(action: ProposedAction) -> tuple[str, str, float]:
        return ("deny", why.strip(), math.inf)

    rig.judge = judge
    assert asked(rig, "fetch", object="knife", person="me") == why.strip()
    assert why.strip() in asked(rig, "why_not") and count_words(rig.said[-1]) > 20
    assert {request.purpose for request in rig.sent("speech/say")} == {"refusal", "answer"}


def test_a_yes_that_may_mean_the_rest_permits_nothing(rig: Rig) -> None:
    def judge(action: ProposedAction) -> tuple[str, str, float]:
        return ("confirm", "Shall I really?", math.inf) if action.skill == "go_to" else ("allow", "", math.inf)

    rig.judge = judge
    words = "tell me what you see and then go to the kitchen"
    heard = Utterance(rig.now_s, "u0", words, "", (), 0.9, rig.now_s, rig.now_s, "leo", "en", "test", "turn", words)
    rig.send("speech/heard", heard).run(1.0)
    assert [text.split(". ")[-1] for text in rig.said][-2:] == [QUESTION, "Shall I really?"]
    assert asked(rig, "yes").startswith("I see") and not rig.sent("action/confirmation")
    asked(rig, "yes")
    assert [answer.yes for answer in rig.sent("action/confirmation")] == [True]


def test_a_pardon_says_the_same_part_again_and_the_rest_is_still_there(rig: Rig) -> None:
    first = asked(rig, "what_is_on", surface="kitchen table")
    assert asked(rig, "pardon") == first
    assert asked(rig, "yes") not in ("", first)


def test_in_a_sentence_stand_two_names_at_least() -> None:
    assert in_sentences("abc", lambda names: f"I see {', '.join(names)} on a very long table.", 3) == [
        "I see a, b on a very long table.", "I see c on a very long table.",
    ]  # fmt: skip
