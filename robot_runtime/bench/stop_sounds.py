"""Sounds that ``robot-runtime bench stop`` plays: calls to stop by condition, and hours of what must not be taken for one.

Voices of espeak-ng that training never heard, each with throat, haste and pitch of its own; kitchens and cafés of ``rooms.py``; the
robot's own voice as loud as its loudspeaker makes it at its own microphone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pocketsphinx
import soxr

from robot_runtime.bench import rooms
from robot_runtime.bench.rooms import RATE_HZ, Floats
from robot_runtime.bench.stop_words import ACCENTS, VOICES, in_held_out_half
from robot_runtime.speak.espeak import Espeak
from robot_runtime.speak.synthesis import EspeakSynthesiser, Manner

CALLS = (
    ("stop", "en", "stop"), ("stop", "en", "robot stop"), ("stop", "fr", "stop"), ("halt", "en", "halt"), ("freeze", "en", "freeze"),
    ("arrête", "fr", "arrête"), ("halte", "fr", "halte"), ("arrête", "fr", "robot arrête"),
)  # fmt: skip
"""Word, language, and what is said; the word comes last, so that its end is the end of the sound."""

ALIKE = {
    "en": (
        "shop", "top", "step", "start", "stock", "stuff", "staff", "store", "stone", "stove", "spot", "stack", "stamp", "swap", "chop",
        "drop", "pop", "hop", "hot", "help", "harp", "heart", "hold", "hall", "haul", "salt", "fault", "hat", "horse", "breeze", "please",
        "trees", "tree", "free", "three", "sneeze", "cheese", "squeeze", "fries", "freezer", "frozen", "laptop", "rooftop",
        "go to the hall",
    ),
    "fr": (
        "la tête", "la fête", "peut-être", "elle est prête", "il arrive", "alerte", "haute", "stock", "store", "poste", "reste", "gâteau",
        "trop", "top", "hop", "la recette", "la serviette", "raquette", "salut", "robot", "il s'appelle Malte", "une calotte",
    ),
}  # fmt: skip
_OWN = (
    "I will bring the red cup to the kitchen table.", "Which one do you mean, the blue book or the green one?",
    "I could not find it, so I will wait here.", "Here is your glass of water, please take it.",
)  # fmt: skip
_LOUD = 2000.0  # of the loudest tenth of a second of somebody who speaks at 1 m, in 16-bit steps
_FLOOR = 18.0  # of a quiet room


@dataclass(frozen=True)
class Call:
    """A sound in which somebody asks for a stop."""

    word: str
    voice: str
    samples: Floats
    end_s: float  # of the word


class Sounds:
    """Draws them; the same seed gives the same ones."""

    def __init__(self, espeak: Espeak, seed: int) -> None:
        self._espeak = espeak
        self._chance, self._rng = random.Random(seed), np.random.default_rng((seed, 3))
        self._own = EspeakSynthesiser("en-us", espeak)
        self._words = [word for word in _dictionary() if in_held_out_half(word)]
        self._talk = [self.say(self._sentence(), self._voice()) for _ in range(24)]

    def calls(self, condition: str, repeats: int) -> Iterator[Call]:
        """Every call by some voices, as it is heard in this condition."""
        for word, language, text in CALLS:
            for voice in self._chance.sample(VOICES, k=min(repeats, len(VOICES))):
                said = self.say(text, f"{self._chance.choice(ACCENTS[language])}+{voice}", hasty=True)
                lead, tail = self._chance.randint(RATE_HZ // 2, RATE_HZ), RATE_HZ
                padded = np.pad(said, (lead, tail))
                yield Call(word, voice, CONDITIONS[condition](self, padded), (lead + len(said)) / RATE_HZ)

    def say(self, text: str, voice: str, *, hasty: bool = False) -> Floats:
        """Without silence around it."""
        throat = self._chance.uniform(0.85, 1.14)
        rate_wpm = round(self._chance.uniform(110, 220 if hasty else 190) * throat)
        sound = self._espeak.synthesise(text, voice=voice, rate_wpm=rate_wpm, pitch=self._chance.randint(20, 85)).astype(np.float64)
        loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
        heard = soxr.resample(sound[loud[0] : loud[-1] + 1], self._espeak.sample_rate_hz / throat, RATE_HZ)
        return np.asarray(heard / _loudest(heard))

    def others(self, kind: str, minutes: float) -> Floats:
        """Sound of this kind in which nobody asks for a stop."""
        length = round(60 * minutes * RATE_HZ)
        return self.in_room(OTHERS[kind](self, length))

    def alike(self) -> Iterator[Floats]:
        """Words that sound nearly like a stop word, by every voice, 0.6 s apart."""
        for language, words in ALIKE.items():
            for word in words:
                for voice in VOICES[:: 3 if language == "fr" else 2]:
                    said = self.say(word, f"{self._chance.choice(ACCENTS[language])}+{voice}")
                    yield self.in_room(np.pad(said, (RATE_HZ // 5, 2 * RATE_HZ // 5)))

    def in_room(self, sound: Floats) -> Floats:
        """In 16-bit steps, with the floor of a quiet room."""
        return sound * _LOUD + self._rng.normal(0, _FLOOR, len(sound))

    # ------------------------------------------------------------ conditions

    def far(self, said: Floats) -> Floats:
        return self.in_room(rooms.echoing(said, 0.4, self._rng) / np.sqrt(2) / 4)

    def shouted(self, said: Floats) -> Floats:
        brighter = np.append(said[:1], said[1:] - 0.7 * said[:-1])
        return self.in_room(3 * np.tanh(1.5 * brighter / _loudest(brighter)))

    def among(self, noise: Callable[[int], Floats], snr_db: float) -> Callable[[Floats], Floats]:
        def heard(said: Floats) -> Floats:
            other = noise(len(said))
            echoing = rooms.echoing(said, 0.25, self._rng) / np.sqrt(2)
            return self.in_room(echoing + other / (other.std() + 1e-9) * 10 ** (-snr_db / 20) * 0.7)

        return heard

    def cafe(self, length: int) -> Floats:
        return rooms.cafe(length, self._talk, self._rng)

    def kitchen(self, length: int) -> Floats:
        return rooms.kitchen(length, self._talk, self._rng)

    def television(self, length: int) -> Floats:
        """One sentence after the other, of anybody."""
        parts: list[Floats] = []
        while sum(map(len, parts)) < length:
            text = self._sentence() if self._chance.random() < 0.8 else self._chance.choice(ALIKE["en"])
            parts += [self.say(text, self._voice()), np.zeros(self._chance.randint(2000, 12_000))]
        return np.asarray(rooms.echoing(np.concatenate(parts)[:length], 0.3, self._rng) / np.sqrt(2))

    def own_voice(self, length: int) -> Floats:
        """The robot speaks without end, through its loudspeaker and the room."""
        parts: list[Floats] = []
        while sum(map(len, parts)) < length + RATE_HZ:
            manner = Manner(rate_wpm=self._chance.uniform(120, 175))
            said = self._own.speak(self._chance.choice((*_OWN, self._sentence())), manner).astype(np.float64)
            parts += [said / _loudest(said), np.zeros(self._chance.randint(2000, 8000))]
        at = self._chance.randrange(RATE_HZ)
        return np.asarray(rooms.echoing(np.concatenate(parts)[at : at + length], 0.4, self._rng) / np.sqrt(2))

    def motors(self, length: int) -> Floats:
        """Tones that rise and fall with the speed, over rolling."""
        speed = 0.5 + 0.4 * np.sin(2 * np.pi * np.arange(length) / RATE_HZ / self._chance.uniform(2, 6))
        tones = sum(np.sin(np.cumsum(2 * np.pi * 340 * k * speed / RATE_HZ)) / k for k in (1, 2, 3, 4))
        rolling = np.cumsum(self._rng.normal(size=length))
        rolling -= np.convolve(rolling, np.full(64, 1 / 64), "same")
        return np.asarray(tones + rolling / rolling.std())

    def dishes(self, length: int) -> Floats:
        return rooms.dishes(length, 2.0, self._rng)

    # ------------------------------------------------------------

    def _sentence(self) -> str:
        return " ".join(self._chance.choices(self._words, k=self._chance.randint(3, 8)))

    def _voice(self) -> str:
        return f"{self._chance.choice(ACCENTS['en'])}+{self._chance.choice(VOICES)}"


def _among(noise: str, snr_db: float) -> Callable[[Sounds, Floats], Floats]:
    return lambda sounds, said: sounds.among(getattr(sounds, noise), snr_db)(said)


CONDITIONS: dict[str, Callable[[Sounds, Floats], Floats]] = {
    "quiet, 1 m": Sounds.in_room,
    "quiet, shouted": Sounds.shouted,
    "echoing, 4 m": Sounds.far,
    "motors, 6 dB": _among("motors", 6),
    "kitchen, 10 dB": _among("kitchen", 10),
    "kitchen, 5 dB": _among("kitchen", 5),
    "café, 10 dB": _among("cafe", 10),
    "café, 5 dB": _among("cafe", 5),
    "television, 5 dB": _among("television", 5),
    "own voice, 6 dB softer": _among("own_voice", 6),
    "own voice as loud": _among("own_voice", 0),
    "own voice, 6 dB louder": _among("own_voice", -6),
}
OTHERS: dict[str, Callable[[Sounds, int], Floats]] = {
    "television": Sounds.television,
    "café": lambda sounds, length: sounds.cafe(length) / 4,
    "kitchen": lambda sounds, length: sounds.kitchen(length) / 4,
    "own voice": lambda sounds, length: 1.5 * sounds.own_voice(length),
    "dishes and motors": lambda sounds, length: sounds.dishes(length) / 3 + sounds.motors(length) / 8,
}


def _dictionary() -> list[str]:
    file = Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"
    words = [line.split()[0] for line in file.read_text(encoding="utf-8").splitlines()]
    return [word for word in words if word.isalpha() and not any(stem in word for stem in ("stop", "halt", "freez", "friez", "stopp"))]


def _loudest(sound: Floats) -> float:
    """Root mean square of its loudest tenth of a second."""
    block = RATE_HZ // 10
    return float(np.sqrt(np.max(np.mean(np.pad(sound, (0, -len(sound) % block)).reshape(-1, block) ** 2, axis=1)))) + 1e-9
