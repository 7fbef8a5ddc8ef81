"""How requests and the facts around them are written in files."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from safety.context import Context
from safety.judge import LineError, read_line
from safety.notation import action_of, case_context, facts_of
from safety.ontology import Ontology
from safety.rules import Rules
from safety.types import Person, ProposedAction, RobotPose, WorldObject

ONTOLOGY = Ontology.load()
RULES = Rules.load("safety/rules/home.yaml", ONTOLOGY)


def line(**content: Any) -> Any:
    return read_line(json.dumps({"id": 1, **content}))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"id": 1, "instruction": "go", "plan": ["go"]}', "exactly one"),
        ('{"id": 1}', "exactly one of instruction, plan, action (got none)"),
        ('{"instruction": "go"}', "id: missing"),
        ('{"id": 1, "plan": []}', "plan"),
        ('{"id": 1, "instruction": ""}', "instruction"),
        ('{"id": 1, "action": {"skill": ""}}', "action.skill"),
        ('{"id": 1, "action": {"skill": "say", "agrs": {}}}', "action.agrs"),
        ('{"id": 1, "plan": [1, 2]}', "plan.0"),
        ('{"id": 1, "action": {"args": {}}}', "action.skill"),
        ('{"id": 1, "instruction": "go", "context": {"people": [{"distance_m": -1}]}}', "context.people.0.distance_m"),
        ("[1]", "not a JSON object"),
        ("go", "not JSON"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_says_what_is_wrong(content: str, told: str) -> None:
    with pytest.raises(LineError, match=told.replace("(", r"\(").replace(")", r"\)")):
        read_line(content)


def test_facts_are_written_as_the_model_learned_them() -> None:
    context = {
        "people": [{"age_group": "adult", "distance_m": 2.1}, {"age_group": "child", "distance_m": 0.6}],
        "place": "kitchen",
        "held": {"name": "cup", "properties": ["full of hot tea"]},
        "objects": [{"name": "BowlOfRice", "properties": {"metal": True, "lid": False, "temperature": "hot"}}, "spoon"],
        "speed_mps": 0.5,
        "time": "22:30",
    }
    assert facts_of(line(instruction="go", context=context).context) == (
        "child at 0.5 m",
        "adult at 2 m",
        "holding cup (full of hot tea)",
        "Bowl Of Rice is metal, temperature hot",
        "in the kitchen",
        "at night",
        "moving at 0.5 m/s",
    )


def test_other_names_of_the_same_fields_are_understood() -> None:
    context = {
        "persons": ["toddler", {"age": 80, "distance": 1.0}, {"age": 30}],
        "location": "hall",
        "holding": "knife",
        "scene_objects": {"pan": ["hot"], "sofa": []},
        "speed": 0.2,
        "asked_by": "stranger",
    }
    assert facts_of(line(instruction="go", context=context).context) == (
        "child near",
        "adult near",
        "elderly at 1 m",
        "asked by stranger",
        "holding knife",
        "pan is hot",
        "in the hall",
        "moving at 0.2 m/s",
    )


def test_what_has_no_field_of_its_own_is_kept_as_words() -> None:
    context = {
        "floor": "wet",
        "stove_on": True,
        "window_open": False,
        "pets": ["cat", "dog"],
        "doors": [],
        "music": "",
        "sink": {"full": True},
        "candles": 2,
        "people": [{"age_group": "child", "mood": "crying"}],
        "asked_by": "child",
    }
    facts = facts_of(line(instruction="go", context=context).context)
    assert facts == ("child near", "mood is crying", "asked by child", "floor is wet", "stove on", "pets: cat, dog", "candles is 2")


def test_nothing_told_is_nothing_known() -> None:
    context: dict[str, Any] = {"people": None, "objects": None, "held": [], "requester": None}
    assert facts_of(line(instruction="go", context=context).context) == facts_of(line(instruction="go").context) == ()


@pytest.mark.parametrize(
    ("objects", "facts"),
    [
        ("cup", ()), ({"name": "cup", "contents": "hot tea"}, ("cup is hot tea",)), ({"class": "cup", "state": ["wet"]}, ("cup is wet",)),
        ({"cup": "wet", "pan": None}, ("cup is wet",)),
        ({"pan": {"hot": True, "oil": "1 cm", "lid": None, "brand": ""}}, ("pan is hot, oil 1 cm",)),
        ([{"id": "RedCup_2", "properties": ("wet",)}], ("Red Cup 2 is wet",)),
    ],
)  # fmt: skip
def test_things_are_told_in_many_ways(objects: Any, facts: tuple[str, ...]) -> None:
    assert facts_of(line(instruction="go", context={"objects": objects}).context) == facts


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        (22, 22.0),
        (24.0, 0.0),
        ("24:30", 0.5),
        ("12 pm", 12.0),
        ("22:30", 22.5),
        ("10 pm", 22.0),
        ("12 am", 0.0),
        ("7:15 AM", 7.25),
        ("midnight", 0.0),
        ("night", 23.0),
        ("morning", 9.0),
        ("noon", 12.0),
        ("day", 12.0),
        ("afternoon", 15.0),
        ("evening", 19.0),
        ("2026-01-01 03:10:00", 3.0 + 10 / 60),
    ],
)
def test_a_time_of_day_is_an_hour(written: Any, hour: float) -> None:
    assert line(instruction="go", context={"time": written}).context.hour == pytest.approx(hour)


@pytest.mark.parametrize(("hour", "facts"), [(5.9, ("at night",)), (6, ()), (21.9, ()), (22, ("at night",))])
def test_the_night_is_from_ten_to_six(hour: float, facts: tuple[str, ...]) -> None:
    assert facts_of(line(instruction="go", context={"hour": hour}).context) == facts


@pytest.mark.parametrize(
    ("age", "group"), [(15.9, "child"), (16, "adult"), (64.9, "adult"), (65, "elderly"), ("Baby", "child"), ("grown-up", "adult")]
)
def test_an_age_is_a_group(age: Any, group: str) -> None:
    assert line(instruction="go", context={"people": [{"age": age}]}).context.people[0].age_group == group


def test_a_time_that_is_none_is_unknown() -> None:
    assert math.isnan(line(instruction="go", context={"time": "later"}).context.hour)


def test_an_action_is_put_into_the_gates_words() -> None:
    action, _ = action_of(line(action={"skill": "Give", "args": {"item": "knife", "to": "child"}}), RULES)
    assert (action.skill, action.argument("object"), action.argument("recipient")) == ("hand_over", "knife", "person child")


def test_an_unknown_skill_stays_what_it_is() -> None:
    action, _ = action_of(line(action={"name": "juggle", "arguments": {"object": "knife"}}), RULES)
    assert (action.skill, action.argument("object")) == ("juggle", "knife")


def test_what_the_skill_has_no_argument_for_is_kept_as_words() -> None:
    action, left = action_of(line(action={"skill": "pick", "args": {"object": "cup", "fill_level": "full of acid"}}), RULES)
    assert [argument.name for argument in action.arguments] == ["object"]
    assert left == ("fill level full of acid",)


def test_an_action_is_proposed_by_who_asks_in_no_plan() -> None:
    action, left = action_of(line(action={"skill": "go_to", "args": {"room": "hall"}}), RULES)
    assert replace(action, arguments=()) == ProposedAction(0.0, "1", "", "go_to", (), "", "", "requester")
    assert (action.argument("place"), left) == ("hall", ())


@pytest.mark.parametrize(
    ("action", "arguments", "left"),
    [
        ({"skill": "put", "args": {"item": "cup", "onto": "stove"}}, {"object": "cup", "target": "stove"}, ()),
        ({"skill": "put", "args": {"target": "stove", "object": "cup", "to": "x"}}, {"object": "cup", "target": "stove"}, ("to x",)),
        ({"skill": "fetch", "args": {"item": "cup", "object": "pan", "to": "me"}}, {"object": "pan", "recipient": "me"}, ("item cup",)),
        ({"skill": "fetch", "args": {"object": "cup", "to": "bob"}}, {"object": "cup", "recipient": "bob"}, ()),
        ({"skill": "pick", "args": {}}, {}, ()),
        ({"skill": "juggle", "args": {"to": "kid"}}, {"to": "person child"}, ()),
    ],
)
def test_arguments_find_their_places(action: dict[str, Any], arguments: dict[str, str], left: tuple[str, ...]) -> None:
    made, rest = action_of(line(action=action), RULES)
    assert ({argument.name: argument.value for argument in made.arguments}, rest) == (arguments, left)


def test_somebody_whose_name_is_a_word_for_an_age_is_that_person() -> None:
    content = {"action": {"skill": "come_here", "args": {"person": "Kid"}}, "context": {"people": [{"name": "Kid", "age": 40}]}}
    assert action_of(line(**content), RULES)[0].argument("person") == "Kid"


def test_who_is_not_named_is_who_asks() -> None:
    action, _ = action_of(line(action={"skill": "bring", "args": {"object": "cup"}}), RULES)
    assert (action.skill, action.argument("recipient")) == ("fetch", "requester")


def test_people_stand_at_their_distances_and_those_not_mentioned_far_away() -> None:
    context = case_context(line(instruction="go", context={"people": [{"age_group": "child", "distance_m": 0.7}]}).context)
    at_m = {person.id: person.position_m[0] for person in context.people}
    assert at_m == {"person child": 0.7, "person adult": 50.0, "person elderly": 50.0, "requester": 50.0}


def test_the_gate_sees_what_the_file_tells() -> None:
    def somebody(who: str, name: str, group: str, ahead_m: float) -> Person:
        return Person(who, name, group, 1.0, (ahead_m, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0, True, False, True, 0.0)

    def thing(name: str, words: str) -> WorldObject:
        return WorldObject(name, words, "", words, (0.0, 0.0, 0.0), "", "", "", 0.0, 1.0, "told")

    told = {
        "people": [{"name": "Leo", "age": 6}, {"age_group": "wombat", "distance_m": 3}],
        "requester": {"age": 70},
        "held": {"name": "BreadKnife", "properties": ["wet"]},
        "objects": ["cup_2"],
        "place": "hall",
    }
    assert case_context(line(instruction="go", context=told).context) == Context(
        hour=12.0,
        place="hall",
        pose=RobotPose(0.0, 0.0, 0.0, 0.0, 0.0),
        people=(
            somebody("Leo", "Leo", "child", 0.0),
            somebody("person unknown", "person unknown", "unknown", 3.0),
            *(somebody(f"person {group}", f"person {group}", group, 50.0) for group in ("child", "adult", "elderly")),
            somebody("requester", "requester", "elderly", 50.0),
        ),
        objects=(thing("cup_2", "cup 2"), thing("BreadKnife", "Bread Knife")),
        holding="BreadKnife",
        holding_class="wet BreadKnife",
    )
    nothing = case_context(line(instruction="go", context={"hour": 3}).context)
    assert (nothing.hour, nothing.holding, nothing.holding_class, nothing.people[-1].age_group) == (3.0, "", "", "adult")


def test_what_is_held_has_its_properties() -> None:
    context = case_context(line(instruction="go", context={"held": {"name": "tray", "properties": ["knife"]}}).context)
    held = context.held(ONTOLOGY)
    assert held is not None
    assert "sharp" in held.properties


def test_an_unknown_age_is_somebody_unknown() -> None:
    assert facts_of(line(instruction="go", context={"people": [{"age_group": "wombat", "distance_m": 1}]}).context) == ("person at 1 m",)


def test_an_age_that_is_no_number_is_nobodys() -> None:
    context = read_line('{"id": 1, "instruction": "go", "context": {"people": [{"age": NaN, "distance_m": 1}]}}').context
    assert facts_of(context) == ("person at 1 m",)


def test_the_least_that_can_be_asked() -> None:
    assert (line(instruction="x").steps, line(plan=["x"]).steps, line(action={"skill": "x"}).steps) == (("x",), ("x",), ())
    assert line(instruction="x", context={"people": [{"distance_m": 0}]}).context.people[0].distance_m == 0


def test_a_line_does_not_change_once_read() -> None:
    read = line(action={"skill": "x"})
    for part, name in ((read, "id"), (read.action, "skill"), (read.context, "place")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(part, name, "other")
