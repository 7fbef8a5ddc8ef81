"""The menu, the schema that is made of it, and the reader that believes neither: they must agree on what a plan is."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.messages import Battery
from robot_runtime.mind.known import Known
from robot_runtime.mind.menu import Menu, menu_of, things_named
from robot_runtime.mind.plan_document import DEPTH, LONGEST_TEXT, If, InOrder, Task, depth, tasks
from robot_runtime.mind.plan_json import as_json
from robot_runtime.mind.plan_reading import LONGEST_JSON, read_answer
from robot_runtime.mind.plan_schema import in_one_object, plan_schema
from robot_runtime.mind.planner import PlanError, check
from tests.unit.mind_rig import Rig, write_site

ALLOWED_KEYWORDS = {"type", "properties", "required", "additionalProperties", "enum", "anyOf", "items", "minItems", "maxItems",
                    "minLength", "maxLength", "$ref", "$defs"}  # fmt: skip


@pytest.fixture
def known(tmp_path: Path) -> Known:
    rig = Rig(write_site(tmp_path))
    rig.run(0.5)
    return rig.mind._known


def a_task(skill: str, expect: list[Any] | None = None, **arguments: str) -> dict[str, Any]:
    return {"do": skill, "with": arguments, "expect": expect or []}


def a_plan(plan: Any, say: str = "", ask: Any = None) -> dict[str, Any]:
    return {"say": say, "ask": ask, "plan": plan}


KITCHEN = a_task("go_to", place="kitchen")
ON_TABLE = {"fact": "thing_on", "of": {"object": "red_cup", "surface": "kitchen table"}, "is": True}


# ------------------------------------------------------------ the menu


def test_the_menu_holds_what_exists(known: Known) -> None:
    menu = menu_of(known, "anna", "bring me the phone")
    assert menu.choices["go_to"].values == {"place": ("kitchen", "living room")}
    assert set(menu.choices["fetch"].values["object"] or ()) == {"red_cup", "blue_cup", "blue_book", "knife", "phone"}
    assert set(menu.choices["fetch"].values["recipient"] or ()) == {"anna", "leo", "rose"}
    assert "attend" not in menu.choices and "attend" not in menu.left_out
    assert menu.facts["thing_on"]["surface"] == ("coffee table", "kitchen table")


def test_a_latched_stop_leaves_only_what_moves_nothing(known: Known) -> None:
    assert known.situation.safety is not None
    known.situation.safety = replace(known.situation.safety, mode="emergency_stop")
    menu = menu_of(known, "anna")
    assert {"go_to", "fetch", "find", "follow", "come_here"} <= {name for name, why in menu.left_out.items() if why == "stopped"}
    assert "say" in menu.choices
    assert not any({"base", "arm", "head"} & set(known.catalogue.skills[name].resources) for name in menu.choices)


@pytest.mark.parametrize(("ratio", "offered"), [(float("nan"), True), (0.5, True), (0.1, False)])
def test_a_low_battery_takes_the_arm_away(known: Known, ratio: float, offered: bool) -> None:
    known.situation.battery = Battery(0.0, 24.0, 0.0, ratio, False)
    menu = menu_of(known, "anna")
    assert ("fetch" in menu.choices) is offered and "go_to" in menu.choices
    assert offered or menu.left_out["fetch"] == "battery_low"


def test_nothing_to_serve_is_no_choice(tmp_path: Path) -> None:
    menu = menu_of(Rig("").mind._known, "")
    assert menu.left_out["go_to"] == "nothing_for_place" and menu.left_out["follow"] == "nothing_for_person"
    assert json.dumps(plan_schema(menu))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("bring me the phone", ("phone",)),
        ("bring me the green cup and the phone", ("green cup", "phone")),
        ("bring me the red cup", ()),  # there is one: its id is on the menu
        ("is the wine glass on the table", ("wine glass", "table")),
        ("sing me a song", ()),
        ("", ()),
    ],
)
def test_what_words_name(known: Known, words: str, named: tuple[str, ...]) -> None:
    assert things_named(known, words) == named


# ------------------------------------------------------------ schema and reader agree


def nodes(schema: Any) -> list[Mapping[str, Any]]:
    if isinstance(schema, list):
        return [node for part in schema for node in nodes(part)]
    if not isinstance(schema, dict):
        return []
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), schema.get("items"), schema.get("anyOf")]
    return [schema, *(node for part in inner for node in nodes(part))]


def test_the_schema_is_of_the_plain_kind(known: Known) -> None:
    schema = plan_schema(menu_of(known, "anna"))
    for node in nodes(schema):
        assert set(node) <= ALLOWED_KEYWORDS
        if node.get("type") == "object":
            assert node["required"] == list(node["properties"]) and node["additionalProperties"] is False
        assert node.get("enum") != []
    assert all(list(shape["properties"]) == ["say", "ask", "plan"] for shape in schema["anyOf"])


def test_nothing_in_the_schema_refers_to_itself(known: Known) -> None:
    schema = plan_schema(menu_of(known, "anna"))
    refers = {name: {ref["$ref"].rpartition("/")[2] for ref in nodes(part) if "$ref" in ref} for name, part in schema["$defs"].items()}

    def reached(name: str, path: tuple[str, ...] = ()) -> None:
        assert name not in path
        for other in refers[name]:
            reached(other, (*path, name))

    for name in refers:
        reached(name)


LETTERS = 'ab c"{}é\\\t\u200b😀\ud83d'
"""Blanks, what JSON escapes, what nobody sees, and half of a pair of surrogates."""

TEXT_LENGTHS = (0, 1, 2, 9, LONGEST_TEXT)


def written_at_random(schema: Mapping[str, Any], defs: Mapping[str, Any], draw: Callable[[Sequence[Any]], Any]) -> Any:
    """Any document that fits the schema, by the schema alone.

    :param draw: chooses one of several
    """
    if "$ref" in schema:
        return written_at_random(defs[schema["$ref"].rpartition("/")[2]], defs, draw)
    if "anyOf" in schema:
        return written_at_random(draw(schema["anyOf"]), defs, draw)
    if "enum" in schema:
        return draw(schema["enum"])
    kind = schema["type"]
    if kind == "object":
        return {name: written_at_random(part, defs, draw) for name, part in schema["properties"].items()}
    if kind == "array":
        length = draw(range(schema.get("minItems", 0), schema["maxItems"] + 1))
        return [written_at_random(schema["items"], defs, draw) for _ in range(length)]
    if kind == "string":
        length = draw([length for length in TEXT_LENGTHS if schema.get("minLength", 0) <= length <= schema["maxLength"]])
        return "".join(draw(LETTERS) for _ in range(min(length, 9))).ljust(length, draw(LETTERS))
    return None if kind == "null" else draw([True, False])


def texts_in(document: Any) -> Iterator[str]:
    """All strings, keys left out."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, (list, dict)):
        for part in document.values() if isinstance(document, dict) else document:
            yield from texts_in(part)


BEYOND_A_SCHEMA: Mapping[str, Callable[[str, Any], bool]] = {
    "expected a text of": lambda text, document: any(one.isspace() for one in texts_in(document)),
    "a plan that does nothing says something": lambda text, document: document["say"].isspace(),
    "half of a pair of surrogates": lambda text, document: any("\ud83d" in one for one in texts_in(document)),
    "characters; at most": lambda text, document: len(text) > LONGEST_JSON,
}
"""All for which the reader may refuse what fits the schema, each with what must then be true of the document."""


def only_beyond_a_schema(text: str, document: Any, menu: Menu, known: Known) -> bool:
    """Whether the reader takes a document that fits the schema; if not, it is for a reason that no schema can tell."""
    try:
        answer = read_answer(text, menu)
    except PlanError as error:
        assert any(problem in str(error) and holds(text, document) for problem, holds in BEYOND_A_SCHEMA.items()), error
        return False
    assert as_json(answer.document)["plan"] == document["plan"]
    assert (answer.question is None) is (document["ask"] is None)
    if answer.document.body is not None:
        assert depth(answer.document.body) <= DEPTH
        check(answer.document, known)
    return True


def stop(known: Known) -> None:
    assert known.situation.safety is not None
    known.situation.safety = replace(known.situation.safety, mode="emergency_stop")


def drain(known: Known) -> None:
    known.situation.battery = Battery(0.0, 24.0, 0.0, 0.05, False)


MOMENTS: Mapping[str, Callable[[Known], None]] = {"at ease": lambda known: None, "stopped": stop, "low battery": drain}


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_fits_the_schema_is_read_and_may_be_carried_out(known: Known, moment: str) -> None:
    MOMENTS[moment](known)
    menu = menu_of(known, "anna", "and the phone")
    schema, chance = plan_schema(menu), random.Random(6)
    taken = {"ask": 0, "plan": 0, "words": 0}
    for _ in range(1000):
        document = written_at_random(schema, schema["$defs"], chance.choice)
        shape = next((key for key in ("ask", "plan") if document[key]), "words")
        taken[shape] += only_beyond_a_schema(json.dumps(document), document, menu, known)
    assert min(taken.values()) > 50


def test_in_one_object_all_shapes_fit_and_the_reader_sorts_out_what_is_none(known: Known) -> None:
    menu = menu_of(known, "anna")
    schema, chance = plan_schema(menu), random.Random(7)
    merged = in_one_object(schema)
    assert merged["type"] == "object" and "anyOf" not in merged and list(merged["properties"]) == ["say", "ask", "plan"]
    for _ in range(200):
        assert fits(written_at_random(schema, schema["$defs"], chance.choice), merged, merged["$defs"])
    assert fits(a_plan(None), merged, merged["$defs"]) and not fits(a_plan("go_to"), merged, merged["$defs"])
    assert in_one_object(plan_schema(Menu({}, {}, {}))) == plan_schema(Menu({}, {}, {}))


def test_every_question_of_the_schema_is_read(known: Known) -> None:
    menu = menu_of(known, "anna", "and the phone")
    for question in plan_schema(menu)["$defs"]["question"]["anyOf"]:
        which, can_be = (question["properties"][key] for key in ("which", "candidates"))
        for other in can_be["items"]["enum"][1:]:
            candidates = [can_be["items"]["enum"][0], other]
            asked = read_answer(json.dumps(a_plan(None, "Which?", {"which": which["enum"][0], "candidates": candidates})), menu).question
            assert asked is not None and asked.candidates == tuple(candidates)


@pytest.mark.parametrize(
    "wrong",
    [
        a_plan(None),
        a_plan(KITCHEN, "Which?", {"which": "object", "candidates": ["red_cup", "blue_cup"]}),
        a_plan(None, "", {"which": "object", "candidates": ["red_cup", "blue_cup"]}),
        a_plan(None, "Which?", {"which": "object", "candidates": ["red_cup", "kitchen"]}),
        a_plan(None, "Which?", {"which": "text", "candidates": ["red_cup", "blue_cup"]}),
    ],
    ids=lambda value: json.dumps(value)[:70],
)
def test_what_makes_no_sense_fits_no_shape(known: Known, wrong: Any) -> None:
    """A question beside a plan, silence, a question without words, candidates of another argument."""
    menu = menu_of(known, "anna")
    schema = plan_schema(menu)
    assert not fits(wrong, schema, schema["$defs"])
    with pytest.raises(PlanError):
        read_answer(json.dumps(wrong), menu)
    assert fits(a_plan(KITCHEN), schema, schema["$defs"])


def fits(value: Any, schema: Mapping[str, Any], defs: Mapping[str, Any]) -> bool:
    """What a validator of JSON Schema says, for the plain part alone."""
    if "$ref" in schema:
        return fits(value, defs[schema["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in schema:
        return any(fits(value, option, defs) for option in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema["type"]
    if kind == "object":
        keys = schema["properties"]
        return isinstance(value, dict) and set(value) == set(keys) and all(fits(value[key], keys[key], defs) for key in keys)
    if kind == "array":
        length_fits = isinstance(value, list) and schema.get("minItems", 0) <= len(value) <= schema["maxItems"]
        return length_fits and all(fits(one, schema["items"], defs) for one in value)
    if kind == "string":
        return isinstance(value, str) and schema.get("minLength", 0) <= len(value) <= schema["maxLength"]
    return value is None if kind == "null" else isinstance(value, bool)


def test_a_plan_of_the_widest_kind_is_read(known: Known) -> None:
    menu = menu_of(known, "anna")
    wide = [{"in_order": [a_task("fetch", [ON_TABLE] * 2, object="red_cup", recipient="anna")] * 6}] * 6
    answer = read_answer(json.dumps(a_plan({"in_order": wide})), menu)
    assert len(list(tasks(answer.document.body))) == 36


# ------------------------------------------------------------ what the reader makes of it, and its errors


def read(known: Known, document: Any) -> Any:
    return read_answer(document if isinstance(document, str) else json.dumps(document), menu_of(known, "anna"))


def test_a_condition_is_read(known: Known) -> None:
    body = read(known, a_plan({"if": ON_TABLE, "then": {"in_order": [KITCHEN, KITCHEN]}, "otherwise": None}, "I will see.")).document.body
    assert isinstance(body, If) and isinstance(body.then, InOrder) and body.otherwise is None
    assert body.fact.value("surface") == "kitchen table" and isinstance(body.then.parts[0], Task)


def test_a_question_is_read(known: Known) -> None:
    answer = read(known, a_plan(None, "Which cup?", {"which": "object", "candidates": ["red_cup", "blue_cup"]}))
    assert answer.question is not None and answer.question.candidates == ("red_cup", "blue_cup")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("", "not valid JSON"),
        ("nonsense", "not valid JSON"),
        ('{"say": "a", "say": "b", "ask": null, "plan": null}', "the key 'say' is there twice"),
        ('{"say": NaN, "ask": null, "plan": null}', "NaN is no JSON"),
        ("[" * 100_000, "100000 characters"),
        ("[" * (LONGEST_JSON - 1), "plan"),
        ([], "plan document: expected an object with say, ask, plan"),
        ({"say": "", "plan": None}, "'ask' is missing"),
        ({**a_plan(KITCHEN), "tool": "rm"}, "unknown key 'tool'"),
        (a_plan(None), "a plan that does nothing says something"),
        (a_plan(None, "x" * 301), "say: expected a text of 0 to 300"),
        (a_plan("go_to"), "plan: expected an object"),
        (a_plan({"dance": 1}), "plan: unknown kind of part"),
        (a_plan(a_task("go_too", place="kitchen")), "'go_too': no such skill, did you mean 'go_to'"),
        (a_plan(a_task("go_to", place="kitchn")), "plan.with.place: 'kitchn' is not one of what is there, did you mean 'kitchen'"),
        (a_plan(a_task("go_to")), "plan.with: 'place' is missing"),
        (a_plan(a_task("go_to", place="kitchen", speed="9")), "plan.with: unknown key 'speed'"),
        (a_plan({"do": "go_to", "with": {"place": 3}, "expect": []}), "plan.with.place: expected a text"),
        (a_plan({"in_order": [KITCHEN]}), "plan.in_order: expected a list of 2 to 6"),
        (a_plan({"in_order": [KITCHEN, a_task("go_to", place="moon")]}), "plan.in_order.1.with.place: 'moon'"),
        (a_plan({"saying": "", "during": KITCHEN}), "plan.saying: expected a text of 1"),
        (a_plan({"if": {**ON_TABLE, "is": 1}, "then": KITCHEN, "otherwise": None}), "plan.if.is: expected true or false"),
        (a_plan({"if": {**ON_TABLE, "fact": "on"}, "then": KITCHEN, "otherwise": None}), "'on' cannot be looked up"),
        (a_plan({"saying": "a", "during": {"saying": "b", "during": {"saying": "c", "during": KITCHEN}}}), "only a task ('do') fits"),
        (a_plan(None, "Which?", {"which": "object", "candidates": ["red_cup"]}), "ask.candidates: expected a list of 2 to 8"),
        (a_plan(None, "Which?", {"which": "object", "candidates": ["red_cup", "moon"]}), "ask.candidates: 'moon' is not one of what"),
        (a_plan(None, "Which?", {"which": "objekt", "candidates": ["red_cup", "moon"]}), "'objekt' is no argument that can be several"),
        (a_plan(None, "\ud83d"), "say: holds half of a pair of surrogates"),
        (a_plan(KITCHEN, "Which?", {"which": "object", "candidates": ["red_cup", "blue_cup"]}), "does nothing yet"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_does_not_fit_is_named(known: Known, document: Any, problem: str) -> None:
    with pytest.raises(PlanError) as error:
        read(known, document)
    assert problem in str(error.value)


def test_what_is_not_permitted_now_is_not_read(known: Known) -> None:
    known.situation.battery = Battery(0.0, 24.0, 0.0, 0.05, False)
    with pytest.raises(PlanError, match=r"not possible now \(battery_low\)"):
        read(known, a_plan(a_task("fetch", object="red_cup", recipient="anna")))


def test_a_menu_of_nothing_reads_words_only() -> None:
    nothing = Menu({}, {}, {})
    assert "$defs" not in plan_schema(nothing)
    assert read_answer(json.dumps(a_plan(None, "Hello.")), nothing).document.say == "Hello."
