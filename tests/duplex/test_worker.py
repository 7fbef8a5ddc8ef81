"""The engine's process with the tiny model, over its socket."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra [duplex]: run `make duplex`")
pytest.importorskip("moshi", reason="needs the extra [duplex]: run `make duplex`")

from robot_runtime.duplex.frames import MODEL_SAMPLES
from robot_runtime.duplex.link import EngineGoneError, Link
from robot_runtime.duplex.wire import Step

_LIMIT_S = 120.0


def worker(model: str) -> Link:
    return Link([sys.executable, "-m", "robot_runtime.duplex.worker", "--model", model, "--device", "cpu"])


def answers(link: Link, count: int) -> list[tuple[int, Step]]:
    got: list[tuple[int, Step]] = []
    end_s = time.monotonic() + _LIMIT_S
    while len(got) < count:
        assert time.monotonic() < end_s
        link.wait(0.2)
        got += link.steps()
    return got


def test_frames_pictures_and_texts_go_to_the_model_and_sound_comes_back() -> None:
    link = worker("tiny")
    try:
        link.see(1, np.zeros((48, 64, 3), np.uint8))
        link.tell(4, "hello")
        for _ in range(8):
            link.hear(np.zeros(MODEL_SAMPLES, np.int16))
        got = answers(link, 8)
        assert [number for number, _ in got] == list(range(8))
        assert "".join(step.text for _, step in got).strip().startswith("hello")
        assert all(len(step.sound) == MODEL_SAMPLES for _, step in got[1:])
        assert link.seen == 1 and link.facts["model"] == "tiny"
    finally:
        link.close()


def test_weights_that_are_not_there_are_told() -> None:
    link = worker("no/such/folder")
    try:
        with pytest.raises(EngineGoneError, match=r"model\.safetensors is missing"):
            answers(link, 1)
    finally:
        link.close()
