"""Which proposal counts, and for how long, with approvals that the test makes up."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest

from safety.approvals import Approvals
from safety.config import GateConfig
from safety.types import ProposedJoints, ProposedVelocity
from safety.wanted import Wanted


class Book:
    """Knows "drive", which may move the base, and "wave", which may not."""

    def __init__(self) -> None:
        self.used: list[tuple[str, float]] = []

    def use(self, action_id: str, now_s: float) -> None:
        self.used.append((action_id, now_s))

    def get(self, action_id: str) -> Any:
        parts = {"drive": {"base"}, "wave": {"arm"}}.get(action_id)
        return SimpleNamespace(parts=parts, action=SimpleNamespace(skill="greet")) if parts else None


def wanted(*proposals: Any, now_s: float = 0.0) -> Wanted:
    found = Wanted(GateConfig(command_max_age_s=0.25, future_tolerance_s=0.25), cast(Approvals, Book()))
    found.take(proposals, now_s)
    return found


def speed(linear_mps: float, stamp_s: float = 0.0, action_id: str = "drive", angular_radps: float = 0.0) -> ProposedVelocity:
    return ProposedVelocity(stamp_s, action_id, linear_mps, angular_radps)


BAD = [
    speed(math.nan), speed(0.1, math.inf), speed(0.1, angular_radps=math.nan), speed(cast(float, "0.1")),
    ProposedJoints(0.0, "drive", (), ()), speed(0.1, action_id=cast(str, 5)), None,
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_what_is_no_velocity_voids_the_one_before_but_not_the_one_after(bad: Any) -> None:
    assert wanted(speed(0.1), bad).newest is None
    assert wanted(bad, speed(0.2)).newest == speed(0.2)


def test_a_stamp_too_far_ahead_counts_for_nothing_and_one_a_little_ahead_is_now() -> None:
    assert wanted(speed(0.1), speed(0.2, 0.26)).newest == speed(0.1)
    assert wanted(speed(0.2, 0.26), speed(0.1)).newest == speed(0.1)
    assert wanted(speed(0.2, 0.25)).newest == speed(0.2, 0.0)


def test_the_newest_counts_and_of_two_of_one_time_the_later_one() -> None:
    found = wanted(speed(0.1, 1.0), speed(0.2, 1.0), speed(0.3, 0.9), now_s=1.0)
    assert found.newest == speed(0.2, 1.0)
    assert cast(Book, found._approvals).used == [("drive", 1.0)] * 2
    found.forget()
    assert found.approved(1.0) == (None, "")


@pytest.mark.parametrize("still", [speed(0.0), speed(0.0, action_id="nobody")])
def test_standstill_needs_no_approval(still: ProposedVelocity) -> None:
    assert wanted(still).approved(0.0) == (None, "")


@pytest.mark.parametrize("moves", [speed(1.0), speed(0.0, angular_radps=1.0), speed(-0.1), speed(0.0, angular_radps=-0.1)])
def test_a_velocity_counts_for_its_time(moves: ProposedVelocity) -> None:
    for now_s in (0.0, 0.25):
        approval, why = wanted(moves).approved(now_s)
        assert approval is not None and "base" in approval.parts and why == ""
    assert wanted(moves).approved(0.26) == (None, "cmd_vel/proposed for action 'drive' has ceased")


@pytest.mark.parametrize(
    ("action_id", "now_s", "why"),
    [
        ("nobody", 0.0, "velocity for action 'nobody', which is not approved"),
        ("wave", 0.0, "skill 'greet' may not move the base"),
        ("nobody", 0.5, ""),
        ("wave", 0.5, ""),
    ],
)
def test_why_nothing_moves(action_id: str, now_s: float, why: str) -> None:
    assert wanted(speed(0.1, action_id=action_id)).approved(now_s) == (None, why)
