"""All checks of one rule file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from safety.analysis.checks import conflicts, failing_examples, shadowed, unreachable
from safety.analysis.finding import Finding, Report
from safety.analysis.monotone import not_monotone
from safety.analysis.space import Space
from safety.analysis.totality import not_total
from safety.ontology import Ontology
from safety.rules import Rules

CHECKS: tuple[Callable[[Space], Iterator[Finding]], ...] = (
    failing_examples, unreachable, shadowed, conflicts, not_total, not_monotone,
)  # fmt: skip


def check(file: str, ontology: Ontology) -> Report:
    """Load one rule file and prove what can be proved about it.

    :raises FileError: it cannot be used, or has a condition that the analysis does not know
    """
    rules = Rules.load(file, ontology)
    space = Space((rules,), ontology)
    findings = tuple(finding for one in CHECKS for finding in one(space))
    examples = sum(len(rule.examples.must) + len(rule.examples.must_not) for rule in rules.rules)
    proved = {"rules": len(rules.rules), "examples": examples, "skills": len(rules.skills), "cases": space.size}
    return Report(file, rules, findings, proved)
