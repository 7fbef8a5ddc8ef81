"""Merging of decisions: the algebra that makes the outcome independent of the order of rules."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

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


def test_where_all_are_as_severe_the_first_in_the_file_speaks_and_the_gate_itself_before_it() -> None:
    later, sooner = decision(Verdict.DENY, "a", "r", "Later.", order=2), decision(Verdict.DENY, "b", "r", "Sooner.", order=1)
    assert merge(later, sooner).lead.say == "Sooner."
    assert merge_all(later, [sooner, decision(Verdict.DENY, "z", "r", "I myself.")]).lead.say == "I myself."


def test_of_two_limits_the_tighter_one_holds_in_each_respect() -> None:
    slow, far = Limits(max_speed_mps=0.2, keep_distance_m=0.5), Limits(max_turn_radps=1.0, joint_speed_ratio=0.5, keep_distance_m=1.2)
    assert (
        slow.tighter(far) == far.tighter(slow) == Limits(max_speed_mps=0.2, max_turn_radps=1.0, joint_speed_ratio=0.5, keep_distance_m=1.2)
    )
    assert Limits().model_dump() == {
        "max_speed_mps": math.inf, "max_turn_radps": math.inf, "joint_speed_ratio": 1.0, "keep_distance_m": 0.0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("max_speed_mps", [0, 9], [-0.1]), ("max_turn_radps", [0, 9], [-0.1]),
        ("joint_speed_ratio", [0.1, 1], [0, 1.1]), ("keep_distance_m", [0, 3], [-0.1, 3.1]),
    ],
)  # fmt: skip
def test_limits_have_bounds(name: str, good: list[float], bad: list[float]) -> None:
    assert [getattr(Limits.model_validate({name: value}), name) for value in good] == good
    for value in bad:
        with pytest.raises(ValidationError, match=name):
            Limits.model_validate({name: value})
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Limits(), name, good[0])  # decisions share them


def test_only_allow_and_limit_may_start() -> None:
    assert [verdict.value for verdict in Verdict if decision(verdict, "r", "").approved] == ["allow", "limit"]
