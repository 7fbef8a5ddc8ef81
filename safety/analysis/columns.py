"""What has a say in a verdict: the rules, and the closed list of skills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from safety.conditions import When
from safety.rules import Rule, Rules
from safety.types import Verdict

UNLISTED = "skill-unknown"
"""As in ``safety/semantic.py``."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One say: it holds in some cases, and there asks for its verdict and limits."""

    id: str
    file: int  # which of the compared rule files
    rules: Rules
    order: int  # in its file
    when: When
    verdict: Verdict
    rule: Rule | None = None  # None: the closed list's own verdict
    unlisted: bool = False  # holds for calls that its file's closed list does not have


def columns(files: Sequence[Rules]) -> tuple[Column, ...]:
    """All of several files."""
    return tuple(column for index, rules in enumerate(files) for column in _of(index, rules))


def _of(index: int, rules: Rules) -> Iterator[Column]:
    for order, rule in enumerate(rules.rules):
        yield Column(rule.id, index, rules, order, rule.when, rule.verdict, rule)
    for name, entry in rules.skills.items():
        yield Column(f"skill-{name.replace('_', '-')}", index, rules, len(rules.rules), When(skills=frozenset({name})), entry.verdict)
    yield Column(UNLISTED, index, rules, len(rules.rules), When(), Verdict.DENY, unlisted=True)
