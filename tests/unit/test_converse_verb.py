"""`robot-runtime converse` around a stand-in for the engine."""

from __future__ import annotations

import json
import sys
import wave
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime import cli
from robot_runtime.verbs import converse

ENGINE = str(Path(__file__).with_name("duplex_engine.py"))


def wav(path: Path, samples: NDArray[np.int16]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def read(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


@pytest.fixture
def puppet(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    script: dict[int, str] = {}
    monkeypatch.setattr(converse, "engine_command", lambda *_: [sys.executable, ENGINE, json.dumps(script)])
    return script


def test_the_answer_is_on_the_time_line_of_the_recording(
    puppet: dict[int, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = tmp_path / "kitchen.png"
    cv2.imwrite(str(image), np.zeros((48, 64, 3), np.uint8))
    recording, out = wav(tmp_path / "in.wav", np.zeros(48_000, np.int16)), tmp_path / "out.wav"
    assert cli.main(["converse", str(recording), str(out), "--image", str(image), "--tell", "here is the cup", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["told"] == ["started", "finished"] and figures["engine"] == {"model": "puppet"}
    assert figures["frames"] == pytest.approx((2.5 + 3 + 1) / 0.08, abs=2) and figures["pictures"] >= 6
    answer = read(out)
    loud = np.flatnonzero(np.abs(answer) > 500) / 16_000
    assert len(answer) == 64_000 and 0.1 < loud[0] < 0.5 and 0.35 < loud[-1] - loud[0] < 0.6


def test_what_was_cut_is_told_and_not_in_the_file(puppet: dict[int, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    puppet[40] = "well I've locked the door"
    recording = wav(tmp_path / "in.wav", np.zeros(48_000, np.int16))
    assert cli.main(["converse", str(recording), str(tmp_path / "out.wav"), "--json"]) == 0
    assert [cut["rule"] for cut in json.loads(capsys.readouterr().out)["cut"]] == ["claim-never-possible"]


def test_an_engine_that_dies_or_is_not_there_is_one_clear_line(
    puppet: dict[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    puppet[10] = "!fail"
    recording = wav(tmp_path / "in.wav", np.zeros(32_000, np.int16))
    assert cli.main(["converse", str(recording), str(tmp_path / "out.wav")]) == 1
    assert "robot-runtime converse:" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setenv("ROBOT_RUNTIME_DUPLEX_PYTHON", str(tmp_path / "python"))
    assert cli.main(["converse", str(recording), str(tmp_path / "out.wav")]) == 1
    assert "no Python with the extra [duplex]" in capsys.readouterr().err


def test_bad_input_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["converse", str(tmp_path / "none.wav"), "out.wav"]) == 2
    recording = wav(tmp_path / "in.wav", np.zeros(1600, np.int16))
    assert cli.main(["converse", str(recording), "out.wav", "--image", str(tmp_path / "none.png")]) == 2
    assert "--image" in capsys.readouterr().err
