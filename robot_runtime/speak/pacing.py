"""The loop that is closed on the sound: what left the speaker against what was asked for, and what to ask for instead.

Of each voice it is known by how much it misses: in what share of the rate and of the pitch range, by how many seconds of a pause, by how
many decibels.  That is a mean over its sentences, the newer ones with more weight, and does not depend on what was corrected meanwhile.
So a voice that always misses by the same is right from its second sentence on, and a correction has nothing to swing about.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

TOLERANCE = 0.05
"""Less than this is not corrected: nobody hears it, and sentences of one voice differ by as much."""

_TOLERANCE_DB = 20 * math.log10(1 + TOLERANCE)
_TOLERANCE_RATIO = math.log(1 + TOLERANCE)


@dataclass(frozen=True)
class Wanted:
    """A sentence as it should sound; nan where nothing is wanted."""

    sound_s: float  # of its clauses, without the pauses between them
    clause_pause_s: float
    pause_s: float  # after it
    pitch_range_st: float
    level_dbfs: float


@dataclass(frozen=True)
class Correction:
    """What is asked for instead of what is wanted: for rate and pitch range so many times, for the others so much more."""

    rate: float = 1.0
    clause_pause_s: float = 0.0
    pause_s: float = 0.0
    pitch_range: float = 1.0
    level_db: float = 0.0


@dataclass(frozen=True)
class Found:
    """A sentence as it sounded; nan where that could not be measured."""

    sound_s: float = math.nan
    clause_pause_s: float = math.nan
    pause_s: float = math.nan
    pitch_range_st: float = math.nan
    level_dbfs: float = math.nan


class Loop:
    """One quantity of one voice.

    :param most: the largest correction, either way
    :param weight: of the newest sentence, once there were enough; what differs much from sentence to sentence needs a small one
    """

    def __init__(self, most: float, weight: float) -> None:
        self._most = most
        self._weight = weight
        self._seen = 0
        self._misses_by = 0.0
        self.correction = 0.0

    def learn(self, asked: float, found: float, tolerance: float) -> None:
        """What came of what was asked for.  One of them is nan where there was nothing to measure, and then nothing is learnt."""
        off = found - asked
        if not math.isfinite(off):
            return
        self._seen += 1
        share = max(1 / self._seen, self._weight)
        self._misses_by += share * (_within(off, 2 * self._most) - self._misses_by)
        if abs(self._misses_by + self.correction) > tolerance:
            self.correction = _within(-self._misses_by, self._most)


class _Voice:
    """The bounds keep a voice that cannot follow, or a wrong measurement, from being driven anywhere."""

    def __init__(self) -> None:
        self.rate = Loop(math.log(1.3), 0.5)
        self.clause_pause_s = Loop(0.2, 0.4)
        self.pause_s = Loop(0.3, 0.4)
        self.pitch_range = Loop(math.log(2.0), 0.15)
        self.level_db = Loop(6.0, 0.4)


class Pacing:
    """What is known of each voice, by any name that tells voices apart."""

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = defaultdict(_Voice)

    def correction(self, voice: str) -> Correction:
        """For the next sentence of a voice."""
        loops = self._voices[voice]
        return Correction(
            math.exp(loops.rate.correction),
            loops.clause_pause_s.correction,
            loops.pause_s.correction,
            math.exp(loops.pitch_range.correction),
            loops.level_db.correction,
        )

    def learn(self, voice: str, wanted: Wanted, used: Correction, found: Found) -> None:
        """From a sentence that left undisturbed.  What was found may come in parts, each with nan for the rest."""
        loops = self._voices[voice]
        loops.rate.learn(_log(used.rate / wanted.sound_s), -_log(found.sound_s), _TOLERANCE_RATIO)
        loops.pitch_range.learn(_log(used.pitch_range * wanted.pitch_range_st), _log(found.pitch_range_st), _TOLERANCE_RATIO)
        loops.level_db.learn(wanted.level_dbfs + used.level_db, found.level_dbfs, _TOLERANCE_DB)
        if wanted.clause_pause_s > 0:
            asked_s = lengthened(wanted.clause_pause_s, used.clause_pause_s)
            loops.clause_pause_s.learn(asked_s, found.clause_pause_s, TOLERANCE * wanted.clause_pause_s)
        if wanted.pause_s > 0:
            loops.pause_s.learn(lengthened(wanted.pause_s, used.pause_s), found.pause_s, TOLERANCE * wanted.pause_s)


def lengthened(pause_s: float, more_s: float) -> float:
    """A pause with its correction: one that is wanted never vanishes, and where none is wanted none is made.

    >>> lengthened(0.25, -0.125), lengthened(0.25, -0.5), lengthened(0.0, 0.1)
    (0.125, 0.125, 0.0)
    """
    return max(pause_s + more_s, pause_s / 2) if pause_s > 0 else 0.0


def _within(value: float, most: float) -> float:
    return min(max(value, -most), most)


def _log(ratio: float) -> float:
    return math.log(ratio) if ratio > 0 else math.nan  # also of nan
