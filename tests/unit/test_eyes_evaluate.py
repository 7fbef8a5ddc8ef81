"""The evaluation of the eyes' networks, with a detector and a classifier of which everything is known; no network, no simulator."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.eyes.evaluate import Judge, as_text, figures, main, open_detector, without_nan
from models.eyes.figures import Truth
from models.eyes.page import chosen, write_page
from models.eyes.validation import Scene
from robot_runtime.perceive.boxes import Bgr, Boxes
from robot_runtime.perceive.crops import PersonClassifier, PersonLook
from robot_runtime.perceive.detector import Detector
from robot_runtime.perceive.measures import COLUMNS, Measures
from robot_runtime.perceive.sessions import EngineConfig
from tests.unit import tiny_networks
from tests.unit.eyes_world import CLASSES, LENS, look_from

PERSON, CUP = 0, 1
VIEW = look_from(0.0, 0.0)
BLANK = np.full((LENS.height_px, LENS.width_px, 3), 90, np.uint8)
AT_3_M = (3.0, 0.2, 0.0)


class Found:
    """Stands in for the detector."""

    class_names = CLASSES

    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes

    def detect(self, pictures: list[Bgr]) -> list[Boxes]:
        return [self._boxes for _ in pictures]


class Looks:
    """Stands in for the classifier: everybody is elderly and faces the robot."""

    measured: list[Measures | None]

    def __init__(self) -> None:
        self.measured = []

    def classify(self, picture: Bgr, boxes: Boxes, measures: Measures | None = None) -> list[PersonLook]:
        self.measured.append(measures)
        return [PersonLook(np.array([0.1, 0.1, 0.8]), 0.9) for _ in boxes.scores]


def standing(at_m: tuple[float, float, float], height_m: float = 1.7) -> list[float]:
    """The box of somebody who stands there."""
    foot, head = VIEW.project(np.array([at_m, (at_m[0], at_m[1], height_m)]))
    width = (foot[1] - head[1]) / 4
    return [float(head[0] - width / 2), float(head[1]), float(width), float(foot[1] - head[1])]


def label(class_id: int, box: list[float], at_m: tuple[float, float, float], **more: Any) -> dict[str, Any]:
    return {"class_id": class_id, "box_px": box, "place_m": list(at_m), "ignore": False, "age_group": "", "faces_camera": None, **more}


def scene(*labels: dict[str, Any], file: str = "images/val/0001_000.jpg", depth_m: NDArray[np.float32] | None = None) -> Scene:
    truth = Truth(
        np.array([one["box_px"] for one in labels], np.float64).reshape(-1, 4),
        np.array([one["class_id"] for one in labels], np.int64),
        np.array([one["ignore"] for one in labels], np.bool_),
    )
    return Scene(file, BLANK, labels, truth, VIEW, VIEW.pose.position_m, (), depth_m)


def boxes(*rows: tuple[list[float], float, int]) -> Boxes:
    ltwh, scores, class_ids = zip(*rows, strict=True)
    return Boxes(np.array(ltwh, np.float32), np.array(scores, np.float32), np.array(class_ids, np.int64))


def judge(found: Boxes, *looked_at: Scene, people: Looks | None = None) -> Judge:
    one = Judge(cast(Detector, Found(found)), cast(PersonClassifier, people or Looks()), threshold=0.5)
    for each in looked_at:
        one.look(each)
    return one


ELDER = label(PERSON, standing(AT_3_M), AT_3_M, age_group="elderly", faces_camera=True)
CUP_BOX = [20.0, 20.0, 10.0, 12.0]


def test_people_are_judged_by_age_and_attention_and_placed_on_the_floor() -> None:
    told = figures(judge(boxes((ELDER["box_px"], 0.9, PERSON)), scene(ELDER)).gathered, CLASSES)
    assert (told["map50"], told["precision"], told["recall"]) == (1.0, 1.0, 1.0)
    assert told["people"]["age_accuracy"] == 1.0
    assert told["people"]["sure_confusion"] == {"child": [0, 0, 0], "adult": [0, 0, 0], "elderly": [0, 0, 1]}
    assert told["people"]["age_calibration_error"] == pytest.approx(0.2)
    assert told["people"]["facing_calibration_error"] == pytest.approx(0.1)
    (at_3_m,) = [row for row in told["places"]["without depth"]["people"] if row["count"]]
    assert (at_3_m["from_m"], at_3_m["known"]) == (2.5, 1)
    assert at_3_m["median_m"] < 0.1
    assert "with depth" not in told["places"]


def test_depth_is_judged_beside_the_floor_where_it_is_given() -> None:
    wall = np.full(BLANK.shape[:2], 2.0, np.float32)  # a metre too near
    told = figures(judge(boxes((ELDER["box_px"], 0.9, PERSON)), scene(ELDER, depth_m=wall)).gathered, CLASSES)
    errors = {way: next(row["median_m"] for row in kinds["people"] if row["count"]) for way, kinds in told["places"].items()}
    assert errors["without depth"] < 0.1
    assert 0.6 < errors["with depth"] < 1.1


def test_people_are_judged_by_what_the_robot_measures_in_the_boxes_it_found() -> None:
    people, wall = Looks(), np.full(BLANK.shape[:2], 2.0, np.float32)
    found = boxes((ELDER["box_px"], 0.9, PERSON), (CUP_BOX, 0.8, CUP))
    for depth_m in (None, wall):
        judge(found, scene(ELDER, depth_m=depth_m), people=people)
    rows = [dict(zip(COLUMNS, row[0].tolist(), strict=True)) for row in people.measured if row is not None and len(row) == 1]
    assert [one["by_depth"] for one in rows] == [0, 1]
    assert rows[0]["top_m"] == pytest.approx(1.7, abs=0.05)
    assert rows[1]["distance_m"] < rows[0]["distance_m"] - 0.5


def test_people_without_a_head_in_the_picture_and_unsure_looks_are_told_apart() -> None:
    left, _, width, height = ELDER["box_px"]
    cut = label(PERSON, [left, 0.0, width, height], AT_3_M, age_group="child", faces_camera=False)
    one = judge(boxes((ELDER["box_px"], 0.9, PERSON)), scene(ELDER))
    one._detector = cast(Detector, Found(boxes((cut["box_px"], 0.9, PERSON))))
    one.look(scene(cut))
    told = figures(one.gathered, CLASSES)["people"]
    assert (told["age_accuracy"], told["with_head"], told["age_accuracy_with_head"]) == (0.5, 0.5, 1.0)
    assert (told["sure"], told["age_accuracy_of_sure"]) == (1.0, 0.5)
    assert "of the 50% whose head the picture does not cut off 100.0%" in as_text(
        {**figures(one.gathered, CLASSES), "score_threshold": 0.5}
    )


def test_homes_that_set_the_temperatures_do_not_judge_people() -> None:
    found = boxes((ELDER["box_px"], 0.9, PERSON))
    told = figures(judge(found, scene(ELDER, file="images/val/0002_000.jpg")).gathered, CLASSES)
    assert told["people"] == {"people": 0}
    assert told["map50"] == 1.0


def test_below_the_threshold_boxes_count_for_average_precision_only() -> None:
    told = figures(judge(boxes((CUP_BOX, 0.3, CUP)), scene(label(CUP, CUP_BOX, (1, 0, 1)))).gathered, CLASSES)
    assert told["classes"]["cup"]["ap50"] == 1.0
    assert told["recall"] == 0.0
    assert math.isnan(told["precision"])


def test_what_is_ignored_is_neither_missed_nor_wrong() -> None:
    ignored = label(CUP, CUP_BOX, (1, 0, 1), ignore=True)
    found = boxes((CUP_BOX, 0.9, CUP), ([200, 100, 9, 9], 0.8, CUP))
    (cell,) = judge(found, scene(ignored)).gathered.cells
    assert (cell.right, cell.wrong, cell.missed) == ((), (1,), ())


def test_a_wrong_age_is_a_failure_on_the_page(tmp_path: Path) -> None:
    child = {**ELDER, "age_group": "child"}
    found = boxes((ELDER["box_px"], 0.9, PERSON))
    cells = judge(found, scene(ELDER), scene(child), scene(ELDER, label(CUP, CUP_BOX, (1, 0, 1)))).gathered.cells
    good, bad = chosen(cells)
    assert good == [cells[0]]
    assert bad == [cells[1], cells[2]]
    write_page(tmp_path / "page.jpg", cells)
    page = cv2.imread(str(tmp_path / "page.jpg"))
    assert page is not None
    assert page.shape == (2 * (36 + 240), 3 * 320, 3)


def test_figures_become_a_table_and_json() -> None:
    told = {"score_threshold": 0.5, **figures(judge(boxes((ELDER["box_px"], 0.9, PERSON)), scene(ELDER)).gathered, CLASSES)}
    text = as_text(told)
    assert "mAP50 1.000" in text
    assert "elderly 100.0%" in text
    assert told["classes"]["cup"]["things"] == 0


def test_boxes_of_low_scores_are_had_without_touching_the_model(tmp_path: Path) -> None:
    output = np.zeros((1, 6, 2), np.float32)
    output[0, :, 0] = (30, 30, 20, 20, 0.9, 0.0)
    output[0, :, 1] = (50, 50, 10, 10, 0.0, 0.01)
    (tmp_path / "given").mkdir()
    file = tiny_networks.save(tmp_path / "given" / "eyes.onnx", {"output0": output})
    settings = file.with_suffix(".yaml")
    settings.write_text(f"layout: yolo\nclass_names: {list(CLASSES)}\nsamples: [samples/home.png]\nscore_threshold: 0.4\n")
    (file.parent / "samples").mkdir()
    cv2.imwrite(str(file.parent / "samples" / "home.png"), BLANK)
    before = settings.read_text()
    (tmp_path / "changed").mkdir()
    detector, threshold = open_detector(file, EngineConfig(providers=("cpu",), threads=1), tmp_path / "changed")
    (found,) = detector.detect([BLANK])
    assert threshold == 0.4
    assert found.scores.tolist() == pytest.approx([0.9, 0.01])
    assert settings.read_text() == before


def test_without_pictures_it_says_so_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = np.zeros((1, 6, 2), np.float32)
    file = tiny_networks.save(tmp_path / "eyes.onnx", {"output0": output})
    file.with_suffix(".yaml").write_text(f"layout: yolo\nclass_names: {list(CLASSES)}\n")
    assert main(["--data", str(tmp_path), "--detector", str(file), "--no-people", "--threads", "1"]) == 2
    assert "no folder of models.eyes.render" in capsys.readouterr().err


def test_json_has_null_where_there_is_no_number() -> None:
    told = figures(judge(boxes((CUP_BOX, 0.1, CUP)), scene()).gathered, CLASSES)
    assert json.loads(json.dumps(without_nan(told), allow_nan=False))["map50"] is None
