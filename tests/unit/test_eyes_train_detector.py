"""How the training of the detector is started: a stand-in for ultralytics' command notes what it was told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from models.eyes import train_detector, yolo_tool

_COMMAND = """#!{python}
import json, os, pathlib, sys
told = {{"words": sys.argv[1:], "folder": os.getcwd(), "offline": os.environ["YOLO_OFFLINE"], "install": os.environ["YOLO_AUTOINSTALL"]}}
pathlib.Path({note!r}).write_text(json.dumps(told))
sys.exit({status})
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "data.yaml").write_text("path: .\n")
    return folder


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int = 0) -> Path:
    note, command = tmp_path / "told.json", tmp_path / "yolo"
    command.write_text(_COMMAND.format(python=sys.executable, note=str(note), status=status))
    command.chmod(0o755)
    monkeypatch.setattr(yolo_tool, "_command", lambda: str(command))
    return note


def run(data: Path, *words: str) -> int:
    return train_detector.main(["--data", str(data), "--out", str(data.parent / "out"), *words])


def begun(data: Path, epochs_done: int) -> None:
    folder = data.parent / "out" / train_detector.NAME
    (folder / "weights").mkdir(parents=True)
    (folder / "weights" / "last.pt").touch()
    (folder / "args.yaml").write_text("epochs: 3\n")
    (folder / "results.csv").write_text("epoch,loss\n" + "".join(f"{k},1.0\n" for k in range(epochs_done)))


def test_it_trains_from_nothing_offline_with_the_floor_below(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = stand_in(data.parent, monkeypatch)
    assert run(data, "--epochs", "60", "--set", "lr0=0.005") == 0
    told = json.loads(note.read_text())
    words = set(told["words"])
    assert {"detect", "train", "pretrained=False", "model=yolo11n.yaml", "flipud=0.0", "close_mosaic=10", "deterministic=True"} <= words
    assert "lr0=0.005" in words
    assert "lr0=0.002" not in words
    assert (told["offline"], told["install"], told["folder"]) == ("1", "false", str(data))


def test_another_training_may_begin_with_its_weights(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    note, weights = stand_in(data.parent, monkeypatch), data.parent / "tiles.pt"
    with pytest.raises(SystemExit):
        run(data, "--from", str(weights))
    assert f"--from {weights}: there is no such file" in capsys.readouterr().err
    weights.touch()
    assert run(data, "--from", str(weights), "--size", "640", "--rate", "0.0005") == 0
    assert {f"model={weights}", "pretrained=True", "imgsz=640", "lr0=0.0005"} <= set(json.loads(note.read_text())["words"])


def test_it_goes_on_where_it_was_interrupted(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = stand_in(data.parent, monkeypatch)
    begun(data, epochs_done=2)
    assert run(data, "--resume") == 0
    assert "resume=True" in json.loads(note.read_text())["words"]


@pytest.mark.parametrize(
    ("epochs_done", "words", "said"), [(3, ["--resume"], "finished"), (1, [], "--resume goes on"), (None, ["--resume"], "no last.pt")]
)
def test_what_makes_no_sense_is_refused_before_anything_runs(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    epochs_done: int | None,
    words: list[str],
    said: str,
) -> None:
    note = stand_in(data.parent, monkeypatch)
    if epochs_done is not None:
        begun(data, epochs_done)
    assert run(data, *words) == 2
    assert said in capsys.readouterr().err
    assert not note.exists()


def test_weights_of_others_and_half_settings_are_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(data, "--model", "yolo11n.pt")
    assert run(data, "--set", "lr0") == 2
    assert "key=value" in capsys.readouterr().err


def test_a_failure_of_the_command_is_told_in_one_line(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(data.parent, monkeypatch, status=1)
    assert run(data) == 2
    assert capsys.readouterr().err == "train_detector: `yolo detect train` failed; what it said is above\n"
