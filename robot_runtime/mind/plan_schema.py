"""The JSON Schema of plan documents, made of the menu: what is not on it cannot be written.

Only the plain part of JSON Schema is used (objects, arrays, ``enum``, ``anyOf``, local ``$ref``), every property is required, no further
one is allowed, and nothing refers to itself: the nesting is written out to a fixed depth.  Servers and libraries that constrain
decoding take such schemas, and key order is generation order: ``say`` comes first, so that speech can start before the plan is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from robot_runtime.mind.menu import Choice, Menu, Values
from robot_runtime.mind.plan_document import DEPTH, LONGEST_TEXT, MOST_PARTS

Schema = dict[str, Any]

NOTHING: Schema = {"type": "null"}
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
MOST_CANDIDATES = 8
MOST_EXPECTED = 2


def plan_schema(menu: Menu) -> Schema:
    """The schema of everything that :func:`robot_runtime.mind.plan_reading.read_document` takes with this menu."""
    shared: Schema = {}
    top: Schema = {"say": {"type": "string", "maxLength": LONGEST_TEXT}, "ask": _ask(menu), "plan": NOTHING}
    if menu.facts:
        shared["fact"] = {"anyOf": [_fact(name, given) for name, given in menu.facts.items()]}
    if menu.choices:
        shared["task"] = {"anyOf": [_task(choice, bool(menu.facts)) for choice in menu.choices.values()]}
        for level in range(2, DEPTH + 1):
            shared[_node(level)] = _any(_ref("task"), *_compounds(_ref(_node(level - 1)), bool(menu.facts)))
        top["plan"] = _any(_ref(_node(DEPTH)), NOTHING)
    return {**_object(top), "$defs": shared} if shared else _object(top)


def _node(level: int) -> str:
    return f"part_{level}" if level > 1 else "task"


def _compounds(part: Schema, with_facts: bool) -> list[Schema]:
    several: Schema = {"type": "array", "items": part, "minItems": 2, "maxItems": MOST_PARTS}
    condition = [_object({"if": _ref("fact"), "then": part, "otherwise": _any(part, NOTHING)})] if with_facts else []
    return [_object({"in_order": several}), _object({"first_that_works": several}), *condition, _object({"saying": TEXT, "during": part})]


def _task(choice: Choice, with_facts: bool) -> Schema:
    given = {name: _value(values) for name, values in choice.values.items()}
    expect = {"type": "array", "items": _ref("fact"), "maxItems": MOST_EXPECTED} if with_facts else {"type": "array", "maxItems": 0}
    return _object({"do": _enum((choice.skill,)), "with": _object(given), "expect": expect})


def _fact(name: str, given: Mapping[str, tuple[str, ...]]) -> Schema:
    arguments = {argument: _enum(values) for argument, values in given.items()}
    return _object({"fact": _enum((name,)), "of": _object(arguments), "is": {"type": "boolean"}})


def _ask(menu: Menu) -> Schema:
    """Which of several things is meant: two or more of what an argument can be."""
    values = {value for choice in menu.choices.values() for given in choice.values.values() for value in given or ()}
    if len(values) < 2:
        return NOTHING
    candidates = {"type": "array", "items": _enum(sorted(values)), "minItems": 2, "maxItems": MOST_CANDIDATES}
    arguments = sorted({name for choice in menu.choices.values() for name, given in choice.values.items() if given})
    return _any(_object({"which": _enum(arguments), "candidates": candidates}), NOTHING)


def _value(values: Values) -> Schema:
    return TEXT if values is None else _enum(values)


def _enum(values: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(values)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _any(*options: Schema) -> Schema:
    return {"anyOf": list(options)}


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(properties), "additionalProperties": False}
