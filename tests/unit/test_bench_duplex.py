"""The long measurements of the duplex engine: do they notice what they are there for?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from robot_runtime import cli
from robot_runtime.bench import duplex_contention
from robot_runtime.bench.duplex_soak import Minute, growth_mib, rate_delays, samples_off, soak
from robot_runtime.bench.patient_link import PatientLink
from robot_runtime.duplex.frames import MODEL_SAMPLES
from robot_runtime.duplex.link import EngineGoneError
from sim.scenario import load_scenario
from sim.voice.talking_engine import Talker

ENGINE = str(Path(__file__).with_name("duplex_engine.py"))


def engine(script: dict[int, str]) -> PatientLink:
    return PatientLink([sys.executable, ENGINE, json.dumps(script)])


def test_one_sample_that_is_lost_in_a_minute_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    found = soak(1, engine({600: "!short"}))
    assert found["frames_in"] == found["frames_out"] == 749
    assert found["failed"] == ["every answer but the first has 80 ms of sound"] and not found["passed"]
    assert found["asked_to_first_sound_max_ms"] < 500
    assert "minute 1: 749 frames in" in capsys.readouterr().err


def test_an_engine_that_never_gets_ready_is_told() -> None:
    with pytest.raises(EngineGoneError, match="gone"):
        PatientLink([sys.executable, "-c", "raise SystemExit(3)"])


def test_drift_and_growth_are_seen() -> None:
    assert samples_off(2, Minute(1499, 1499, 0.0, 0.0, 0, 0.0)) == MODEL_SAMPLES
    assert growth_mib([5.0, 9.0, *np.arange(100.0, 120.0)]) == 16.0
    assert set(rate_delays(60.0)) == {0}


def test_the_robot_is_asked_once_a_model_has_been_loaded_and_again_though_it_missed_a_command(tmp_path: Path) -> None:
    settings = duplex_contention.prepared(tmp_path, "duplex", {"model": "tiny"}, 2, 45.0)
    story = load_scenario(settings.scenario)
    first, second = (step.when for step in story.steps if step.name.startswith("command"))
    assert first.at_s == 45.0 and second.at_s == 85.0 and not second.after and story.limit_s > 85.0
    assert "tiny" in Path(settings.params_file).read_text()


def test_the_stand_in_talks_in_whole_frames_and_says_what_it_is_told() -> None:
    talker = Talker(1)
    talker.tell(3, "here is your cup")
    steps = [talker.step(np.zeros(MODEL_SAMPLES, np.int16)) for _ in range(40)]
    told = [step for step in steps if step.told == 3]
    assert "".join(step.text for step in told).split() == ["here", "is", "your", "cup"] and told[-1].told_left == 0
    assert {len(step.sound) for step in steps} == {MODEL_SAMPLES}
    talker.hush(2)
    assert not any(talker.step(steps[0].sound).sound.any() for _ in range(2))


def test_contention_is_not_begun_without_a_python_for_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROBOT_RUNTIME_DUPLEX_PYTHON", str(tmp_path / "python"))
    assert cli.main(["bench", "duplex", "--contention"]) == 1
    assert "no Python with the extra [duplex]" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--soak", "0.2"], ["--talk", "0"], ["--contention", "--settle", "-1"]])
def test_numbers_that_make_no_sense_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "duplex", *arguments]) == 2
    assert arguments[-2] in capsys.readouterr().err
