"""How long ago something was, as a person says it."""

from __future__ import annotations

import math

from robot_runtime.mind.wording import Wording

MINUTE_S, HOUR_S, DAY_S, WEEK_S = 60.0, 3600.0, 86400.0, 604800.0

JUST_NOW_S = 10.0

_UNITS = (
    # up to, length, one of them, several
    (59.5 * MINUTE_S, MINUTE_S, "a_minute_ago", "minutes_ago"),
    (23.5 * HOUR_S, HOUR_S, "an_hour_ago", "hours_ago"),
    (13.5 * DAY_S, DAY_S, "a_day_ago", "days_ago"),
    (52.5 * WEEK_S, WEEK_S, "a_week_ago", "weeks_ago"),
)


def ago(age_s: float, wording: Wording) -> str:
    """An age in words: "just now", "two minutes ago", "20 hours ago"."""
    if age_s < JUST_NOW_S:
        return wording.sentence("just_now")
    if age_s < MINUTE_S:
        return wording.sentence("under_a_minute_ago")
    for limit_s, unit_s, one, several in _UNITS:
        if age_s < limit_s:
            count = math.floor(age_s / unit_s + 0.5)
            return wording.sentence(one) if count == 1 else wording.sentence(several, number=wording.number(count))
    return wording.sentence("long_ago")
