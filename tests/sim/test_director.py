"""The director plays steps in order, reports what it finds, and ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from robot_runtime.messages import EStop, PersonCommand, ScenarioEvent
from robot_runtime.stage import Outbox
from safety.files import FileError
from sim.director import Director

if TYPE_CHECKING:
    from tests.sim.conftest import SceneStage

SCENARIO: dict[str, Any] = {
    "title": "a test",
    "limit_s": 20,
    "linger_s": 1,
    "steps": [
        {"name": "asks", "when": {"at_s": 1}, "do": {"say": {"who": "anna", "text": "come here"}}},
        {
            "name": "walks",
            "when": {"after": "asks", "delay_s": 0.5},
            "do": {"walk": {"who": "leo", "path_m": [[4, 3], [5, 3]], "speed_mps": 0.7}},
        },
        {"name": "presses", "when": {"after": "walks", "robot_said": "coming"}, "do": {"e_stop": True, "stand": {"who": "leo"}}},
    ],
    "expect": [
        {"name": "answers", "said": {"contains": "coming", "after": "asks", "within_s": 3}},
        {"name": "no collision", "never": {"nearer_than_m": 0.3}},
    ],
}

Open = Callable[..., "SceneStage"]


@pytest.fixture
def play(stage: SceneStage, tmp_path: Path) -> Open:
    """Opens a play of a scenario; everything that is not given is as in SCENARIO."""

    def open_(ready_limit_s: float = 5.0, **changes: Any) -> SceneStage:
        path = tmp_path / "scenario.yaml"
        path.write_text(yaml.safe_dump({**SCENARIO, **changes}))
        director = Director(Director.Config(scenario_file=str(path), ready_limit_s=ready_limit_s), read=stage.truth)
        stage.consumer = director.step
        return stage

    return open_


def events(outbox: Outbox) -> list[tuple[str, str]]:
    return [(message.phase, message.name) for _, message in outbox if isinstance(message, ScenarioEvent)]


def detail(outbox: Outbox, name: str) -> str:
    return next(message.detail for _, message in outbox if isinstance(message, ScenarioEvent) and message.name == name)


def speak(stage: SceneStage, who: str, seconds: float) -> None:
    stage.speaking = (who,)
    stage.run(seconds)
    stage.speaking = ()


def test_it_waits_until_the_robot_runs(play: Open) -> None:
    stage = play()
    stage.mode = "starting"
    assert stage.run(2.0) == []
    stage.mode = "running"
    assert events(stage.tick()) == [("ready", "a test")]
    assert detail(stage.published, "a test") == "after 2.0 s"


def test_a_robot_that_is_never_ready_fails(play: Open) -> None:
    stage = play()
    stage.mode = "starting"
    outbox = stage.run(6.0)
    assert events(outbox) == [("failed", "the robot is ready"), ("finished", "a test")]
    assert "not within 5 s: starting" in detail(outbox, "the robot is ready")
    assert stage.run(2.0) == []


def test_a_whole_play(play: Open) -> None:
    stage = play()
    stage.run(1.2)
    speak(stage, "anna", 1.0)
    stage.run(0.8)
    stage.robot_says("I am coming.")
    stage.run(3.0)
    assert events(stage.published) == [
        ("ready", "a test"), ("event", "asks"), ("event", "walks"), ("event", "presses"), ("passed", "answers"),
        ("passed", "no collision"), ("finished", "a test"),
    ]  # fmt: skip
    assert detail(stage.published, "answers") == "said \"I am coming.\", 0.80 s after 'asks'"
    assert stage.run(1.0) == []


def test_steps_become_commands(play: Open) -> None:
    stage = play()
    stage.run(1.2)
    speak(stage, "anna", 1.0)
    stage.run(0.8)
    stage.robot_says("I am coming.")
    stage.run(1.0)
    commands = [(topic, message) for topic, message in stage.published if topic != "scenario"]
    assert commands == [
        ("sim/people", PersonCommand(1.0, "anna", "come here", (), 0.0)),
        ("sim/people", PersonCommand(2.7, "leo", "", (4.0, 3.0, 5.0, 3.0), 0.7)),
        ("sim/people", PersonCommand(3.0, "leo", "", (), 0.0)),
        ("e_stop", EStop(3.0, True)),
    ]


def test_steps_are_told_in_words(play: Open) -> None:
    stage = play()
    stage.run(1.2)
    speak(stage, "anna", 1.0)
    stage.run(0.8)
    stage.robot_says("coming")
    stage.run(0.2)
    assert detail(stage.published, "asks") == 'Anna says "come here"'
    assert detail(stage.published, "walks") == "Leo walks to (5, 3) at 0.7 m/s"
    assert detail(stage.published, "presses") == "Leo stands still; the emergency-stop button is pressed"


def test_a_spoken_step_lasts_until_the_speaker_falls_silent(play: Open) -> None:
    stage = play()
    stage.run(5.0)
    assert ("event", "walks") not in events(stage.published)
    speak(stage, "anna", 1.0)
    stage.run(0.4)
    assert ("event", "walks") not in events(stage.published)
    stage.run(0.4)
    assert ("event", "walks") in events(stage.published)


def test_it_ends_a_while_after_all_is_decided(play: Open) -> None:
    stage = play()
    stage.run(1.2)
    speak(stage, "anna", 1.0)
    stage.run(0.8)
    stage.robot_says("coming")
    stage.run(0.9)
    assert events(stage.published)[-1] != ("finished", "a test")
    outbox = stage.run(0.5)
    assert events(outbox) == [("passed", "no collision"), ("finished", "a test")]
    assert json.loads(outbox[-1][1].detail) == {"summary": "2/2 passed", "passed": 2, "total": 2, "duration_s": 4.0}


def test_something_that_breaks_while_it_lingers_fails(play: Open) -> None:
    stage = play(linger_s=3)
    stage.run(1.2)
    speak(stage, "anna", 1.0)
    stage.run(0.8)
    stage.robot_says("coming")
    stage.run(1.0)
    stage.drive_mps = -1.0
    stage.people["leo"] = (3.0, 3.0)
    stage.run(3.0)
    assert events(stage.published)[-2:] == [("failed", "no collision"), ("finished", "a test")]


def test_the_limit_ends_it_and_missing_steps_fail(play: Open) -> None:
    stage = play(limit_s=10)
    stage.run(1.2)
    speak(stage, "anna", 6.0)
    stage.run(5.0)
    assert events(stage.published)[-4:] == [
        ("failed", "answers"),
        ("passed", "no collision"),
        ("failed", "presses"),
        ("finished", "a test"),
    ]
    assert json.loads(stage.published[-1][1].detail)["summary"] == "1/3 passed"
    assert json.loads(stage.published[-1][1].detail)["duration_s"] == 10.0


def test_after_a_reset_it_plays_again_to_the_same_messages(stage: SceneStage, tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(yaml.safe_dump(SCENARIO))
    director = Director(Director.Config(scenario_file=str(path)), read=stage.truth)
    stage.consumer = director.step

    def once() -> Outbox:
        stage.now_s = 0.0
        return stage.run(1.2) + stage.run(6.0)

    first = once()
    director.reset()
    assert first == once()
    assert first


def test_the_simulated_home_must_be_the_scenarios(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="but the simulated home is sim/homes"):
        Director(Director.Config(scenario_file="sim/scenarios/demo.yaml", home="sim/homes"))


def test_demo_is_built() -> None:
    assert Director(Director.Config()).step({}, 0.0) == []
