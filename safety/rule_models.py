"""The parts of a rule file: rules, skills, and the numbers that hold for everybody."""

from __future__ import annotations

import string
from typing import Literal

from pydantic import Field, field_validator, model_validator

from safety.conditions import Examples, Model, Part, When
from safety.files import suggestion
from safety.types import AgeGroup, Verdict
from safety.verdicts import UNLIMITED, Limits

Role = Literal["object", "person", "place", "target", "text", "amount"]
"""What an argument's value stands for.  A target is a thing or a person: the one that is approached, or that something is
put on or poured into.  An amount, such as a span of time, is nothing that rules look at."""

Language = Literal["en", "fr"]

SENTENCE_FIELDS = ("object", "held", "target", "recipient", "person", "place")
"""What a rule's sentence may name in braces."""

GROWN_UPS = frozenset({AgeGroup.ADULT, AgeGroup.ELDERLY})


class SkillEntry(Model):
    """One entry of the closed list of skills.  What is not listed is denied; what is listed the robot need not be able to do."""

    arguments: dict[str, Role] = Field(default_factory=dict, description="argument name → what its value stands for; all are required")
    moves: frozenset[Part] = Field(default=frozenset(), description="parts of the robot that the skill may move")
    approaches: bool = Field(default=False, description="may come closer to the person that its arguments name")
    verdict: Verdict = Field(default=Verdict.ALLOW, description="when no rule says more")

    @model_validator(mode="after")
    def _has_one_of_each(self) -> SkillEntry:
        for role in self.arguments.values():
            if list(self.arguments.values()).count(role) > 1:
                raise ValueError(f"two arguments have the role '{role}'; rules look at one, so give the other another role")
        return self


class Sentence(Model):
    """What to tell the person; ``{object}``, ``{recipient}`` … stand for names."""

    en: str = ""
    fr: str = Field("", description="here {object}, {held} and {target} come with their article: 'le couteau'")

    @field_validator("en", "fr")
    @classmethod
    def _fields_are_known(cls, text: str) -> str:
        for _, name, _, _ in string.Formatter().parse(text):
            if name is not None and name not in SENTENCE_FIELDS:
                raise ValueError(f"unknown field '{{{name}}}' in '{text}'{suggestion(name, list(SENTENCE_FIELDS))}")
        return text

    def text(self, language: Language) -> str:
        """In this language, or in English where it is not translated."""
        return (self.fr if language == "fr" else "") or self.en


class Confirm(Model):
    """Who has to say yes, and to what, where a rule's verdict is ``confirm``."""

    by: frozenset[AgeGroup] = Field(default=frozenset({AgeGroup.ADULT}), min_length=1, description="age groups that may answer")
    authorised: bool = Field(default=True, description="only somebody whom parameters.authorised admits may answer")
    by_another: bool = Field(default=False, description="whoever asked for the action may not answer, and is not taken for two people")
    question: Sentence = Field(default_factory=Sentence, description="to be answered by yes or no")

    @field_validator("by")
    @classmethod
    def _are_grown_up(cls, by: frozenset[AgeGroup]) -> frozenset[AgeGroup]:
        if not by <= GROWN_UPS:
            raise ValueError("only adult and elderly people may confirm")
        return by

    @property
    def who(self) -> str:
        """Who may confirm, in words."""
        groups = " or ".join(sorted(group.value for group in self.by)) or "nobody"
        return f"{groups}{' with authority' * self.authorised}{' who did not ask for it' * self.by_another}"

    def stricter(self, other: Confirm) -> Confirm:
        """Who satisfies both; the question is this one's.  Where nobody is in both groups, nobody may confirm."""
        return self.model_copy(
            update={
                "by": self.by & other.by,
                "authorised": self.authorised or other.authorised,
                "by_another": self.by_another or other.by_another,
            }
        )

    def as_strict(self, other: Confirm) -> bool:
        """Whether nobody satisfies this one who would not satisfy the other."""
        return self.by <= other.by and self.authorised >= other.authorised and self.by_another >= other.by_another


class Rule(Model):
    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    version: int = Field(ge=1, description="goes up with every change")
    why: str = Field(min_length=1)
    source: str = Field(min_length=1, description="standard, clause or incident class")
    when: When
    verdict: Verdict
    limits: Limits = Field(default_factory=lambda: UNLIMITED)
    confirm: Confirm | None = Field(None, description="of a rule whose verdict is confirm")
    say: Sentence = Field(default_factory=Sentence)
    examples: Examples

    @model_validator(mode="after")
    def _details_fit_the_verdict(self) -> Rule:
        if (self.verdict == Verdict.LIMIT) != (self.limits != Limits()):
            raise ValueError(f"rule '{self.id}': verdict 'limit' needs limits, and only it may have them")
        if (self.verdict == Verdict.CONFIRM) != (self.confirm is not None):
            raise ValueError(f"rule '{self.id}': verdict 'confirm' needs a confirm section, and only it may have one")
        if self.confirm is not None and not self.confirm.question.en:
            raise ValueError(f"rule '{self.id}': confirm.question.en: missing; say what is asked")
        return self


class Separation(Model):
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


class Parameters(Model):
    min_age_confidence: float = Field(0.6, ge=0, le=1, description="below it an age group counts as unknown")
    rearm_confidence: float = Field(0.7, ge=0, le=1, description="age-group confidence that a person needs to lift a latched stop")
    rearm_age_groups: frozenset[AgeGroup] = Field(default=GROWN_UPS, description="who may lift a latched stop by voice")
    authorised: frozenset[str] = Field(
        default=frozenset(), description="ids of the people with authority; none listed: everybody known by name who is surely old enough"
    )
    authorised_age_groups: frozenset[AgeGroup] = Field(default=frozenset({AgeGroup.ADULT}), description="and their age groups")
    authorised_confidence: float = Field(0.7, ge=0, le=1, description="and the confidence in it")
    hazards: frozenset[str] = Field(min_length=1, description="properties of things that the gripper never releases near a child")
    release_distance_m: float = Field(1.0, gt=0, le=3, description="how near")
