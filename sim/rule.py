"""The two kinds of things that a scenario can expect, and what it takes to be one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from sim.references import Model, StepName
from sim.scene import Scene


@dataclass(frozen=True)
class Sighting:
    """What a rule sees in one tick.

    ``hit`` is, for a rule that must come true, that it has; for a rule that must never be broken, that it was.
    """

    hit: bool
    text: str  # what was observed, with numbers; "" when there is nothing to tell
    at_s: float = math.nan  # when it happened; nan for "now"
    weight: float = 0.0  # the text with the largest weight is the one worth reporting; of equal ones the last


class Once(Model):
    """Must come true at some time after a step, in time."""

    after: StepName = Field("", description="the step that leads to it; without one, from the start")
    within_s: float | None = Field(None, gt=0, description="counted from the end of that step; without it, until the scenario's limit")

    def look(self, scene: Scene) -> Sighting:
        """What is to be seen now."""
        raise NotImplementedError


class Always(Model):
    """Must not be broken from a step on, until another step begins, for a time, or until the end."""

    settle_s: ClassVar[float | None] = None
    """None: counts from the beginning of ``after``.  A number: counts from so long after its end."""

    after: StepName = ""
    until: StepName = ""
    for_s: float | None = Field(None, gt=0)

    def look(self, scene: Scene) -> Sighting:
        """Whether the rule is broken now."""
        raise NotImplementedError


def contains(text: str, fragment: str) -> bool:
    """Whether a text holds a fragment, whatever the case.

    >>> contains("I may not hand a Knife to a child.", "knife")
    True
    """
    return fragment.lower() in text.lower()
