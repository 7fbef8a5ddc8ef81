"""Does everything that can be proposed get an answer?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from safety.analysis.finding import NOTE, Finding
from safety.analysis.search import find
from safety.analysis.space import Space
from safety.conditions import InputName
from safety.context import Context
from safety.rules import Rules
from safety.semantic import judge
from safety.types import Argument, ProposedAction, Verdict

NOBODY_KNOWS = Context(stale=frozenset(get_args(InputName)))
"""All inputs missing."""


def not_total(space: Space) -> Iterator[Finding]:
    """Calls that the gate's semantic stage answers with an exception, or milder than it must.

    Every listed skill is judged with all inputs fresh and with all of them missing; a skill that is not listed, and arguments
    that do not fit, must be denied.  Skills that every case denies are noted.
    """
    rules = space.files[0]
    for name, entry in rules.skills.items():
        for context in (Context(), NOBODY_KNOWS):
            yield from _answered(_call(name, list(entry.arguments)), context, entry.verdict, rules, space)
        yield from _answered(_call(name, [*entry.arguments, "another"]), Context(), Verdict.DENY, rules, space)
    unlisted = "_".join([*rules.skills, "too"])
    yield from _answered(_call(unlisted, []), Context(), Verdict.DENY, rules, space)
    yield from _never_allowed(space)


def _call(skill: str, arguments: list[str]) -> ProposedAction:
    return ProposedAction(0.0, "a", "", skill, tuple(Argument(name, "frobnicator") for name in arguments), "", "", "")


def _answered(action: ProposedAction, context: Context, at_least: Verdict, rules: Rules, space: Space) -> Iterator[Finding]:
    call = f"skill {action.skill}({', '.join(argument.name for argument in action.arguments)})"
    try:
        verdict = judge(action, context, rules, space.ontology).decision.verdict
    except Exception as error:  # whatever it is, the gate would latch a stop on it
        yield Finding("not total", (call,), f"judging it fails: {type(error).__name__}: {error}")
        return
    if verdict < at_least:
        yield Finding("not total", (call,), f"it is judged '{verdict.value}', which is milder than '{at_least.value}'")


def _never_allowed(space: Space) -> Iterator[Finding]:
    forbidding = [index for index, column in enumerate(space.columns) if column.verdict >= Verdict.DENY]
    for index, column in enumerate(space.columns):
        if column.rule is None and not column.unlisted and find(space, (index,), forbidding) is None:
            yield Finding("never allowed", (column.id,), "every case of it is denied", (), NOTE)
