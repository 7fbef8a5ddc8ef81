"""Merging of decisions: the algebra that makes the outcome independent of the order of rules."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from safety.types import Verdict
from safety.verdicts import Decision, Limits, decision, merge, merge_all

limits = st.builds(
    Limits,
    max_speed_mps=st.sampled_from([0.0, 0.2, 0.5, math.inf]),
    max_turn_radps=st.sampled_from([0.1, 1.0, math.inf]),
    joint_speed_ratio=st.sampled_from([0.1, 0.5, 1.0]),
    keep_distance_m=st.sampled_from([0.0, 0.7, 1.2]),
)
decisions = st.builds(
    decision,
    verdict=st.sampled_from(list(Verdict)),
    rule_id=st.sampled_from(["a", "b", "c", "d"]),
    reason=st.sampled_from(["one", "two"]),
    say=st.sampled_from(["", "No.", "Careful."]),
    order=st.integers(0, 3),
    limits=limits,
)


@given(decisions, decisions)
def test_merge_is_commutative(one: Decision, other: Decision) -> None:
    assert merge(one, other) == merge(other, one)


@given(decisions, decisions, decisions)
def test_merge_is_associative(one: Decision, two: Decision, three: Decision) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(decisions)
def test_merge_is_idempotent(one: Decision) -> None:
    assert merge(one, one) == one


@given(decisions, st.lists(decisions, max_size=5))
def test_more_decisions_never_loosen(first: Decision, more: list[Decision]) -> None:
    merged = merge_all(first, more)
    assert merged.verdict >= first.verdict
    assert merged.limits.max_speed_mps <= first.limits.max_speed_mps
    assert merged.limits.max_turn_radps <= first.limits.max_turn_radps
    assert merged.limits.joint_speed_ratio <= first.limits.joint_speed_ratio
    assert merged.limits.keep_distance_m >= first.limits.keep_distance_m


def test_the_words_come_from_the_most_severe_rule_that_has_some() -> None:
    silent = decision(Verdict.DENY, "silent", "r1", order=0)
    spoken = decision(Verdict.DENY, "spoken", "r2", "No.", order=5)
    milder = decision(Verdict.LIMIT, "milder", "r3", "Careful.", order=1)
    assert merge_all(milder, [silent, spoken]).lead.say == "No."
    assert merge_all(milder, [silent]).lead.say == ""


def test_only_allow_and_limit_may_start() -> None:
    assert [verdict.value for verdict in Verdict if decision(verdict, "r", "").approved] == ["allow", "limit"]
