"""``robot-runtime say``: a text becomes a sound of the length that is reported, or one clear line."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robot_runtime.cli import main
from robot_runtime.sense import sound_device
from robot_runtime.social.policy import HOME_POLICY, load_policy
from robot_runtime.verbs import say
from safety.files import FileError

TEXT = "I will get the red cup from the kitchen table for you."


def said(capsys: pytest.CaptureFixture[str], out: Path, *arguments: str) -> dict[str, Any]:
    assert main(["say", TEXT, "--out", str(out), "--json", *arguments]) == 0
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    return line


def error(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["say", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


@pytest.mark.parametrize("style", ["child", "elderly"])
def test_a_style_of_the_policy_sets_the_pace(tmp_path: Path, capsys: pytest.CaptureFixture[str], style: str) -> None:
    out = tmp_path / "a.wav"
    line = said(capsys, out, "--style", style)
    assert line["rate_wpm"] == pytest.approx(load_policy(HOME_POLICY).styles[style].rate_wpm, rel=0.05)
    with wave.open(str(out), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert line["duration_s"] == pytest.approx(file.getnframes() / 16_000)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert np.abs(samples).max() > 3000


def test_what_was_measured_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    style = tmp_path / "calm.yaml"
    numbers = {"rate_wpm": 115, "pitch_ratio": 1.0, "volume_ratio": 1.0, "pause_s": 0.6, "clause_pause_s": 0.3}
    style.write_text(json.dumps({**numbers, "distance_m": 1.0, "approach_speed_mps": 0.3}))
    text = "I will not do that, because it is hot. Please ask a grown-up who is here."
    assert main(["say", text, "--out", str(tmp_path / "a.wav"), "--json", "--style", str(style)]) == 0
    line = json.loads(capsys.readouterr().out)
    assert line["rate_wpm"] == pytest.approx(115, rel=0.05)
    assert line["pause_s"] == pytest.approx(0.6, rel=0.05)
    assert line["clause_pause_s"] == pytest.approx(0.3, rel=0.05)
    assert line["level_dbfs"] == pytest.approx(-26, abs=3)
    assert 60 < line["pitch_hz"] < 200 and 1 < line["pitch_range_st"] < 12
    assert line["first_sound_ms"] > 0 and line["words"] == 16


def test_a_single_sentence_has_no_pause_to_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = said(capsys, tmp_path / "a.wav")
    assert line["pause_s"] is None and line["clause_pause_s"] is None


def test_french(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "Je vais chercher la tasse rouge dans la cuisine."
    sounds = []
    for language in ("fr", "en"):
        assert main(["say", text, "--out", str(tmp_path / f"{language}.wav"), "--json", "--language", language]) == 0
        assert json.loads(capsys.readouterr().out)["rate_wpm"] == pytest.approx(165, rel=0.05)
        sounds.append((tmp_path / f"{language}.wav").read_bytes())
    assert sounds[0] != sounds[1]


def test_an_engine_that_is_not_there_says_how_to_get_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean" in error(capsys, TEXT, "--style", "elderli", "--out", str(tmp_path / "a.wav"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("importlib.util.find_spec", lambda name: None)
        assert "pip install piper-tts" in error(capsys, TEXT, "--backend", "piper", "--out", str(tmp_path / "a.wav"))
    assert "no voice 'nobody'" in error(capsys, TEXT, "--voice", "nobody", "--out", str(tmp_path / "a.wav"))


def test_a_rate_can_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = said(capsys, tmp_path / "a.wav", "--rate-wpm", "140")
    assert line["rate_wpm"] == pytest.approx(140, rel=0.05)


def test_another_policy_has_its_own_styles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(HOME_POLICY.read_text().replace("{rate_wpm: 120", "{rate_wpm: 150"))
    line = said(capsys, tmp_path / "a.wav", "--style", "elderly", "--social-policy", str(policy))
    assert line["rate_wpm"] == pytest.approx(150, rel=0.05)


def test_bad_input_is_one_line_that_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "a.wav")
    assert "did you mean 'elderly'?" in error(capsys, TEXT, "--out", out, "--style", "elderli")
    assert "rate_wpm" in error(capsys, TEXT, "--out", out, "--rate-wpm", "1000")
    assert "no word" in error(capsys, "...", "--out", out)
    assert "cannot be written" in error(capsys, TEXT, "--out", str(tmp_path / "no" / "folder.wav"))
    assert "nowhere.yaml" in error(capsys, TEXT, "--out", out, "--style", "child", "--social-policy", "nowhere.yaml")


def test_without_a_loudspeaker_it_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise FileError("sound device: PortAudio is missing; apt-get install libportaudio2")

    monkeypatch.setattr(sound_device, "load", missing)
    assert "PortAudio is missing" in error(capsys, TEXT)


def test_on_a_device_frames_are_handed_on_at_the_pace_at_which_they_are_heard(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        now_s = 0.0

        def monotonic(self) -> float:
            return self.now_s

        def sleep(self, seconds: float) -> None:
            self.now_s += seconds

    clock, handed_s = Clock(), []

    class Speaker:
        def __init__(self, config: object) -> None:
            """Always there."""

        def step(self, inbox: object, now_s: float) -> None:
            handed_s.append(clock.now_s)

        def close(self) -> None:
            handed_s.append(clock.now_s)

    monkeypatch.setattr(say, "time", clock)
    monkeypatch.setattr(say, "Speaker", Speaker)
    assert main(["say", TEXT, "--json"]) == 0
    duration_s = json.loads(capsys.readouterr().out)["duration_s"]
    heard_s = np.arange(len(handed_s) - 1) * 0.02
    assert np.all(heard_s - np.array(handed_s[:-1]) <= 0.2 + 1e-9)
    assert handed_s[-1] >= duration_s
