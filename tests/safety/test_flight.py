"""What is commanded and not driven yet."""

from __future__ import annotations

import pytest

from safety.flight import KEPT_S, MOST, Flight


def test_it_sums_up_what_was_sent_within_the_time() -> None:
    flight = Flight()
    for tick in range(10):
        flight.sent(-0.5, 1.0, tick * 0.02, 0.02)
    assert flight.ahead(0.18, 0.0) == pytest.approx((0.01, 0.02))
    assert flight.ahead(0.18, 0.05) == pytest.approx((0.03, 0.06))
    assert flight.ahead(0.18, 9.0) == pytest.approx((0.1, 0.2))
    assert flight.ahead(1.0, 0.5) == (0.0, 0.0)


def test_it_forgets_what_is_long_driven_and_what_another_clock_has_timed() -> None:
    flight = Flight()
    for tick in range(MOST + 200):
        flight.sent(0.5, 0.0, tick * 0.02, 0.02)
    now_s = (MOST + 199) * 0.02
    assert flight.ahead(now_s, 1.0)[0] == pytest.approx(0.51)
    assert flight.ahead(now_s, 100.0)[0] == pytest.approx(0.5 * KEPT_S, abs=0.02)
    flight.sent(0.5, 0.0, 1.0, 0.02)
    assert flight.ahead(1.0, 100.0)[0] == pytest.approx(0.01)


def test_what_is_dropped_is_old_and_what_is_asked_for_stays() -> None:
    flight = Flight()
    for tick in range(MOST + 2):
        flight.sent(0.5, 0.1, 0.02 * tick, 0.02)
    way_m, angle_rad = flight.ahead(0.02 * (MOST + 1), 1.0)
    assert (way_m, angle_rad) == pytest.approx((0.5, 0.1), abs=0.02)
