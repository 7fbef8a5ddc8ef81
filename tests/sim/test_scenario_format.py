"""Scenario files: those that ship are sound, and every mistake in one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from robot_runtime.paths import ROOT
from safety.files import FileError
from sim.description import load_home
from sim.scenario import as_scenario_begins, load_scenario

SHIPPED = sorted((ROOT / "sim" / "scenarios").glob("*.yaml"))


def content() -> dict[str, Any]:
    return {
        "title": "a test",
        "steps": [
            {"name": "asks", "when": {"at_s": 1}, "do": {"say": {"who": "anna", "text": "come here"}}},
            {"name": "walks", "when": {"after": "asks"}, "do": {"walk": {"who": "leo", "path_m": [[4, 3]]}}},
        ],
        "expect": [{"name": "answer", "said": {"contains": "coming", "after": "asks", "within_s": 3}}],
    }


def write(folder: Path, scenario: dict[str, Any]) -> str:
    path = folder / "test.yaml"
    path.write_text(yaml.safe_dump(scenario))
    return str(path)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_are_sound(path: Path) -> None:
    scenario = load_scenario(path)
    assert scenario.expect


def test_there_are_scenarios() -> None:
    assert len(SHIPPED) >= 8


def test_a_sound_one_is_read(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, content()))
    assert [step.name for step in scenario.steps] == ["asks", "walks"]
    assert scenario.seed == 1 and scenario.limit_s == 60


def change(scenario: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The scenario with one value set, by a path such as ``steps.0.do``."""
    target: Any = scenario
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        target = target[part]
    target[last] = value
    return scenario


MISTAKES: list[tuple[str, Any, str]] = [
    ("titel", "x", "titel: unknown key, did you mean 'title'?"),
    ("steps", [], "steps: List should have at least 1 item"),
    ("steps.0.do.say.who", "ana", "steps.asks.do.say.who: unknown person 'ana', did you mean 'anna'?"),
    ("steps.0.do.say.wav", "a.wav", "give exactly one of text, wav, not text and wav"),
    ("steps.0.do.say", {"who": "anna"}, "give exactly one of text, wav"),
    ("steps.0.do.say", {"who": "anna", "wav": "missing.wav"}, "missing.wav: no such recording; steps.asks.do.say.wav names it"),
    ("steps.0.do.say", {"who": "anna", "wav": "sound.mp3"}, "steps.0.do.say.wav: String should match pattern"),
    ("steps.0.do", {}, "steps.0.do: a step does at least one of"),
    ("steps.0.do", {"dance": True}, "steps.0.do.dance: unknown key"),
    ("steps.0.when", {"delay_s": 1}, "steps.0.when: name at least one condition"),
    ("steps.0.when", {"at": 1}, "steps.0.when.at: unknown key, did you mean 'at_s'?"),
    ("steps.1.when.after", "aks", "steps.walks.when.after: unknown step 'aks', did you mean 'asks'?"),
    ("steps.1.name", "asks", "steps.asks: 2 have this name"),
    ("steps.1.do.walk.speed_mps", -1, "steps.1.do.walk.speed_mps: Input should be greater than 0 (got -1)"),
    ("steps.1.do.walk.path_m", [], "steps.1.do.walk.path_m: List should have at least 1 item"),
    ("expect.0.said.contians", "x", "expect.0.said.contians: unknown key, did you mean 'contains'?"),
    ("moved", {"red_cub": {"stands_on": "stove", "pose": {"at_m": [0, 0]}}}, "moved: unknown object 'red_cub', did you mean 'red_cup'?"),
    ("moved", {"red_cup": {"stands_on": "stofe", "pose": {"at_m": [0, 0]}}}, "moved.red_cup.stands_on: unknown furniture 'stofe', did"),
    ("expect.0.said.after", "ask", "expect.answer.said.after: unknown step 'ask', did you mean 'asks'?"),
    ("expect.0.never_said", {"contains": "x"}, "give exactly one of said, heard"),
    ("expect.0", {"name": "x"}, "give exactly one of said, heard"),
    ("expect.0", {"name": "x", "never_held": {"object": "red_cap", "by": ["robot"]}}, "unknown object 'red_cap', did you mean 'red_cup'?"),
    ("expect.0", {"name": "x", "never_held": {"object": "knife", "by": ["dog"]}}, "unknown person or 'robot' 'dog'"),
    ("expect.0", {"name": "x", "object_at": {"object": "knife", "on": "kitchen tabel"}},
     "unknown furniture 'kitchen tabel', did you mean 'kitchen table'?"),
    ("expect.0", {"name": "x", "object_at": {"object": "knife"}}, "give exactly one of held_by, on, room"),
    ("expect.0", {"name": "x", "reaches": {"room": "kitchn"}}, "unknown room 'kitchn', did you mean 'kitchen'?"),
    ("expect.0", {"name": "x", "verdict": {"skill": "fetsh", "verdict": "deny"}}, "unknown skill 'fetsh', did you mean 'fetch'?"),
    ("expect.0", {"name": "x", "verdict": {"skill": "fetch", "verdict": "denied"}}, "expect.0.verdict.verdict"),
    ("start", {"bob": {"at_m": [1, 1]}}, "start: unknown person 'bob'"),
    ("home", "sim/homes/castle", "no home.yaml in this folder"),
    ("limit_s", 0, "limit_s: Input should be greater than 0"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), MISTAKES)
def test_mistakes_are_named(tmp_path: Path, path: str, value: Any, message: str) -> None:
    with pytest.raises(FileError) as caught:
        load_scenario(write(tmp_path, change(content(), path, value)))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_wrong_names_are_told_at_once(tmp_path: Path) -> None:
    scenario = change(change(content(), "steps.0.do.say.who", "ana"), "steps.1.do.walk.who", "loe")
    with pytest.raises(FileError, match=r"unknown person 'ana'.*unknown person 'loe'"):
        load_scenario(write(tmp_path, scenario))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileError, match=r"nowhere\.yaml: cannot be read"):
        load_scenario("nowhere.yaml")


def test_a_recording_is_found_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "hello.wav").write_bytes(b"RIFF")
    scenario = load_scenario(write(tmp_path, change(content(), "steps.0.do.say", {"who": "anna", "wav": "hello.wav"})))
    say = scenario.steps[0].do.say
    assert say is not None and say.wav == str(tmp_path / "hello.wav")


def test_people_start_where_the_scenario_says(tmp_path: Path) -> None:
    home = load_home("sim/homes/family_home")
    path = write(tmp_path, change(content(), "start", {"leo": {"at_m": [5.0, 3.0], "yaw_deg": 90}}))
    begins = as_scenario_begins(home, path)
    assert begins.people["leo"].start.at_m == (5.0, 3.0)
    assert begins.people["leo"].start.yaw_rad == pytest.approx(np.pi / 2)
    assert begins.people["anna"] == home.people["anna"]
    assert as_scenario_begins(home, "") is home


def test_things_are_where_the_scenario_has_put_them(tmp_path: Path) -> None:
    home = load_home("sim/homes/family_home")
    path = write(tmp_path, change(content(), "moved", {"red_cup": {"stands_on": "sofa", "pose": {"at_m": [0.3, 0.1]}}}))
    begins = as_scenario_begins(home, path)
    assert begins.objects["red_cup"].support == "sofa" and begins.objects["red_cup"].name == "red cup"
    assert {id_ for id_ in home.objects if begins.objects[id_] != home.objects[id_]} == {"red_cup"}
