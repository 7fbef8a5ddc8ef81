"""The way of a velocity through the guard process, as ``bench gate`` measures it."""

from __future__ import annotations

import pytest

from robot_runtime.bench.gate import across_processes
from robot_runtime.observe.figures import Figure

pytestmark = pytest.mark.alone  # the guard runs in real time; starved, it rightly finds the base's messages late


@pytest.fixture(scope="module")
def rows() -> list[Figure]:
    return across_processes(6)


def test_every_trip_comes_to_its_end(rows: list[Figure]) -> None:
    assert [row.count for row in rows] == [6, 6]


def test_both_are_between_nothing_and_the_longest_that_is_waited_for(rows: list[Figure]) -> None:
    assert all(0.0 < row.p50_ms <= row.max_ms < 5000.0 for row in rows)
