"""The numbers of two rule files side by side: parameters, separation by age group, and what skills may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from safety.rule_file import PARAMETERS, SEPARATION, as_safe, skill_as_safe
from safety.rules import Rules, SkillEntry


@dataclass(frozen=True, slots=True)
class NumberChange:
    """One value that differs; looser unless it is seen to be at least as safe."""

    name: str
    before: str
    after: str
    looser: bool

    def __str__(self) -> str:
        return f"{'looser' if self.looser else 'tighter'}: {self.name}: {self.before} → {self.after}"

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"looser": self.looser, "name": self.name, "before": self.before, "after": self.after}


def changed_numbers(before: Rules, after: Rules) -> Iterator[NumberChange]:
    """Everything outside the rules that differs."""
    yield from _fields("parameters", before.parameters, after.parameters, PARAMETERS)
    for group in before.separation:
        yield from _fields(f"separation.{group.value}", before.separation[group], after.separation[group], SEPARATION)
    for name, entry in before.skills.items():
        other = after.skills.get(name)
        if other is not None and other.model_copy(update={"verdict": entry.verdict}) != entry:  # verdicts are compared case by case
            still_safe = skill_as_safe(entry.model_dump(), other.model_dump())
            yield NumberChange(f"skills.{name}", _entry(entry), _entry(other), looser=not still_safe)


def _entry(entry: SkillEntry) -> str:
    return ", ".join(f"{key} {_shown(getattr(entry, key))}" for key in ("arguments", "moves", "approaches"))


def _fields(where: str, before: Any, after: Any, directions: Mapping[str, str]) -> Iterator[NumberChange]:
    for name, safe in directions.items():
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            yield NumberChange(f"{where}.{name}", _shown(one), _shown(other), looser=not as_safe(one, other, safe))


def _shown(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"[{', '.join(sorted(str(getattr(item, 'value', item)) for item in value))}]"
    if isinstance(value, dict):
        return f"({', '.join(value)})"
    return f"{value:g}" if isinstance(value, float) else str(value)
