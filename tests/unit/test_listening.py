"""The sign of life of who listens for the stop word."""

from __future__ import annotations

import numpy as np

from robot_runtime.hear.stop_word import StopWord, StopWordConfig
from robot_runtime.messages import AudioFrame, Listening


def signs(stop_word: StopWord, seconds: float, start_s: float = 0.0, sound: bool = True) -> list[Listening]:
    silence = np.zeros(320, np.int16)
    found = []
    for tick in range(round(seconds * 50)):
        now_s = start_s + tick * 0.02
        inbox = {"audio/in": [AudioFrame(now_s, "test", tick, 16000, silence)]} if sound else {}
        found += [message for topic, message in stop_word.step(inbox, now_s) if topic == "safety/listening"]
    return found


def test_it_comes_five_times_a_second_and_counts_the_sound() -> None:
    found = signs(StopWord(StopWordConfig(background=False)), 1.0)
    assert [message.frames for message in found] == [10, 20, 30, 40, 50]
    assert found[-1].stamp_s == 0.98


def test_without_sound_there_is_no_sign_of_life() -> None:
    stop_word = StopWord(StopWordConfig(background=False))
    assert signs(stop_word, 1.0, sound=False) == []
    assert len(signs(stop_word, 1.0, start_s=1.0)) == 5
