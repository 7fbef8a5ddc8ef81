"""Questions to the memory: what is answered, how sure the answer sounds, and who may have whom forgotten."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.messages import ForgetRequest, Forgotten, Person, ProposedAction, WorldObject
from robot_runtime.mind.ages import ago
from robot_runtime.mind.sentences.book import load_sentences
from robot_runtime.mind.wording import Wording
from robot_runtime.world.situation import Situation
from tests.unit.mind_rig import Rig, Thing, write_site


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path)).run(1.0)


def asked(rig: Rig, intent: str, speaker: str = "anna", **slots: str) -> str:
    """What the robot answers."""
    before = len(rig.said)
    rig.hear(intent, speaker, intent, 0.9, **slots).run(0.3)
    [text] = rig.said[before:]
    return text


def later(rig: Rig, seconds: float) -> None:
    """The robot looks at a wall for a time."""
    rig.pose = (5.5, 0.5, 0.0)
    for thing in rig.things.values():
        thing.visible = False
    rig.run(0.3)
    rig.now_s += seconds
    rig.run(0.3)


def looking_at_the_table(rig: Rig) -> None:
    rig.pose, rig.joints["head_tilt"] = (2.0, 4.3, math.pi / 2), 0.25


# ------------------------------------------------------------ where is


def test_what_is_in_view_is_there(rig: Rig) -> None:
    assert asked(rig, "where_is", object="red mug") == "The red cup is on the kitchen table."


def test_older_knowledge_tells_its_age(rig: Rig) -> None:
    later(rig, 120)
    assert asked(rig, "where_is", object="red cup") == "The red cup is on the kitchen table; I saw it two minutes ago."


def test_very_old_knowledge_tells_that_it_is_not_sure(rig: Rig) -> None:
    later(rig, 3 * 3600)
    text = asked(rig, "where_is", object="red cup")
    assert text.startswith("I last saw the red cup on the kitchen table three hours ago, and I am not sure of that any more.")
    assert text.endswith("Shall I look for it?")


def test_what_was_not_found_again_is_told_so(rig: Rig) -> None:
    later(rig, 60)
    looking_at_the_table(rig)
    rig.run(3)
    assert asked(rig, "where_is", object="red cup") == (
        "I last saw the red cup on the kitchen table a minute ago, but when I looked there again I did not find it. Shall I look for it?"
    )
    assert asked(rig, "last_seen", object="red cup").endswith("but when I looked there again I did not find it.")


def told(rig: Rig) -> None:
    thing = WorldObject("phone", "phone", "", "phone", (1.0, 1.0, 0.5), "living room", "coffee table", "", -math.inf, 0.7, "told")
    rig.world.tell(thing, "anna")
    rig.run(0.3)


def test_what_was_told_is_not_claimed_to_be_seen(rig: Rig) -> None:
    told(rig)
    sentence = "I was told that the phone is on the coffee table in the living room; I have not seen it myself."
    assert asked(rig, "where_is", object="phone") == asked(rig, "last_seen", object="phone") == sentence


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("phone", "I have never seen a phone. Shall I look for it?"),
        ("umbrella", "I have never seen an umbrella. Shall I look for it?"),
        ("pills", "I have never seen any pills. Shall I look for them?"),
        ("frobnicator", "I do not know what a frobnicator is."),
    ],
)
def test_what_was_never_seen(rig: Rig, words: str, sentence: str) -> None:
    assert asked(rig, "where_is", object=words) == sentence
    assert asked(rig, "last_seen", object=words) == sentence


def test_a_plural_is_spoken_of_as_one(rig: Rig) -> None:
    rig.things["pills"] = Thing("pills", "", (1.0, 1.0, 0.5))
    rig.run(0.5)
    later(rig, 600)
    assert asked(rig, "where_is", object="pills") == "The pills are on the coffee table in the living room; I saw them ten minutes ago."


def test_several_are_told_one_by_one_and_doubtful_ones_left_out(rig: Rig) -> None:
    assert asked(rig, "where_is", object="cup") == "The red cup is on the kitchen table. The blue cup is on the kitchen table."
    rig.things["red_cup"].visible = False
    looking_at_the_table(rig)
    rig.run(4)
    assert asked(rig, "where_is", object="cup") == "The blue cup is on the kitchen table."


def test_in_hands_in_vessels_beside_other_things(rig: Rig) -> None:
    rig.things["red_cup"].held_by = "anna"
    rig.things["bowl"] = Thing("bowl", "", (1.3, 1.0, 0.46))
    rig.things["apple"] = Thing("apple", "", (1.3, 1.02, 0.5))
    rig.things["ball"] = Thing("ball", "", (5.0, 1.0, 0.1))
    rig.things["keys"] = Thing("keys", "", (5.1, 1.0, 0.05))
    rig.run(0.5)
    assert asked(rig, "where_is", object="red cup") == "The red cup is in your hands."
    assert asked(rig, "where_is", "leo", object="red cup") == "The red cup is in the hands of Anna."
    assert asked(rig, "where_is", object="apple") == "The apple is in the bowl on the coffee table in the living room."
    assert asked(rig, "where_is", object="keys") == "The keys are in the living room next to the ball."
    assert asked(rig, "what_is_in", vessel="bowl") == "In the bowl I see the apple."


def test_when_it_was_seen_last(rig: Rig) -> None:
    assert asked(rig, "last_seen", object="book") == "I see the blue book now, on the coffee table in the living room."
    later(rig, 3600)
    assert asked(rig, "last_seen", object="book") == "I last saw the blue book on the coffee table in the living room an hour ago."


# ------------------------------------------------------------ who


def gone(rig: Rig, *names: str) -> None:
    for name in names:
        rig.people[name] = replace(rig.people[name], seen=False, last_seen_s=rig.now_s)


def test_who_is_here(rig: Rig) -> None:
    assert asked(rig, "who_is_here") == "I see Leo and Rose."
    gone(rig, "rose")
    rig.run(15)
    assert asked(rig, "who_is_here") == "I see Leo. I last saw Rose in the living room less than a minute ago."
    assert asked(rig, "who_is_here", place="kitchen") == "I know of nobody in the kitchen."
    gone(rig, "anna", "leo")
    rig.run(120)
    assert asked(rig, "who_is_here", "") == "I do not see anybody. I last saw Anna in the living room two minutes ago."


def test_who_asks_alone_is_told_so(rig: Rig) -> None:
    rig.people = {"anna": rig.people["anna"]}
    rig.run(70)
    assert asked(rig, "who_is_here") == "I see nobody but you."


def test_somebody_without_a_name_is_called_so(rig: Rig) -> None:
    rig.people["person-3"] = Person(
        "person-3", "", "unknown", 0.0, (4.0, 1.0, 0.0), (0.0, 0.0, 0.0), 0.1, True, False, False, 0.0
    )  # fmt: skip
    rig.run(0.5)
    assert asked(rig, "who_is_here") == "I see Leo, Rose and somebody whose name I do not know."


def test_where_a_person_is(rig: Rig) -> None:
    assert asked(rig, "where_is", name="rose") == "Rose is in the living room."
    assert asked(rig, "where_is", name="anna") == "You are in the living room."
    assert asked(rig, "where_is", name="bob") == "I do not know anybody called Bob."
    gone(rig, "rose")
    rig.run(120)
    assert asked(rig, "last_seen", name="rose") == "I last saw Rose in the living room two minutes ago."


# ------------------------------------------------------------ what lies where, what has changed


def test_what_is_on_a_piece_of_furniture(rig: Rig) -> None:
    assert asked(rig, "what_is_on", surface="kitchen table") == "On the kitchen table I see the red cup, the blue cup and the knife."
    assert asked(rig, "what_is_on", surface="desk") == "I do not know which desk you mean."
    rig.things["knife"].visible = False
    rig.run(70)
    for name in ("red_cup", "blue_cup"):
        rig.things[name].visible = False
    rig.run(70)
    assert asked(rig, "what_is_on", surface="kitchen table") == (
        "On the kitchen table I saw the red cup and the blue cup a minute ago and the knife two minutes ago."
    )
    looking_at_the_table(rig)
    rig.run(4)
    assert (
        asked(rig, "what_is_on", surface="kitchen table") == "When I looked again I did not find the red cup, the blue cup and the knife."
    )


def test_the_table_is_that_of_the_room_else_it_is_asked(rig: Rig) -> None:
    assert asked(rig, "what_is_on", surface="table") == "On the coffee table I see the blue book."
    rig.pose = (math.nan, 0.0, 0.0)
    rig.run(1)
    assert asked(rig, "what_is_on", surface="table") == "Which one do you mean: the coffee table or the kitchen table?"


def test_what_is_in_a_room_and_nothing(rig: Rig) -> None:
    assert asked(rig, "what_is_in", place="living room") == "In the living room I see the blue book."
    rig.things = {}
    rig.__post_init__()
    rig.things = {}
    told(rig)
    assert asked(rig, "what_is_in", place="living room") == "I was told of the phone in the living room."
    assert asked(rig, "what_is_on", surface="kitchen table") == "I know of nothing on the kitchen table."


def test_which_bowl(rig: Rig) -> None:
    rig.things["red_bowl"] = Thing("bowl", "red", (1.3, 1.0, 0.46))
    rig.things["blue_bowl"] = Thing("bowl", "blue", (2.0, 6.0, 0.8))
    rig.run(0.5)
    assert asked(rig, "what_is_in", vessel="bowl") == "Which one do you mean: the red bowl or the blue bowl?"
    assert asked(rig, "choose", colour="red") == "I know of nothing in the red bowl."


def test_what_has_changed(rig: Rig) -> None:
    rig.now_s += 4000
    rig.run(1)
    assert asked(rig, "what_changed") == "I have noticed no change in the last hour."
    rig.things["red_cup"].position_m = (1.0, 1.1, 0.5)
    rig.things["apple"] = Thing("apple", "", (1.5, 6.2, 0.8))
    rig.things["knife"].visible = False
    looking_at_the_table(rig)
    gone(rig, "rose")
    rig.run(70)
    assert asked(rig, "what_changed") == (
        "When I looked a minute ago, the knife was not on the kitchen table any more. Shall I tell the rest?"
    )
    assert asked(rig, "yes") == (
        "The red cup was on the kitchen table, and is on the coffee table in the living room now; I saw that a minute ago. "
        "Shall I tell the rest?"
    )
    assert asked(rig, "yes") == ("I last saw Rose in the living room a minute ago. For the first time I saw the apple.")


# ------------------------------------------------------------ questions disturb nothing


def test_answers_come_while_a_stop_is_latched_and_while_a_plan_runs(rig: Rig) -> None:
    rig.drive_s = 30
    rig.hear("go_to", place="kitchen").run(1)
    assert asked(rig, "where_is", object="red cup") == "The red cup is on the kitchen table."
    assert rig.statuses("go_to")[-1] == "go_to running" and not any(goal.cancel for goal in rig.goals)
    rig.mode = "emergency_stop"
    rig.run(0.2)
    assert asked(rig, "where_is", object="red cup") == "The red cup is on the kitchen table."


def test_an_answer_is_a_plan_on_record(rig: Rig) -> None:
    asked(rig, "where_is", object="phone")
    assert rig.sent("plan")[-1].say == rig.said[-1] == "I have never seen a phone. Shall I look for it?"


# ------------------------------------------------------------ offers


def test_a_yes_makes_it_look_and_nothing_else_does(rig: Rig) -> None:
    rig.hear("yes").run(0.3)
    assert rig.proposed == []
    asked(rig, "where_is", object="phone")
    rig.hear("yes", "leo", words="yes").run(0.3)
    assert rig.proposed[0] == "find(phone)"
    assert rig.sent("plan")[-1].requester_id == "leo" and "yes" in rig.sent("action/proposed")[0].utterance_text


@pytest.mark.parametrize("between", ["no", "wait", "describe"])
def test_an_offer_ends_by_no_by_time_and_by_another_request(rig: Rig, between: str) -> None:
    asked(rig, "where_is", object="phone")
    if between == "wait":
        rig.run(16)
    else:
        rig.hear(between).run(1)
    rig.hear("yes").run(0.5)
    assert "find(phone)" not in rig.proposed


def test_no_offer_is_made_while_the_gates_question_is_open(rig: Rig) -> None:
    def judge(action: ProposedAction) -> tuple[str, str, float]:
        return ("confirm", "Is it right?", math.inf)

    rig.judge = judge
    rig.hear("fetch", object="knife").run(0.3)
    assert asked(rig, "where_is", object="phone") == "I have never seen a phone."
    assert asked(rig, "forget", person="me") == "Please answer my question first."
    rig.hear("yes").run(0.3)
    assert len(rig.sent("action/confirmation")) == 1 and rig.sent("world/forget") == []


# ------------------------------------------------------------ forgetting


def known_people(rig: Rig) -> set[str]:
    return {person.id for person in rig.world.recollection().people}


def test_forget_me(rig: Rig) -> None:
    text = asked(rig, "forget", "leo", person="me")
    assert text.endswith("Shall I forget everything about you?")
    assert "leo" in known_people(rig)
    del rig.people["leo"]
    rig.hear("yes", "leo").run(0.5)
    assert rig.sent("world/forget") == [ForgetRequest(rig.sent("world/forget")[0].stamp_s, "leo")]
    assert rig.said[-1].startswith("I have forgotten you. Nothing of that is left in my memory")
    assert known_people(rig) == {"anna", "rose"}
    assert "Leo" not in str(rig.world.recollection())


def test_others_who_are_here_have_not_come_anew_when_somebody_is_forgotten(rig: Rig) -> None:
    before = [event for event in rig.world.events if event.subject != "leo"]
    del rig.people["leo"]
    asked(rig, "forget", "leo")
    rig.hear("yes", "leo").run(1)
    assert list(rig.world.events) == before


@pytest.mark.parametrize(("yes_of", "words"), [("anna", "yes"), ("", "yes"), ("leo", "no")])
def test_nobody_else_says_yes_to_it(rig: Rig, yes_of: str, words: str) -> None:
    asked(rig, "forget", "leo", person="me")
    rig.hear(words, yes_of).run(0.5)
    assert rig.sent("world/forget") == []


@pytest.mark.parametrize(
    ("speaker", "person", "sentence"),
    [
        ("leo", "anna", "Only a grown-up can have somebody else forgotten."),
        ("anna", "bob", "I do not know anybody called Bob."),
        ("", "me", "I cannot tell who is asking."),
        ("stranger", "me", "I cannot tell who is asking."),
        ("rose", "leo", "What I know of a person is gone for good then. Shall I forget everything about Leo?"),
    ],
)
def test_who_may_have_whom_forgotten(rig: Rig, speaker: str, person: str, sentence: str) -> None:
    assert asked(rig, "forget", speaker, person=person) == sentence


def test_a_grown_up_who_is_not_seen_may_not(rig: Rig) -> None:
    gone(rig, "anna")
    rig.run(1)
    assert asked(rig, "forget", "anna", person="leo") == "Only a grown-up can have somebody else forgotten."


@pytest.mark.parametrize("outcome", [{"left": 2, "problem": ""}, {"left": 0, "problem": "disk"}, None])
def test_what_could_not_be_forgotten_is_told(rig: Rig, outcome: dict[str, Any] | None) -> None:
    asked(rig, "forget", "anna", person="me")
    rig.hear("yes", "anna").run(0.05)
    rig._for_world.clear()
    if outcome is not None:
        rig.send("world/forgotten", Forgotten(rig.now_s, "anna", **outcome)).run(0.3)
    else:
        rig.run(11)
    assert rig.said[-1] == "I could not clear my memory of you completely."


# ------------------------------------------------------------ ages


@pytest.mark.parametrize(
    ("age_s", "text"),
    [
        (0, "just now"),
        (9.9, "just now"),
        (10, "less than a minute ago"),
        (59.9, "less than a minute ago"),
        (60, "a minute ago"),
        (89, "a minute ago"),
        (90, "two minutes ago"),
        (12.4 * 60, "twelve minutes ago"),
        (13 * 60, "13 minutes ago"),
        (59.4 * 60, "59 minutes ago"),
        (59.6 * 60, "an hour ago"),
        (23.4 * 3600, "23 hours ago"),
        (23.6 * 3600, "a day ago"),
        (13.4 * 86400, "13 days ago"),
        (13.6 * 86400, "two weeks ago"),
        (60 * 604800, "a long time ago"),
        (math.inf, "a long time ago"),
    ],
)
def test_ages_in_words(age_s: float, text: str) -> None:
    assert ago(age_s, Wording(load_sentences("en"), Situation())) == text
