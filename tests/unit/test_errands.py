"""Several things in one go: which are meant, that each passes the gate on its own, and that all is told as it went."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from robot_runtime.messages import ProposedAction
from robot_runtime.mind.claims import unproven
from robot_runtime.mind.plan_document import MOST_PARTS
from robot_runtime.mind.sentences.book import load_sentences
from tests.unit.mind_rig import Rig, Thing
from tests.unit.test_mind_executive import refuse
from tests.unit.test_mind_free_text import planned, tell
from tests.unit.test_tidy import rig_at

TWO_CUPS = "tidy(blue_cup, kitchen table); tidy(red_cup, kitchen table)"
HOMELESS = "I do not know where the knife belongs. Tell me where to put it, please."


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """Two cups and a book on the coffee table of the living room, another book and a knife on the kitchen table."""
    rig = rig_at(tmp_path, cup="kitchen table", book="coffee table")
    rig.things["blue_cup"].position_m = (1.2, 1.2, 0.47)
    rig.things["red_book"] = Thing("book", "red", (1.6, 6.1, 0.8))
    rig.things["knife"].position_m = (2.0, 6.0, 0.77)
    return rig.run(0.5)


PLANS = {
    "tidy up please": (f"each: {TWO_CUPS}", ""),  # what is where the robot is
    "could you tidy the living room": (f"each: {TWO_CUPS}", ""),
    "tidy up the kitchen": ("tidy(red_book, coffee table)", HOMELESS),
    "put everything away": (f"each: {TWO_CUPS}; tidy(red_book, coffee table)", HOMELESS),
    "put the cups in the kitchen": (f"each: {TWO_CUPS}", ""),
    "put all my cups away and come here": (f"each: {TWO_CUPS}; come_here(anna)", ""),
    "put all the books on the kitchen table": ("tidy(blue_book, kitchen table)", "The red book is on the kitchen table already."),
    "put the red cup in the kitchen": ("tidy(red_cup, kitchen table)", ""),
    "put the plates in the kitchen": ("tidy(plates, kitchen table)", ""),  # it looks for one
    "put the red cup on the kitchen table and the red book on the coffee table": (
        "tidy(red_cup, kitchen table); tidy(red_book, coffee table)",
        "",
    ),
    "please put the red cup in the kitchen and the red book on the coffee table and come here": (
        "tidy(red_cup, kitchen table); tidy(red_book, coffee table); come_here(anna)",
        "",
    ),
    "put the red cup and the blue cup in the kitchen and the red book in the living room": (
        "each: tidy(red_cup, kitchen table); tidy(blue_cup, kitchen table); tidy(red_book, coffee table)",
        "",
    ),
    "bring me the red cup on the coffee table and the red book": ("each: fetch(red_cup, anna); fetch(red_book, anna)", ""),
    "put the red book on the coffee table and then put it back on the kitchen table": (  # where it is now
        "tidy(red_book, coffee table); tidy(red_book, kitchen table)",
        "",
    ),
    "bring me the red cup on the kitchen table and the blue cup": (
        "fetch(blue_cup, anna)",
        "I have never seen a red cup on the kitchen table.",
    ),
    "bring both books to rose": ("each: fetch(blue_book, rose); fetch(red_book, rose)", ""),
    "bring me the cup on the coffee table": ("-", "Which one do you mean: the red cup or the blue cup?"),
    "find the cups": ("find(cups)", ""),
    "put the books on the coffee table away": ("-", "The blue book is on the coffee table already."),
}


def test_several_things_become_errands(rig: Rig) -> None:
    assert {text: planned(rig, text) for text in PLANS} == PLANS


def test_them_means_all_that_were_spoken_of(rig: Rig) -> None:
    tell(rig, "where are the cups")
    tell(rig, "put them on the kitchen table")
    assert rig.proposed[0] == "tidy(blue_cup, kitchen table)" and len(rig.sent("plan")[-1].steps) == 6


def test_no_more_is_begun_than_can_be_kept_in_mind(rig: Rig) -> None:
    for k in range(8):
        rig.things[f"cup_{k}"] = Thing("cup", "green", (0.7 + 0.08 * k, 0.9, 0.47))
    rig.run(0.5)
    plan, say = planned(rig, "put the cups in the kitchen")
    assert plan.count("tidy") == MOST_PARTS and say == "I do six of them now. Ask me again for the rest, please."


def test_each_is_done_and_all_is_told_in_the_end(rig: Rig) -> None:
    tell(rig, "put the cups in the kitchen", seconds=40)
    assert rig.said == [
        "I will take the blue cup to the kitchen table.",
        "I will take the red cup to the kitchen table.",
        "I put the blue cup and the red cup on the kitchen table.",
    ]
    assert rig.statuses("tidy").count("tidy succeeded") == 2
    assert [p for p in rig.proposed if p.startswith("tidy")] == ["tidy(blue_cup, kitchen table)", "tidy(red_cup, kitchen table)"]
    assert unproven([(topic, message) for _, topic, message in rig.log], load_sentences("en")) == []


def no_blue_cup(action: ProposedAction) -> tuple[str, str, float]:
    blue = action.skill == "tidy" and action.arguments[0].value == "blue_cup"
    return ("deny", "It is too heavy for me.", math.inf) if blue else ("allow", "", math.inf)


def test_what_the_gate_refuses_is_named_and_the_rest_is_done(rig: Rig) -> None:
    rig.judge = no_blue_cup
    tell(rig, "put everything away", seconds=60)
    assert rig.said[-1] == (
        "I put the red cup on the kitchen table. I put the red book on the coffee table. "
        "That did not work with the blue cup: It is too heavy for me."
    )
    assert "tidy refused" in rig.statuses() and rig.statuses("tidy").count("tidy succeeded") == 2
    assert not any(p.startswith(("approach(blue_cup", "pick(blue_cup")) for p in rig.proposed)


def test_what_cannot_be_reached_is_named_and_the_rest_is_done(rig: Rig) -> None:
    rig.things["red_cup"].position_m = (0.9, 1.2, 1.9)
    rig.run(0.5)
    tell(rig, "put the cups in the kitchen", seconds=60)
    assert rig.said[-1] == "I put the blue cup on the kitchen table. That did not work with the red cup: I cannot reach the red cup."


def test_where_nothing_may_be_done_nothing_is_claimed(rig: Rig) -> None:
    rig.judge = lambda action: ("deny", "Not now.", math.inf)
    tell(rig, "put the cups in the kitchen", seconds=5)
    assert rig.said == ["That did not work with the blue cup: Not now. That did not work with the red cup: Not now."]
    assert rig.goals == []


def test_with_a_full_hand_the_next_is_not_begun(rig: Rig) -> None:
    tell(rig, "put the cups in the kitchen", seconds=0.1)
    assert rig.run_until(lambda: rig.holding == "blue_cup")
    rig._let_go = lambda: None  # type: ignore[method-assign]
    rig.run(60)
    assert rig.said[-1].startswith("That did not work with the blue cup: I could not let go of the blue cup.")
    assert rig.said[-1].endswith("I did not get to the red cup. I am still holding the blue cup.")
    assert "tidy(red_cup, kitchen table)" not in rig.proposed and "tidy succeeded" not in rig.statuses()


def first_is_done(rig: Rig) -> None:
    tell(rig, "put the cups in the kitchen", seconds=0.1)
    assert rig.run_until(lambda: "tidy succeeded" in rig.statuses())
    assert rig.run_until(lambda: rig.proposed[-1].startswith("approach(red_cup"))


TOLD = "I put the blue cup on the kitchen table. I did not get to the red cup."


def test_enough_ends_it_after_the_truth(rig: Rig) -> None:
    first_is_done(rig)
    rig.hear("no", words="that's enough").run(10)
    assert rig.said[-2:] == ["All right, I leave it.", TOLD]
    assert rig.statuses()[-1] == "tidy cancelled" and rig.holding == ""


def test_a_spoken_stop_tells_how_far_it_is_and_it_can_go_on(rig: Rig) -> None:
    first_is_done(rig)
    rig.hear("stop").run(5)
    assert rig.said[-1] == TOLD and rig.statuses()[-1].endswith("paused")
    rig.hear("resume").run(30)
    assert rig.said[-1] == "I put the blue cup and the red cup on the kitchen table."


def test_another_wish_takes_its_place_after_the_truth(rig: Rig) -> None:
    first_is_done(rig)
    rig.hear("go_to", place="kitchen").run(0.5)
    assert rig.said[-1] == f"{TOLD} I am going to the kitchen."


def test_a_no_to_the_gates_question_leaves_only_that_one(rig: Rig) -> None:
    rig.judge = refuse("tidy", "confirm", "Shall I?")
    tell(rig, "put the cups in the kitchen", seconds=0.5)
    assert rig.said == ["Shall I?"]
    rig.hear("no", words="no").run(0.5)
    assert rig.said == ["Shall I?"] * 2
    rig.hear("yes", words="yes").run(30)
    assert rig.said[-1] == "I put the red cup on the kitchen table. That did not work with the blue cup: All right, I leave it."


def test_a_round_of_errands_is_in_the_record(rig: Rig) -> None:
    tell(rig, "put the cups in the kitchen")
    assert '"each": [{"do": "tidy"' in rig.sent("plan")[-1].document
