"""Whole sentences at once, for whoever needs a sound and not a stream: other parts' tests, and what is made beforehand."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from robot_runtime.speak.clauses import count_words, timed
from robot_runtime.speak.engine import RATE_HZ, Manner
from robot_runtime.speak.espeak import Espeak
from robot_runtime.speak.espeak_engine import EspeakEngine
from robot_runtime.speak.loudness import limited

__all__ = ["RATE_HZ", "EspeakSynthesiser", "Manner", "count_words", "measured_wpm"]

_CLAUSE_PAUSE_S = 0.12
_LANGUAGE = "en"


class EspeakSynthesiser:
    """One voice of espeak-ng.

    :raises EspeakError: espeak-ng cannot be had
    """

    def __init__(self, voice: str, espeak: Espeak | None = None) -> None:
        self._engine = EspeakEngine({_LANGUAGE: voice}, espeak)

    def speak(self, sentence: str, manner: Manner) -> NDArray[np.int16]:
        """The sound of one sentence: mono at 16 kHz, without silence around it.

        :raises EspeakError: espeak-ng cannot be had
        """
        sound = [np.zeros(0, np.int16)]
        for clause in timed(sentence, manner.rate_wpm, _CLAUSE_PAUSE_S):
            sound += [piece.samples for piece in self._engine.say(clause.text, clause.seconds, _LANGUAGE, manner)]
            sound.append(np.zeros(round(clause.pause_s * RATE_HZ), np.int16))
        return limited(np.concatenate(sound) * manner.volume_ratio)


def measured_wpm(text: str, sound: NDArray[np.generic]) -> float:
    """Words a minute of a sound at 16 kHz; nan for an empty one."""
    return count_words(text) * 60 * RATE_HZ / len(sound) if len(sound) else math.nan
