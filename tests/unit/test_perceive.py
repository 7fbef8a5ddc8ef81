"""The eyes' shell hands on what a backend sees, and is silent rather than old."""

from __future__ import annotations

import pytest

from robot_runtime.config import build_config
from robot_runtime.messages import Detections, People, SimState
from robot_runtime.nodes import NODES, Settings
from robot_runtime.perceive import perceive
from robot_runtime.perceive.perceive import Perceive

ROW = next(node for node in NODES if node.name == "perceive")


class FakeEyes:
    def __init__(self, home: str, scenario_file: str) -> None:
        self.home = home

    def look(self, state: SimState, now_s: float) -> tuple[Detections, People]:
        return Detections(state.stamp_s, "fake", 320, 240, ()), People(state.stamp_s, "fake", ())


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> Perceive:
    loaded: list[str] = []

    def load(path: str) -> type[FakeEyes]:
        loaded.append(path)
        return FakeEyes

    monkeypatch.setattr(perceive, "load_class", load)
    made = Perceive(Perceive.Config(backend="oracle", home="somewhere"))
    assert loaded == ["sim.oracle:OracleEyes"]
    return made


def state(stamp_s: float) -> SimState:
    return SimState(stamp_s, (), (), (), (), ())


def test_nothing_is_published_before_there_is_something_to_see(eyes: Perceive) -> None:
    assert eyes.step({}, 0.0) == []


def test_the_newest_state_is_looked_at(eyes: Perceive) -> None:
    outbox = eyes.step({"sim/state": [state(1.0), state(1.1)]}, 1.15)
    assert [topic for topic, _ in outbox] == ["detections", "people"]
    assert all(message.stamp_s == 1.1 for _, message in outbox)


def test_an_old_state_gives_silence_not_an_empty_room(eyes: Perceive) -> None:
    eyes.step({"sim/state": [state(1.0)]}, 1.0)
    assert len(eyes.step({}, 1.2)) == 2
    assert eyes.step({}, 1.21) == []


def test_reset_forgets(eyes: Perceive) -> None:
    eyes.step({"sim/state": [state(1.0)]}, 1.0)
    eyes.reset()
    assert eyes.step({}, 1.05) == []


def test_an_unknown_backend_gets_a_suggestion() -> None:
    with pytest.raises(ValueError, match="unknown backend 'oracel', did you mean 'oracle'"):
        Perceive.Config(backend="oracel")


def test_a_robot_sees_by_its_pictures_unless_it_is_told_otherwise() -> None:
    assert Perceive.Config().backend == "cnn"
    assert build_config(ROW, Settings(), {}).backend == "cnn"
    assert build_config(ROW, Settings.for_simulation(), {}).backend == "oracle"
