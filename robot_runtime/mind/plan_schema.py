"""The JSON Schema of plan documents, made of the menu: what is not on it cannot be written.

Only the plain part of JSON Schema is used (objects, arrays, ``enum``, ``anyOf``, local ``$ref``), every property is required, no further
one is allowed, and nothing refers to itself: the nesting is written out to a fixed depth.  Servers and libraries that constrain
decoding take such schemas, and key order is generation order: ``say`` comes first, so that speech can start before the plan is whole.

A document has one of three shapes, which ``anyOf`` at the top tells apart: it does something, it asks, or it only says something.  What
this part of JSON Schema cannot say is left to the reader: that a text is more than blanks, and how long the whole may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from robot_runtime.mind.menu import Choice, Menu, Values
from robot_runtime.mind.plan_document import DEPTH, LONGEST_TEXT, MOST_PARTS

Schema = dict[str, Any]

NOTHING: Schema = {"type": "null"}
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
TEXT_OR_NONE: Schema = {"type": "string", "maxLength": LONGEST_TEXT}
MOST_CANDIDATES = 8
MOST_EXPECTED = 2


def plan_schema(menu: Menu) -> Schema:
    """The schema of everything that :func:`robot_runtime.mind.plan_reading.read_answer` takes with this menu."""
    shapes = [_shape(TEXT)]
    shared: Schema = {}
    if can_be := askable(menu):
        shared["question"] = {"anyOf": [_question(which, values) for which, values in can_be.items()]}
        shapes.insert(0, _shape(TEXT, ask=_ref("question")))
    if menu.facts:
        shared["fact"] = {"anyOf": [_fact(name, given) for name, given in menu.facts.items()]}
    if menu.choices:
        shared["task"] = {"anyOf": [_task(choice, bool(menu.facts)) for choice in menu.choices.values()]}
        for level in range(2, DEPTH + 1):
            shared[_node(level)] = _any(_ref("task"), *_compounds(_ref(_node(level - 1)), bool(menu.facts)))
        shapes.insert(0, _shape(TEXT_OR_NONE, plan=_ref(_node(DEPTH))))
    top = _any(*shapes) if len(shapes) > 1 else shapes[0]
    return {**top, "$defs": shared} if shared else top


def in_one_object(schema: Schema) -> Schema:
    """A looser schema without a choice at the top, for servers that take none there: each key may be what it is in any of the shapes."""
    if "anyOf" not in schema:
        return schema
    options: dict[str, list[Schema]] = {}
    for shape in schema["anyOf"]:
        for key, value in shape["properties"].items():
            known = options.setdefault(key, [])
            known += [] if value in known else [value]
    return {**_object({key: _any(*values) if len(values) > 1 else values[0] for key, values in options.items()}), "$defs": schema["$defs"]}


def askable(menu: Menu) -> dict[str, tuple[str, ...]]:
    """Arguments of which can be asked which value is meant, with all that each can be: where there is more than one."""
    can_be: dict[str, set[str]] = {}
    for choice in menu.choices.values():
        for name, values in choice.values.items():
            can_be.setdefault(name, set()).update(values or ())
    return {name: tuple(sorted(values)) for name, values in sorted(can_be.items()) if len(values) > 1}


def _shape(say: Schema, ask: Schema = NOTHING, plan: Schema = NOTHING) -> Schema:
    return _object({"say": say, "ask": ask, "plan": plan})


def _node(level: int) -> str:
    return f"part_{level}" if level > 1 else "task"


def _compounds(part: Schema, with_facts: bool) -> list[Schema]:
    several: Schema = {"type": "array", "items": part, "minItems": 2, "maxItems": MOST_PARTS}
    condition = [_object({"if": _ref("fact"), "then": part, "otherwise": _any(part, NOTHING)})] if with_facts else []
    lists = [_object({key: several}) for key in ("in_order", "each", "first_that_works")]
    return [*lists, *condition, _object({"saying": TEXT, "during": part})]


def _task(choice: Choice, with_facts: bool) -> Schema:
    given = {name: _value(values) for name, values in choice.values.items()}
    expect = {"type": "array", "items": _ref("fact"), "maxItems": MOST_EXPECTED} if with_facts else {"type": "array", "maxItems": 0}
    return _object({"do": _enum((choice.skill,)), "with": _object(given), "expect": expect})


def _fact(name: str, given: Mapping[str, tuple[str, ...]]) -> Schema:
    arguments = {argument: _enum(values) for argument, values in given.items()}
    return _object({"fact": _enum((name,)), "of": _object(arguments), "is": {"type": "boolean"}})


def _question(which: str, values: tuple[str, ...]) -> Schema:
    candidates = {"type": "array", "items": _enum(values), "minItems": 2, "maxItems": MOST_CANDIDATES}
    return _object({"which": _enum((which,)), "candidates": candidates})


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
