"""How requests and the facts around them are written in files."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from safety.judge import LineError, read_line
from safety.notation import action_of, case_context, facts_of
from safety.ontology import Ontology
from safety.rules import Rules

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
        "people": [{"age_group": "child", "mood": "crying"}],
    }
    facts = facts_of(line(instruction="go", context=context).context)
    assert facts == ("child near", "mood is crying", "floor is wet", "stove on", "pets: cat, dog")


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        (22, 22.0),
        ("22:30", 22.5),
        ("10 pm", 22.0),
        ("12 am", 0.0),
        ("7:15 AM", 7.25),
        ("midnight", 0.0),
        ("2026-01-01 03:10:00", 3.0 + 10 / 60),
    ],
)
def test_a_time_of_day_is_an_hour(written: Any, hour: float) -> None:
    assert line(instruction="go", context={"time": written}).context.hour == pytest.approx(hour)


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


def test_who_is_not_named_is_who_asks() -> None:
    action, _ = action_of(line(action={"skill": "bring", "args": {"object": "cup"}}), RULES)
    assert (action.skill, action.argument("recipient")) == ("fetch", "requester")


def test_people_stand_at_their_distances_and_those_not_mentioned_far_away() -> None:
    context = case_context(line(instruction="go", context={"people": [{"age_group": "child", "distance_m": 0.7}]}).context)
    at_m = {person.id: person.position_m[0] for person in context.people}
    assert at_m == {"person child": 0.7, "person adult": 50.0, "person elderly": 50.0, "requester": 50.0}


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
