"""A phrase in the voice of somebody: espeak-ng's voices and accents, longer and shorter throats, haste, trembling and shouting."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import lfilter

from models.stop.words import Phrase
from robot_runtime.speak.espeak import Espeak

RATE_HZ = 16_000
VARIANTS = (
    "m1", "m2", "m4", "m5", "m6", "m8", "f1", "f3", "f4", "klatt", "klatt2", "klatt4", "klatt5", "klatt6", "Alex", "Alicia",
    "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Gene2", "Henrique", "Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael",
    "Mike", "Nguyen", "Reed", "Storm", "adam", "anika", "announcer", "antonio", "aunty", "benjamin", "boris", "caleb", "ed",
    "edward", "gustave", "iven", "iven2", "iven3", "iven4", "john", "kaukovalta", "marcelo", "max", "michel", "miguel", "mike2",
    "norbert", "pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph", "steph3", "travis", "zac",
    "grandpa",
)  # fmt: skip
"""None of those that only judge: see ``robot_runtime/bench/stop_words.py``."""

ENGLISH = ("en-us",) * 6 + ("en",) * 2 + ("en-gb-scotland", "en-us-nyc", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-gb-x-rp")
FOREIGN = ("de", "nl", "it", "es", "pt", "sv", "pl", "da")
"""Accents in which "stop" is the same word."""
FRENCH = ("fr", "fr", "fr-be", "fr-ch")
_AUDIBLE = 0.02  # of the loudest sample

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Speech:
    """A phrase as somebody says it, with a loudest tenth of a second of root mean square one."""

    sound: Floats  # 16 kHz, mono
    stop_s: tuple[float, float] | None = None  # beginning and end of the stop word


class Speaker:
    """Says every phrase in another voice; the same chance gives the same sound."""

    def __init__(self, espeak: Espeak, chance: random.Random) -> None:
        self._espeak, self._chance = espeak, chance

    def say(self, phrase: Phrase) -> Speech:
        chance = self._chance
        shouted = chance.random() < (0.35 if phrase.stop is not None else 0.15)
        throat = chance.uniform(0.82, 1.16)  # below one: a child
        rate_wpm = chance.randint(90, 250) if phrase.stop is not None else chance.randint(110, 260)
        text, language = phrase.text + ("!" if shouted else chance.choice((".", "", "!"))), self._accent(phrase)
        pitch = chance.randint(45, 99) if shouted else chance.randint(10, 90)
        sound, words = self._spoken(text, language, max(80, min(450, round(rate_wpm * throat))), pitch)
        rate_hz = self._espeak.sample_rate_hz / throat
        loud = np.flatnonzero(np.abs(sound) > _AUDIBLE * max(1.0, np.abs(sound).max(initial=1.0)))
        if not len(loud):
            return Speech(np.zeros(0))
        span_s = _span_s(phrase, text, words, (loud[0], loud[-1] + 1), rate_hz)
        whole = soxr.resample(sound, rate_hz, RATE_HZ)
        if chance.random() < 0.25:
            whole = _trembling(whole, chance.uniform(0.2, 1.0))
        if shouted:
            whole = _as_shouted(whole, chance.uniform(0.3, 0.95))
        return Speech(whole / _loudest_rms(whole), span_s)

    def _accent(self, phrase: Phrase) -> str:
        if phrase.language == "fr":
            return self._chance.choice(FRENCH)
        plain_stop = phrase.word == "stop" and len(phrase.text.split()) == 1
        return self._chance.choice(FOREIGN) if plain_stop and self._chance.random() < 0.3 else self._chance.choice(ENGLISH)

    def _spoken(self, text: str, language: str, rate_wpm: int, pitch: int) -> tuple[Floats, list[tuple[int, int]]]:
        voice = f"{language}+{self._chance.choice(VARIANTS)}"
        sound, words = self._espeak.with_words(text, voice, rate_wpm, pitch, self._chance.randint(15, 99), 0)
        return sound.astype(np.float64), words


def _span_s(
    phrase: Phrase, text: str, words: list[tuple[int, int]], audible: tuple[int, int], rate_hz: float
) -> tuple[float, float] | None:
    """When the stop word begins and ends; a word lasts until the next one begins."""
    if phrase.stop is None:
        return None
    starts = sorted(sample for _, sample in words)
    if len(starts) != len(phrase.text.split()):  # espeak-ng took two for one: only the whole is sure
        return audible[0] / rate_hz, audible[1] / rate_hz
    last = phrase.stop + 1 == len(starts)
    return max(starts[phrase.stop], audible[0]) / rate_hz, (audible[1] if last else starts[phrase.stop + 1]) / rate_hz


def _trembling(sound: Floats, strength: float) -> Floats:
    times_s = np.arange(len(sound)) / RATE_HZ
    phase = 2 * np.pi * 5.5 * times_s
    wavering = times_s + strength * 0.04 * (1 - np.cos(phase)) / (2 * np.pi * 5.5)
    return np.interp(wavering, times_s, sound) * 10 ** (strength * 2 * np.sin(phase + 0.7) / 20)


def _as_shouted(sound: Floats, tilt: float) -> Floats:
    """Who shouts has more in the high frequencies than in the low ones, and hardly any soft sounds."""
    brighter = np.asarray(lfilter([1.0, -tilt], [1.0], sound))
    brighter /= _loudest_rms(brighter)
    return np.tanh(1.5 * brighter)


def _loudest_rms(sound: Floats) -> float:
    block = RATE_HZ // 10
    blocks = np.pad(sound, (0, -len(sound) % block)).reshape(-1, block)
    return float(np.sqrt(np.max(np.mean(blocks**2, axis=1)))) + 1e-9
