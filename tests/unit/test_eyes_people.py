"""What the network over people's crops is trained on: the crops, and what a robot would measure of people whose place is known."""

from __future__ import annotations

import importlib.util
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.eyes.people_data import HEIGHT_PX, WIDTH_PX, Cutter, Somebody, is_for_calibration, load
from models.eyes.people_signs import COLUMNS as SIGNS
from models.eyes.people_signs import Shown
from models.eyes.people_variety import boxed_by_a_detector, varied
from models.eyes.views import lens_of, nominal_view, shaken
from models.eyes.whereabouts import any_way, measured
from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.measures import COLUMNS, column

SIZE, FOCAL_PX = (320, 240), 208.5
LENS = lens_of(*SIZE, FOCAL_PX)
TAKEN: dict[str, Any] = {"base": [2.0, 1.0, 0.0], "joints": {"head_pan": 0.0, "head_tilt": 0.15}}
VIEW = nominal_view(TAKEN, LENS)
HEIGHTS_M = {"child": 1.2, "adult": 1.75, "elderly": 1.65}


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def standing(height_m: float, ahead_m: float = 3.0, aside_m: float = 0.0) -> tuple[list[int], list[float]]:
    """The box of somebody, and where they stand."""
    spot = [TAKEN["base"][0] + ahead_m, TAKEN["base"][1] + aside_m, 0.0]
    head, foot = VIEW.project(np.array([[*spot[:2], height_m], spot]))
    tall = foot[1] - head[1]
    return [round(head[0] - tall / 8), round(head[1]), round(tall / 4), round(tall)], spot


def write_set(folder: Path, set_name: str, homes: int, of_each: int = 1) -> None:
    """Grey pictures with somebody of each age, whose hair tells it."""
    people, places = [], []
    for name in ("people", "places", f"images/{set_name}"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for home in range(homes):
        for k, (group, height_m) in enumerate([*HEIGHTS_M.items()] * of_each):
            box, spot = standing(height_m, 2.5 + 0.1 * k)
            picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
            left, top, width, height = box
            picture[top : top + height, left : left + width] = 50 + 60 * (k % 3)
            file = f"images/{set_name}/{home:04d}_{k:03d}.png"
            cv2.imwrite(str(folder / file), picture)
            label = {"class_name": "person", "box_px": box, "place_m": spot}
            places.append({"file": file, "focal_px": FOCAL_PX, **TAKEN, "labels": [label]})
            people.append({"file": file, "box_px": box, "age_group": group, "faces_camera": bool((home + k) % 2)})
    (folder / "settings.json").write_text(json.dumps({"width_px": SIZE[0], "height_px": SIZE[1]}))
    (folder / "people" / f"{set_name}.json").write_text(json.dumps(people))
    (folder / "places" / f"{set_name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in places))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    write_set(folder, "train", homes=2, of_each=2)
    write_set(folder, "val", homes=2)
    return folder


@pytest.fixture
def people(data: Path) -> list[Somebody]:
    return load(data, "train")


def test_everybody_is_loaded_with_the_view_and_place_of_their_picture(people: list[Somebody]) -> None:
    assert len(people) == 12
    for one in people:
        assert one.place_m[0] >= 4.5
        assert one.around[int(one.ltwh_px[1]) + 2, int(one.ltwh_px[0]) + 2, 0] == 50 + 60 * one.age
        assert (one.view.pose.position_m == VIEW.pose.position_m).all()


def test_files_that_do_not_belong_together_are_told(data: Path, tmp_path: Path) -> None:
    write_set(tmp_path, "train", homes=1)
    places = tmp_path / "places" / "train.jsonl"
    rows = places.read_text().splitlines()
    places.write_text(rows[0] + "\n")
    with pytest.raises(ValueError, match=r"places/train.jsonl does not tell from where images/train/0000_001.png was taken"):
        load(tmp_path, "train")
    places.write_text("\n".join([rows[0].replace('"box_px": [', '"box_px": [9'), *rows[1:]]))
    with pytest.raises(ValueError, match="nobody in places stands in the box"):
        load(tmp_path, "train")


def test_what_judges_is_the_robots_crop_with_the_height_of_everybody(people: list[Somebody]) -> None:
    batch = Cutter(len(people)).judged(people, "depth", rng())
    assert batch.crops.shape == (12, 3, HEIGHT_PX, WIDTH_PX)
    assert batch.measures.shape == (12, len(COLUMNS))
    assert np.isnan(batch.signs).all()  # whole pictures tell none
    for one, top_m in zip(people, column(batch.measures, "top_m"), strict=True):
        assert top_m == pytest.approx(HEIGHTS_M[GROUPS[one.age].value], abs=0.25)
    assert batch.ages.tolist() == [one.age for one in people]


def test_what_is_learned_from_differs_each_time_and_is_the_same_from_the_same_seed(people: list[Somebody]) -> None:
    chance = rng()
    cutter = Cutter(len(people))
    first, second, again = cutter.learned(people, chance), cutter.learned(people, chance), cutter.learned(people, rng())
    assert (first.crops != second.crops).any()
    assert (first.measures != second.measures).any()
    assert (first.crops == again.crops).all()
    assert (first.measures == again.measures).all()


def test_all_that_a_robot_may_not_know_occurs_in_training() -> None:
    chance = rng()
    ways = [any_way(chance) for _ in range(2000)]
    shares = {way: ways.count(way) / len(ways) for way in ways}
    assert shares == pytest.approx({"depth": 0.6, "floor": 0.2, "direction": 0.08, "nothing": 0.12}, abs=0.05)


def test_each_way_of_knowing_a_place_gives_the_measures_of_that_way() -> None:
    box, spot = standing(1.75)
    rows = {
        way: measured(VIEW, np.array(box, np.float32), np.array(spot), way, rng()) for way in ("depth", "floor", "direction", "nothing")
    }
    known = {way: [float(column(row, name)[0]) for name in ("view", "place", "by_depth", "floor")] for way, row in rows.items()}
    assert known == {"depth": [1, 1, 1, 1], "floor": [1, 1, 0, 1], "direction": [1, 0, 0, 1], "nothing": [0, 0, 0, 0]}
    assert column(rows["floor"], "top_m")[0] == pytest.approx(1.75, abs=0.05)


def test_depth_errs_along_the_line_of_sight_mostly_little_and_at_times_much() -> None:
    box, spot = standing(1.75)
    chance = rng()
    found = np.concatenate([measured(VIEW, np.array(box, np.float32), np.array(spot), "depth", chance) for _ in range(600)])
    off_m = np.abs(column(found, "distance_m") - np.median(column(found, "distance_m")))
    assert np.median(off_m) < 0.1
    assert 0.01 < (off_m > 0.4).mean() < 0.1
    assert column(found, "place").all()


def test_a_shaken_view_is_near_the_nominal_one() -> None:
    chance = rng()
    views = [shaken(VIEW, chance) for _ in range(200)]
    pixels = np.array([view.project(np.array([[5.0, 1.0, 1.0]]))[0] for view in views])
    assert 0.5 < pixels[:, 1].std() < 3.0
    assert pixels[:, 0].std() < 0.1
    assert all(np.allclose(view.pose.rotation @ view.pose.rotation.T, np.eye(3)) for view in views)


def test_a_picture_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no number"):
        nominal_view({**TAKEN, "base": [math.nan, 0.0, 0.0]}, LENS)


def test_a_side_at_the_border_stays_there_and_others_move() -> None:
    chance = rng()
    box = np.array([0, 20, 60, 220], np.float32)  # cut on the left and below
    moved = np.array([boxed_by_a_detector(box, SIZE, chance) for _ in range(300)])
    assert (moved[:, 0] <= 2).all()
    assert ((moved[:, 1] + moved[:, 3]) >= SIZE[1] - 2).all()
    assert moved[:, 1].std() > 2
    assert (moved[:, :2] >= 0).all()
    assert (moved[:, 2:] >= 2).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (300, 5), (64, 128)])
def test_any_crop_can_be_varied(size: tuple[int, int]) -> None:
    chance = rng()
    for _ in range(30):
        seen = varied(np.full((size[1], size[0], 3), 90, np.uint8), WIDTH_PX, HEIGHT_PX, chance)
        assert seen.size > 0
        assert seen.shape[0] <= HEIGHT_PX
        assert seen.shape[1] <= WIDTH_PX


def test_signs_are_told_where_the_crop_has_them(people: list[Somebody]) -> None:
    one = people[1]
    left, top, width, height = (int(value) for value in one.box_px)
    head_px = (left + width // 4, top, width // 2, width // 2)
    shown = Shown(head_px, stoop_deg=12.0, body_turned_rad=math.pi / 2, head_turned_rad=0.0, grey=True)
    rows = Cutter(2).judged([replace(one, shown=shown), replace(one, shown=replace(shown, head_px=None))], "depth", rng()).signs
    told = dict(zip(SIGNS, rows[0].tolist(), strict=True))
    assert told["head_across"] == pytest.approx(0.5, abs=0.02)
    assert told["head_down"] == pytest.approx((0.1 * height + width / 4) / (1.2 * height), abs=0.02)
    assert told["head_side"] == pytest.approx(width / 2 / (1.2 * height), abs=0.01)
    assert [told[name] for name in ("head_seen", "grey", "head_ahead", "head_left", "body_left")] == [1, 1, 1, 0, 1]
    assert told["stoop"] == pytest.approx(1.2)
    hidden = dict(zip(SIGNS, rows[1].tolist(), strict=True))
    assert hidden["head_seen"] == 0 and hidden["body_left"] == 1
    assert all(math.isnan(hidden[name]) for name in ("head_across", "head_down", "head_side", "grey", "head_ahead", "head_left"))


def test_homes_are_either_for_calibration_or_to_judge() -> None:
    assert [is_for_calibration(f"images/val/000{k}_000.jpg") for k in range(4)] == [True, False, True, False]


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is only needed to train")
def test_a_small_training_learns_can_be_interrupted_and_ends_the_same(data: Path, tmp_path: Path) -> None:
    import torch

    from models.eyes.train_people import SETTINGS, STATE, WEIGHTS, Plan, Training, main

    command = ["--data", str(data), "--epochs", "3", "--out"]
    assert main([*command, str(tmp_path / "whole")]) == 0
    told = json.loads((tmp_path / "whole" / SETTINGS).read_text())
    assert set(told["figures"]) == {"depth", "floor", "nothing"}
    assert told["figures"]["depth"]["people"] == 3

    half = Training(load(data, "train"), Plan(3, 1))
    half.run_epoch()
    (tmp_path / "cut").mkdir()
    torch.save(half.state(), tmp_path / "cut" / STATE)
    assert main([*command, str(tmp_path / "cut"), "--resume"]) == 0
    whole, cut = (torch.load(tmp_path / name / WEIGHTS) for name in ("whole", "cut"))
    assert all(torch.allclose(whole[name], cut[name], atol=1e-5) for name in whole)
    assert main(["--data", str(data), "--epochs", "4", "--resume", "--out", str(tmp_path / "cut")]) == 2


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is only needed to train")
def test_a_folder_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from models.eyes.train_people import main

    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "make pictures with `python -m models.eyes.render`" in capsys.readouterr().err
