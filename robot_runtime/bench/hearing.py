"""``robot-runtime bench hear``: how many commands are understood, in quiet, in a kitchen and in a café.

Commands are drawn from the grammars of invented domains (``hearing.yaml``) and spoken by voices of espeak-ng with several accents, each
at a rate and pitch of its own.  A command counts when its intent and all its slots are right and its confidence is not below
that of ``robot-runtime hear``.  Sentences of one domain that are heard with another one's grammar, and talk that is of none, count as
false accepts when they are understood as the robot would act on them.

People are not voices of espeak-ng: the figures are for comparing one version with another.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
import yaml
from numpy.typing import NDArray

from robot_runtime.bench import rooms
from robot_runtime.hear.grammar import Domain, Grammar
from robot_runtime.hear.listener import ListenerConfig
from robot_runtime.hear.network import Automaton
from robot_runtime.hear.recogniser import Recogniser
from robot_runtime.speak.espeak import Espeak

_ACCENTS = ("en-us", "en-us", "en-us-nyc", "en", "en-gb-x-rp", "en-gb-scotland", "en-029")
_VOICES = ("m1", "m2", "m3", "m4", "m5", "m7", "f1", "f2", "f3", "f4", "klatt", "klatt2")
_LEVEL = 2500.0  # of the speech, as samples of 16 bits
_TALK = (
    "did you see the game on saturday it went to extra time",
    "she said that the train from the coast was late again",
    "I think we should paint the fence before the summer begins",
    "and then he asked whether anybody had found his other glove",
    "the weather will be cloudy with some rain towards the evening",
    "my neighbour grows tomatoes behind the old school",
    "there was a long queue at the post office this morning",
    "you would not believe how much they wanted for it",
)
_QUIET_DB = 45.0
_CONDITIONS = (("quiet", None, _QUIET_DB), *((room, room, snr) for room in ("kitchen", "café") for snr in (24.0, 18.0, 12.0, 6.0)))
_ROOMS = {"kitchen": rooms.kitchen, "café": rooms.cafe}
_LEAST_CONFIDENCE = 0.2


@dataclass(frozen=True)
class HearingFigure:
    """One condition; shares are 0 … 1."""

    name: str
    commands: int
    right: float
    others: int
    accepted: float  # of other talk
    p50_ms: float  # processor time of one decoding
    p95_ms: float


def figures(repeats: int, seed: int = 1) -> Iterator[HearingFigure]:
    """A row for each condition, with ``repeats`` commands for each domain."""
    with Espeak() as espeak:
        domains = _domains()
        speaker = _Speaker(espeak, random.Random(seed))
        talk = [speaker.say(text) for text in _TALK]
        said = [(name, text, speaker.say(text)) for name, grammar in domains.items() for text in _drawn(grammar, repeats, speaker.rng)]
        recognisers = {name: Recogniser(grammar) for name, grammar in domains.items()}
        for number, (name, room, snr_db) in enumerate(_CONDITIONS):
            rng = np.random.default_rng((seed, number))
            label = name if room is None else f"{room}, {snr_db:.0f} dB"
            yield _figure(label, said, talk, recognisers, _Place(room, snr_db, talk, rng))


def _domains() -> dict[str, Grammar]:
    content = yaml.load(Path(__file__).with_name("hearing.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    return {name: Domain.model_validate(domain).grammar() for name, domain in content.items()}


def _drawn(grammar: Grammar, count: int, rng: random.Random) -> list[str]:
    return [" ".join(_sentence(grammar.automaton, rng)) for _ in range(count)]


def _sentence(automaton: Automaton, rng: random.Random) -> Iterator[str]:
    state = 0
    while True:
        weights = automaton.weights[state]
        word = rng.choices(list(weights), list(weights.values()))[0]
        if not word:
            return
        yield word
        state = automaton.arcs[state][word]


class _Speaker:
    """Says every sentence in another voice."""

    def __init__(self, espeak: Espeak, rng: random.Random) -> None:
        self._espeak = espeak
        self.rng = rng

    def say(self, text: str) -> NDArray[np.float64]:
        voice = f"{self.rng.choice(_ACCENTS)}+{self.rng.choice(_VOICES)}"
        samples = self._espeak.synthesise(text, voice=voice, rate_wpm=self.rng.randint(130, 190), pitch=self.rng.randint(30, 70))
        sound = np.asarray(soxr.resample(samples.astype(np.float64), self._espeak.sample_rate_hz, rooms.RATE_HZ))
        sound *= _LEVEL / sound.std()
        return np.pad(sound, (self.rng.randint(3200, 8000), self.rng.randint(3200, 8000)))


class _Place:
    """Where something is said."""

    def __init__(self, room: str | None, snr_db: float, talk: Sequence[NDArray[np.float64]], rng: np.random.Generator) -> None:
        self._room, self._snr_db, self._talk, self._rng = room, snr_db, talk, rng

    def hear(self, speech: NDArray[np.float64]) -> NDArray[np.int16]:
        if self._room is None:
            noise = self._rng.normal(size=len(speech))
        else:
            noise = _ROOMS[self._room](len(speech), self._talk, self._rng)
            speech = rooms.echoing(speech, 0.15, self._rng) * 0.7
        return rooms.mixed(speech, noise, self._snr_db)


def _figure(
    label: str,
    said: Sequence[tuple[str, str, NDArray[np.float64]]],
    talk: Sequence[NDArray[np.float64]],
    recognisers: dict[str, Recogniser],
    place: _Place,
) -> HearingFigure:
    spent_ms: list[float] = []
    right = 0
    for name, text, sound in said:
        recogniser = recognisers[name]
        began_s = time.process_time()
        heard = recogniser.decode(place.hear(sound))
        spent_ms.append(1e3 * (time.process_time() - began_s))
        same = bool(heard.text) and recogniser.grammar.interpret(heard.text) == recogniser.grammar.interpret(text)
        right += same and heard.confidence >= _LEAST_CONFIDENCE
    names = list(recognisers)
    others = [(names[(names.index(name) + 1) % len(names)], sound) for name, _, sound in said[:: max(1, len(said) // 16)]]
    others += [(name, sound) for name in names for sound in talk[::2]]
    least = ListenerConfig().confidence
    accepted = sum(recognisers[name].decode(place.hear(sound)).confidence >= least for name, sound in others)
    p50_ms, p95_ms = np.percentile(spent_ms, (50, 95))
    return HearingFigure(label, len(said), right / len(said), len(others), accepted / len(others), float(p50_ms), float(p95_ms))
