"""How long, in words: the few spans of time that people ask a robot for."""

from __future__ import annotations

_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "fifteen": 15, "twenty": 20, "thirty": 30, "forty five": 45,
}  # fmt: skip
_UNITS_S = {"second": 1.0, "seconds": 1.0, "minute": 60.0, "minutes": 60.0, "hour": 3600.0, "hours": 3600.0}
_PHRASES_S = {"a moment": 10.0, "a minute": 60.0, "half an hour": 1800.0, "an hour": 3600.0}
LONGEST_S = 7200.0
"""Nobody finds an errand of a robot that is older."""

PATTERNS = (f"({' | '.join(_NUMBERS)}) (seconds | minutes)", "(one | two) (hour | hours)", "one minute", *_PHRASES_S)
"""The words for a span of time, as phrases of the grammar."""

WORDS = (*_PHRASES_S, *(f"{count} {unit}" for unit in ("seconds", "minutes") for count in list(_NUMBERS)[1:]), "two hours")
"""One way to say each span, for planners that choose from a list."""


def seconds(words: str) -> float | None:
    """The span that words mean; None when they mean none, or one longer than :data:`LONGEST_S`.

    >>> seconds("ten minutes"), seconds("half an hour"), seconds("forty five seconds"), seconds("a while")
    (600.0, 1800.0, 45.0, None)
    """
    spoken = " ".join(words.lower().split())
    if spoken in _PHRASES_S:
        return _PHRASES_S[spoken]
    count, _, unit = spoken.rpartition(" ")
    if count not in _NUMBERS or unit not in _UNITS_S:
        return None
    span_s = _NUMBERS[count] * _UNITS_S[unit]
    return span_s if span_s <= LONGEST_S else None
