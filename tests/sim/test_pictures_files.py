"""The folder of training pictures: the same again from the same seed, whole after an interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from models.eyes.render import main
from models.eyes.settings import CLASSES
from sim.renderer import FAST, Renderer
from tests import opengl

COUNTS = ["--seed", "4", "--train", "6", "--val", "3", "--per-home", "3", "--processes", "1"]
LABELS = ("labels", "annotations", "people", "places")

pytestmark = [pytest.mark.long, pytest.mark.timeout(500)]  # it shares its processor with other tests


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pictures") / "out"
    with opengl.needed():
        Renderer("sim/homes/family_home", 32, 32, FAST)
    assert main(["--out", str(out), *COUNTS, "--sheet", str(out / "sheet.jpg")]) == 0
    return out


def contents(out: Path) -> dict[str, bytes]:
    files = (path for name in (*LABELS, "images") for path in (out / name).rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def test_layouts_agree_with_each_other(folder: Path) -> None:
    for name, count in (("train", 6), ("val", 3)):
        coco = json.loads((folder / "annotations" / f"{name}.json").read_text())
        assert len(coco["images"]) == count
        assert [category["name"] for category in coco["categories"]] == list(CLASSES)
        for image in coco["images"]:
            picture = cv2.imread(str(folder / image["file_name"]))
            assert picture is not None and picture.shape == (480, 640, 3)
            lines = (folder / "labels" / name / Path(image["file_name"]).with_suffix(".txt").name).read_text().splitlines()
            own = [a for a in coco["annotations"] if a["image_id"] == image["id"] and not a["ignore"]]
            assert len(lines) == len(own)
            for line, annotation in zip(lines, own, strict=True):
                class_id, x, y, width, height = map(float, line.split())
                assert class_id == annotation["category_id"] - 1
                box = [(x - width / 2) * 640, (y - height / 2) * 480, width * 640, height * 480]
                assert box == pytest.approx(annotation["bbox"], abs=0.01)
        people = json.loads((folder / "people" / f"{name}.json").read_text())
        persons = [a for a in coco["annotations"] if a["category_id"] == 1 and not a["ignore"]]
        assert len(people) == len(persons)
        assert all(row["age_group"] in ("child", "adult", "elderly") and isinstance(row["faces_camera"], bool) for row in people)
        rows = [json.loads(line) for line in (folder / "places" / f"{name}.jsonl").read_text().splitlines()]
        assert sum(len(row["labels"]) for row in rows) == len(coco["annotations"])


def test_the_manifest_names_homes_that_differ(folder: Path) -> None:
    homes = json.loads((folder / "manifest.json").read_text())["homes"]
    assert len(homes["train"]) == 2 and len(homes["val"]) == 1
    assert not set(homes["train"].values()) & set(homes["val"].values())


def test_the_contact_sheet_is_a_picture(folder: Path) -> None:
    sheet = cv2.imread(str(folder / "sheet.jpg"))
    assert sheet is not None and sheet.shape[:2] == (4 * 480, 6 * 640)


def test_a_killed_run_goes_on_and_ends_with_the_same_labels(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "models.eyes.render", "--out", str(out), *COUNTS]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 200
    while not list((out / "records").glob("*.json")) and time.monotonic() < deadline:  # wait for the first home
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    finished = {path: path.stat().st_mtime_ns for path in (out / "records").glob("*.json")}
    assert finished and not (out / "manifest.json").exists()
    (out / "images" / "train" / "half.jpg.1.part").write_bytes(b"half")

    assert main(["--out", str(out), *COUNTS]) == 0
    assert contents(out) == contents(folder)
    assert all(path.stat().st_mtime_ns == then for path, then in finished.items())  # done homes are not made again


def test_a_damaged_picture_is_made_again(folder: Path) -> None:
    before = contents(folder)
    (folder / "images" / "val" / "0000_001.jpg").write_bytes(before["images/val/0000_001.jpg"][:900])
    assert main(["--out", str(folder), *COUNTS]) == 0
    assert contents(folder) == before


def test_other_settings_are_refused_and_nothing_is_touched(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(folder)
    assert main(["--out", str(folder), *COUNTS[2:], "--seed", "5"]) == 2
    assert "choose another folder" in capsys.readouterr().err
    assert contents(folder) == before
