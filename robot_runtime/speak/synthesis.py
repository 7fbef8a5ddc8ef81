"""From one sentence and a manner to sound, whatever engine makes it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from robot_runtime.speak.espeak import Espeak

RATE_HZ = 16_000
"""Of all sound that leaves a synthesiser."""

NEUTRAL_WPM = 165.0
_ESPEAK_WPM = (80, 450)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SILENT = 0.01  # of the peak
_CLOSE_ENOUGH = 0.03
_TYPICAL_HASTE = 1.6  # measured: sentences of short words against espeak's own reckoning
_MOST_PASSES = 8
_GAP_UNIT_S = 0.036  # measured at espeak's slowest rate
_FEW_WORDS = 4  # the length of shorter sentences says little about a rate


@dataclass(frozen=True)
class Manner:
    """How to say a sentence; the part of a speech style that shapes one sentence."""

    rate_wpm: float = NEUTRAL_WPM
    pitch_ratio: float = 1.0
    volume_ratio: float = 1.0


class Synthesiser(Protocol):
    """What every speech engine is to the rest."""

    def speak(self, sentence: str, manner: Manner) -> NDArray[np.int16]:
        """The sound of one sentence: mono at 16 kHz, without silence around it."""
        ...


class EspeakSynthesiser:
    """espeak-ng with its rate corrected on the sound.

    espeak's own words a minute hold for its reference text with its pauses: a short sentence leaves up to 1.8 times as
    fast.  So a sentence is spoken, measured, and spoken again until its rate is right; a pass takes about 5 ms.  What is
    slower than espeak can speak gets pauses between the words.
    """

    def __init__(self, voice: str, espeak: Espeak | None = None) -> None:
        self._voice = voice
        self._espeak = espeak or Espeak()

    def speak(self, sentence: str, manner: Manner) -> NDArray[np.int16]:
        """See :class:`Synthesiser`.

        :raises EspeakError: espeak-ng cannot be had
        """
        words = count_words(sentence)
        rate, gap = _clamped(manner.rate_wpm / _TYPICAL_HASTE), 0
        sound = self._once(sentence, rate, gap, manner)
        for _ in range(_MOST_PASSES - 1 if words >= _FEW_WORDS else 0):
            measured = measured_wpm(sentence, sound)
            if not abs(measured - manner.rate_wpm) > _CLOSE_ENOUGH * manner.rate_wpm:
                break
            if rate <= _ESPEAK_WPM[0] and measured > manner.rate_wpm:
                missing_s = words * 60 / manner.rate_wpm - len(sound) / RATE_HZ
                gap += math.ceil(missing_s / (words - 1) / _GAP_UNIT_S)  # rather too long: the rate makes up for it
            else:
                rate = _clamped(rate * manner.rate_wpm / measured)
            sound = self._once(sentence, rate, gap, manner)
        return np.clip(sound * manner.volume_ratio, -32768, 32767).astype(np.int16)

    def _once(self, sentence: str, rate: float, gap: int, manner: Manner) -> NDArray[np.float64]:
        pitch = espeak_pitch(manner.pitch_ratio)
        samples = self._espeak.synthesise(sentence, voice=self._voice, rate_wpm=round(rate), pitch=pitch, word_gap=gap)
        resampled = soxr.resample(samples.astype(np.float64), self._espeak.sample_rate_hz, RATE_HZ)
        return trimmed(np.asarray(resampled, np.float64))


def _clamped(rate: float) -> float:
    return min(max(rate, _ESPEAK_WPM[0]), _ESPEAK_WPM[1])


def espeak_pitch(ratio: float) -> int:
    """The pitch parameter of espeak for a ratio to the voice's own pitch.

    Its table doubles the pitch over 50 steps (``pitch_adjust_tab`` of espeak-ng's synthesizer).

    >>> espeak_pitch(1.0), espeak_pitch(1.2), espeak_pitch(4.0)
    (50, 63, 99)
    """
    return round(min(max(50 + 50 * math.log2(ratio), 0), 99))


def count_words(text: str) -> int:
    """Words that are spoken; punctuation is none.

    >>> count_words("I'm here — well-kept, at 3.")
    5
    """
    return len(_WORD.findall(text))


def measured_wpm(text: str, sound: NDArray[np.generic]) -> float:
    """Words a minute of a sound at 16 kHz; nan for an empty one."""
    return count_words(text) * 60 * RATE_HZ / len(sound) if len(sound) else math.nan


def trimmed(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sound without the silence before and after it."""
    if not len(sound):
        return sound
    loud = np.flatnonzero(np.abs(sound) > _SILENT * np.abs(sound).max())
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound[:0]


def sentences(text: str) -> list[str]:
    """The text cut after every full stop, question and exclamation mark.

    >>> sentences("I will. Is it red? Yes")
    ['I will.', 'Is it red?', 'Yes']
    """
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]
