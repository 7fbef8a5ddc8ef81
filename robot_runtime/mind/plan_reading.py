"""From what a planner writes, which is JSON, to a plan document.

The reader trusts nobody: it checks everything that the schema of the same menu says once more, since servers differ in how strictly
they constrain what a model writes.  Its errors name the place in the document and what would fit there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from robot_runtime.act.catalogue import plan_step
from robot_runtime.messages import Argument
from robot_runtime.mind.menu import Menu, Values
from robot_runtime.mind.plan_document import (
    DEPTH,
    LONGEST_TEXT,
    MOST_PARTS,
    Each,
    Fact,
    FirstThatWorks,
    If,
    InOrder,
    Node,
    PlanDocument,
    Saying,
    Task,
)
from robot_runtime.mind.plan_schema import MOST_CANDIDATES, MOST_EXPECTED, askable
from robot_runtime.mind.planner import Answer, PlanError, Question
from safety.files import suggestion

LONGEST_JSON = 50_000
"""Characters; a plan of the deepest and widest kind stays below it."""

_TASK = ("do", "with", "expect")
_LISTS: Mapping[str, type[InOrder] | type[Each] | type[FirstThatWorks]] = {
    "in_order": InOrder,
    "each": Each,
    "first_that_works": FirstThatWorks,
}
_COMPOUNDS = (*((key,) for key in _LISTS), ("if", "then", "otherwise"), ("saying", "during"))


def read_answer(text: str, menu: Menu) -> Answer:
    """What a planner wrote.

    :raises PlanError: it is no JSON, does not fit the schema, or uses what is not on the menu
    """
    if len(text) > LONGEST_JSON:
        raise PlanError(f"a plan of {len(text)} characters; at most {LONGEST_JSON} are read")
    try:
        content = json.loads(text, object_pairs_hook=_without_twins, parse_constant=_no_constant)
    except RecursionError as error:
        raise PlanError("the plan nests too deeply") from error
    except ValueError as error:
        raise PlanError(f"the plan is not valid JSON: {error}") from error
    top = _object(content, ("say", "ask", "plan"), "plan document")
    say = _text(top["say"], "say", least=0)
    question = None if top["ask"] is None else _question(top["ask"], menu)
    body = None if top["plan"] is None else _node(top["plan"], menu, "plan", DEPTH)
    if question and body:
        raise PlanError("ask: a plan that asks which thing is meant does nothing yet; leave plan null")
    if body is None and not say.strip():
        raise PlanError("say: a plan that does nothing says something")
    return Answer(PlanDocument(body, say), question)


# ---------------------------------------------------------------- reading


def _node(value: Any, menu: Menu, where: str, levels: int) -> Node:
    if not isinstance(value, dict):
        raise PlanError(f"{where}: expected an object with 'do', 'in_order', 'each', 'first_that_works', 'if' or 'saying'")
    if "do" in value:
        return _task(value, menu, where)
    if levels <= 1:
        raise PlanError(f"{where}: nested more than {DEPTH} deep; only a task ('do') fits here")
    keys = next((keys for keys in _COMPOUNDS if keys[0] in value), None)
    if keys is None:
        known = ["do", *(keys[0] for keys in _COMPOUNDS)]
        raise PlanError(f"{where}: unknown kind of part{suggestion(next(iter(value), ''), known)}")
    given = _object(value, keys, where)
    if keys[0] == "if":
        otherwise = None if given["otherwise"] is None else _node(given["otherwise"], menu, f"{where}.otherwise", levels - 1)
        return If(_fact(given["if"], menu, f"{where}.if"), _node(given["then"], menu, f"{where}.then", levels - 1), otherwise)
    if keys[0] == "saying":
        return Saying(_text(given["saying"], f"{where}.saying"), _node(given["during"], menu, f"{where}.during", levels - 1))
    listed = _list(given[keys[0]], f"{where}.{keys[0]}", 2, MOST_PARTS)
    parts = tuple(_node(part, menu, f"{where}.{keys[0]}.{k}", levels - 1) for k, part in enumerate(listed))
    return _LISTS[keys[0]](parts)


def _task(value: dict[str, Any], menu: Menu, where: str) -> Task:
    given = _object(value, _TASK, where)
    name = _text(given["do"], f"{where}.do")
    choice = menu.choices.get(name)
    if choice is None:
        why = f"not possible now ({menu.left_out[name]})" if name in menu.left_out else "no such skill"
        raise PlanError(f"{where}.do: '{name}': {why}{suggestion(name, list(menu.choices))}")
    arguments = _object(given["with"], tuple(choice.values), f"{where}.with")
    bound = {key: _value(arguments[key], values, f"{where}.with.{key}") for key, values in choice.values.items()}
    expected = _list(given["expect"], f"{where}.expect", 0, MOST_EXPECTED)
    return Task(plan_step(name, bound), tuple(_fact(fact, menu, f"{where}.expect.{k}") for k, fact in enumerate(expected)))


def _fact(value: Any, menu: Menu, where: str) -> Fact:
    given = _object(value, ("fact", "of", "is"), where)
    name = _text(given["fact"], f"{where}.fact")
    if name not in menu.facts:
        raise PlanError(f"{where}.fact: '{name}' cannot be looked up{suggestion(name, list(menu.facts))}")
    if not isinstance(given["is"], bool):
        raise PlanError(f"{where}.is: expected true or false")
    of = _object(given["of"], tuple(menu.facts[name]), f"{where}.of")
    bound = tuple(Argument(key, _value(of[key], values, f"{where}.of.{key}")) for key, values in menu.facts[name].items())
    return Fact(name, bound, given["is"])


def _question(value: Any, menu: Menu) -> Question:
    given = _object(value, ("which", "candidates"), "ask")
    which, can_be = _text(given["which"], "ask.which"), askable(menu)
    if which not in can_be:
        raise PlanError(f"ask.which: '{which}' is no argument that can be several things{suggestion(which, list(can_be))}")
    listed = _list(given["candidates"], "ask.candidates", 2, MOST_CANDIDATES)
    return Question(which, tuple(_value(one, can_be[which], "ask.candidates") for one in listed))


def _value(value: Any, values: Values, where: str) -> str:
    text = _text(value, where)
    if values is not None and text not in values:
        raise PlanError(f"{where}: '{text}' is not one of what is there{suggestion(text, list(values))}")
    return text


def _object(value: Any, keys: Sequence[str], where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise PlanError(f"{where}: expected an object with {', '.join(keys) or 'nothing'}")
    missing = [key for key in keys if key not in value]
    if missing:
        raise PlanError(f"{where}: '{missing[0]}' is missing")
    unknown = [key for key in value if key not in keys]
    if unknown:
        raise PlanError(f"{where}: unknown key '{unknown[0]}'{suggestion(unknown[0], list(keys))}")
    return value


def _list(value: Any, where: str, least: int, most: int) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise PlanError(f"{where}: expected a list of {least} to {most}")
    return value


def _text(value: Any, where: str, least: int = 1) -> str:
    if not isinstance(value, str) or not least <= len(value) <= LONGEST_TEXT or (least and not value.strip()):
        raise PlanError(f"{where}: expected a text of {least} to {LONGEST_TEXT} characters")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise PlanError(f"{where}: holds half of a pair of surrogates, which no UTF-8 can hold")
    return value


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    twin = next((key for key in keys if keys.count(key) > 1), None)
    if twin is not None:
        raise ValueError(f"the key '{twin}' is there twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
