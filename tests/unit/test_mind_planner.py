"""What the grounded planner makes of what people say, in one world."""

from __future__ import annotations

from pathlib import Path

import pytest

from robot_runtime.act.catalogue import plan_step
from robot_runtime.messages import Argument, Plan, PlanStep
from robot_runtime.mind.plan_document import Fact, If, InOrder, Node, PlanDocument, Saying, Task
from robot_runtime.mind.planner import NO_GOAL, Answer, PlanError, Request, check
from tests.unit.mind_rig import Rig, Thing, a_person, write_site

ROBOT_HOLDS, ANNA_HOLDS, LEO_HOLDS = "robot", "anna", "leo"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    rig = Rig(write_site(tmp_path), judge=lambda action: None)
    rig.things["teddy"] = Thing("teddy bear", "brown", (2.0, 1.0, 0.46))
    return rig


def plan_of(rig: Rig, intent: str, speaker: str = "anna", **slots: str) -> Plan:
    rig.run(0.5).hear(intent, speaker, intent, 0.9, **slots).run(0.1)
    plans: list[Plan] = rig.sent("plan")
    return plans[-1]


def written(step: PlanStep) -> str:
    return f"{step.skill}({', '.join(argument.value for argument in step.arguments)})"


def fetched(thing: str, person: str) -> list[str]:
    return [f"approach({thing})", f"pick({thing})", f"approach({person})", f"hand_over({thing}, {person})"]


DOES = [
    ("go_to", "anna", {"place": "kitchen"}, "go_to(kitchen)", ["go_to(kitchen)"]),
    ("go_to", "leo", {"place": "living room"}, "go_to(living room)", ["go_to(living room)"]),
    ("describe", "anna", {}, "describe()", ["describe()"]),
    ("say", "anna", {"text": "good morning"}, "say(good morning)", ["say(good morning)"]),
    ("come_here", "rose", {}, "come_here(rose)", ["come_here(rose)"]),
    ("come_here", "anna", {"person": "me"}, "come_here(anna)", ["come_here(anna)"]),
    ("come_here", "anna", {"person": "here"}, "come_here(anna)", ["come_here(anna)"]),
    ("come_here", "anna", {"person": "Rose"}, "come_here(rose)", ["come_here(rose)"]),
    ("come_here", "anna", {"person": "leo"}, "come_here(leo)", ["come_here(leo)"]),
    ("follow", "anna", {"person": "me"}, "follow(anna)", ["follow(anna)"]),
    ("follow", "anna", {"person": "leo"}, "follow(leo)", ["follow(leo)"]),
    ("follow", "leo", {}, "follow(leo)", ["follow(leo)"]),
    ("find", "anna", {"object": "book"}, "find(blue_book)", ["find(blue_book)"]),
    ("find", "anna", {"object": "blue book"}, "find(blue_book)", ["find(blue_book)"]),
    ("find", "anna", {"object": "novel"}, "find(blue_book)", ["find(blue_book)"]),
    ("find", "anna", {"object": "cup"}, "find(cup)", ["find(cup)"]),
    ("find", "anna", {"object": "red mug"}, "find(red_cup)", ["find(red_cup)"]),
    ("find", "anna", {"object": "phone"}, "find(phone)", ["find(phone)"]),
    ("find", "anna", {"object": "stuffed animal"}, "find(teddy)", ["find(teddy)"]),
    ("fetch", "anna", {"object": "red cup", "person": "me"}, "fetch(red_cup, anna)", fetched("red_cup", "anna")),
    ("fetch", "anna", {"object": "red cup"}, "fetch(red_cup, anna)", fetched("red_cup", "anna")),
    ("fetch", "anna", {"object": "the RED_cup", "person": "me"}, "fetch(red_cup, anna)", fetched("red_cup", "anna")),
    ("fetch", "anna", {"object": "red_cup"}, "fetch(red_cup, anna)", fetched("red_cup", "anna")),
    ("fetch", "anna", {"object": "crimson mug", "person": "rose"}, "fetch(red_cup, rose)", fetched("red_cup", "rose")),
    ("fetch", "anna", {"object": "blue cup", "person": "Leo"}, "fetch(blue_cup, leo)", fetched("blue_cup", "leo")),
    ("fetch", "rose", {"object": "book", "person": "me"}, "fetch(blue_book, rose)", fetched("blue_book", "rose")),
    ("fetch", "leo", {"object": "knife", "person": "me"}, "fetch(knife, leo)", fetched("knife", "leo")),
    ("fetch", "anna", {"object": "kitchen knife"}, "fetch(knife, anna)", fetched("knife", "anna")),
    ("fetch", "leo", {"object": "teddy"}, "fetch(teddy, leo)", fetched("teddy", "leo")),
    ("fetch", "leo", {"object": "brown teddy bear"}, "fetch(teddy, leo)", fetched("teddy", "leo")),
    ("fetch", "anna", {"object": "phone"}, "fetch(phone, anna)", ["find(phone)", *fetched("phone", "anna")]),
    ("fetch", "anna", {"object": "green cup"}, "fetch(green cup, anna)", ["find(green cup)", *fetched("green cup", "anna")]),
    ("fetch", "leo", {"object": "scissors"}, "fetch(scissors, leo)", ["find(scissors)", *fetched("scissors", "leo")]),
]


@pytest.mark.parametrize(("intent", "speaker", "slots", "goal", "steps"), DOES, ids=lambda value: str(value)[:40])
def test_plans_steps(rig: Rig, intent: str, speaker: str, slots: dict[str, str], goal: str, steps: list[str]) -> None:
    plan = plan_of(rig, intent, speaker, **slots)
    assert (written(plan.goal), [written(step) for step in plan.steps], plan.say) == (goal, steps, "")
    assert (plan.requester_id, plan.planner, plan.utterance_id) == (speaker, "grounded", "u1")


SAYS = [
    ("go_to", "anna", {"place": "garage"}, "I do not know a place called garage. I know the kitchen and the living room."),
    ("go_to", "anna", {}, "I did not catch that."),
    ("fetch", "anna", {}, "I did not catch that."),
    ("say", "anna", {}, "I did not catch that."),
    ("fetch", "anna", {"object": "frobnicator"}, "I do not know what a frobnicator is."),
    ("find", "anna", {"object": "red frobnicator"}, "I do not know what a red frobnicator is."),
    ("fetch", "anna", {"object": "red cup", "person": "bob"}, "I do not know anybody called bob."),
    ("follow", "anna", {"person": "bob"}, "I do not know anybody called bob."),
    ("come_here", "", {}, "I cannot tell who is asking."),
    ("come_here", "stranger", {}, "I cannot tell who is asking."),
    ("fetch", "", {"object": "red cup", "person": "me"}, "I cannot tell who is asking."),
    ("juggle", "anna", {}, "I cannot do that."),
    ("fetch", "anna", {"object": "cup", "person": "me"}, "Which one do you mean: the red cup or the blue cup?"),
    ("fetch", "anna", {"object": "mug", "person": "rose"}, "Which one do you mean: the red cup or the blue cup?"),
]


@pytest.mark.parametrize(("intent", "speaker", "slots", "sentence"), SAYS, ids=lambda value: str(value)[:40])
def test_says_what_stands_in_the_way(rig: Rig, intent: str, speaker: str, slots: dict[str, str], sentence: str) -> None:
    plan = plan_of(rig, intent, speaker, **slots)
    assert (plan.goal, plan.steps, plan.say) == (NO_GOAL, (), sentence)
    assert rig.said == [sentence]
    assert rig.proposed == []


HELD = [
    (ROBOT_HOLDS, "me", ["approach(anna)", "hand_over(red_cup, anna)"], ""),
    (ROBOT_HOLDS, "rose", ["approach(rose)", "hand_over(red_cup, rose)"], ""),
    (ANNA_HOLDS, "me", [], "You have the red cup already."),
    (LEO_HOLDS, "leo", [], "Leo has the red cup already."),
    (LEO_HOLDS, "me", [], "Leo has the red cup now."),
]


@pytest.mark.parametrize(("holder", "recipient", "steps", "sentence"), HELD)
def test_what_is_held_is_not_picked(rig: Rig, holder: str, recipient: str, steps: list[str], sentence: str) -> None:
    rig.things["red_cup"].held_by = holder
    rig.holding = "red_cup" if holder == ROBOT_HOLDS else ""
    plan = plan_of(rig, "fetch", object="red cup", person=recipient)
    assert ([written(step) for step in plan.steps], plan.say) == (steps, sentence)


def test_the_only_person_in_sight_need_not_be_who_asks(rig: Rig) -> None:
    rig.people = {"rose": rig.people["rose"]}
    plan = plan_of(rig, "come_here", "")
    assert (plan.steps, plan.say) == ((), "I cannot tell who is asking.")


def test_nobody_in_sight_is_nobody(rig: Rig) -> None:
    rig.people = {}
    assert plan_of(rig, "come_here", "").say == "I do not see anybody."


def test_thing_whose_place_is_doubtful_is_looked_for(rig: Rig) -> None:
    rig.config = {"known_confidence": 0.95}
    rig.__post_init__()
    plan = plan_of(rig, "fetch", object="red cup")
    assert written(plan.steps[0]) == "find(red cup)"


def test_robot_without_places_says_so(tmp_path: Path) -> None:
    rig = Rig("")
    assert plan_of(rig, "go_to", place="kitchen").say == "Nobody has told me the names of the places here."


def test_twins_are_told_apart_by_where_they_are(rig: Rig) -> None:
    rig.things["second_cup"] = Thing("cup", "red", (1.0, 1.0, 0.46))
    plan = plan_of(rig, "fetch", object="red cup")
    assert plan.say == (
        "Which one do you mean: the red cup on the kitchen table or the red cup on the coffee table in the living room?")  # fmt: skip


def test_two_plans_have_two_ids(rig: Rig) -> None:
    rig.run(0.5).hear("describe").hear("describe").run(0.1)
    assert len({plan.id for plan in rig.sent("plan")}) == 2


# ------------------------------------------------------------ the check that every plan passes

GOOD = Task(plan_step("go_to", {"place": "kitchen"}))


def a_task(skill: str, **arguments: str) -> Task:
    return Task(plan_step(skill, arguments))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (a_task("jump"), "unknown skill 'jump'"),
        (a_task("go_to"), "go_to takes (place), not ()"),
        (a_task("go_to", place=" "), "place is empty"),
        (a_task("go_to", place="moon"), "'moon' is no place that is known"),
        (a_task("come_here", person="bob"), "'bob' is no person"),
        (a_task("pick", object="frobnicator"), "'frobnicator' is no object"),
        (a_task("approach", target="frobnicator"), "'frobnicator' is no target"),
        (InOrder((GOOD, a_task("jump"))), "unknown skill 'jump'"),
        (If(Fact("robot_in", (Argument("place", "kitchen"),)), GOOD, a_task("jump")), "unknown skill 'jump'"),
        (If(Fact("weather", ()), GOOD), "'weather' is no fact"),
        (If(Fact("robot_in", ()), GOOD), "robot_in takes (place), not ()"),
        (Saying("a", Saying("b", Saying("c", GOOD))), "at most 3 deep"),
        (None, "a plan without a task says something"),
    ],
)
def test_invalid_plan_cannot_exist(rig: Rig, body: Node | None, problem: str) -> None:
    rig.run(0.5)
    with pytest.raises(PlanError) as error:
        check(PlanDocument(body), rig.mind._known)
    assert problem in str(error.value)


def test_planner_that_makes_an_invalid_plan_is_not_obeyed(rig: Rig) -> None:
    class Wild:
        name = "wild"

        def plan(self, request: Request) -> Answer:
            return Answer(PlanDocument(a_task("rm -rf")))

        def close(self) -> None:
            pass

    rig.run(0.5)
    rig.mind._deliberation.planner = Wild()
    rig.hear("go_to", place="kitchen").run(0.5)
    assert rig.said == ["I cannot do that."]
    assert rig.proposed == []


# ------------------------------------------------------------ dialogue


@pytest.mark.parametrize(
    ("slots", "chosen"),
    [({"object": "red cup"}, "red_cup"), ({"colour": "blue"}, "blue_cup"), ({"object": "blue one", "colour": "blue"}, "")],
)
def test_answer_to_the_question_chooses(rig: Rig, slots: dict[str, str], chosen: str) -> None:
    rig.run(0.5).hear("fetch", words="bring me the cup", object="cup", person="me").run(0.5)
    rig.hear("choose", "anna", "the answer", 0.9, **slots).run(0.5)
    if chosen:
        assert rig.proposed == [f"fetch({chosen}, anna)"]
        assert rig.sent("action/proposed")[0].utterance_text == "bring me the cup; the answer"
    else:
        assert rig.said[-1] == "I have the red cup or the blue cup. Which one?"


def test_question_is_repeated_once_and_then_dropped(rig: Rig) -> None:
    rig.run(0.5).hear("fetch", object="cup").run(0.5)
    for _ in range(2):
        rig.hear("choose", object="book").run(0.5)
    assert rig.said[1:] == ["I have the red cup or the blue cup. Which one?"]
    rig.hear("choose", object="red cup").run(0.5)
    assert rig.proposed == []


def test_question_is_open_for_a_limited_time(rig: Rig) -> None:
    rig.run(0.5).hear("fetch", object="cup").run(16).hear("choose", object="red cup").run(0.5)
    assert rig.proposed == []
    assert rig.said[-1] == "I did not catch that."


def test_new_command_takes_the_place_of_the_question(rig: Rig) -> None:
    rig.run(0.5).hear("fetch", object="cup").run(0.5).hear("describe").run(0.5).hear("choose", object="red cup").run(0.5)
    assert rig.proposed == ["describe()"]


def test_no_ends_the_question(rig: Rig) -> None:
    rig.run(0.5).hear("fetch", object="cup").run(0.5).hear("no").run(0.5).hear("choose", object="red cup").run(0.5)
    assert rig.proposed == []
    assert "All right, I leave it." in rig.said


@pytest.mark.parametrize(("intent", "confidence"), [("", 0.9), ("go_to", 0.1), ("go_to", float("nan"))])
def test_unclear_speech_is_said_to_be_unclear_twice_at_most(rig: Rig, intent: str, confidence: float) -> None:
    rig.run(0.5)
    for _ in range(5):
        rig.hear(intent, confidence=confidence, place="kitchen").run(1)
    assert rig.said == ["I did not catch that.", "I still did not catch that. You can say, for example, bring me the red cup."]
    assert rig.proposed == []
    rig.run(25).hear("").run(0.5)
    assert rig.said[-1] == "I did not catch that."


def test_child_who_is_not_sure_to_be_grown_up_is_none(rig: Rig) -> None:
    rig.people["anna"] = a_person("anna", "adult", 3.5, 2.0, confidence=0.4)
    rig.run(0.5)
    assert not rig.mind._services.is_grown_up("anna")
    assert rig.mind._services.is_grown_up("rose")
