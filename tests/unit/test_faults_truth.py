"""How the fault tests date a standstill."""

from __future__ import annotations

import pytest

from tests.faults.truth import Seen, fastest_mps, fell_below

STEP_S = 0.02


def path(*speeds_mps: float) -> list[Seen]:
    """A base that drives along x at these speeds, one a step."""
    seen = [Seen(0.0, 0.0, 0.0)]
    for speed_mps in speeds_mps:
        seen.append(Seen(seen[-1].stamp_s + STEP_S, seen[-1].x_m + speed_mps * STEP_S, 0.0))
    return seen


def test_a_standstill_is_dated_to_the_middle_of_its_first_step() -> None:
    assert fell_below(path(*[0.5] * 5, 0.2, *[0.0] * 6), 0.03, 0.0) == pytest.approx(6.5 * STEP_S)


def test_a_dip_is_no_standstill() -> None:
    assert fell_below(path(0.5, *[0.0] * 5, 0.5, 0.5), 0.03, 0.0) is None
    assert fell_below(path(0.5, *[0.0] * 5, 0.5, *[0.0] * 6), 0.03, 0.0) == pytest.approx(7.5 * STEP_S)


def test_what_was_before_does_not_count() -> None:
    assert fell_below(path(*[0.0] * 20, *[0.5] * 20), 0.03, 20 * STEP_S) is None


def test_a_base_that_keeps_driving_never_falls_below() -> None:
    assert fell_below(path(*[0.5] * 50), 0.03, 0.0) is None
    assert fell_below([], 0.03, 0.0) is None


def test_the_fastest_speed_is_that_of_the_time_asked_for() -> None:
    driven = path(0.6, 0.6, 0.1, 0.2, 0.6)
    assert fastest_mps(driven, 2 * STEP_S - 1e-9, 4 * STEP_S + 1e-9) == pytest.approx(0.2)
    assert fastest_mps(driven, 9.0) == 0.0
