"""The parts of days that people ask about: "what did you do this morning?"."""

from __future__ import annotations

from collections.abc import Mapping

HOUR_S = 3600.0

UNIX_TIME_S = 1.0e9
"""A clock that reads more shows a date; one that reads less counts from its start."""

SPANS_H: Mapping[str, tuple[float, float]] = {
    "this morning": (0, 12), "this afternoon": (12, 18), "this evening": (18, 24), "today": (0, 24), "yesterday": (-24, 0),
    "ce matin": (0, 12), "cet après-midi": (12, 18), "ce soir": (18, 24), "aujourd'hui": (0, 24), "hier": (-24, 0),
}  # fmt: skip
"""Words → from when until when, in hours after the midnight that was last."""


def span_of(words: str, now_s: float, hour: float) -> tuple[float, float] | None:
    """When the span begins and ends that a sentence names, on the clock of ``now_s``; None when it names none.

    :param hour: local hour of the day now

    >>> span_of("what did you do this morning", 100_000.0, 15.0)
    (46000.0, 89200.0)
    """
    midnight_s = now_s - hour * HOUR_S
    named = next((hours for name, hours in SPANS_H.items() if name in words.lower()), None)
    return (midnight_s + named[0] * HOUR_S, midnight_s + named[1] * HOUR_S) if named else None


def local_hour(now_s: float, utc_offset_h: float, hour_at_start: float) -> float:
    """Local hour of the day, 0 … 24, as the gate counts it."""
    return (now_s / HOUR_S + (utc_offset_h if now_s > UNIX_TIME_S else hour_at_start)) % 24.0
