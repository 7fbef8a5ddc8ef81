"""How several answers become one: the most restrictive verdict wins, and limits combine to the tighter one.

``merge`` is commutative, associative and idempotent, so that the outcome depends on which rules hold and on nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

from pydantic import BaseModel, ConfigDict, Field

from safety.types import Verdict


class Limits(BaseModel):
    """What an allowed action must keep to.  The defaults limit nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_speed_mps: float = Field(math.inf, ge=0, description="of the base")
    max_turn_radps: float = Field(math.inf, ge=0, description="of the base")
    joint_speed_ratio: float = Field(1.0, gt=0, le=1, description="of each joint's own top speed")
    keep_distance_m: float = Field(0.0, ge=0, le=3, description="from every person, centre to centre, while driving towards them")

    def tighter(self, other: Limits) -> Limits:
        """The tighter of both in every field."""
        if other is UNLIMITED:  # as most rules have none
            return self
        return Limits(
            max_speed_mps=min(self.max_speed_mps, other.max_speed_mps),
            max_turn_radps=min(self.max_turn_radps, other.max_turn_radps),
            joint_speed_ratio=min(self.joint_speed_ratio, other.joint_speed_ratio),
            keep_distance_m=max(self.keep_distance_m, other.keep_distance_m),
        )


UNLIMITED = Limits()


@dataclass(frozen=True, slots=True)
class Lead:
    """The words of the rule that speaks for a decision: of the most severe ones, the first in the file that has something to say."""

    severity: int
    order: int
    rule_id: str
    reason: str
    say: str

    @property
    def rank(self) -> tuple[int, bool, int, str, str, str]:
        return (-self.severity, not self.say, self.order, self.rule_id, self.reason, self.say)


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's opinion of one action, before it becomes a message."""

    verdict: Verdict
    lead: Lead
    rule_ids: tuple[str, ...] = ()
    limits: Limits = field(default=UNLIMITED)

    @property
    def approved(self) -> bool:
        """May start without a further question."""
        return self.verdict <= Verdict.LIMIT


def decision(verdict: Verdict, rule_id: str, reason: str, say: str = "", order: int = 0, limits: Limits = UNLIMITED) -> Decision:
    """The decision of a single rule."""
    return Decision(verdict, Lead(verdict.severity, order, rule_id, reason, say), (rule_id,), limits)


def merge(one: Decision, other: Decision) -> Decision:
    """Both at once."""
    return Decision(
        verdict=max(one.verdict, other.verdict),
        lead=min(one.lead, other.lead, key=lambda lead: lead.rank),
        rule_ids=tuple(sorted({*one.rule_ids, *other.rule_ids})),
        limits=one.limits.tighter(other.limits),
    )


def merge_all(first: Decision, rest: Iterable[Decision]) -> Decision:
    """All at once."""
    return reduce(merge, rest, first)
