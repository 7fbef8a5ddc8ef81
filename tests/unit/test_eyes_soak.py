"""What the eyes keep stays small however long they run, and the soak that measures it would notice if it did not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robot_runtime.bench.eyes_pictures import Moment, of_samples
from robot_runtime.bench.eyes_soak import MOST_GROWN_MIB, Soak, show, soak
from robot_runtime.cli import main
from robot_runtime.perceive.boxes import Bgr, Boxes
from robot_runtime.perceive.cnn import CnnEyes
from robot_runtime.perceive.colours import Colours
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.perceive.crops import PersonLook
from robot_runtime.perceive.measures import Measures
from tests.unit.tiny_networks import save_brightest

CROWD = 6


class Crowd:
    """Other people and things in every picture, each of them sure."""

    class_names = ("person", "cup")
    hash = "feedbeeffeedbeef"
    provider = "cpu"

    def __init__(self) -> None:
        self._rng = np.random.default_rng(1)

    def detect(self, pictures: Sequence[Bgr]) -> list[Boxes]:
        low = self._rng.uniform((0, 0), (280, 120), (CROWD, 2))
        high = low + self._rng.uniform(20, 100, (CROWD, 2))
        return [Boxes(np.hstack([low, high - low]).astype(np.float32), np.full(CROWD, 0.9, np.float32), np.arange(CROWD) % 2)]

    def classify(self, picture: Bgr, boxes: Boxes, measures: Measures | None = None) -> list[PersonLook]:
        return [PersonLook(self._rng.dirichlet((1.0, 1.0, 1.0)), 0.9) for _ in boxes.scores]


def moments() -> list[Moment]:
    return [replace(one, base=(0.3 * k, 0.0, 0.5 * k)) for k, one in enumerate(of_samples(Path("none.onnx"), ()))]


def eyes() -> CnnEyes:
    crowd = Crowd()
    return CnnEyes(PerceiveConfig(backend="cnn"), crowd, crowd)


@pytest.fixture(scope="module")
def found() -> Soak:
    return soak(eyes(), moments(), pictures=140)


@pytest.mark.long
def test_strangers_in_every_picture_fill_nothing(found: Soak) -> None:
    """In less than a minute hundreds come and go."""
    assert found.people > 60 and found.things > 60
    bounds = {"_people._people": 24, "_tracker._tracks": 15 * CROWD, "_colours._votes": 15 * CROWD, "_tracker._counts": 2, "_voices": 100}
    for name, bound in bounds.items():
        assert 0 < max(found.kept[name]) <= bound, name
    for name, (first, second) in found.kept.items():
        assert second <= 1.25 * first + 10, name


@pytest.mark.long
def test_bad_pictures_are_refused_and_lost_ones_are_not_waited_for(found: Soak) -> None:
    assert found.refused > 7
    assert found.looked_at + found.refused < found.pictures
    assert found.looked_at > 0.8 * found.pictures


@pytest.mark.long
def test_what_nobody_forgets_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Colours, "keep", lambda *_: None)
    first, second = soak(eyes(), moments(), pictures=80).kept["_colours._votes"]
    assert second > 1.25 * first + 10


@pytest.mark.parametrize(("grown_mib", "code"), [(-3.0, 0), (MOST_GROWN_MIB - 0.1, 0), (MOST_GROWN_MIB + 0.1, 1)])
def test_memory_that_grows_is_a_failure(grown_mib: float, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    run = Soak(9000, 8000, 500, 30, 40, 300.0, 100.0, 120.0, 120.0 + grown_mib, {"_tracks": (3, 9)})
    assert show(run, as_json=False) == code
    assert ("NOT flat" in capsys.readouterr().out) == bool(code)
    assert show(run, as_json=True) == code
    assert json.loads(capsys.readouterr().out)["grown_mib"] == pytest.approx(grown_mib)


def test_the_command_runs_networks_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "eyes.yaml").write_text("layout: yolo\nclass_names: [red, blue]\n", encoding="utf-8")
    model = save_brightest(tmp_path / "eyes.onnx")
    arguments = ["bench", "eyes", "--soak", "0.2", "--detector", str(model), "--people", "", "--threads", "1"]
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["looked_at"] >= 30
    arguments[3] = "0"
    assert main(arguments) == 2
