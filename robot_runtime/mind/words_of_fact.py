"""Puts facts of plans into words: why a condition was left, and that it could not be told."""

from __future__ import annotations

from robot_runtime.mind.known import Known
from robot_runtime.mind.plan_document import Fact
from robot_runtime.mind.wording import capitalised


def clause(fact: Fact, known: Known, *, so: bool) -> str:
    """The fact, or its opposite, as part of a sentence: "the red cup is not on the table"."""
    wording = known.wording
    values = {argument.name: argument.value for argument in fact.arguments}
    fields = {
        "object": wording.the(values.get("object", "")),
        "person": wording.person(values.get("person", ""), ""),
        "surface": values.get("surface", ""),
        "place": values.get("place", ""),
        "door": values.get("door", ""),
    }
    return wording.sentence(f"{'fact' if so else 'no_fact'}_{fact.name}", **fields)


def leaving_it(fact: Fact, known: Known) -> str:
    """That a condition does not hold, and so nothing is done."""
    return capitalised(known.wording.sentence("condition_not_met", clause=clause(fact, known, so=not fact.wanted)))


def not_knowing(fact: Fact, known: Known) -> str:
    """That nobody knows whether it holds, and so nothing is done."""
    return capitalised(known.wording.sentence("condition_unknown", clause=clause(fact, known, so=True)))
