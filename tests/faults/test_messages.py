"""Each message that the gate drives by is kept away from it, or held up; docs/failures.md says what the base does then."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.documented import MESSAGES, limit_s
from tests.faults.stand import DRIVING_MPS, Stand, Tamper
from tests.faults.truth import STILL_MPS

SERVO_MPS = 0.01


def dropped(limit: float) -> Tamper:
    return lambda now_s, message: []


def delayed(limit: float) -> Tamper:
    """Every message comes, in order, but after the time at which the base must have obeyed."""
    waiting: deque[Any] = deque()

    def spoil(now_s: float, message: Any) -> list[Any]:
        waiting.append(message)
        return [waiting.popleft() for _ in range(len(waiting)) if now_s - waiting[0].stamp_s >= limit]

    return spoil


def test_signs_of_life_that_are_regular_and_late_are_none(stand: Stand) -> None:
    """Older at each beat until they are late by more than the limit: at no time is there a gap in which nothing comes."""
    limit = limit_s(MESSAGES["safety/heartbeat"])
    assert limit is not None
    stand.drive()
    since_s = stand.now_s

    def later_and_later(now_s: float, message: Any) -> list[Any]:
        return [replace(message, stamp_s=max(since_s + (now_s - since_s) / 3, now_s - 0.6))]

    stand.tamper["safety/heartbeat"] = later_and_later
    still_s = stand.slow_s(since_s, seconds=2.0)
    assert still_s is not None, stand.state
    late_s = since_s + 0.5 * 3 / 2  # when the newest stamp is 0.5 s old
    print(f"late signs of life: still {(still_s - late_s) * 1000:.0f} ms after they were too old")
    assert still_s - late_s <= limit - 0.5 + 1e-6
    stand.run(1.0)
    assert stand.state.mode == "emergency_stop", "they go on, and it cannot be lifted"
    assert any("pendant is silent (its messages come late" in cause for cause in stand.causes_since(since_s)), stand.state


@pytest.mark.parametrize("spoil", [dropped, delayed])
@pytest.mark.parametrize("label", MESSAGES)
def test_what_is_not_known_counts_as_dangerous(stand: Stand, label: str, spoil: Any) -> None:
    row, topic = MESSAGES[label], label.split()[0]
    limit, most_mps = limit_s(row), float(row["at most [m/s]"])
    assert limit is not None
    stand.drive()
    since_s = stand.now_s
    stand.tamper[topic] = spoil(limit)
    slow_s = stand.slow_s(since_s, max(most_mps + SERVO_MPS, STILL_MPS), limit + 0.5)
    assert slow_s is not None, f"still {stand.speed_mps:.2f} m/s; {stand.state}"
    print(f"{label} {spoil.__name__}: below {most_mps:g} m/s after {(slow_s - since_s) * 1000:.0f} ms")
    assert slow_s - since_s <= limit + 1e-6
    stand.run(0.5)
    assert stand.fastest_mps(slow_s + 0.02) <= max(most_mps + SERVO_MPS, STILL_MPS)
    said = row["`safety/state` says"]
    assert not said or any(said in cause for cause in stand.causes_since(since_s)), stand.causes_since(since_s)

    stand.tamper.clear()
    if topic == "safety/heartbeat":
        assert stand.state.mode in ("emergency_stop", "rearm_required")
        stand.rearm()
        stand.drive()
    assert stand.until(lambda: stand.speed_mps > DRIVING_MPS, 4.0), f"does not go on by itself: {stand.state}"
