"""The four checks of a link, each at its limit.  The times are sums of powers of two, so that a limit is met exactly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from safety.motors.config import BaseConfig
from safety.motors.supervision import LinkError, Supervision
from tests.safety.motors.test_session import TELEMETRY

CONFIG = BaseConfig(driver="serial:x", telemetry_max_age_s=0.25, round_trip_max_s=0.25)


@pytest.fixture
def link() -> Supervision:
    link = Supervision(CONFIG)
    link.begin(8.0)
    return link


def test_silence_is_borne_up_to_its_limit(link: Supervision) -> None:
    link.check(8.25)
    with pytest.raises(LinkError, match="silent: no telemetry for 251 ms"):
        link.check(8.251)
    with pytest.raises(LinkError, match="no telemetry for 1000 ms"):
        link.check(9.0)


def test_a_frame_is_waited_for_up_to_its_limit(link: Supervision) -> None:
    link.sent(1, 8.0)
    link.sent(2, 8.125)
    link.telemetry(replace(TELEMETRY, acknowledged=1), 8.25)
    assert link.round_trip_s == 0.25
    link.check(8.375)
    link.telemetry(replace(TELEMETRY, acknowledged=1, uptime_ms=1001), 9.125)
    with pytest.raises(LinkError, match="not acknowledged after 1000 ms"):
        link.check(9.125)


def test_what_was_sent_while_greeting_is_not_waited_for() -> None:
    link = Supervision(CONFIG)
    assert link.round_trip_s == 0.0
    link.sent(1, 7.0)
    link.begin(8.0)
    link.check(8.0)


def test_nothing_is_acknowledged_that_was_not_sent(link: Supervision) -> None:
    link.sent(1, 8.0)
    with pytest.raises(LinkError, match="acknowledges frame 2"):
        link.telemetry(replace(TELEMETRY, acknowledged=2), 8.0)


def test_a_clock_or_a_count_that_goes_on_by_one_is_sound_and_one_that_stands_is_not(link: Supervision) -> None:
    for step in (1, 2):
        link.received(step)
        link.telemetry(replace(TELEMETRY, uptime_ms=1000 + step), 8.0)
    with pytest.raises(LinkError, match="2 came after 2"):
        link.received(2)
    with pytest.raises(LinkError, match="clock stands still"):
        link.telemetry(replace(TELEMETRY, uptime_ms=1002), 8.0)


@pytest.mark.parametrize(("later_s", "counts"), [(0.5, True), (1.0, True), (1.001, False)])
def test_damage_counts_for_a_second(link: Supervision, later_s: float, counts: bool) -> None:
    link.damaged(3, 8.0)
    link.damaged(0, 8.0 + later_s)
    if not counts:
        link.damaged(3, 8.0 + later_s)
        return
    with pytest.raises(LinkError, match="garbage: 4 damaged frames"):
        link.damaged(1, 8.0 + later_s)
