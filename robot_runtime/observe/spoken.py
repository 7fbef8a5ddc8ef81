"""What left the speaker beside what was wanted, as the timeline and the report tell it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from robot_runtime.messages import SpeechMeasured
from robot_runtime.speak.pacing import TOLERANCE


def quantities(sentence: SpeechMeasured) -> Iterator[tuple[str, float, float, str]]:
    """What was wanted and measured of a sentence: name, target, measured, unit; those of which either is not known are left out."""
    rows = (
        ("rate", sentence.target_rate_wpm, sentence.rate_wpm, "words/min"),
        ("pause within", sentence.target_clause_pause_s, sentence.clause_pause_s, "s"),
        ("pause after", sentence.target_pause_s, sentence.pause_s, "s"),
        ("pitch range", sentence.target_pitch_range_st, sentence.pitch_range_st, "semitones"),
        ("level", sentence.target_level_dbfs, sentence.level_dbfs, "dBFS"),
    )
    return (row for row in rows if math.isfinite(row[1]) and math.isfinite(row[2]))


def off(target: float, measured: float, unit: str) -> float:
    """By what share it is off; decibels as an amplitude.

    >>> round(off(120.0, 126.0, "words/min"), 2), round(off(-26.0, -20.0, "dBFS"), 1)
    (0.05, 1.0)
    """
    if unit == "dBFS":
        return float(10 ** ((measured - target) / 20)) - 1
    return measured / target - 1 if target else 0.0


def misses(sentence: SpeechMeasured) -> list[str]:
    """The rate and pauses that were not as wanted; of a sentence that something disturbed there is nothing to tell."""
    if sentence.disturbed:
        return []
    told = [row for row in quantities(sentence) if row[3] in ("words/min", "s")]
    return [
        f"{name} {measured:.3g} instead of {target:.3g} {unit}"
        for name, target, measured, unit in told
        if abs(off(target, measured, unit)) > TOLERANCE
    ]
