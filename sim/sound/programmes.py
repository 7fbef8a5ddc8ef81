"""What television, crockery, a door and a room full of guests sound like: a minute of each by seed, which then repeats.

The television's sentences are no wishes that a robot could take for its own, and hold none of its words for them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.description import PersonDescription, Pose2D, Voice
from sim.sound.description import SoundSource
from sim.sound.effects import effect
from sim.sound.units import FULL_SCALE, NOMINAL_DBFS, RATE_HZ, Signal
from sim.voices import active_rms, render

LENGTH_S = 60.0
SENTENCES = (
    "and now the weather for the weekend", "the council has decided to repair the old bridge",
    "scientists have found a new kind of frog in the hills", "our guest tonight wrote eleven novels about the sea",
    "the match ended two to one after extra time", "prices of coffee rose again last month",
    "clouds will gather over the coast by tomorrow evening", "she never told her sister about the letter",
    "the train from the north is delayed by twenty minutes", "many farmers hope for rain before the harvest",
    "i have not seen him since the summer of that year", "the museum opens its doors again after three years",
    "you should have thought about that before the wedding", "add some salt and let it simmer for ten minutes",
    "the minister answered questions for almost two hours", "it was the coldest winter in living memory",
)  # fmt: skip
VOICES = (
    Voice(variant="m3", pitch=40, rate_wpm=165, throat=1.0), Voice(variant="f2", pitch=50, rate_wpm=170, throat=1.0),
    Voice(variant="m7", pitch=30, rate_wpm=150, throat=1.08), Voice(variant="f4", pitch=60, rate_wpm=180, throat=0.97),
    Voice(variant="m1", pitch=55, rate_wpm=185, throat=1.04), Voice(variant="f3", pitch=45, rate_wpm=160, throat=1.05),
)  # fmt: skip
_GUESTS = 6


def programme(source: SoundSource, seed: int) -> Signal:
    """A minute of sound, as heard at 1 m, in 16-bit steps.

    :raises EspeakError: espeak-ng cannot be had, and the source speaks
    """
    rng = np.random.default_rng((seed, 5, list(_MAKERS).index(source.kind)))
    sound = _MAKERS[source.kind](rng)
    level = FULL_SCALE * 10 ** ((NOMINAL_DBFS + source.usual_db) / 20)
    return np.asarray(sound * level / active_rms(sound))


def _television(rng: np.random.Generator) -> Signal:
    """One sentence after the other, in changing voices, as even in level as broadcasters make it."""
    return _talk(rng, VOICES, pause_s=(0.2, 0.9))


def _babble(rng: np.random.Generator) -> Signal:
    """Several talk at once."""
    talks = [_talk(rng, (voice,), pause_s=(0.1, 2.0)) for voice in VOICES[:_GUESTS]]
    return np.asarray(sum(np.roll(talk, int(rng.integers(len(talk)))) for talk in talks))


def _dishes(rng: np.random.Generator) -> Signal:
    """Two clinks a second on average, of different strength, at random times."""
    sound = np.zeros(round(LENGTH_S * RATE_HZ))
    for at_s in np.cumsum(rng.exponential(0.5, round(2.5 * LENGTH_S))):
        clink = effect("plate", int(rng.integers(2**31))) * 10 ** (rng.uniform(-18, 0) / 20)
        at = round(at_s * RATE_HZ)
        if at + len(clink) < len(sound):
            sound[at : at + len(clink)] += clink
    return sound


def _door(rng: np.random.Generator) -> Signal:
    """It slams once, at the beginning."""
    slam = effect("door_slam", int(rng.integers(2**31)))
    return np.pad(slam, (0, round(LENGTH_S * RATE_HZ) - len(slam)))


_MAKERS: dict[str, Callable[[np.random.Generator], Signal]] = {
    "television": _television,
    "dishes": _dishes,
    "babble": _babble,
    "door": _door,
}


def _talk(rng: np.random.Generator, voices: tuple[Voice, ...], pause_s: tuple[float, float]) -> Signal:
    pieces: list[Signal] = []
    samples = round(LENGTH_S * RATE_HZ)
    while sum(map(len, pieces)) < samples:
        voice = voices[int(rng.integers(len(voices)))]
        pieces.append(render(SENTENCES[int(rng.integers(len(SENTENCES)))], _speaker(voice)).astype(float))
        pieces.append(np.zeros(round(rng.uniform(*pause_s) * RATE_HZ)))
    return np.concatenate(pieces)[:samples]


def _speaker(voice: Voice) -> PersonDescription:
    start = Pose2D(at_m=(0.0, 0.0))
    return PersonDescription(id="television", name="television", age_group="adult", age_years=40, height_m=1.7, start=start, voice=voice)
