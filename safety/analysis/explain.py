"""Why a case gets the verdict that it gets: every rule, and which of its conditions hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from safety.analysis.notation import shown
from safety.case import Case
from safety.conditions import Example, When
from safety.examples import example_case
from safety.files import FileError, parse, suggestion
from safety.match import matches
from safety.ontology import Ontology
from safety.rules import Rule, Rules
from safety.semantic import decide
from safety.speaker import Speaker
from safety.types import Verdict
from safety.verdicts import Decision, Limits


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule and what became of each of its conditions."""

    rule: Rule
    held: tuple[str, ...]  # what made them hold
    failed: tuple[str, ...]  # what they ask for

    @property
    def holds(self) -> bool:
        return not self.failed


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision on one case, and every rule: those that hold first, then those that come nearest to it."""

    case: str
    decision: Decision
    say: Mapping[str, str]  # language → sentence
    confirm: str  # who may confirm, "" when nobody is asked
    considered: tuple[Considered, ...]

    def as_json(self) -> dict[str, Any]:
        """For ``--json``; limits that do not limit are left out."""
        limits = {name: value for name, value in self.decision.limits.model_dump().items() if value != getattr(Limits(), name)}
        return {
            "case": self.case, "verdict": self.decision.verdict.value, "rules": list(self.decision.rule_ids),
            "reason": self.decision.lead.reason, "limits": limits, "confirm": self.confirm, "say": dict(self.say),
            "considered": [
                {"rule": c.rule.id, "version": c.rule.version, "verdict": c.rule.verdict.value, "holds": c.holds,
                 "held": list(c.held), "failed": list(c.failed)}
                for c in self.considered
            ],
        }  # fmt: skip


def explain_example(content: Any, rules: Rules, ontology: Ontology) -> Explanation:
    """Explain a case in the notation of a rule file's examples.

    :raises FileError: it is none, or names a skill that the closed list has not
    """
    example = parse(content, Example, "case")
    if example.skill not in rules.skills:
        raise FileError(
            f"case: skill: '{example.skill}' is not in the closed list, so it is denied{suggestion(example.skill, list(rules.skills))}"
        )
    return explain(shown(example.model_dump(mode="json", exclude_defaults=True)), example_case(example, rules, ontology), rules, ontology)


def explain(name: str, case: Case, rules: Rules, ontology: Ontology) -> Explanation:
    """Explain a case; ``name`` is what it is called in the answer."""
    base = rules.skills[case.skill].verdict
    decided = decide(case, base, rules)
    considered = sorted((_considered(rule, case) for rule in rules.rules), key=lambda one: (len(one.failed), -len(one.held)))
    say = {"en": decided.lead.say, "fr": decide(case, base, rules, Speaker(ontology, "fr")).lead.say}
    return Explanation(name, decided, say, _who_confirms(decided, rules), tuple(considered))


def _considered(rule: Rule, case: Case) -> Considered:
    held, failed = [], []
    for name in rule.when.given:
        evidence = matches(When.model_validate({name: getattr(rule.when, name)}), case)
        if evidence is None:
            failed.append(f"{name} {_asked(getattr(rule.when, name))}")
        else:
            held.append(evidence)
    return Considered(rule, tuple(held), tuple(failed))


def _asked(value: Any) -> str:
    """What a condition asks for, short."""
    if isinstance(value, frozenset):
        return f"[{', '.join(sorted(str(getattr(item, 'value', item)) for item in value))}]"
    if hasattr(value, "model_dump"):
        return shown(value.model_dump(mode="json", exclude_defaults=True))
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def _who_confirms(decided: Decision, rules: Rules) -> str:
    confirm = rules.confirmation(decided.rule_ids) if decided.verdict == Verdict.CONFIRM else None
    return confirm.who if confirm else ""


def lines(explanation: Explanation) -> Iterator[str]:
    """The explanation as text."""
    decided = explanation.as_json()
    yield f"case     {explanation.case}"
    yield f"verdict  {decided['verdict']}" + (f", to be confirmed by {explanation.confirm}" if explanation.confirm else "")
    if decided["limits"]:
        yield "limits   " + ", ".join(f"{name} {value:g}" for name, value in decided["limits"].items())
    yield f"because  {decided['reason']}"
    yield from (f"says {language}  {text}" for language, text in explanation.say.items() if text)
    yield ""
    for one in explanation.considered:
        why = f"lacks {'; '.join(one.failed)}" if one.failed else ", ".join(one.held) or "always"
        yield f"{'holds' if one.holds else '     '}  {one.rule.verdict.value:<7} {one.rule.id} (v{one.rule.version}): {why}"
