"""The rule file: its typed form, and files that extend others.

An extending file adds rules and skills, and changes what the other one says: fields of rules by id, whole rules away,
numbers.  Nothing becomes looser unnoticed: wherever a change may allow more than before, the file has to say why
(``because``), and ``Rules.loosened`` lists it.  A change that cannot be seen to be tighter counts as looser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from safety.conditions import Examples, Health, Hours, Model, Nearby, Part, Unsupervised, When
from safety.files import FileError, parse, suggestion
from safety.rule_models import Confirm, Parameters, Role, Rule, Sentence, Separation, SkillEntry
from safety.types import AgeGroup, Verdict
from safety.verdicts import Limits

BECAUSE = "why this may allow more than the file that it changes"


class RuleChange(Model):
    """Fields of a rule of the extended file; those left out stay."""

    version: int = Field(ge=2, description="higher than that of the rule which it changes")
    because: str = Field("", description=BECAUSE)
    why: str | None = None
    source: str | None = None
    when: When | None = None
    verdict: Verdict | None = None
    limits: Limits | None = None
    confirm: Confirm | None = None
    say: Sentence | None = None
    examples: Examples | None = None


class ParametersChange(Model):
    """Parameters; those left out stay."""

    because: str = Field("", description=BECAUSE)
    min_age_confidence: float | None = None
    rearm_confidence: float | None = None
    rearm_age_groups: frozenset[AgeGroup] | None = None
    authorised: frozenset[str] | None = None
    authorised_age_groups: frozenset[AgeGroup] | None = None
    authorised_confidence: float | None = None
    hazards: frozenset[str] | None = None
    release_distance_m: float | None = None


class SeparationChange(Model):
    """Numbers for one age group; those left out stay."""

    because: str = Field("", description=BECAUSE)
    near_m: float | None = None
    near_speed_mps: float | None = None
    walking_mps: float | None = None
    keep_m: float | None = None
    pass_m: float | None = None
    approach_keep_m: float | None = None
    approach_speed_mps: float | None = None


class SkillChange(Model):
    """A new skill, or the fields of a known one; those left out stay."""

    because: str = Field("", description=BECAUSE)
    arguments: dict[str, Role] | None = None
    moves: frozenset[Part] | None = None
    approaches: bool | None = None
    verdict: Verdict | None = None


class RuleFile(Model):
    """What a rule file may hold.  One that extends none needs parameters, separation, skills and rules."""

    name: str
    version: str
    about: str = ""
    extends: str = Field("", description="another rule file, relative to this one's folder")
    parameters: ParametersChange = Field(default_factory=ParametersChange)
    separation: dict[AgeGroup, SeparationChange] = Field(default_factory=dict)
    skills: dict[str, SkillChange] = Field(default_factory=dict, description="the closed list of skills: anything else is denied")
    rules: tuple[Rule, ...] = ()
    override: dict[str, RuleChange] = Field(default_factory=dict, description="id of a rule of the extended file → what changes")
    remove: dict[str, str] = Field(default_factory=dict, description="id of a rule of the extended file → why it may go")


@dataclass(frozen=True, slots=True)
class Loosening:
    """One place where a file may allow more than the one that it extends."""

    file: str
    what: str  # "override.follow-stranger", "remove.outdoors", "parameters.rearm_confidence" …
    because: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A chain of files as the content of one file that extends none."""

    content: dict[str, Any]
    loosened: tuple[Loosening, ...]


def merge_files(layers: list[tuple[str, Any]]) -> Merged:
    """Put the changes of each file on the content of the one before.

    :param layers: name and plain content of each file, the extended one first; the first holds whole sections
    :raises FileError: a change names what is not there, lacks a higher version, or loosens without a reason
    """
    _, content = layers[0]
    loosened: list[Loosening] = []
    for name, raw in layers[1:]:
        file = parse(raw, RuleFile, name)
        content, more = _Layer(name, file, raw, content).put()
        loosened += more
    return Merged(content, tuple(loosened))


class _Layer:
    """One file that is put on the content of those below it."""

    def __init__(self, name: str, file: RuleFile, raw: Mapping[str, Any], base: Mapping[str, Any]) -> None:
        self._name, self._file, self._raw, self._base = name, file, raw, base
        self._loosened: list[Loosening] = []

    def put(self) -> tuple[dict[str, Any], list[Loosening]]:
        """The content of both, and what is looser in it."""
        content = {
            **{key: self._raw.get(key, self._base.get(key)) for key in ("name", "version")},
            "about": self._file.about,
            "parameters": self._numbers("parameters", self._base["parameters"], self._raw.get("parameters", {}), Parameters, PARAMETERS),
            "separation": self._separation(),
            "skills": self._skills(),
            "rules": list(self._rules()),
        }
        return content, self._loosened

    def _separation(self) -> dict[str, Any]:
        changed = dict(self._base["separation"])
        for group, change in self._raw.get("separation", {}).items():
            changed[group] = self._numbers(f"separation.{group}", changed.get(group, {}), change, Separation, SEPARATION)
        return changed

    def _numbers(self, where: str, base: Any, change: Any, model: type[Model], directions: Mapping[str, str]) -> dict[str, Any]:
        change = dict(change)
        because = change.pop("because", "")
        merged = {**base, **change}
        before, after = parse(base, model, f"{self._name}: {where}"), parse(merged, model, f"{self._name}: {where}")
        looser = [key for key, safe in directions.items() if not as_safe(getattr(before, key), getattr(after, key), safe)]
        self._note(bool(looser), because, f"{where}.{', '.join(looser)}" if looser else where)
        return merged

    def _skills(self) -> dict[str, Any]:
        skills = dict(self._base["skills"])
        for name, change in self._raw.get("skills", {}).items():
            change = dict(change)
            because = change.pop("because", "")
            merged = {**skills.get(name, {}), **change}
            self._note(not skill_as_safe(skills.get(name), merged), because, f"skills.{name}")
            skills[name] = merged
        return skills

    def _rules(self) -> Iterator[Any]:
        ids = [rule["id"] for rule in self._base["rules"]]
        for kind, names in (("override", self._file.override), ("remove", self._file.remove)):
            for rule_id in names:
                if rule_id not in ids:
                    raise FileError(f"{self._name}: {kind}.{rule_id}: the extended file has no such rule{suggestion(rule_id, ids)}")
        for rule in self._base["rules"]:
            if rule["id"] in self._file.remove:
                self._note(True, self._file.remove[rule["id"]], f"remove.{rule['id']}")
            elif rule["id"] in self._file.override:
                yield self._changed(rule)
            else:
                yield rule
        yield from self._raw.get("rules", ())

    def _changed(self, base: Mapping[str, Any]) -> dict[str, Any]:
        where = f"override.{base['id']}"
        change = dict(self._raw["override"][base["id"]])
        because = change.pop("because", "")
        merged = {**base, **change}
        for section, verdict in (("limits", Verdict.LIMIT), ("confirm", Verdict.CONFIRM)):
            if section not in change and merged["verdict"] != verdict:
                merged.pop(section, None)  # it belonged to the verdict that the rule had
        before, after = parse(base, Rule, f"{self._name}: {where}"), parse(merged, Rule, f"{self._name}: {where}")
        if after.version <= before.version:
            raise FileError(f"{self._name}: {where}.version: must be higher than {before.version}")
        self._note(not rule_as_safe(before, after), because, where)
        return merged

    def _note(self, looser: bool, because: str, where: str) -> None:
        """Keep why something is looser; a reason for nothing would hide the next change there."""
        if looser and not because.strip():
            raise FileError(f"{self._name}: {where}: may allow more than before; say why in 'because'")
        if because.strip() and not looser:
            raise FileError(f"{self._name}: {where}: allows no more than before; take 'because' out")
        if looser:
            self._loosened.append(Loosening(self._name, where, because.strip()))


PARAMETERS = {
    "min_age_confidence": "more", "rearm_confidence": "more", "rearm_age_groups": "subset", "authorised": "people",
    "authorised_age_groups": "subset", "authorised_confidence": "more", "hazards": "superset", "release_distance_m": "more",
}  # fmt: skip
"""Which way is at least as safe."""

SEPARATION = {
    "near_m": "more", "near_speed_mps": "less", "walking_mps": "more", "keep_m": "more", "pass_m": "more", "approach_keep_m": "more",
    "approach_speed_mps": "less",
}  # fmt: skip

assert PARAMETERS.keys() == Parameters.model_fields.keys()
assert SEPARATION.keys() == Separation.model_fields.keys()


def as_safe(before: Any, after: Any, safe: str) -> bool:
    if safe == "people":  # none listed admits everybody
        return bool(not before or (after and after <= before))
    if safe in ("less", "subset"):
        return bool(after <= before)
    return bool(after >= before)


def skill_as_safe(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> bool:
    """A new skill allows what was denied; a known one may only come less near and be judged harder."""
    if before is None:
        return SkillEntry.model_validate(after).verdict >= Verdict.DENY
    old, new = SkillEntry.model_validate(before), SkillEntry.model_validate(after)
    same = old.arguments == new.arguments
    return bool(same and new.moves == old.moves and new.approaches <= old.approaches and new.verdict >= old.verdict)


def rule_as_safe(before: Rule, after: Rule) -> bool:
    """Whether the changed rule is seen to forbid at least as much: it holds wherever it held, and says no milder things."""
    return covers(after.when, before.when) and _verdict_as_safe(before, after)


def covers(wide: When, narrow: When) -> bool:
    """Whether ``wide`` is seen to hold wherever ``narrow`` does: it has no further conditions, and longer lists."""
    if not set(wide.given) <= set(narrow.given):
        return False
    return all(_condition_covers(getattr(wide, name), getattr(narrow, name)) for name in wide.given)


def _condition_covers(wide: Any, narrow: Any) -> bool:
    if isinstance(wide, frozenset):
        return bool(wide >= narrow)
    if isinstance(wide, Nearby):
        return bool(wide.age_groups >= narrow.age_groups and wide.within_m >= narrow.within_m)
    if isinstance(wide, Unsupervised):
        return bool(wide.within_m <= narrow.within_m)
    if isinstance(wide, Hours):
        return _hours_cover(wide, narrow)
    if isinstance(wide, Health):
        return wide.degraded >= narrow.degraded and (wide.battery_below or 0.0) >= (narrow.battery_below or 0.0)
    if isinstance(wide, float):  # faster_than_mps
        return bool(wide <= narrow)
    return bool(wide == narrow)


def _hours_cover(wide: Hours, narrow: Hours) -> bool:
    """Both may cross midnight; equal ends make no hours at all."""
    begins_h = (narrow.from_h - wide.from_h) % 24
    return begins_h + (narrow.until_h - narrow.from_h) % 24 <= (wide.until_h - wide.from_h) % 24


def _verdict_as_safe(before: Rule, after: Rule) -> bool:
    if after.verdict != before.verdict:
        return after.verdict > before.verdict
    if before.confirm is not None and after.confirm is not None:
        return after.confirm.as_strict(before.confirm)
    return before.limits.tighter(after.limits) == after.limits
