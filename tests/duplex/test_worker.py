"""The engine's process with the tiny model, over its socket."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra [duplex]: run `make duplex`")
pytest.importorskip("moshi", reason="needs the extra [duplex]: run `make duplex`")

from robot_runtime.duplex.frames import MODEL_SAMPLES
from robot_runtime.duplex.link import EngineGoneError, Link
from robot_runtime.duplex.place import engine_command, engine_environment
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


def test_it_starts_in_any_folder_and_its_first_frame_is_no_slower_than_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROBOT_RUNTIME_DUPLEX_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "moshi.py").write_text("raise ImportError('of another Python')")
    link = Link(engine_command("tiny", "cpu", "bf16"), engine_environment())
    try:
        for _ in range(12):
            link.hear(np.zeros(MODEL_SAMPLES, np.int16))
        took_ms = [step.encode_ms + step.think_ms + step.depth_ms + step.decode_ms for _, step in answers(link, 12)]
        assert took_ms[0] < 5 * max(took_ms[1:])
        assert link.facts["threads"] == 1
    finally:
        link.close()


def test_weights_that_are_not_there_are_told() -> None:
    link = worker("no/such/folder")
    try:
        with pytest.raises(EngineGoneError, match=r"no/such/folder is not there"):
            answers(link, 1)
    finally:
        link.close()
