"""The sentences of one request as they leave: what was wanted of each, what was measured, and what the next one learns from it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from robot_runtime.messages import SpeechMeasured
from robot_runtime.speak.clauses import Clause, counted_words
from robot_runtime.speak.engine import Manner
from robot_runtime.speak.meter import Meter
from robot_runtime.speak.pacing import Correction, Found, Pacing, Wanted, lengthened

_SHORT_S = 0.7
"""Shorter sentences say little about a voice: how they begin and end is much of them."""
_FEW_VOICED_S = 0.6
"""Less voice has no range of pitch worth the name."""


@dataclass(frozen=True)
class Delivery:
    """How it is said now; a new one holds from the next sentence on."""

    manner: Manner
    clause_pause_s: float
    pause_s: float
    person_id: str = ""
    style: str = ""


@dataclass
class Spoken:
    """One sentence."""

    number: int
    text: str
    delivery: Delivery
    wanted: Wanted
    correction: Correction
    begin: int = -1  # sample with which it begins to leave, -1 until then
    end: int = -1  # sample after its sound
    found: Found = field(default_factory=Found)
    rate_wpm: float = math.nan
    pitch_hz: float = math.nan
    measured: bool = False
    disturbed: str = ""

    @property
    def manner(self) -> Manner:
        """What the engine is asked for."""
        manner = self.delivery.manner
        return replace(manner, pitch_range_ratio=manner.pitch_range_ratio * self.correction.pitch_range)

    @property
    def pause_s(self) -> float:
        """To be put after it."""
        return lengthened(self.delivery.pause_s, self.correction.pause_s)

    def seconds(self, clause: Clause) -> float:
        """To be asked for of one of its clauses."""
        return clause.seconds / self.correction.rate

    def clause_pause_s(self, clause: Clause) -> float:
        """To be put after that clause."""
        return lengthened(clause.pause_s, self.correction.clause_pause_s)


class Sentences:
    """Of one request.

    :param voice: a name of the voice, under which is kept what is learnt of it
    :param meter: measures all that leaves
    """

    def __init__(self, request_id: str, voice: str, pacing: Pacing, meter: Meter) -> None:
        self._request_id = request_id
        self._voice = voice
        self._pacing = pacing
        self._meter = meter
        self._count = 0
        self._untold: deque[Spoken] = deque()

    def next(self, text: str, clauses: Sequence[Clause], delivery: Delivery, range_st: float, level_dbfs: float) -> Spoken:
        """A sentence that is to be spoken now, with the corrections that hold for it.

        :param range_st: the voice's own range of pitch, nan if it is not to be changed
        :param level_dbfs: as loud as it should be
        """
        for before in self._untold:
            self._measure(before)
        wanted = Wanted(
            sum(clause.seconds for clause in clauses),
            clauses[0].pause_s if len(clauses) > 1 else math.nan,
            delivery.pause_s,
            range_st * delivery.manner.pitch_range_ratio,
            level_dbfs,
        )
        spoken = Spoken(self._count, text, delivery, wanted, self._pacing.correction(self._voice))
        self._count += 1
        self._untold.append(spoken)
        return spoken

    def ends(self, spoken: Spoken, place: int) -> None:
        """Its sound ends with that sample.  The pause that follows is corrected by what is known now."""
        spoken.end = place
        spoken.correction = replace(spoken.correction, pause_s=self._pacing.correction(self._voice).pause_s)

    def disturb(self, why: str) -> None:
        """What leaves now is not as it was meant; nothing is learnt from its sentence."""
        begun = [spoken for spoken in self._untold if spoken.begin >= 0]
        if begun:
            begun[-1].disturbed = begun[-1].disturbed or why

    def told(self, now_s: float, over: str = "") -> list[SpeechMeasured]:
        """Those that have left with the pause after them.

        :param over: nothing more leaves: "finished" or "cut"
        """
        if over == "cut":
            self.disturb(over)
        told = []
        while self._untold and (over or self._is_followed()):
            spoken = self._untold.popleft()
            if spoken.begin < 0:
                continue
            self._measure(spoken)
            if not over:
                self._measure_pause(spoken)
            told.append(self._message(spoken, now_s))
        return told

    # ------------------------------------------------------------ parts

    def _is_followed(self) -> bool:
        """Whether the sound of a further sentence has begun."""
        return len(self._untold) > 1 and self._untold[1].begin >= 0 and not self._meter.is_silent(self._untold[1].begin)

    def _measure(self, spoken: Spoken) -> None:
        """Once, when its sound has left."""
        if spoken.measured or spoken.begin < 0:
            return
        spoken.measured = True
        figures = self._meter.figures(spoken.begin)
        lasts_s, pauses_s = self._meter.lasts(spoken.begin)
        if not lasts_s > 0:
            return
        spoken.rate_wpm = counted_words(spoken.text) * 60 / lasts_s if spoken.disturbed != "cut" else math.nan
        spoken.pitch_hz = figures.pitch_hz
        range_st = figures.pitch_range_st if figures.voiced_s >= _FEW_VOICED_S else math.nan
        spoken.found = Found(lasts_s - pauses_s, figures.clause_pause_s, math.nan, range_st, figures.level_dbfs)
        if lasts_s < _SHORT_S and not spoken.disturbed:
            spoken.disturbed = "short"
        if not spoken.disturbed:
            self._pacing.learn(self._voice, spoken.wanted, spoken.correction, spoken.found)

    def _measure_pause(self, spoken: Spoken) -> None:
        if spoken.end >= 0 and spoken.wanted.pause_s > 0:
            spoken.found = replace(spoken.found, pause_s=self._meter.silence_s(spoken.end))
            if spoken.disturbed in ("", "short"):
                self._pacing.learn(self._voice, spoken.wanted, spoken.correction, Found(pause_s=spoken.found.pause_s))

    def _message(self, spoken: Spoken, now_s: float) -> SpeechMeasured:
        wanted, found, used = spoken.wanted, spoken.found, spoken.correction
        return SpeechMeasured(
            now_s, self._request_id, spoken.number, spoken.text, spoken.delivery.person_id, spoken.delivery.style, self._voice,
            spoken.delivery.manner.rate_wpm, spoken.rate_wpm, wanted.clause_pause_s, found.clause_pause_s,
            wanted.pause_s, found.pause_s, wanted.pitch_range_st, found.pitch_range_st, spoken.pitch_hz,
            wanted.level_dbfs, found.level_dbfs, used.rate, used.clause_pause_s, used.pause_s, used.pitch_range, used.level_db,
            spoken.disturbed,
        )  # fmt: skip
