"""What the mind asks when it may have heard a command, and what it makes of the answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from robot_runtime.messages import Argument, Guess, Utterance
from tests.unit.mind_rig import Rig, write_site


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path)).run(0.5)


def a_guess(text: str, intent: str, confidence: float, **slots: str) -> Guess:
    return Guess(text, intent, tuple(Argument(name, value) for name, value in slots.items()), confidence)


def find(thing: str, confidence: float) -> Guess:
    return a_guess(f"find the {thing}", "find", confidence, object=thing)


GO = a_guess("go to the kitchen", "go_to", 0.4, place="kitchen")


def mumble(rig: Rig, *guesses: Guess, speaker: str = "anna", free_text: str = "") -> Rig:
    """Speech that is not surely a sentence."""
    confidence = guesses[0].confidence if guesses else 0.0
    now_s = rig.now_s
    return rig.send("speech/heard", Utterance(
        now_s, f"m{now_s}", "", "", (), confidence, now_s - 1, now_s, speaker, "en", "test", free_text=free_text, guesses=guesses,
    )).run(0.5)  # fmt: skip


def test_a_command_that_was_half_heard_is_asked_about_and_not_done(rig: Rig) -> None:
    mumble(rig, GO)
    assert rig.said == ["Did you say: go to the kitchen?"] and rig.sent("speech/say")[0].purpose == "question"
    assert rig.sent("plan") == []


def test_yes_makes_it_what_was_said_by_who_said_it(rig: Rig) -> None:
    mumble(rig, GO).hear("yes", words="yes").run(0.5)
    assert "go_to(kitchen)" in rig.proposed and rig.sent("plan")[-1].requester_id == "anna"


def test_no_asks_to_say_it_again(rig: Rig) -> None:
    mumble(rig, GO).hear("no").run(0.5)
    assert rig.said[-1] == "Please say it again." and rig.proposed == []
    rig.hear("yes").run(0.5)
    assert rig.proposed == []


def test_another_person_cannot_say_yes_to_what_was_asked_of_one(rig: Rig) -> None:
    mumble(rig, GO).hear("yes", "leo").run(0.5)
    assert rig.proposed == []


def test_who_says_yes_to_an_unknown_voice_has_asked_for_it(rig: Rig) -> None:
    mumble(rig, GO, speaker="").hear("yes", "rose").run(2.0)
    assert rig.sent("plan")[-1].requester_id == "rose"


def test_what_is_hardly_likely_is_not_put_into_anybodys_mouth(rig: Rig) -> None:
    mumble(rig, a_guess("go to the kitchen", "go_to", 0.2, place="kitchen"))
    assert rig.said == ["I did not catch that."]


@pytest.mark.parametrize("intent", ["yes", "no", "stop", "resume", "slower", "choose"])
def test_nor_an_answer_nor_what_ends_something(rig: Rig, intent: str) -> None:
    mumble(rig, a_guess("whatever", intent, 0.45))
    assert rig.said == ["I did not catch that."]


def test_a_question_about_the_world_may_be_asked_back(rig: Rig) -> None:
    mumble(rig, a_guess("what do you see", "what_see", 0.4))
    assert rig.said == ["Did you say: what do you see?"]


def test_to_be_forgotten_takes_a_yes_more(rig: Rig) -> None:
    mumble(rig, a_guess("forget me", "forget", 0.4)).hear("yes").run(0.5)
    assert rig.sent("world/forget") == [] and rig.said[-1].endswith("?")


def test_of_things_that_sound_alike_it_asks_which(rig: Rig) -> None:
    mumble(rig, find("red cup", 0.35), find("red cap", 0.3), find("knife", 0.05))
    assert rig.said == ["Did you say the red cup or the red cap?"]


def test_several_unlikely_things_are_together_worth_a_question(rig: Rig) -> None:
    mumble(rig, find("red cup", 0.2), find("red cap", 0.18))
    assert rig.said == ["Did you say the red cup or the red cap?"]


def test_other_wishes_do_not_make_a_thing_likelier(rig: Rig) -> None:
    mumble(rig, find("red cup", 0.2), GO)
    assert rig.said == ["I did not catch that."]


@pytest.mark.parametrize(
    ("slot", "named", "found"),
    [("object", "red cup", "red cup"), ("object", "cup", "red cup"), ("colour", "red", "red cup"), ("object", "blue book", "blue book")],
)
def test_the_answer_names_one_of_them_or_another(rig: Rig, slot: str, named: str, found: str) -> None:
    mumble(rig, find("red cup", 0.35), find("knife", 0.3))
    answer = Utterance(rig.now_s, "a1", named, "choose", (Argument(slot, named),), 0.9, rig.now_s, rig.now_s, "anna", "en", "test")
    rig.send("speech/heard", answer).run(0.5)
    assert rig.statuses("find") != [] and found in rig.said[-1]


def test_a_yes_to_one_of_several_chooses_none(rig: Rig) -> None:
    mumble(rig, find("red cup", 0.35), find("blue book", 0.3)).hear("yes").run(0.5)
    assert rig.proposed == []


def test_an_answer_that_is_not_surely_heard_either_counts_if_it_is_one_of_the_choices(rig: Rig) -> None:
    mumble(rig, find("red cup", 0.35), find("red cap", 0.3))
    mumble(rig, a_guess("the red cup", "choose", 0.2, object="red cup"))
    assert rig.statuses("find") != []


def test_and_not_if_it_is_another_thing(rig: Rig) -> None:
    mumble(rig, find("red cup", 0.35), find("red cap", 0.3))
    mumble(rig, a_guess("the knife", "choose", 0.25, object="knife"))
    assert rig.statuses("find") == []


def test_after_a_while_a_yes_means_nothing_any_more(rig: Rig) -> None:
    mumble(rig, GO).run(16.0).hear("yes").run(0.5)
    assert rig.proposed == []


def test_a_new_wish_takes_its_place(rig: Rig) -> None:
    mumble(rig, GO).hear("go_to", place="living room").run(0.5)
    before = len(rig.sent("plan"))
    rig.hear("yes").run(0.5)
    assert len(rig.sent("plan")) == before


def test_a_task_that_is_not_sure_is_asked_about_and_a_question_answered(rig: Rig) -> None:
    rig.hear("go_to", words="go to the kitchen", confidence=0.6, place="kitchen").run(0.5)
    assert rig.said == ["Did you say: go to the kitchen?"] and rig.proposed == []
    rig.hear("yes").run(0.5)
    assert "go_to(kitchen)" in rig.proposed


def test_a_stop_is_never_asked_about(rig: Rig) -> None:
    rig.hear("go_to", words="go to the kitchen", place="kitchen").run(0.5)
    rig.hear("stop", confidence=0.5).run(0.5)
    assert "go_to paused" in rig.statuses("go_to")


def test_while_the_gate_asks_nothing_else_is_asked(tmp_path: Path) -> None:
    rig = Rig(write_site(tmp_path), judge=lambda action: ("confirm", "May I?", 10.0)).run(0.5)
    rig.hear("go_to", words="go to the kitchen", place="kitchen").run(0.5)
    mumble(rig, find("red cup", 0.4))
    assert not any(text.startswith("Did you say") for text in rig.said)


def test_a_loop_of_questions_ends(rig: Rig) -> None:
    for _ in range(4):
        mumble(rig, GO)
    assert rig.said == ["Did you say: go to the kitchen?"] * 2
    rig.hear("yes").run(0.5)
    assert rig.proposed == []  # the last of it was not asked


def test_words_that_a_planner_can_read_need_no_question(rig: Rig) -> None:
    mumble(rig, find("red cap", 0.4), free_text="go to the kitchen")
    assert "go_to(kitchen)" in rig.proposed


def test_a_robot_that_is_stopped_asks_for_nothing_that_it_may_not_do(rig: Rig) -> None:
    rig.mode = "emergency_stop"
    mumble(rig.run(0.2), GO)
    assert rig.said == ["I did not catch that."]
