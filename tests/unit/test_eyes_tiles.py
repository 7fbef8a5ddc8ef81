"""Tiles cut out of pictures: nothing that can be seen is lost, and labels stay on what they label."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.eyes import tiles
from models.eyes.settings import CLASSES

WIDTH, HEIGHT, SIDE = 640, 480, 320
boxes_of_things = st.lists(
    st.tuples(st.floats(0, 600), st.floats(0, 440), st.floats(6, 300), st.floats(6, 300)).map(
        lambda box: (box[0], box[1], min(box[0] + box[2], WIDTH), min(box[1] + box[3], HEIGHT))
    ),
    max_size=12,
).map(lambda found: np.array(found, float).reshape(-1, 4))


@given(boxes_of_things, st.integers(0, 1000))
def test_every_tile_lies_in_the_picture_and_shows_a_thing(boxes: np.ndarray, seed: int) -> None:
    corners = list(tiles.tiles(boxes, WIDTH, HEIGHT, SIDE, np.random.default_rng(seed)))
    assert len(corners) <= tiles.MOST_TILES
    for left, top in corners:
        assert 0 <= left <= WIDTH - SIDE and 0 <= top <= HEIGHT - SIDE
        assert tiles.shares(boxes, left, top, SIDE).max() > 0.8


@given(boxes_of_things.filter(len), st.integers(0, 1000))
def test_a_picture_with_one_thing_gets_one_tile_and_one_with_things_gets_some(boxes: np.ndarray, seed: int) -> None:
    assert len(list(tiles.tiles(boxes[:1], WIDTH, HEIGHT, SIDE, np.random.default_rng(seed)))) == 1
    assert list(tiles.tiles(boxes, WIDTH, HEIGHT, SIDE, np.random.default_rng(seed)))


def test_what_fills_more_than_a_tile_fills_its_tile() -> None:
    wide = np.array([[0.0, 100, 640, 200]])
    ((left, top),) = tiles.tiles(wide, WIDTH, HEIGHT, SIDE, np.random.default_rng(3))
    (cut,) = tiles.cut_to_tile(wide, left, top, SIDE).tolist()
    assert cut == [0, 100 - top, SIDE, 200 - top]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One home with three pictures: a white thing on black, one that is ignored, and nothing at all."""
    folder = tmp_path / "pictures"
    (folder / "records").mkdir(parents=True)
    (folder / "images" / "train").mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps({"width_px": WIDTH, "height_px": HEIGHT}))
    pictures = []
    for k, ignore in enumerate((False, True, None)):
        name, picture = f"images/train/0000_{k:03d}.jpg", np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        labels = [] if ignore is None else [{"class_id": 7, "box_px": [400, 300, 60, 40], "ignore": ignore}]
        if labels:
            picture[300:340, 400:460] = 255
        cv2.imwrite(str(folder / name), picture)
        pictures.append({"file": name, "labels": labels})
    (folder / "records" / "train-0000.json").write_text(json.dumps({"pictures": pictures}))
    return folder


def test_labels_are_on_what_they_label(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "WHOLE_SHARE", 1.0)
    for picture in json.loads((data / "records" / "train-0000.json").read_text())["pictures"]:
        tiles.cut_picture(data, tmp_path / "out", SIDE, 1, picture)
    found = {file.stem: file.read_text() for file in sorted((tmp_path / "out" / "labels" / "train").glob("*.txt"))}
    assert set(found) == {"0000_000_1", "0000_000_whole", "0000_001_whole", "0000_002_whole"}
    assert found["0000_001_whole"] == found["0000_002_whole"] == ""
    for stem in ("0000_000_1", "0000_000_whole"):
        picture = cv2.imread(str(tmp_path / "out" / "images" / "train" / f"{stem}.jpg"), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        (id_, *shares) = map(float, found[stem].split())
        x, y, width, height = np.array(shares) * (picture.shape[::-1] * 2)
        rows, columns = np.nonzero(picture > 128)
        assert id_ == 7
        assert [columns.min(), columns.max() + 1] == pytest.approx([x - width / 2, x + width / 2], abs=1.01)
        assert [rows.min(), rows.max() + 1] == pytest.approx([y - height / 2, y + height / 2], abs=1.01)


def test_the_folder_is_one_that_yolo_reads(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "tiles"
    assert tiles.main(["--data", str(data), "--out", str(out), "--processes", "1"]) == 0
    described = yaml.safe_load((out / "data.yaml").read_text())
    assert tuple(described["names"].values()) == CLASSES
    assert (out / described["train"]).is_dir()
    assert (out / described["val"]).resolve() == (data / "images" / "val").resolve()
    assert f"{len(list((out / 'images' / 'train').iterdir()))} tiles" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--size", "500"), "--size 500: the pictures have 640 x 480 pixels"),
        (("--data", "nowhere"), "nowhere: holds no records/train-*.json"),
        (("--out", "."), ".: is not empty"),
    ],
)
def test_what_cannot_be_done_is_said(
    data: Path, tmp_path: Path, words: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tiles.main(["--data", str(data), "--out", str(tmp_path / "out"), *words]) == 2
    assert capsys.readouterr().err.startswith(f"tiles: {complaint}")
