"""``robot-runtime hear``: recordings in, what was understood out, and one line for every file that cannot be used."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from robot_runtime.cli import main
from robot_runtime.speak.synthesis import EspeakSynthesiser, Manner
from sim.description import load_home
from sim.voices import render

SITE = "sim/homes/family_home"
HOME = load_home(SITE)
BEFORE_S = 0.7


def spoken(text: str, who: str = "anna", after_s: float = 0.5) -> NDArray[np.float64]:
    """A sentence at 1 m at 16 kHz, with a quiet room around it."""
    silence = (np.zeros(int(s * 16_000)) for s in (BEFORE_S, after_s))
    dry = np.concatenate([next(silence), render(text, HOME.people[who]).astype(float), next(silence)])
    return dry + np.random.default_rng(7).normal(0, 18, len(dry))


def written(path: Path, sound: NDArray[np.float64], rate_hz: int = 16_000, channels: int = 1, width: int = 2) -> str:
    resampled = np.clip(soxr.resample(sound, 16_000, rate_hz), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(resampled, channels).tobytes())
    return str(path)


def hear(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    status = main(["hear", "--json", *arguments])
    out, err = capsys.readouterr()
    return status, [json.loads(line) for line in out.splitlines()], err


@pytest.mark.parametrize(("rate_hz", "channels"), [(16_000, 1), (48_000, 2), (22_050, 1)])
def test_any_rate_and_channels(tmp_path: Path, capsys: pytest.CaptureFixture[str], rate_hz: int, channels: int) -> None:
    sound = spoken("go to the kitchen")
    file = written(tmp_path / "a.wav", sound, rate_hz, channels)
    status, lines, _ = hear(capsys, "--site", SITE, file)
    assert (status, len(lines), lines[0]["file"]) == (0, 1, file)
    (turn,) = lines[0]["turns"]
    assert (turn["text"], turn["intent"], turn["slots"]) == ("go to the kitchen", "go_to", {"place": "kitchen"})
    assert turn["confidence"] > 0.5
    assert turn["start_s"] == pytest.approx(BEFORE_S, abs=0.12)
    assert turn["end_s"] == pytest.approx(len(sound) / 16_000 - 0.5, abs=0.12)


def test_every_turn_of_a_file_and_one_that_lasts_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = np.concatenate([spoken("come here", after_s=1.0), spoken("follow me", after_s=0.0)])
    _, lines, _ = hear(capsys, written(tmp_path / "a.wav", sound))
    assert [turn["intent"] for turn in lines[0]["turns"]] == ["come_here", "follow"]


def test_other_talk_to_the_very_end_of_a_file_is_not_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = EspeakSynthesiser("en-us").speak("go to the kitchen", Manner()).astype(float)
    _, lines, _ = hear(capsys, written(tmp_path / "a.wav", sound))  # without a site there is no kitchen
    assert {(turn["text"], turn["intent"]) for turn in lines[0]["turns"]} == {("", "")}


def test_silence_and_other_talk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silent = written(tmp_path / "silent.wav", np.zeros(16_000))
    empty = written(tmp_path / "empty.wav", np.zeros(0))
    other = written(tmp_path / "other.wav", spoken("my sister lives in another city"))
    status, lines, _ = hear(capsys, silent, empty, other)
    assert status == 0
    assert [line["turns"] for line in lines[:2]] == [[], []]
    assert {(turn["text"], turn["intent"]) for turn in lines[2]["turns"]} == {("", "")}
    assert main(["hear", silent]) == 0
    assert capsys.readouterr().out == f"{silent}: no speech\n"


def test_a_bad_file_is_named_and_the_others_are_heard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.wav").write_text("no sound at all")
    files = [
        str(tmp_path / "missing.wav"),
        str(tmp_path / "text.wav"),
        written(tmp_path / "eight.wav", np.zeros(1600), width=1),
        written(tmp_path / "good.wav", spoken("come here")),
    ]
    status, lines, err = hear(capsys, *files)
    assert status == 2
    assert [line["file"] for line in lines] == [files[3]]
    assert [name in line for name, line in zip(files, err.splitlines(), strict=False)] == [True] * 3
    assert "convert it to 16" in err


def test_a_domain_replaces_the_grammar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    domain = tmp_path / "cafe.yaml"
    domain.write_text('slots:\n  drink: ["tea", "(black | white) coffee"]\nintents:\n  order: ["[please] bring me a {drink}"]\n')
    file = written(tmp_path / "a.wav", spoken("please bring me a black coffee"))
    _, lines, _ = hear(capsys, "--domain", str(domain), file)
    assert [(turn["intent"], turn["slots"]) for turn in lines[0]["turns"]] == [("order", {"drink": "black coffee"})]


def test_a_bad_domain_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    domain = tmp_path / "bad.yaml"
    domain.write_text('intents:\n  order: ["bring {drink"]\n')
    status, lines, err = hear(capsys, "--domain", str(domain), "a.wav")
    assert (status, lines, err.count("\n")) == (2, [], 1)
    assert "bad.yaml" in err


def test_people_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "a.wav", spoken("bring leo the ball"))
    _, lines, _ = hear(capsys, "--person", "Leo", file)
    assert [turn["slots"] for turn in lines[0]["turns"]] == [{"person": "leo", "object": "ball"}]
