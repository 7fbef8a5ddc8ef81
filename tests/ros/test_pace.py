"""When a node is stepped in simulated time."""

from __future__ import annotations

from pathlib import Path

import pytest

from robot_runtime.ros.pace import RESTART_GAP_S, START_S, ClockMemory, _Beat
from robot_runtime.topics import TOPICS


def beats(rate_hz: float, times_s: list[float], first_s: float = 0.0) -> list[float]:
    ran: list[float] = []
    now = [0.0]
    beat = _Beat(1 / rate_hz, lambda: ran.append(now[0]), first_s)
    for now_s in times_s:
        now[0] = now_s
        beat.run(now_s)
    return ran


TICKS = [round(100 + 0.02 * tick, 2) for tick in range(1, 501)]  # ten seconds


@pytest.mark.parametrize("rate_hz", [50, 25, 20, 10, 5])
def test_a_rate_is_kept(rate_hz: float) -> None:
    """20 Hz does not divide 50 Hz: steps then fall on the tick after, and the rate is right on average."""
    assert len(beats(rate_hz, TICKS)) == pytest.approx(10 * rate_hz, abs=1)


def test_missed_beats_are_not_made_up_for() -> None:
    assert beats(5, [100.0, 100.02, 103.0, 103.02, 103.18, 103.2]) == [100.0, 103.0, 103.2]


def test_a_restarted_simulation_goes_on_when_all_before_is_stale(tmp_path: Path) -> None:
    path = tmp_path / "run" / "clock"
    memory = ClockMemory(path)
    assert memory.resume_s() == START_S
    memory.write(163.42)
    memory.write(163.44)
    assert ClockMemory(path).resume_s() == pytest.approx(163.44 + RESTART_GAP_S)
    moved_by = (topic for topic in TOPICS.values() if topic.name != "battery")  # a charge of before does not set the base in motion
    ages_s = [topic.max_age_s for topic in moved_by if topic.max_age_s is not None]
    assert max(ages_s) < RESTART_GAP_S
