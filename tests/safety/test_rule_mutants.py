"""Every rule earns its place: without it, or with a slip in it, an example or an expected verdict fails.

The other half is the table itself, ``expected_verdicts.yaml``: situations with the verdicts that a safety engineer expects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import pytest

from safety.conditions import When
from safety.examples import example_case
from safety.match import matches
from safety.policy import Policy
from safety.rules import Confirm, Rule
from safety.types import Verdict
from safety.verdicts import Limits
from tests.safety import expectations
from tests.safety.expectations import SITES, Expected
from tests.safety.rule_mutants import Mutant, mutants

ONLY_THESE_GO = "these are all the skills with a place"
ONLY_THESE_GIVE = "only fetch, hand_over and feed have a thing and a person, and feeding asks by a rule of its own"
ONLY_SAY_SPEAKS = "only say has words"

SURVIVORS: dict[str, str] = {
    "home/unknown-object-to-child: deleted": "what nobody knows counts as sharp and hot, which a child does not get; this rule says why",
    "home/unknown-object-to-child: milder verdict": "likewise",
    "home/ignition-to-child: deleted": "all that makes fire is hot, small, electric or a poison too; a class that is not may come",
    "home/ignition-to-child: milder verdict": "likewise",
    "home/sharp-handover: without recipient": "to a child it is denied",
    "home/hot-handover: without recipient": "to a child it is denied",
    "home/private-rooms: without skills": ONLY_THESE_GO,
    "home/falling-edges: without skills": ONLY_THESE_GO,
    "home/bedroom-at-night: without skills": ONLY_THESE_GO,
    "home/outdoors: without skills": ONLY_THESE_GO,
    "hospital/private-rooms: without skills": ONLY_THESE_GO,
    "hospital/magnet-room: without skills": ONLY_THESE_GO,
    "hospital/patient-room-entered: without skills": ONLY_THESE_GO,
    "home/valuables-to-strangers: without skills": ONLY_THESE_GIVE,
    "home/hazard-to-stranger: without skills": ONLY_THESE_GIVE,
    "hospital/hazard-to-stranger: without skills": ONLY_THESE_GIVE,
    "shop/valuables-to-strangers: without skills": ONLY_THESE_GIVE,
    "home/approach-stranger: without skills": "follow, the other skill that comes near somebody, is denied for strangers",
    "home/cooking-unsupervised: without target": "heat has a target always, and what does not heat is none",
    "hospital/nil-by-mouth: without recipient": "these skills have a recipient always, and any age group counts",
    "home/medicine-advice: without skills": ONLY_SAY_SPEAKS,
    "home/unfit-speech-near-child: without skills": ONLY_SAY_SPEAKS,
    "home/unfit-speech-asked-by-child: without skills": ONLY_SAY_SPEAKS,
    "home/secrets-with-child: without skills": ONLY_SAY_SPEAKS,
    "home/self-harm-speech: without skills": ONLY_SAY_SPEAKS,
    "home/insulting-speech: without skills": ONLY_SAY_SPEAKS,
    "home/private-data-told: without skills": ONLY_SAY_SPEAKS,
    "hospital/patient-data-told: without skills": ONLY_SAY_SPEAKS,
}
"""What no example and no expected verdict notices: "site/rule: fault" → why that is so."""


@dataclass(frozen=True)
class Share:
    """What one rule adds to a decision."""

    verdict: Verdict
    limits: Limits
    confirm: Confirm | None


@dataclass
class Site:
    """One place: its rules, and what each of them says to each line of the table."""

    policy: Policy
    lines: list[Expected]
    shares: list[dict[str, Share]] = field(init=False)

    def __post_init__(self) -> None:
        self.shares = [dict(self._shares(line)) for line in self.lines]

    def _shares(self, line: Expected) -> Iterator[tuple[str, Share]]:
        for rule in self.policy.rules.rules:
            share = _share(rule, line)
            if share is not None:
                yield rule.id, share

    def notices(self, rule: Rule, mutant: Mutant) -> bool:
        """Whether an example of the rule, or a line of the table, fails."""
        if mutant.rule is not None and mutant.rule.when is not rule.when and not self._examples_hold(rule, mutant.rule.when):
            return True
        for line, shares in zip(self.lines, self.shares, strict=True):
            share = None if mutant.rule is None else _share(mutant.rule, line)
            if share != shares.get(rule.id):
                others = [other for name, other in shares.items() if name != rule.id]
                if problem(line, [*others, *([share] if share else [])], self.policy):
                    return True
        return False

    def _examples_hold(self, rule: Rule, when: When) -> bool:
        rules, ontology = self.policy.rules, self.policy.ontology
        must = all(matches(when, example_case(example, rules, ontology)) for example in rule.examples.must)
        must_not = any(matches(when, example_case(example, rules, ontology)) for example in rule.examples.must_not)
        return must and not must_not and not self._forbids_words(rule, when)

    def _forbids_words(self, rule: Rule, when: When) -> bool:
        """Whether something that is harmless to speak of is forbidden, because it is not harmless to do."""
        said = [example.model_copy(update={"skill": "say"}) for example in rule.examples.must if "say" not in rule.when.skills]
        return any(matches(when, example_case(example, self.policy.rules, self.policy.ontology)) for example in said)


def _share(rule: Rule, line: Expected) -> Share | None:
    return Share(rule.verdict, rule.limits, rule.confirm) if matches(rule.when, line.case) is not None else None


def problem(line: Expected, shares: list[Share], policy: Policy) -> str:
    """How the outcome differs from what is expected, "" when it does not."""
    verdict = max([policy.rules.skills[line.case.skill].verdict, *(share.verdict for share in shares)])
    if verdict != line.verdict:
        return f"expected {line.verdict.value}, got {verdict.value}"
    for name, wanted in line.limits.items():
        values = [getattr(share.limits, name) for share in shares]
        got = max(values, default=0.0) if name == "keep_distance_m" else min(values, default=getattr(Limits(), name))
        if got != wanted:
            return f"expected {name} {wanted:g}, got {got:g}"
    asked = [share.confirm for share in shares if share.confirm is not None]
    if line.by is not None and frozenset.intersection(*(confirm.by for confirm in asked)) != line.by:
        return "others may say yes"
    if line.authorised is not None and any(confirm.authorised for confirm in asked) != line.authorised:
        return "authority is asked for, or is not"
    if line.by_another is not None and any(confirm.by_another for confirm in asked) != line.by_another:
        return "who asked may say yes, or may not"
    return ""


@cache
def site(name: str) -> Site:
    policy = expectations.policy(name)
    return Site(policy, expectations.table(name, policy))


def _own_rules(name: str) -> list[Rule]:
    """Those that a place adds or changes; the home's count for the home alone."""
    inherited = {} if name == "home" else site("home").policy.rules.by_id
    return [rule for rule in site(name).policy.rules.rules if inherited.get(rule.id) != rule]


@pytest.mark.parametrize("name", SITES)
def test_the_rules_say_what_is_expected(name: str) -> None:
    here = site(name)
    tried = zip(here.lines, here.shares, strict=True)
    wrong = {str(line): found for line, shares in tried if (found := problem(line, [*shares.values()], here.policy))}
    assert not wrong
    assert all(expectations.decided(line, here.policy).verdict == line.verdict for line in here.lines)


@pytest.mark.parametrize("name", SITES)
def test_every_slip_in_a_rule_is_noticed(name: str) -> None:
    here, count = site(name), 0
    survivors: set[str] = set()
    for rule in _own_rules(name):
        for mutant in mutants(rule):
            count += 1
            if not here.notices(rule, mutant):
                survivors.add(f"{name}/{rule.id}: {mutant.what}")
    assert count > 50
    assert survivors == {key for key in SURVIVORS if key.startswith(f"{name}/")}
