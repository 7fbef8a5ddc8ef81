"""``robot-runtime see``: pictures in, lines and pictures with boxes out, and one line for whatever cannot be looked at."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from robot_runtime import model_catalogue as catalogue
from robot_runtime.cli import main
from robot_runtime.paths import ROOT
from robot_runtime.perceive.boxes import Bgr
from tests.unit.tiny_networks import save

PERSON = (10.0, 20.0, 30.0, 40.0)  # left, top, width, height in the input of 64 x 64
CUP = (40.0, 8.0, 16.0, 16.0)
AGE_LOGITS = (4.0, 1.0, 1.0)
SIZE_PX = 64


def as_row(ltwh: tuple[float, float, float, float], scores: tuple[float, float]) -> list[float]:
    left, top, width, height = ltwh
    return [left + width / 2, top + height / 2, width, height, *scores]


@pytest.fixture
def networks(tmp_path: Path) -> list[str]:
    """Flags that name a detector, which sees a person and a cup everywhere, and a classifier, which sees a child who looks here."""
    rows = np.array([[as_row(PERSON, (0.9, 0.0)), as_row(CUP, (0.0, 0.4))]], np.float32)
    detector = save(tmp_path / "detector.onnx", {"output0": rows.transpose(0, 2, 1)})
    detector.with_suffix(".yaml").write_text("layout: yolo\nclass_names: [person, cup]\n")
    looks = {"age": np.array([AGE_LOGITS], np.float32), "facing": np.array([[2.0]], np.float32)}
    people = save(tmp_path / "people.onnx", looks, size_px=(32, 64))
    people.with_suffix(".yaml").write_text("age: {output: age}\nfacing: {output: facing}\n")
    return ["--detector", str(detector), "--people", str(people)]


def picture(height_px: int = SIZE_PX, width_px: int = SIZE_PX) -> Bgr:
    ramp = np.add.outer(np.arange(height_px).astype(np.uint8), np.arange(width_px).astype(np.uint8))
    return np.stack([ramp, ramp // 2, 255 - ramp], axis=2)


def saved(path: Path, pixels: Any = None) -> str:
    path.parent.mkdir(exist_ok=True)
    assert cv2.imwrite(str(path), picture() if pixels is None else pixels)
    return str(path)


def loaded(path: Path | str) -> Bgr:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def see(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    status = main(["see", "--json", *arguments])
    out, err = capsys.readouterr()
    return status, [json.loads(line) for line in out.splitlines()], err


def test_a_line_tells_things_people_and_networks(tmp_path: Path, networks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    file = saved(tmp_path / "room.png", picture(128, 128))  # twice the input: boxes are in pixels of the picture
    status, (line,), err = see(capsys, *networks, file)
    assert (status, err) == (0, "")
    assert (line["file"], line["width_px"], line["height_px"]) == (file, 128, 128)
    assert line["detections"] == [
        {"label": "person", "score": 0.9, "box_px": [20.0, 40.0, 60.0, 80.0]},
        {"label": "cup", "score": 0.4, "box_px": [80.0, 16.0, 32.0, 32.0]},
    ]
    (person,) = line["people"]
    shares = np.exp(AGE_LOGITS) / np.exp(AGE_LOGITS).sum()
    assert person["box_px"] == [20.0, 40.0, 60.0, 80.0]
    assert (person["age_group"], person["age_confidence"]) == ("child", pytest.approx(shares[0], abs=1e-4))
    assert list(person["age_probabilities"]) == ["child", "adult", "elderly"]
    assert list(person["age_probabilities"].values()) == pytest.approx(shares, abs=1e-4)
    assert (person["facing"], person["facing_probability"]) == (True, pytest.approx(1 / (1 + np.exp(-2)), abs=1e-4))
    assert {name: len(model["sha256"]) for name, model in line["models"].items()} == {"detector": 64, "people": 64}
    assert line["latency_ms"] > 0


def test_text_for_people(tmp_path: Path, networks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    file = saved(tmp_path / "room.png")
    assert main(["see", *networks, file]) == 0
    assert capsys.readouterr().out.startswith(f"{file}: 64 x 64: person 0.90, child 0.91, looks here; cup 0.40, ")


def test_numbers_that_are_none_are_null_and_nobodys_age(tmp_path: Path, networks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    broken = save(
        tmp_path / "broken.onnx",
        {"age": np.full((1, 3), np.nan, np.float32), "facing": np.full((1, 1), np.nan, np.float32)},
        size_px=(32, 64),
    )
    broken.with_suffix(".yaml").write_text("age: {output: age}\nfacing: {output: facing}\n")
    _, (line,), _ = see(capsys, *networks, "--people", str(broken), saved(tmp_path / "room.png"))
    (person,) = line["people"]
    assert (person["age_group"], person["age_confidence"], person["facing"], person["facing_probability"]) == ("unknown", None, None, None)


def test_a_threshold_and_no_second_network(tmp_path: Path, networks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    file = saved(tmp_path / "room.png")
    _, (high,), _ = see(capsys, *networks, "--threshold", "0.5", "--people", "none", file)
    assert [found["label"] for found in high["detections"]] == ["person"]
    assert high["people"] == [{"box_px": [10.0, 20.0, 30.0, 40.0], "score": 0.9}]
    assert list(high["models"]) == ["detector"]
    assert main(["see", *networks, "--threshold", "1", file]) == 2


@pytest.mark.parametrize(
    "draw",
    [
        lambda: picture()[:, :, 0],
        lambda: picture().astype(np.uint16) * 257,
        lambda: picture()[:, :, 0].astype(np.uint16) * 257,
        lambda: np.dstack([picture(), np.full((SIZE_PX, SIZE_PX), 99, np.uint8)]),
        lambda: picture(1, 1),
        lambda: picture(4320, 7680),
    ],
    ids=["grey", "16 bits", "grey with 16 bits", "alpha", "one pixel", "8k"],
)
def test_unusual_pictures_are_looked_at(
    tmp_path: Path, networks: list[str], capsys: pytest.CaptureFixture[str], draw: Callable[[], Any]
) -> None:
    pixels = draw()
    status, (line,), _ = see(capsys, *networks, saved(tmp_path / "odd.png", pixels), "--out", str(tmp_path / "drawn.png"))
    assert (status, [line["height_px"], line["width_px"]]) == (0, list(pixels.shape[:2]))
    assert loaded(tmp_path / "drawn.png").shape == (*pixels.shape[:2], 3)


def test_bad_files_are_named_and_the_others_are_seen(tmp_path: Path, networks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    good = saved(tmp_path / "good.jpg", picture(240, 320))
    whole = Path(good).read_bytes()
    bad = [tmp_path / name for name in ("missing.jpg", "cut.jpg", "empty.png", "text.jpg", "folder")]
    bad[1].write_bytes(whole[: len(whole) // 2])
    bad[2].write_bytes(b"")
    bad[3].write_text("no picture at all")
    bad[4].mkdir()
    status, lines, err = see(capsys, *networks, *map(str, bad), good)
    assert status == 2
    assert [line["file"] for line in lines] == [*map(str, bad), good]
    assert ["error" in line for line in lines] == [True] * 5 + [False]
    told = [line for line in err.splitlines() if line.startswith("robot-runtime see: ")]
    assert [str(file) in line and line.count(str(file)) == 1 for file, line in zip(bad, told, strict=True)] == [True] * 5


def test_pictures_with_boxes(tmp_path: Path, networks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    one, same = saved(tmp_path / "a" / "room.png"), saved(tmp_path / "b" / "room.png")
    _, lines, _ = see(capsys, *networks, one, same, "--out", str(tmp_path / "out" / "deep"))
    kept = [tmp_path / "out" / "deep" / name for name in ("room_seen.jpg", "room_seen_2.jpg")]
    assert [line["out"] for line in lines] == [str(file) for file in kept]
    single = tmp_path / "single.png"
    see(capsys, *networks, one, "--out", str(single))
    changed = (loaded(single) != picture()).any(axis=2)
    left, top, width, height = (int(value) for value in PERSON)
    assert changed[top + height - 1, left : left + width].all(), "the lower side of the box lies on the outermost pixels"
    assert not changed[top + height, left : left + width].any()
    assert (loaded(one) == picture()).all()


def test_no_picture_is_written_over(tmp_path: Path, networks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    file = saved(tmp_path / "room.png")
    assert main(["see", *networks, file, "--out", file]) == 2
    assert main(["see", *networks, file, file, "--out", str(tmp_path / "x.png")]) == 2
    assert main(["see", *networks, file, "--out", f"{file}/below"]) == 1
    assert [line.count("--out") + line.count("cannot be written") for line in capsys.readouterr().err.splitlines()] == [1, 1, 1]
    assert (loaded(file) == picture()).all()


def test_a_missing_network_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(catalogue.FOLDER_VARIABLE, str(tmp_path))
    file = saved(tmp_path / "room.png")
    assert main(["see", "--detector", str(tmp_path / "no.onnx"), file]) == 2
    assert main(["see", "--detector", "yolox-s", file]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "no.onnx" in first and "robot-runtime models pull yolox-s" in first
    assert "robot-runtime models pull yolox-s" in second


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give pictures, or a camera"),
        (["a.png", "--camera", "0"], "give pictures, or a camera"),
        (["a.png", "--show"], "--show is for a camera"),
        (["a.png", "--limit", "3"], "--limit is for a camera"),
        (["--camera", "0", "--out", "x"], "--out is for pictures"),
        (["--camera", "0", "--size", "big"], "--size big: expected such as 640x480"),
        (["--camera", "0", "--size", "1x1"], "width_px"),
        (["--camera", "nothing.mp4"], "nothing.mp4: no such picture or video"),
    ],
)
def test_what_does_not_go_together(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["see", *arguments]) == 2
    err = capsys.readouterr().err
    assert told in err and err.count("\n") == 1


# ---------------------------------------------------------------- live


def video(path: Path) -> str:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, (SIZE_PX, SIZE_PX))  # type: ignore[attr-defined]
    for _ in range(30):
        writer.write(picture())
    writer.release()
    return str(path)


def test_a_video_is_seen_picture_by_picture(tmp_path: Path, networks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    file = video(tmp_path / "walk.avi")
    status, lines, _ = see(capsys, *networks, "--camera", file, "--size", "128x128", "--limit", "2")
    assert status == 0
    assert [(line["camera"], line["width_px"]) for line in lines] == [(f"file:{file}", 128)] * 2
    assert lines[0]["detections"][1]["box_px"] == [80.0, 16.0, 32.0, 32.0]


def test_a_missing_camera_is_one_line(networks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["see", *networks, "--camera", "250", "--json"]) == 1
    assert capsys.readouterr().err.startswith("robot-runtime see: no camera at /dev/video250; found: ")


def test_without_a_display_it_says_so(
    tmp_path: Path, networks: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert main(["see", *networks, "--camera", video(tmp_path / "walk.avi"), "--show"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("robot-runtime see: --show needs ") and err.count("\n") == 1


def test_the_password_of_a_camera_is_not_told(networks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["see", *networks, "--camera", "http://me:secret@127.0.0.1:9/video", "--json"]) == 1
    out, err = capsys.readouterr()
    assert "secret" not in out + err
    assert "http://127.0.0.1:9/…" in err.splitlines()[-1]


def test_ctrl_c_ends_cleanly(tmp_path: Path, networks: list[str]) -> None:
    command = [sys.executable, "-m", "robot_runtime.cli", "see", *networks, "--camera", video(tmp_path / "walk.avi"), "--json"]
    environment = {name: value for name, value in os.environ.items() if name != "_ROS_WHEELS_BOOTSTRAP_COMPLETE"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline())["people"]
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert all(json.loads(line)["people"] for line in rest.splitlines()), "no line was cut"


class FakeTk:
    """Stands in for tkinter: counts pictures, and its user closes the window after the third."""

    TclError = RuntimeError

    def __init__(self) -> None:
        self.shown: list[bytes] = []
        self.destroyed = 0

    def Tk(self) -> FakeTk:  # noqa: N802 (tkinter's own names)
        return self

    def Label(self, root: Any) -> FakeTk:  # noqa: N802
        return self

    def PhotoImage(self, master: Any, data: bytes, format: str) -> bytes:  # noqa: N802
        return data

    def configure(self, image: bytes) -> None:
        self.shown.append(image)

    def protocol(self, name: str, callback: Any) -> None:
        self._on_closed = callback

    def update(self) -> None:
        if len(self.shown) == 3:
            self._on_closed()

    def destroy(self) -> None:
        self.destroyed += 1

    def pack(self) -> None: ...

    def title(self, text: str) -> None: ...


def test_a_window_shows_boxes_until_it_is_closed(
    tmp_path: Path, networks: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeTk()
    monkeypatch.setitem(sys.modules, "tkinter", fake)
    assert main(["see", *networks, "--camera", saved(tmp_path / "room.png"), "--size", "64x64", "--show"]) == 0
    assert (len(fake.shown), fake.destroyed) == (3, 1)
    head, pixels = b"P6 64 64 255\n", SIZE_PX * SIZE_PX * 3
    assert fake.shown[0].startswith(head) and len(fake.shown[0]) == len(head) + pixels
    assert fake.shown[0] != head + picture()[:, :, ::-1].tobytes(), "boxes are drawn"
    assert capsys.readouterr().out == ""


def test_the_networks_that_ship_look_without_further_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["see", str(ROOT / "models/eyes/shipped/samples/home_1.jpg"), "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert seen["detections"] and all(box["score"] >= 0.25 for box in seen["detections"])
