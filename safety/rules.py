"""The rule file: its typed form, and reading it.

A rule has conditions that must all hold; a list inside a condition means "any of these".  Every rule that matches
counts, and the most restrictive verdict wins (``safety/verdicts.py``), so that the order of the file changes only which
sentence is spoken, never what is allowed.  There is no rule that loosens another.
"""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from safety.files import FileError, file_hash, parse, read_yaml, resolve, suggestion
from safety.ontology import Ontology, normalise
from safety.types import AgeGroup, Verdict
from safety.verdicts import Limits

Role = Literal["object", "person", "place", "target", "text"]
Part = Literal["base", "head", "arm", "gripper"]
InputName = Literal["people", "pose", "world/facts", "gripper/state"]

SENTENCE_FIELDS = ("object", "held", "recipient", "person", "place")
"""What a rule's sentence may name in braces."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SkillEntry(_Model):
    """One entry of the closed list of skills.  What is not listed is denied."""

    arguments: dict[str, Role] = Field(default_factory=dict, description="argument name → what its value stands for; all are required")
    moves: frozenset[Part] = Field(default=frozenset(), description="parts of the robot that the skill may move")
    approaches: bool = Field(default=False, description="may come closer to the person that its arguments name")
    verdict: Verdict = Field(default=Verdict.ALLOW, description="when no rule says more")


class Hours(_Model):
    """Part of the day, local time; may cross midnight."""

    from_h: float = Field(ge=0, lt=24)
    until_h: float = Field(ge=0, le=24)

    def contain(self, hour: float) -> bool:
        """An unknown hour (nan) counts as inside."""
        if hour != hour:
            return True
        return self.from_h <= hour < self.until_h if self.from_h <= self.until_h else hour >= self.from_h or hour < self.until_h


class Nearby(_Model):
    """Somebody of these age groups within a distance of the robot."""

    age_groups: frozenset[AgeGroup] = Field(min_length=1)
    within_m: float = Field(gt=0, le=20, description="centre to centre")


class When(_Model):
    """Conditions; those left out hold always.  Somebody of unknown age matches wherever a child does."""

    skills: frozenset[str] = Field(default=frozenset(), description="any of these skills; empty: every skill")
    moves: frozenset[Part] = Field(default=frozenset(), description="the skill moves any of these parts")
    object: frozenset[str] = Field(default=frozenset(), description="the object argument has any of these properties")
    object_known: bool | None = Field(default=None, description="whether the object's class is in the ontology")
    held: frozenset[str] = Field(default=frozenset(), description="the robot holds something with any of these properties")
    recipient: frozenset[AgeGroup] = Field(default=frozenset(), description="age group of who gets the object")
    requester: frozenset[AgeGroup] = Field(default=frozenset(), description="age group of who asked")
    person: frozenset[AgeGroup] = Field(default=frozenset(), description="age group of who is approached or followed")
    stranger: bool | None = Field(default=None, description="whether that person is unknown to the robot by name")
    near: Nearby | None = Field(default=None, description="somebody is near the robot")
    places: frozenset[str] = Field(
        default=frozenset(), description="the name of the destination, or of where the robot is, has any of these in it"
    )
    hours: Hours | None = Field(default=None)
    stale: frozenset[InputName] = Field(default=frozenset(), description="any of these inputs is missing or too old")


class Example(_Model):
    """A situation to try a rule on.  Whatever is left out is harmless: fresh inputs, nobody near, noon, empty gripper."""

    skill: str
    object: str = ""
    held: str = ""
    recipient: AgeGroup | None = None
    requester: AgeGroup = AgeGroup.ADULT
    person: AgeGroup | None = None
    stranger: bool = False
    near: dict[AgeGroup, Annotated[float, Field(ge=0)]] = Field(default_factory=dict, description="age group → distance in metres")
    place: str = ""
    hour: float = Field(12.0, ge=0, lt=24)
    stale: frozenset[InputName] = frozenset()


class Examples(_Model):
    must: tuple[Example, ...] = Field(min_length=1, description="the rule matches each of these")
    must_not: tuple[Example, ...] = Field(min_length=1, description="the rule matches none of these")


class Sentence(_Model):
    """What to tell the person; ``{object}``, ``{recipient}`` … stand for names."""

    en: str = ""
    fr: str = ""

    @model_validator(mode="after")
    def _fields_are_known(self) -> Sentence:
        for text in (self.en, self.fr):
            for _, name, _, _ in string.Formatter().parse(text):
                if name is not None and name not in SENTENCE_FIELDS:
                    raise ValueError(f"unknown field '{{{name}}}' in '{text}'{suggestion(name, list(SENTENCE_FIELDS))}")
        return self


class Rule(_Model):
    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    version: int = Field(1, ge=1)
    why: str = Field(min_length=1)
    source: str = Field(min_length=1, description="standard, clause or incident class")
    when: When
    verdict: Verdict
    limits: Limits = Field(default_factory=Limits)
    say: Sentence = Field(default_factory=Sentence)
    examples: Examples

    @model_validator(mode="after")
    def _limits_fit_the_verdict(self) -> Rule:
        if (self.verdict == Verdict.LIMIT) != (self.limits != Limits()):
            raise ValueError(f"rule '{self.id}': verdict 'limit' needs limits, and only it may have them")
        return self


class Separation(_Model):
    """How the base behaves near one age group (``safety/separation.py`` has the formula)."""

    near_m: float = Field(gt=0, le=10, description="within this distance the speed is capped, whatever the direction")
    near_speed_mps: float = Field(gt=0, le=2, description="that cap")
    walking_mps: float = Field(ge=0, le=2, description="speed towards the robot to reckon with, at least")
    keep_m: float = Field(gt=0, le=5, description="protective stop: never drive closer, centre to centre")
    pass_m: float = Field(
        ge=0.5, le=3, description="whose centre stays this far beside the way is passed at approach speed, even if nearer"
    )
    approach_keep_m: float = Field(ge=0.6, le=5, description="the same for the person whom an approved action approaches")
    approach_speed_mps: float = Field(gt=0, le=0.25, description="creeping speed at the end of an approach: contact is harmless at it")


class Parameters(_Model):
    min_age_confidence: float = Field(0.6, ge=0, le=1, description="below it an age group counts as unknown")
    rearm_confidence: float = Field(0.7, ge=0, le=1, description="age-group confidence that a person needs to lift a latched stop")
    rearm_age_groups: frozenset[AgeGroup] = Field(
        default=frozenset({AgeGroup.ADULT, AgeGroup.ELDERLY}), description="who may lift a latched stop by voice"
    )
    hazards: frozenset[str] = Field(min_length=1, description="properties of things that the gripper never releases near a child")
    release_distance_m: float = Field(1.0, gt=0, le=3, description="how near")


class Rules(_Model):
    """The content of a rule file."""

    name: str
    version: str
    about: str = ""
    parameters: Parameters
    separation: dict[AgeGroup, Separation]
    skills: dict[str, SkillEntry] = Field(min_length=1)
    rules: tuple[Rule, ...] = Field(min_length=1)
    _hash: str = PrivateAttr("")

    @classmethod
    def load(cls, path: str | Path, ontology: Ontology) -> Rules:
        """Read a rule file and check its names; a relative path is looked up from here, then from the project.

        :raises FileError: unreadable, malformed, or a rule names a skill or property that does not exist
        """
        file = resolve(path)
        content = read_yaml(file)
        try:
            rules = parse(content, cls, str(path))
        except FileError as error:
            raise FileError(_with_rule_ids(str(error), content)) from error
        rules._check_names(ontology, str(path))
        rules._hash = file_hash(file)
        return rules

    @property
    def hash(self) -> str:
        """SHA-256 of the file it came from, "" when it came from none."""
        return self._hash

    @model_validator(mode="after")
    def _is_whole(self) -> Rules:
        missing = set(AgeGroup) - set(self.separation)
        if missing:
            raise ValueError(f"separation: missing {', '.join(sorted(group.value for group in missing))}")
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f"rule '{rule.id}': the id is used twice")
            seen.add(rule.id)
        return self

    def _check_names(self, ontology: Ontology, source: str) -> None:
        _check(f"{source}: parameters.hazards", self.parameters.hazards, ontology.properties, "property")
        for rule in self.rules:
            where = f"{source}: rule '{rule.id}'"
            cases = (*rule.examples.must, *rule.examples.must_not)
            _check(f"{where}: when.skills", rule.when.skills, self.skills, "skill")
            _check(f"{where}: when.object", rule.when.object, ontology.properties, "property")
            _check(f"{where}: when.held", rule.when.held, ontology.properties, "property")
            _check(f"{where}: examples", {case.skill for case in cases}, self.skills, "skill")

    def skill(self, name: str) -> SkillEntry | None:
        """The entry of a skill, however it is spelled; None when the closed list has none."""
        return self.skills.get(normalise(name).replace(" ", "_"))


def _check(where: str, names: Iterable[str], known: Collection[str], kind: str) -> None:
    for name in sorted(names):
        if name not in known:
            raise FileError(f"{where}: unknown {kind} '{name}'{suggestion(name, list(known))}")


def _with_rule_ids(message: str, content: Any) -> str:
    """Error positions such as ``rules.3.verdict`` with the id of that rule in place of its number."""

    def rule_id(match: re.Match[str]) -> str:
        try:
            return f"rule '{content['rules'][int(match[1])]['id']}'"
        except (KeyError, TypeError):
            return match[0]

    return re.sub(r"\brules\.(\d+)", rule_id, message)
