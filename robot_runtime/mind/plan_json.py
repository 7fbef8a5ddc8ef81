"""A plan document as JSON: what :mod:`robot_runtime.mind.plan_reading` reads, and what the record keeps."""

from __future__ import annotations

from typing import Any

from robot_runtime.messages import Argument
from robot_runtime.mind.plan_document import Each, Fact, FirstThatWorks, If, InOrder, Node, PlanDocument, Task


def as_json(document: PlanDocument) -> dict[str, Any]:
    """The keys in the order of the schema; nothing is asked."""
    return {"say": document.say, "ask": None, "plan": None if document.body is None else _written(document.body)}


def _written(node: Node) -> dict[str, Any]:
    if isinstance(node, Task):
        return {"do": node.step.skill, "with": _arguments(node.step.arguments), "expect": [_fact_written(fact) for fact in node.expects]}
    if isinstance(node, InOrder):
        return {"in_order": [_written(part) for part in node.parts]}
    if isinstance(node, Each):
        return {"each": [_written(part) for part in node.parts]}
    if isinstance(node, FirstThatWorks):
        return {"first_that_works": [_written(part) for part in node.parts]}
    if isinstance(node, If):
        otherwise = None if node.otherwise is None else _written(node.otherwise)
        return {"if": _fact_written(node.fact), "then": _written(node.then), "otherwise": otherwise}
    return {"saying": node.text, "during": _written(node.during)}


def _fact_written(fact: Fact) -> dict[str, Any]:
    return {"fact": fact.name, "of": _arguments(fact.arguments), "is": fact.wanted}


def _arguments(arguments: tuple[Argument, ...]) -> dict[str, str]:
    return {argument.name: argument.value for argument in arguments}
