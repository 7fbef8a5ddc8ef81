"""Small faults in one rule, as an editor's slip would make them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from safety.conditions import Hours, Nearby, Unsupervised, When
from safety.rules import Rule
from safety.types import AgeGroup, Verdict
from safety.verdicts import Limits

GROUPS = frozenset({AgeGroup.CHILD, AgeGroup.ADULT, AgeGroup.ELDERLY})


@dataclass(frozen=True)
class Mutant:
    """One fault; ``rule`` is None where the rule is gone."""

    what: str
    rule: Rule | None


def mutants(rule: Rule) -> Iterator[Mutant]:
    """Every fault of one rule: gone, milder, a condition gone or turned round, a limit or the demand for a yes loosened."""
    yield Mutant("deleted", None)
    if rule.verdict != Verdict.LIMIT:  # what limits is its limits, below
        yield Mutant("milder verdict", rule.model_copy(update={"verdict": _milder(rule.verdict), "confirm": None}))
    for name in rule.when.given:
        yield Mutant(f"without {name}", _when(rule, {name: When.model_fields[name].get_default()}))
        for how, value in _turned(name, getattr(rule.when, name)):
            yield Mutant(f"{name} {how}", _when(rule, {name: value}))
    for name in sorted(rule.limits.model_fields_set):
        loose = getattr(Limits(), name)
        yield Mutant(f"no {name}", _limits(rule, {name: loose}))
        yield Mutant(f"loose {name}", _limits(rule, {name: _towards(getattr(rule.limits, name), name)}))
    if rule.confirm is not None and rule.confirm.authorised:
        yield Mutant("without authority", rule.model_copy(update={"confirm": rule.confirm.model_copy(update={"authorised": False})}))
    if rule.confirm is not None and rule.confirm.by_another:
        yield Mutant("who asked may say yes", rule.model_copy(update={"confirm": rule.confirm.model_copy(update={"by_another": False})}))
    if rule.confirm is not None and AgeGroup.ELDERLY not in rule.confirm.by:
        wider = rule.confirm.model_copy(update={"by": rule.confirm.by | {AgeGroup.ELDERLY}})
        yield Mutant("anybody grown up may say yes", rule.model_copy(update={"confirm": wider}))


def _milder(verdict: Verdict) -> Verdict:
    return list(Verdict)[max(verdict.severity - 1, 0)]


def _turned(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A condition turned round, and a number in it that lets more pass."""
    if isinstance(value, bool):
        yield "turned round", not value
    elif isinstance(value, Hours):
        yield "turned round", Hours(from_h=value.until_h % 24, until_h=value.from_h)
    elif isinstance(value, Nearby):
        yield "halved", value.model_copy(update={"within_m": value.within_m / 2})
        if AgeGroup.CHILD in value.age_groups:
            yield "without children", value.model_copy(update={"age_groups": GROUPS - value.age_groups or frozenset({AgeGroup.ADULT})})
    elif isinstance(value, Unsupervised):
        yield "doubled", value.model_copy(update={"within_m": min(value.within_m * 2, 20.0)})
    elif name in ("recipient", "requester", "person"):
        yield "turned round", (GROUPS - value) or frozenset({AgeGroup.UNKNOWN})
    elif name == "health":
        if value.battery_below is not None:
            yield "halved", value.model_copy(update={"battery_below": value.battery_below / 2})
        if value.degraded:
            yield "of nothing", value.model_copy(update={"degraded": frozenset()})
    elif isinstance(value, float):
        yield "doubled", value * 2


def _when(rule: Rule, change: dict[str, Any]) -> Rule:
    fields = {name: getattr(rule.when, name) for name in When.model_fields}
    return rule.model_copy(update={"when": When.model_construct(**{**fields, **change})})


def _limits(rule: Rule, change: dict[str, float]) -> Rule:
    return rule.model_copy(update={"limits": rule.limits.model_copy(update=change)})


def _towards(value: float, name: str) -> float:
    """One and a half times as much freedom."""
    if name == "keep_distance_m":
        return value / 1.5
    return min(value * 1.5, 1.0) if name == "joint_speed_ratio" else value * 1.5
