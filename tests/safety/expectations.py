"""The table of situations and the verdicts that are expected of them, ``expected_verdicts.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from safety.case import Case
from safety.conditions import Example
from safety.examples import example_case
from safety.policy import Policy, load_policy
from safety.semantic import decide
from safety.types import AgeGroup, Verdict
from safety.verdicts import Decision

FILE = Path(__file__).with_name("expected_verdicts.yaml")
SITES = ("home", "hospital", "shop")


@dataclass(frozen=True)
class Expected:
    """One line of the table."""

    site: str
    situation: str
    case: Case
    verdict: Verdict
    limits: dict[str, float]
    by: frozenset[AgeGroup] | None  # who may say yes, None where it does not matter
    authorised: bool | None
    by_another: bool | None

    def __str__(self) -> str:
        return f"{self.site}: {self.situation}"


def policy(site: str) -> Policy:
    """The shipped one."""
    return load_policy(f"safety/rules/{site}.yaml", "safety/ontology.yaml")


def table(site: str, policy: Policy) -> list[Expected]:
    """The lines for one place, ready to be tried."""
    lines = yaml.safe_load(FILE.read_text(encoding="utf-8"))[site]
    return [_expected(site, policy, *line) for line in lines]


def decided(expected: Expected, policy: Policy) -> Decision:
    """What the rules say."""
    return decide(expected.case, policy.rules.skills[expected.case.skill].verdict, policy.rules)


def _expected(site: str, policy: Policy, situation: dict[str, Any], verdict: str, more: dict[str, Any] | None = None) -> Expected:
    case = example_case(Example.model_validate(situation), policy.rules, policy.ontology)
    more = dict(more or {})
    by, authorised, by_another = (more.pop(name, None) for name in ("by", "authorised", "by_another"))
    groups = None if by is None else frozenset(map(AgeGroup, by))
    return Expected(site, str(situation), case, Verdict(verdict), more, groups, authorised, by_another)
