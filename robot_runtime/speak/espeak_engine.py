"""espeak-ng as an engine: each clause as long as it was asked for, from one or two passes and a stretch of what is missing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from robot_runtime.speak.clauses import count_words, letters
from robot_runtime.speak.engine import RATE_HZ, EngineError, Manner, Piece
from robot_runtime.speak.espeak import Espeak
from robot_runtime.speak.loudness import NOMINAL_DBFS
from robot_runtime.speak.meter import measured
from robot_runtime.speak.stretch import RATIOS, Stretch

VOICES: Mapping[str, str] = {"en": "en-us", "fr": "fr"}

DURATIONS: Mapping[int, float] = {
    80: 1.66, 100: 1.41, 120: 1.18, 140: 1.0, 160: 0.878, 175: 0.802, 200: 0.70, 250: 0.572, 300: 0.481, 360: 0.406, 450: 0.323,
}  # fmt: skip
"""espeak's rate parameter → duration of a clause against that at 140; measured, a test checks it.  Clauses differ by some 5 %."""

_REFERENCE = 140
_CALIBRATION: Mapping[str, str] = {
    "en": "I do not know any more where the yellow glasses are, but I can look for them.",
    "fr": "Je ne sais plus où sont les lunettes jaunes, mais je peux aller les chercher.",
}
_START_LETTERS = 2.4  # how a clause begins and ends takes the time of so many
_CLOSE_ENOUGH = 0.15  # a second pass for more than that …
_INAUDIBLE = 0.005  # … and a stretch for more than that
_SILENT = 0.01  # of the peak
_UNFORCED = 1.3  # slower than that by stretching sounds drawn out: rather pauses between the words
_PITCH_STEPS = 71  # an octave
_GAP_S = 0.036  # a unit of espeak's word gap at its slowest rate


@dataclass(frozen=True)
class _Calibration:
    letter_s: float  # at the reference rate
    gain: float  # to the nominal level
    pitch_range_st: float


@dataclass(frozen=True)
class _Pass:
    sound: NDArray[np.float64]
    words: list[tuple[int, int]]  # character and sample at which each begins

    @property
    def seconds(self) -> float:
        return len(self.sound) / RATE_HZ


class EspeakEngine:
    """See :class:`~robot_runtime.speak.engine.Engine`.

    :param voices: language → name of a voice of espeak-ng; the first is spoken where a language has none
    :raises EspeakError: espeak-ng cannot be had
    """

    def __init__(self, voices: Mapping[str, str] = VOICES, espeak: Espeak | None = None) -> None:
        self._voices = voices
        self._espeak = espeak or Espeak()
        self._calibrated: dict[str, _Calibration] = {}
        for language in voices:  # starts the process too: nobody should wait for that
            self._calibration(language)

    def close(self) -> None:
        self._espeak.close()

    def say(self, clause: str, seconds: float, language: str, manner: Manner) -> Iterator[Piece]:
        """See :class:`~robot_runtime.speak.engine.Engine`.

        :raises EngineError: espeak-ng refused
        """
        language = self._spoken(language)
        calibration = self._calibration(language)
        spoken = self._fitting(clause, seconds, language, manner, calibration.letter_s)
        stretch = Stretch(_stretch_ratio(seconds, spoken.seconds))
        yield from _pieces(clause, spoken, calibration.gain, stretch)

    def pitch_range_st(self, language: str) -> float:
        """See :class:`~robot_runtime.speak.engine.Engine`."""
        return self._calibration(self._spoken(language)).pitch_range_st

    def _spoken(self, language: str) -> str:
        return language if language in self._voices else next(iter(self._voices))

    def _fitting(self, clause: str, seconds: float, language: str, manner: Manner, letter_s: float) -> _Pass:
        """The clause at the rate that suits it best; its letters tell that rate well enough for most."""
        factor = seconds / ((letters(clause) + _START_LETTERS) * letter_s)
        spoken = self._once(clause, language, _parameter(factor), 0, manner)
        excess = seconds / max(spoken.seconds, 0.05)
        if abs(excess - 1) <= _CLOSE_ENOUGH:
            return spoken
        parameter = _parameter(_duration(_parameter(factor)) * excess)
        missing_s = seconds / _UNFORCED - spoken.seconds * _duration(parameter) / _duration(_parameter(factor))
        gap = max(0, math.ceil(missing_s / max(count_words(clause) - 1, 1) / _GAP_S))
        return self._once(clause, language, parameter, gap, manner)

    def _once(self, clause: str, language: str, parameter: int, gap: int, manner: Manner) -> _Pass:
        sound, words = self._espeak.with_words(
            clause, self._voices[language], parameter, espeak_pitch(manner.pitch_ratio), espeak_range(manner.pitch_range_ratio), gap
        )
        rate_hz = self._espeak.sample_rate_hz
        resampled = np.asarray(soxr.resample(sound.astype(np.float64), rate_hz, RATE_HZ), np.float64)
        first, last = _audible(resampled)
        places = [(character, round(sample * RATE_HZ / rate_hz) - first) for character, sample in words]
        return _Pass(resampled[first:last], places)

    def _calibration(self, language: str) -> _Calibration:
        """Pace and level of a voice, measured once, on a sentence of its language or else of English."""
        if language not in self._calibrated:
            text = _CALIBRATION.get(language, _CALIBRATION["en"])
            spoken = self._once(text, language, _REFERENCE, 0, Manner())
            if not len(spoken.sound):
                raise EngineError(f"the voice '{self._voices[language]}' of espeak-ng makes no sound")
            figures = measured(spoken.sound.astype(np.int16))
            self._calibrated[language] = _Calibration(
                spoken.seconds / (letters(text) + _START_LETTERS), 10 ** ((NOMINAL_DBFS - figures.level_dbfs) / 20), figures.pitch_range_st
            )
        return self._calibrated[language]


def espeak_pitch(ratio: float) -> int:
    """The pitch parameter of espeak for a ratio to the voice's own pitch; measured on sentences, a test checks it.

    >>> espeak_pitch(1.0), espeak_pitch(1.2), espeak_pitch(4.0)
    (50, 69, 99)
    """
    return round(min(max(50 + _PITCH_STEPS * math.log2(ratio), 0), 99))


def espeak_range(ratio: float) -> int:
    """The pitch range parameter of espeak, whose 50 is the voice's own.

    >>> espeak_range(0.0), espeak_range(1.0), espeak_range(3.0)
    (0, 50, 99)
    """
    return round(min(max(50 * ratio, 0), 99))


def _parameter(factor: float) -> int:
    """The rate parameter at which a clause is ``factor`` times as long as at the reference."""
    rates, factors = list(DURATIONS), list(DURATIONS.values())
    return round(float(np.interp(-factor, [-f for f in factors], rates)))


def _duration(parameter: int) -> float:
    return float(np.interp(parameter, list(DURATIONS), list(DURATIONS.values())))


def _stretch_ratio(wanted_s: float, have_s: float) -> float:
    ratio = wanted_s / have_s if have_s > 0 else 1.0
    return 1.0 if abs(ratio - 1) <= _INAUDIBLE else min(max(ratio, RATIOS[0]), RATIOS[1])


def _audible(sound: NDArray[np.float64]) -> tuple[int, int]:
    """Where the silence before ends, and where that behind begins."""
    loud = np.flatnonzero(np.abs(sound) > _SILENT * np.abs(sound).max(initial=0.0))
    return (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, 0)


def _pieces(clause: str, spoken: _Pass, gain: float, stretch: Stretch) -> Iterator[Piece]:
    """Cut where words begin, so that each piece completes the word before; stretched only as far as it is taken."""
    sound = np.clip(np.rint(spoken.sound * gain), -32768, 32767).astype(np.int16)
    heard = begin = 0
    for character, sample in spoken.words:
        place = min(max(sample, begin), len(sound))
        yield Piece(stretch.push(sound[begin:place]), heard)
        heard, begin = len(clause[:character].rstrip()), place
    yield Piece(stretch.push(sound[begin:]), heard)
    yield Piece(stretch.finish(), len(clause))
