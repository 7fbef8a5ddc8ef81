"""Pace and size of a speaker from their sound: tubes of known length, sentences of known syllables, other people's ages."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.hear.syllables import rate_syllables_ps
from robot_runtime.hear.vocal_tract import together, tract_m
from robot_runtime.hear.voice_sound import FRAME, Sound, VoiceSound
from robot_runtime.speak.engine import RATE_HZ
from sim.description import PersonDescription, Pose2D, Voice
from sim.spoken import spoken
from tests.unit.voices import vowels

SENTENCES = {
    "Go to the kitchen and bring me the red cup from the table.": 15,
    "Where did you last see my yellow glasses this morning?": 13,
    "Can you come here please, I would like to show you something.": 13,
}
STAND = Pose2D(at_m=(0.0, 0.0))
CHILD = Voice(variant="f5", pitch=85, rate_wpm=160, throat=0.8)
ADULT = Voice(variant="m1", pitch=45, rate_wpm=170, throat=1.08)
ELDERLY = Voice(variant="m3", pitch=25, rate_wpm=125, throat=1.1, tremor=0.8)


def said(parts: Sequence[str | float], voice: Voice) -> NDArray[np.float64]:
    person = PersonDescription(id="p", name="P", age_group="adult", age_years=40, height_m=1.7, start=STAND, voice=voice)
    return spoken(parts, person)[0].astype(np.float64)


def heard(sound: NDArray[np.float64], noise: float = 0.0) -> Sound:
    sound = sound + np.random.default_rng(5).standard_normal(len(sound)) * noise
    voice = VoiceSound()
    for begin in range(0, len(sound) - FRAME + 1, FRAME):
        voice.feed(sound[begin : begin + FRAME].astype(np.float32))
    return voice.sound()


@pytest.mark.parametrize("noise", [0.0, 150.0])
@pytest.mark.parametrize(
    ("length_m", "pitch_hz"),
    [(0.175, 90), (0.175, 140), (0.175, 200), (0.15, 140), (0.15, 200), (0.15, 300), (0.13, 200), (0.13, 330), (0.11, 280), (0.11, 380)],
)
def test_the_length_of_the_tract_is_found_at_the_pitches_that_go_with_it(length_m: float, pitch_hz: float, noise: float) -> None:
    sound = heard(vowels(pitch_hz, length_m), noise)
    assert sound.vocal_tract_m == pytest.approx(length_m, rel=0.06)
    assert abs(sound.vocal_tract_m - length_m) < sound.vocal_tract_std_m


def test_a_longer_throat_of_the_same_voice_is_longer_by_as_much() -> None:
    lengths_m = [heard(said(list(SENTENCES)[:1], ADULT.model_copy(update={"throat": throat}))).vocal_tract_m for throat in (0.9, 1.0, 1.1)]
    assert lengths_m[0] / lengths_m[1] == pytest.approx(0.9, abs=0.03)
    assert lengths_m[2] / lengths_m[1] == pytest.approx(1.1, abs=0.03)


def test_noise_alone_has_no_length() -> None:
    rng = np.random.default_rng(4)
    assert math.isnan(heard(rng.standard_normal(RATE_HZ) * 1000).vocal_tract_m)
    assert all(math.isnan(value) for value in together([0.15] * 3 + [math.nan] * 50))
    assert math.isnan(tract_m(np.zeros(640), 150.0))


@pytest.mark.parametrize("voice", [CHILD, ADULT, ELDERLY], ids=["child", "adult", "elderly"])
@pytest.mark.parametrize(("text", "syllables"), SENTENCES.items(), ids=["kitchen", "glasses", "come"])
def test_syllables_a_second_are_those_of_the_sentence(text: str, syllables: int, voice: Voice) -> None:
    sound = said([text], voice)
    seconds = len(sound) / RATE_HZ - 0.04  # silence that is kept around it
    assert heard(sound).rate_syllables_ps == pytest.approx(syllables / seconds, rel=0.13)


def test_a_pause_within_a_turn_does_not_slow_the_rate() -> None:
    parts = ["Go to the kitchen", "and bring me the red cup."]
    fluent, hesitant = heard(said([*parts], ADULT)), heard(said([parts[0], 1.5, parts[1]], ADULT))
    assert hesitant.rate_syllables_ps == pytest.approx(fluent.rate_syllables_ps, rel=0.1)


def test_who_speaks_faster_has_a_higher_rate() -> None:
    rates = [heard(said(list(SENTENCES)[:1], ADULT.model_copy(update={"rate_wpm": wpm}))).rate_syllables_ps for wpm in (110, 150, 200, 250)]
    assert rates == sorted(rates) and rates[-1] > 1.6 * rates[0]


def test_without_voice_there_are_no_syllables() -> None:
    assert math.isnan(rate_syllables_ps([], []))
    assert math.isnan(rate_syllables_ps([1e6] * 100, [False] * 100))
    assert math.isnan(rate_syllables_ps([0.0] * 100, [True] * 100))


def test_a_child_an_adult_and_an_elderly_person_of_the_simulation() -> None:
    """Pitch and size part the child from both; only the pace parts the two others, which says little: the voice alone does not tell age."""
    child, adult, elderly = (heard(said([text], voice)) for text, voice in zip(SENTENCES, (CHILD, ADULT, ELDERLY), strict=True))
    assert child.pitch_hz > 250 > 130 > adult.pitch_hz > 60 and elderly.pitch_hz < 130
    assert child.vocal_tract_m < 0.14 < 0.16 < min(adult.vocal_tract_m, elderly.vocal_tract_m)
    assert elderly.rate_syllables_ps < adult.rate_syllables_ps
    assert min(sound.confidence for sound in (child, adult, elderly)) > 0.8
