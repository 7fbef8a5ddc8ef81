"""``robot-runtime scenario``: what it prints and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.cli import main
from robot_runtime.config import load_class
from robot_runtime.messages import ScenarioEvent
from robot_runtime.verbs import scenario as verb
from sim.play import Played

GOOD = "sim/scenarios/go_to_kitchen.yaml"


def played(*phases: str, finished: bool = True) -> Played:
    events = [ScenarioEvent(float(i), phase, f"rule {i}", "seen") for i, phase in enumerate(phases)]
    if finished:
        events.append(ScenarioEvent(9.0, "finished", "title", json.dumps({"summary": "1/2 passed"})))
    return Played(tuple(events), finished, virtual_s=10.0, wall_s=0.5, spent_s={"home": 0.3, "gate": 0.1})


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the next play comes to; the seed with which it was asked for is noted."""
    asked: dict[str, Any] = {"played": played("passed", "passed")}

    def play(file: str, seed: int | None, listener: Any, perception: str) -> Played:
        asked["seed"] = seed
        for event in asked["played"].events:
            listener(event.stamp_s, "scenario", event)
        outcome: Played = asked["played"]
        return outcome

    monkeypatch.setattr(verb, "load_class", lambda path: play if path == "sim.play:play" else load_class(path))
    return asked


def test_check_names_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "check", GOOD]) == 0
    assert capsys.readouterr().out == f"{GOOD}: sound; 1 steps, 5 expectations\n"


def test_check_of_a_bad_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("titel: x\n")
    assert main(["scenario", "check", GOOD, str(bad)]) == 2
    assert "titel: unknown key, did you mean 'title'?" in capsys.readouterr().err


def test_bad_files_are_found_before_anything_is_played(result: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "run", GOOD, "nowhere.yaml"]) == 2
    assert "nowhere.yaml: cannot be read" in capsys.readouterr().err
    assert "seed" not in result


def test_a_play_that_passes(result: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "run", GOOD, "--seed", "7"]) == 0
    out = capsys.readouterr().out
    assert "passed  rule 0  (seen)" in out
    assert "1/2 passed; 10.0 virtual seconds in 0.5 s: 20.0 per second" in out
    assert result["seed"] == 7


@pytest.mark.parametrize("outcome", [played("passed", "failed"), played(), played("passed", finished=False)])
def test_a_play_that_fails(result: dict[str, Any], outcome: Played) -> None:
    result["played"] = outcome
    assert main(["scenario", "run", GOOD]) == 1


def test_one_failure_among_several_files(result: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    result["played"] = played("failed")
    assert main(["scenario", "run", GOOD, "sim/scenarios/follow.yaml"]) == 1
    assert capsys.readouterr().out.count("virtual seconds") == 2


def test_json_is_one_object_a_line(result: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "run", GOOD, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("phase") for line in lines] == ["passed", "passed", "finished", None]
    assert lines[-1] == {
        "scenario": GOOD, "summary": "1/2 passed", "passed": True, "virtual_s": 10.0, "wall_s": 0.5, "virtual_s_per_wall_s": 20.0,
    }  # fmt: skip


def test_speed_shows_where_the_time_went(result: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "run", GOOD, "--speed"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == ["home", "gate"]
    assert "30.00 ms per virtual second" in lines[0]


def test_a_seed_below_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "run", GOOD, "--seed", "-1"]) == 2
    assert "--seed -1: expected a number from 0 up" in capsys.readouterr().err
