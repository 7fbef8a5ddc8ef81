"""What a rule asks for, taken apart so far that each piece can be met by one other rule alone.

The most severe verdict wins, limits combine field by field, and who may confirm is who may by every rule: so a case is
judged at least as strictly without a rule if and only if every piece of what it asks for is met by another rule there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from safety.analysis.columns import Column
from safety.rules import Confirm
from safety.types import Verdict
from safety.verdicts import Limits


@dataclass(frozen=True, slots=True)
class Demand:
    """One piece: in words, and whether another column holding instead would ask for as much."""

    text: str
    met_by: Callable[[Column], bool]


def demands(column: Column) -> Iterator[Demand]:
    """All pieces of what a column asks for, the verdict first; none where it allows."""
    if column.verdict == Verdict.ALLOW:
        return
    yield Demand(f"verdict {column.verdict.value}", lambda other: other.verdict >= column.verdict)
    if column.rule is None:
        return
    for name in Limits.model_fields:
        if getattr(column.rule.limits, name) != getattr(Limits(), name):
            yield _limit(name, column.rule.limits)
    if column.rule.confirm is not None:
        for group in sorted({"adult", "elderly"} - {group.value for group in column.rule.confirm.by}):
            yield Demand(f"no confirmation by {group}", _excluding(group))
        if column.rule.confirm.authorised:
            yield Demand("confirmation by somebody with authority", _authorised)
        if column.rule.confirm.by_another:
            yield Demand("confirmation by somebody else than who asked", _by_another)


def _limit(name: str, limits: Limits) -> Demand:
    """Where nothing is allowed, no limit is needed."""
    value = getattr(limits, name)

    def met_by(other: Column) -> bool:
        if other.verdict >= Verdict.DENY:
            return True
        return other.rule is not None and bool(getattr(other.rule.limits.tighter(limits), name) == getattr(other.rule.limits, name))

    return Demand(f"{name} {value:g}", met_by)


def _excluding(group: str) -> Callable[[Column], bool]:
    return lambda other: _confirms(other, lambda confirm: group not in {by.value for by in confirm.by})


def _authorised(other: Column) -> bool:
    return _confirms(other, lambda confirm: confirm.authorised)


def _by_another(other: Column) -> bool:
    return _confirms(other, lambda confirm: confirm.by_another)


def _confirms(other: Column, strict: Callable[[Confirm], bool]) -> bool:
    if other.verdict >= Verdict.DENY:
        return True
    return other.rule is not None and other.rule.confirm is not None and strict(other.rule.confirm)
