"""Virtual time that follows real time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_runtime.clock import VirtualClock


def run(clock: VirtualClock, steady_s: list[float]) -> None:
    for now_s in steady_s:
        for _ in range(clock.due(now_s)):
            clock.advance()


@pytest.mark.parametrize("factor", [0.5, 1.0, 4.0])
def test_it_keeps_pace(factor: float) -> None:
    clock = VirtualClock(100.0, factor=factor)
    run(clock, [7.0 + 0.005 * step for step in range(2001)])
    assert clock.now_s == pytest.approx(100.0 + 10.0 * factor, abs=0.021)
    assert clock.slipped_s == 0


def test_a_short_delay_is_made_up_for() -> None:
    clock = VirtualClock(0.0)
    run(clock, [0.0, 0.02, 0.15, 0.16])
    assert clock.now_s == pytest.approx(0.16)


def test_a_long_delay_lets_time_slip() -> None:
    clock = VirtualClock(0.0)
    run(clock, [0.0, 0.02, 5.0])
    assert clock.now_s == pytest.approx(0.04)  # no burst
    assert clock.slipped_s == pytest.approx(4.96)
    run(clock, [5.0 + 0.02 * step for step in range(1, 51)])
    assert clock.now_s == pytest.approx(1.04)  # and on at the usual pace


@given(st.lists(st.floats(0, 0.5), max_size=50))
def test_it_never_runs_ahead_and_never_bursts(steps_s: list[float]) -> None:
    clock, now_s = VirtualClock(0.0), 0.0
    clock.due(now_s)
    for step_s in steps_s:
        now_s += step_s
        due = clock.due(now_s)
        assert 0 <= due <= 11  # the slack of 0.2 s
        for _ in range(due):
            clock.advance()
    assert clock.now_s <= now_s + 1e-6


def test_time_counts_whole_ticks() -> None:
    """Sums of 0.02 would drift; a product does not."""
    clock = VirtualClock(100.0)
    clock.due(0.0)
    for _ in range(180_000):
        clock.advance()
    assert clock.now_s == 100.0 + 180_000 * 0.02
