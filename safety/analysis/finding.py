"""What a check found, with the case that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from safety.analysis.notation import Fragment, case_of, shown
from safety.analysis.search import Found
from safety.analysis.space import Space
from safety.rules import Rules
from safety.semantic import decide
from safety.verdicts import Decision, Limits

ERROR, NOTE = "error", "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a rule file (an error), or worth knowing (a note)."""

    kind: str  # "example", "unreachable", "shadowed", "conflict", "not total", "not monotone"; notes: "words only", "never allowed"
    rules: tuple[str, ...]
    text: str
    cases: tuple[Fragment, ...] = ()
    level: str = ERROR

    def __str__(self) -> str:
        lines = [f"{self.level}: {self.kind}: {', '.join(self.rules)}: {self.text}"]
        return "\n".join([*lines, *(f"    {shown(case)}" for case in self.cases)])

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "level": self.level, "kind": self.kind, "rules": list(self.rules), "text": self.text, "cases": [dict(c) for c in self.cases],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """All findings about one rule file."""

    file: str
    rules: Rules
    findings: tuple[Finding, ...]
    proved: Mapping[str, int] = field(default_factory=dict)  # what was looked at, for the record: rules, examples, kinds of call …

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == ERROR)


def fragment_of(found: Found, space: Space) -> Fragment:
    """A found case in the notation of examples, without what goes without saying.

    :raises AnalysisError: the matcher finds other rules in it than the tables do
    """
    fragment = dict(found.fragment)
    space.agrees(found.mask, fragment)
    if "recipient" not in fragment or "person" not in fragment:
        return fragment
    short = _without_person(fragment)
    return short if list(space.matching(short)) == list(space.matching(fragment)) else fragment


def _without_person(fragment: Fragment) -> dict[str, Any]:
    """Who gets a thing is whom the robot approaches with it."""
    short = {key: value for key, value in fragment.items() if key != "person"}
    for key in ("unauthorised", "inattentive"):
        if key in short:
            short[key] = [role for role in short[key] if role != "person"]
    return short


def outcome(fragment: Fragment, rules: Rules, space: Space) -> Decision:
    """What the gate's semantic stage says of a case.  Its skill must be in the closed list."""
    return decide(case_of(fragment, rules, space.ontology), rules.skills[fragment["skill"]].verdict, rules)


def in_words(decided: Decision, rules: Rules) -> str:
    """Verdict and limits, as "limit (max_speed_mps 0.3)"."""
    limits = [
        f"{name} {value:g}" for name, value in decided.limits.model_dump().items() if value != getattr(Limits(), name)
    ]  # fmt: skip
    confirm = rules.confirmation(decided.rule_ids) if decided.verdict.value == "confirm" else None
    who = [f"by {confirm.who}"] if confirm else []
    details = ", ".join([*who, *(limits if decided.verdict.value in ("limit", "confirm") else [])])
    return f"{decided.verdict.value} ({details})" if details else decided.verdict.value


def listed(names: Iterable[str]) -> str:
    """Names in words: "a, b and c"."""
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
