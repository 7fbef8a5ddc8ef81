"""What the stop word's network learns from: labels where the words end, and nothing of what judges it later."""

from __future__ import annotations

import random

import numpy as np
import pytest

from models.stop.dataset import GONE_S, LATE_S, SOON_S, WORDS, windows_of
from models.stop.scenes import LENGTH_S, Scene
from models.stop.speech import VARIANTS, Speaker
from models.stop.words import Phrase, a_stop, distance, no_stop, sound_alikes
from robot_runtime.bench.stop_words import VOICES, in_held_out_half
from robot_runtime.speak.espeak import Espeak

SILENCE = np.zeros(round(LENGTH_S * 16_000), np.int16)


def test_voices_and_words_of_the_benchmark_are_kept_apart() -> None:
    assert not set(VARIANTS) & set(VOICES)
    assert not [word for word in sound_alikes() if in_held_out_half(word)]


@pytest.mark.parametrize("seed", range(20))
def test_a_window_finds_the_word_only_once_it_is_over(seed: int) -> None:
    scene = Scene(SILENCE, (1.0, 1.5), "halt")
    for end_s, label in zip(*windows_of(scene, np.random.default_rng(seed)), strict=True):
        after_s = end_s - 1.5
        assert label == (WORDS.index("halt") if SOON_S <= after_s <= LATE_S else 0)
        assert not 0 <= after_s < SOON_S and not LATE_S < after_s < GONE_S
    _, labels = windows_of(Scene(SILENCE), np.random.default_rng(seed))
    assert not any(labels)


def test_what_asks_for_nothing_holds_no_stop_word() -> None:
    chance = random.Random(5)
    said = [no_stop(chance).text.split() for _ in range(400)]
    assert not {word for words in said for word in words} & set(WORDS[1:])
    assert all(phrase.word in (*WORDS, "arrêtez") for phrase in (a_stop(chance) for _ in range(200)))


def test_the_end_of_a_word_is_where_the_next_begins() -> None:
    with Espeak() as espeak:
        for seed in range(6):
            speech = Speaker(espeak, random.Random(seed)).say(Phrase("robot stop right now", "en", 1))
            assert speech.stop_s is not None
            begin_s, end_s = speech.stop_s
            assert 0.05 < begin_s < end_s < len(speech.sound) / 16_000 - 0.1


@pytest.mark.parametrize(("one", "other", "phones"), [("S T AA P", "SH AA P", 2), ("S T AA P", "S T AA P", 0), ("HH AO L", "HH AO L T", 1)])
def test_distance_counts_phones(one: str, other: str, phones: int) -> None:
    assert distance(tuple(one.split()), tuple(other.split())) == phones
