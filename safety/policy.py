"""The rules and the ontology that are in force together: loaded as one, compared as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from safety.analysis.numbers import changed_numbers
from safety.examples import run_examples
from safety.files import FileError
from safety.ontology import Ontology
from safety.ontology_file import chain_hash
from safety.rule_file import rule_as_safe
from safety.rules import Rule, Rules

MOST_NAMED = 8
"""Changes that a summary names one by one."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gate judges by."""

    rules: Rules
    ontology: Ontology

    @property
    def hashes(self) -> tuple[str, str]:
        """Of the rule files and of the ontology files."""
        return self.rules.hash, self.ontology.hash

    def hashes_now(self) -> tuple[str, str]:
        """Of the same files as they are on disk now.

        :raises FileError: one cannot be read
        """
        return chain_hash(self.rules.files), chain_hash(self.ontology.files)


def load_policy(rules_file: str, ontology_file: str) -> Policy:
    """Read both and try every example.

    :raises FileError: a file cannot be used, or an example shows that a rule does not do what its author meant
    """
    ontology = Ontology.load(ontology_file)
    rules = Rules.load(rules_file, ontology)
    failed = next((outcome for outcome in run_examples(rules, ontology) if not outcome.passed), None)
    if failed is not None:
        raise FileError(f"{rules_file}: rule '{failed.rule_id}': example {failed}")
    rules.for_skill("")  # its indices are made now, and not in the gate's step that judges by it first
    return Policy(rules, ontology)


def only_tightens(before: Policy, after: Policy) -> bool:
    """Whether every change is seen to be tighter; what an ontology changes is not seen here."""
    return before.ontology.hash == after.ontology.hash and all(is_safe for _, is_safe in _changed(before.rules, after.rules))


def changes(before: Policy, after: Policy) -> str:
    """What is different, in one line for people: careful, as it calls looser whatever is not seen to be tighter.

    ``robot-runtime rules diff`` proves more and shows cases, but takes seconds.
    """
    looser: list[str] = []
    tighter: list[str] = []
    for name, is_safe in _changed(before.rules, after.rules):
        (tighter if is_safe else looser).append(name)
    parts = [_named("may be looser", looser), _named("tighter", tighter)]
    if before.ontology.hash != after.ontology.hash:
        parts.append("the ontology has changed")
    return "; ".join(filter(None, parts)) or "nothing that matters has changed"


def _changed(before: Rules, after: Rules) -> Iterator[tuple[str, bool]]:
    for rule in before.rules:
        other = after.by_id.get(rule.id)
        if other is None:
            yield f"rule {rule.id} is gone", False
        elif _asks(other) != _asks(rule):
            yield f"rule {rule.id}", rule_as_safe(rule, other)
    yield from ((f"new rule {rule.id}", True) for rule in after.rules if rule.id not in before.by_id)
    yield from ((f"skill {name} is gone", True) for name in before.skills.keys() - after.skills.keys())
    yield from ((f"new skill {name}", False) for name in sorted(after.skills.keys() - before.skills.keys()))
    yield from ((change.name, not change.looser) for change in changed_numbers(before, after))


def _asks(rule: Rule) -> tuple[object, ...]:
    return rule.when, rule.verdict, rule.limits, rule.confirm


def _named(how: str, names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{how}: {', '.join(names[:MOST_NAMED])}{more}" if names else ""
