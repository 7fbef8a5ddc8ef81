"""``robot-runtime demo``: what it refuses before anything starts, in one line, leaving nothing behind."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from robot_runtime.cli import main
from robot_runtime.sense import sound_device
from safety.files import FileError
from tests.unit.test_hear_verb import spoken, written


def refusal(capsys: pytest.CaptureFixture[str], tmp_path: Path, *arguments: str) -> str:
    run_dir = tmp_path / "run"
    assert main(["demo", *arguments, "--run-dir", str(run_dir)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert not run_dir.exists()
    return err


def test_without_portaudio_the_fix_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise FileError("sound device: PortAudio is missing; apt-get install libportaudio2")

    monkeypatch.setattr(sound_device, "load", missing)
    told = refusal(capsys, tmp_path, "--mic")
    assert "--mic: sound device: PortAudio is missing; apt-get install libportaudio2" in told
    assert "--say FILE.wav" in told


@pytest.mark.parametrize(("inputs", "outputs", "lacks"), [(0, 2, "no input device"), (1, 0, "no output device")])
def test_without_a_device_it_says_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, inputs: int, outputs: int, lacks: str
) -> None:
    device = {"name": "card", "max_input_channels": inputs, "max_output_channels": outputs}
    monkeypatch.setattr(sound_device, "load", lambda: SimpleNamespace(query_devices=lambda: [device]))
    told = refusal(capsys, tmp_path, "--mic")
    assert lacks in told
    assert "--say FILE.wav" in told


def test_a_recording_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.wav").write_text("no sound at all")
    assert "text.wav" in refusal(capsys, tmp_path, "--say", str(tmp_path / "text.wav"))
    assert "missing.wav" in refusal(capsys, tmp_path, "--say", str(tmp_path / "missing.wav"))


def test_who_speaks_must_live_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = written(tmp_path / "a.wav", spoken("come here"))
    assert "'anna'" in refusal(capsys, tmp_path, "--say", recording, "--who", "ana")
