"""The stop word over voices and levels, and over everything that must not be taken for it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from robot_runtime.hear.stop_word import StopWord, StopWordConfig
from robot_runtime.messages import AudioFrame, StopRequest
from robot_runtime.speak.espeak import Espeak
from robot_runtime.speak.synthesis import EspeakSynthesiser, Manner
from sim.description import load_home
from sim.voices import render

HOME = load_home("sim/homes/family_home")
SENTENCES = Path("robot_runtime/mind/sentences/en.yaml")
VOICES = ("anna", "leo", "rose")
LEVELS_DB = (0, -6, -12)  # against 1 m; -12 dB is 4 m in the free field
STOPS = ("stop", "stop now", "stop moving", "please stop")
WORDS = {
    "object": "the red cup", "person": "Anna", "person_has": "Anna has", "place": "living room", "places": "kitchen, hall and bedroom",
    "choices": "the red cup or the blue cup", "found": "The book is on the kitchen table",
}  # fmt: skip
FRAME_S = 0.02


@pytest.fixture(scope="module")
def stop_word() -> StopWord:
    return StopWord(StopWordConfig(background=False))


def in_a_room(sound: NDArray[np.int16], level_db: float = 0.0) -> NDArray[np.int16]:
    """A sound with a quiet room before, under and after it."""
    padded = np.pad(sound * 10 ** (level_db / 20), (4800, 6400))
    return np.clip(padded + np.random.default_rng(7).normal(0, 18, len(padded)), -32768, 32767).astype(np.int16)


def stops(stage: StopWord, samples: NDArray[np.int16]) -> list[tuple[str, float]]:
    """(word, time) of every stop that is asked for while this is heard."""
    stage.reset()
    found = []
    for index in range(len(samples) // 320):
        now_s = (index + 1) * FRAME_S
        frame = AudioFrame(now_s - FRAME_S, "test", index, 16_000, samples[index * 320 : (index + 1) * 320])
        for _, message in stage.step({"audio/in": [frame]}, now_s):
            if isinstance(message, StopRequest):
                found.append((message.detail, now_s))
    return found


@pytest.mark.parametrize("who", VOICES)
def test_every_stop_is_heard_at_every_level(stop_word: StopWord, who: str) -> None:
    missed = [
        (text, level_db)
        for text in STOPS
        for level_db in LEVELS_DB
        if "stop" not in [word for word, _ in stops(stop_word, in_a_room(render(text, HOME.people[who]), level_db))]
    ]
    assert missed == []


@pytest.mark.long
@pytest.mark.parametrize("who", VOICES)
def test_nothing_that_people_say_in_the_scenarios_is_taken_for_it(stop_word: StopWord, who: str) -> None:
    texts = set()
    for scenario in Path("sim/scenarios").glob("*.yaml"):
        texts |= set(re.findall(r"text: ([^,}\n]+)", scenario.read_text(encoding="utf-8")))
    others = sorted(text for text in texts if not re.search(r"\b(stop|halt|freeze)\b", text))
    assert len(others) >= 5
    assert [text for text in others if stops(stop_word, in_a_room(render(text, HOME.people[who])))] == []


@pytest.fixture(scope="module")
def voice() -> Iterator[EspeakSynthesiser]:
    with Espeak() as espeak:
        yield EspeakSynthesiser("en-us", espeak)


def robot_sentences() -> list[str]:
    """Every sentence of the robot, its fields filled."""
    templates = yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))["sentences"].values()
    return [re.sub(r"\{(\w+)\}", lambda field: WORDS.get(field[1], "that"), template) for template in templates]


@pytest.mark.long
def test_the_robot_does_not_stop_itself(stop_word: StopWord, voice: EspeakSynthesiser) -> None:
    """Every fifteenth sentence of its; all of them, with EVERY_SENTENCE=1, take three minutes."""
    spoken = robot_sentences()[:: 1 if os.environ.get("EVERY_SENTENCE") else 15]
    assert len(spoken) >= 10
    manners = [Manner(rate_wpm=rate_wpm) for rate_wpm in (120, 165)]  # in turn: both for all would take twice as long
    heard = [(text, in_a_room(voice.speak(text, manners[index % 2]))) for index, text in enumerate(spoken)]
    assert [text for text, samples in heard if stops(stop_word, samples)] == []


@pytest.mark.parametrize("text", ["I will look for the red cup.", "I could not find the red cup."])
def test_words_that_were_once_taken_for_it(stop_word: StopWord, voice: EspeakSynthesiser, text: str) -> None:
    assert stops(stop_word, in_a_room(voice.speak(text, Manner(rate_wpm=120)))) == []
