"""Acceleration and jerk: limits on rising, none on falling."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.ramp import Ramp

A, J = 0.6, 4.0


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.0, 1.0), st.floats(0.001, 0.05)), min_size=1, max_size=40))
def test_it_rises_within_the_limits_whatever_is_wanted(steps: list[tuple[float, float, float]]) -> None:
    """``share`` is what caps leave of the value; a cap may cut a rise short at any time."""
    ramp, rise = Ramp(A, J), 0.0
    for wanted, share, dt_s in steps:
        before = ramp.value
        value = ramp.towards(wanted, dt_s)
        assert abs(value) <= abs(wanted) and value * wanted >= 0.0
        start = abs(before) if before * wanted > 0.0 else 0.0
        gained = abs(value) - start
        assert gained <= A * dt_s + 1e-12
        assert gained <= (rise if start else 0.0) * dt_s + J * dt_s * dt_s + 1e-12
        ramp.took(value * share, dt_s)
        kept = abs(before) if before * value * share > 0.0 else 0.0
        rise = max(0.0, (abs(value * share) - kept) / dt_s)


def test_it_falls_at_once_and_changes_sign_through_zero() -> None:
    ramp = Ramp(A, J)
    ramp.took(0.5, 0.02)
    assert ramp.towards(0.1, 0.02) == 0.1
    assert ramp.towards(0.0, 0.02) == 0.0
    assert -0.01 < ramp.towards(-0.5, 0.02) < 0.0
    ramp.halt()
    assert 0.0 < ramp.towards(0.5, 0.02) == pytest.approx(J * 0.02 * 0.02)


def test_it_arrives_without_overshoot_in_reasonable_time() -> None:
    ramp, values = Ramp(A, J), [0.0]
    for _ in range(100):
        values.append(ramp.towards(0.6, 0.02))
        ramp.took(values[-1], 0.02)
    assert values == sorted(values) and values[-1] == 0.6
    arrived_s = 0.02 * values.index(0.6)
    assert 0.6 / A < arrived_s < 0.6 / A + 2 * A / J


def test_it_eases_into_what_is_wanted() -> None:
    """With the jerk J, what is left of the way is reached with no rise left: at most sqrt(2 J left) of it."""
    ramp = Ramp(A, J)
    ramp.took(0.578, 0.02)
    ramp.took(0.59, 0.02)  # at full acceleration
    assert ramp.towards(0.6, 0.02) == pytest.approx(0.59 + math.sqrt(2 * J * 0.01) * 0.02)


def test_time_that_stands_still_changes_nothing() -> None:
    ramp = Ramp(A, J)
    assert ramp.towards(0.5, 0.0) == 0.0
    ramp.took(0.0, 0.0)
    assert ramp.value == 0.0 and math.isfinite(ramp.towards(0.5, 0.02))
