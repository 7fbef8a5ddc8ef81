"""Trying the examples of a rule file on its rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from safety.case import Case, Near, Party
from safety.conditions import Example, PartyRole
from safety.match import matches
from safety.ontology import Ontology, normalise
from safety.rules import Rule, Rules
from safety.types import AgeGroup


@dataclass(frozen=True, slots=True)
class Outcome:
    """One example and whether its rule did what the example says."""

    rule_id: str
    example: Example
    must: bool
    evidence: str | None  # which conditions held, None when the rule does not match

    @property
    def passed(self) -> bool:
        return (self.evidence is not None) == self.must

    def __str__(self) -> str:
        shown = self.example.model_dump(mode="json", exclude_defaults=True)
        told = "must match, but does not" if self.must else f"must not match, but does ({self.evidence})"
        return f"{shown}: {'as expected' if self.passed else told}"


def run_examples(rules: Rules, ontology: Ontology) -> Iterator[Outcome]:
    """Every example of every rule, in file order."""
    for rule in rules.rules:
        yield from _run(rule, rules, ontology)


def _run(rule: Rule, rules: Rules, ontology: Ontology) -> Iterator[Outcome]:
    for must, examples in ((True, rule.examples.must), (False, rule.examples.must_not)):
        for example in examples:
            yield Outcome(rule.id, example, must, matches(rule.when, example_case(example, rules, ontology)))


def example_case(example: Example, rules: Rules, ontology: Ontology) -> Case:
    """The case that an example describes.  Its skill must be in the closed list (``Rules.load`` checks that)."""
    skill = rules.skills[example.skill]
    recipient = _party(example, "recipient", rules)
    person = _party(example, "person", rules)
    goes = "place" in skill.arguments.values()
    return Case(
        skill=example.skill,
        moves=skill.moves,
        object=ontology.of(example.object) if example.object else None,
        recipient=recipient,
        person=(person or recipient) if skill.approaches else None,
        requester=_party(example, "requester", rules),
        held=ontology.of(example.held) if example.held else None,
        near=tuple(Near(group, distance_m) for group, distance_m in example.near.items()),
        places=frozenset({normalise(example.place), normalise(example.here)} - {""}),
        hour=example.hour,
        stale=frozenset(example.stale),
        target=ontology.of(example.target) if example.target else None,
        beside=tuple(ontology.of(name) for name in example.beside),
        destination=ontology.kinds_of_place(example.place) if goes else frozenset(),
        here=ontology.kinds_of_place(example.here or ("" if goes else example.place)),
        speed_mps=example.speed_mps,
        battery=example.battery,
        degraded=frozenset(example.degraded),
        topics=ontology.topics_of(example.text),
    )


def _party(example: Example, role: PartyRole, rules: Rules) -> Party | None:
    group: AgeGroup | None = getattr(example, role)
    if group is None:
        return None
    stranger = example.stranger and role != "requester"
    authorised = group in rules.parameters.authorised_age_groups and role not in example.unauthorised and not stranger
    attentive = role not in example.inattentive
    return Party(role, "" if stranger else role, group, known=not stranger, authorised=authorised, attentive=attentive)
