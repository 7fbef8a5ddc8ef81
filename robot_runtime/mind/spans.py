"""The parts of days that people ask about: "what did you do this morning?"."""

from __future__ import annotations

from robot_runtime.language.language import Language

HOUR_S = 3600.0

UNIX_TIME_S = 1.0e9
"""A clock that reads more shows a date; one that reads less counts from its start."""


def span_of(text: str, language: Language, now_s: float, hour: float) -> tuple[float, float] | None:
    """When the span begins and ends that a sentence names, on the clock of ``now_s``; None when it names none.

    :param hour: local hour of the day now

    >>> from robot_runtime.language.language import load_language
    >>> span_of("What did you do this morning?", load_language("en"), 100_000.0, 15.0)
    (46000.0, 89200.0)
    """
    midnight_s = now_s - hour * HOUR_S
    said = " ".join(language.words(text))
    named = next((hours for name, hours in language.days.items() if " ".join(language.words(name)) in said), None)
    return (midnight_s + named[0] * HOUR_S, midnight_s + named[1] * HOUR_S) if named else None


def local_hour(now_s: float, utc_offset_h: float, hour_at_start: float) -> float:
    """Local hour of the day, 0 … 24, as the gate counts it."""
    return (now_s / HOUR_S + (utc_offset_h if now_s > UNIX_TIME_S else hour_at_start)) % 24.0
