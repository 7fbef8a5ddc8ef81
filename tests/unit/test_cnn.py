"""The backend ``cnn`` on good and bad pictures, with networks of a few nodes that onnxruntime runs."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime import messages as m
from robot_runtime.named_files import check_files
from robot_runtime.perceive.boxes import Bgr, Boxes
from robot_runtime.perceive.cnn import CnnEyes
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.perceive.crops import PersonLook
from robot_runtime.perceive.measures import COLUMNS, Measures
from robot_runtime.perceive.perceive import Perceive
from safety.files import FileError
from tests.unit.tiny_networks import save

POSE = m.RobotPose(0.0, 0.0, 0.0, 0.0, 0.02)
HEAD = m.JointPositions(0.0, ("head_pan", "head_tilt"), (0.0, 0.1))
K = (200.0, 0.0, 160.0, 0.0, 200.0, 120.0, 0.0, 0.0, 1.0)


class Networks:
    """Always see one person, from the left upper corner on, and remember what they were asked."""

    class_names = ("person", "cup")
    hash = "feedbeeffeedbeef"
    provider = "cpu"

    def __init__(self, *ltwh_px: tuple[float, float, float, float]) -> None:
        self._ltwh_px = np.array(ltwh_px or [(140, 20, 60, 200)], np.float32)
        self.asked = 0
        self.crops: list[NDArray[np.float32]] = []
        self.measured: list[Measures | None] = []

    def detect(self, pictures: Sequence[Bgr]) -> list[Boxes]:
        self.asked += len(pictures)
        return [Boxes(self._ltwh_px, np.full(len(self._ltwh_px), 0.9, np.float32), np.zeros(len(self._ltwh_px), np.int64))]

    def classify(self, picture: Bgr, boxes: Boxes, measures: Measures | None = None) -> list[PersonLook]:
        self.crops.append(boxes.ltwh_px)
        self.measured.append(measures)
        return [PersonLook(np.array([0.02, 0.96, 0.02]), 0.9) for _ in boxes.scores]


def eyes(networks: Networks | None = None, **params: Any) -> CnnEyes:
    known = networks or Networks()
    return CnnEyes(PerceiveConfig(backend="cnn", **params), known, known)


def image(stamp_s: float = 0.1, bgr: Any = None, depth_m: Any = None, info: m.CameraInfo | None = None) -> m.Image:
    return m.Image(stamp_s, "head_camera", np.full((240, 320, 3), 90, np.uint8) if bgr is None else bgr, depth_m, info)


def look(seen: CnnEyes, picture: m.Image, now_s: float | None = None) -> tuple[m.Detections, m.People] | None:
    inbox: dict[str, list[Any]] = {"camera/image": [picture], "pose": [POSE], "joint_states": [HEAD]}
    return seen.look(inbox, picture.stamp_s + 0.02 if now_s is None else now_s)


def people(seen: CnnEyes, picture: m.Image) -> tuple[m.Person, ...]:
    found = look(seen, picture)
    assert found is not None
    return found[1].people


@pytest.mark.parametrize(
    ("bgr", "why"),
    [
        (np.empty((0, 320, 3), np.uint8), "empty"),
        (np.zeros((240, 320, 3), np.float32), "float32"),
        (np.zeros((240, 320, 2), np.uint8), "2 channels"),
        (np.zeros(240 * 320, np.uint8), "shape"),
        (np.zeros((2, 20_000, 3), np.uint8), "at most"),
        ("no picture", "str"),
    ],
    ids=["no rows", "floats", "two channels", "flat", "too long", "text"],
)
def test_a_bad_picture_is_told_of_and_the_next_good_one_is_looked_at(bgr: Any, why: str) -> None:
    networks = Networks()
    seen = eyes(networks)
    assert look(seen, image(0.1, bgr)) is None
    problem, figures = seen.diagnose()
    assert problem.startswith("a picture was refused: ") and why in problem
    assert (figures["refused"], networks.asked) == ("1", 0)
    assert look(seen, image(0.3)) is not None
    assert seen.diagnose()[0] == ""


@pytest.mark.parametrize(
    ("stamp_s", "why"), [(math.nan, "no number"), (9.3, "0.7 s old"), (10.2, "-0.2 s old")], ids=["nan", "old", "of another clock"]
)
def test_a_picture_that_is_not_of_now_is_silence(stamp_s: float, why: str) -> None:
    seen = eyes()
    assert look(seen, image(stamp_s), now_s=10.0) is None
    assert why in seen.diagnose()[0]


@pytest.mark.parametrize("shape", [(1, 1, 3), (240, 320), (240, 320, 4), (4320, 7680, 3)], ids=str)
def test_any_picture_of_a_camera_is_looked_at(shape: tuple[int, ...]) -> None:
    assert look(eyes(), image(0.1, np.zeros(shape, np.uint8))) is not None


@pytest.mark.parametrize("depth_m", [np.zeros((0, 0), np.float32), np.full((24, 32), np.nan, np.float32), np.zeros(5, np.float32), "deep"])
def test_bad_depth_is_no_depth(depth_m: Any) -> None:
    assert len(people(eyes(), image(0.1, None, depth_m))) == 1


def test_a_picture_is_looked_at_once_and_late_ones_are_left_out() -> None:
    networks = Networks()
    seen = eyes(networks)
    assert look(seen, image(0.2)) is not None
    assert look(seen, image(0.2)) is None
    assert look(seen, image(0.1)) is None
    assert networks.asked == 1
    assert seen.look({}, 0.4) is None and seen.diagnose()[0] != "no picture"
    assert look(seen, image(0.6)) is not None
    assert seen.look({}, 1.2) is None and seen.diagnose()[0] == "no picture"


def test_after_a_restart_of_time_it_sees_again() -> None:
    seen = eyes()
    assert look(seen, image(50.0), now_s=50.0) is not None
    assert look(seen, image(0.1)) is not None


def test_without_pose_or_joints_people_are_there_but_nobody_knows_where() -> None:
    for inbox, why in (({"pose": [POSE]}, "no head_pan and head_tilt"), ({"joint_states": [HEAD]}, "no pose")):
        seen = eyes()
        found = seen.look({"camera/image": [image()], **inbox}, 0.1)
        assert found is not None
        (somebody,) = found[1].people
        assert math.isnan(somebody.position_m[0]) and somebody.seen
        assert seen.diagnose()[0] == f"places are unknown: {why}"


def test_a_fixed_camera_needs_no_joints() -> None:
    seen = eyes(pan_joint="", tilt_joint="", tilt_rad=0.1)
    found = seen.look({"camera/image": [image()], "pose": [POSE]}, 0.1)
    assert found is not None and math.isfinite(found[1].people[0].position_m[0])


def test_an_unusable_calibration_is_told_of_and_an_empty_one_is_none() -> None:
    seen = eyes()
    empty = m.CameraInfo(0.0, "lens", 640, 480, "", (), (0.0,) * 9)
    assert math.isfinite(people(seen, image(0.1, info=empty))[0].position_m[0])
    assert seen.diagnose()[0] == ""
    fisheye = m.CameraInfo(0.0, "lens", 640, 480, "equidistant", (0.0,) * 4, K)
    unknown = eyes()
    assert math.isnan(people(unknown, image(0.1, info=fisheye))[0].position_m[0])
    assert "equidistant" in unknown.diagnose()[0]


def test_a_calibration_goes_before_the_parameter() -> None:
    plain = people(eyes(), image(0.1))[0]
    wide = people(eyes(), image(0.1, info=m.CameraInfo(0.0, "lens", 320, 240, "plumb_bob", (0.0,) * 5, K)))[0]
    assert abs(plain.position_m[0] - wide.position_m[0]) > 0.02 or abs(plain.position_m[1] - wide.position_m[1]) > 0.02


def test_in_a_crowd_everybody_is_classified_in_turn() -> None:
    networks = Networks(*[(10.0 + 50 * k, 40.0, 30.0, 120.0) for k in range(6)])
    seen = eyes(networks, most_crops=2)
    for k in range(3):
        assert look(seen, image(0.1 + 0.2 * k)) is not None
    lefts = [sorted(crops[:, 0].tolist()) for crops in networks.crops]
    assert [len(crops) for crops in lefts] == [2, 2, 2]
    assert sorted(left for crops in lefts for left in crops) == [10.0 + 50 * k for k in range(6)]


def test_the_classifier_is_told_how_high_above_the_floor_each_box_is() -> None:
    networks = Networks((140.0, 60.0, 40.0, 120.0), (20.0, 100.0, 30.0, 90.0))
    seen = eyes(networks, most_crops=1)
    for k, depth_m in enumerate((np.full((240, 320), 2.0, np.float32), None)):
        assert look(seen, image(0.1 + 0.1 * k, depth_m=depth_m)) is not None
    (first,), (second,) = (rows for rows in networks.measured if rows is not None)
    known = [dict(zip(COLUMNS, row.tolist(), strict=True)) for row in (first, second)]
    assert [one["by_depth"] for one in known] == [1, 0]
    assert known[0]["distance_m"] == pytest.approx(2.0, abs=0.3)
    assert known[0]["stature_m"] > known[1]["stature_m"] + 0.3 > 0.3  # each row is that of the box that was chosen


def test_without_a_pose_the_classifier_is_told_that_nothing_is_known() -> None:
    networks = Networks((140.0, 60.0, 40.0, 120.0))
    assert eyes(networks).look({"camera/image": [image(0.1)]}, 0.1) is not None
    (rows,) = networks.measured
    assert rows is not None
    assert not rows.any()


def test_who_is_behind_another_is_not_taken_for_their_age() -> None:
    networks = Networks((100.0, 10.0, 100.0, 220.0), (130.0, 60.0, 30.0, 90.0))
    seen = eyes(networks)
    assert look(seen, image()) is not None
    assert [crops[:, 0].tolist() for crops in networks.crops] == [[100.0]]


def test_reset_forgets_everybody() -> None:
    seen = eyes()
    first = people(seen, image(0.1))[0].id
    seen.reset()
    assert people(seen, image(0.1))[0].id == first == "person-1"


# ------------------------------------------------ the stage, its parameters and real networks


def write_models(folder: Path) -> dict[str, str]:
    """A detector that always sees a person in the middle, and a classifier that takes everybody for a child."""
    yolo = np.array([[[32.0], [32.0], [16.0], [48.0], [0.9], [0.1]]], np.float32)
    save(folder / "detector.onnx", {"output0": yolo})
    (folder / "detector.yaml").write_text("layout: yolo\nclass_names: [person, cup]\n")
    save(folder / "people.onnx", {"age": np.array([[4.0, 0.0, 0.0]], np.float32), "facing": np.array([[3.0]], np.float32)})
    (folder / "people.yaml").write_text("age: {output: age}\nfacing: {output: facing}\n")
    return {"detector_file": str(folder / "detector.onnx"), "people_file": str(folder / "people.onnx")}


def test_the_stage_opens_both_networks_and_publishes_what_they_see(tmp_path: Path) -> None:
    stage = Perceive(Perceive.Config(backend="cnn", **write_models(tmp_path)))
    for k in range(1, 8):
        pose, joints = m.RobotPose(0.2 * k, 0.0, 0.0, 0.0, 0.02), m.JointPositions(0.2 * k, HEAD.names, HEAD.positions)
        outbox = stage.step({"camera/image": [image(0.2 * k)], "pose": [pose], "joint_states": [joints]}, 0.2 * k)
    assert [topic for topic, _ in outbox] == ["detections", "people"]
    (child,) = outbox[1][1].people
    assert (child.age_group, child.facing_robot, child.seen) == ("child", True, True)
    assert outbox[1][1].source.startswith("cnn detector:") and " people:" in outbox[1][1].source
    problem, figures = stage.diagnose()
    assert (problem, figures["detector runs on"], figures["classifier runs on"]) == ("", "cpu", "cpu")


def test_without_a_classifier_nobodys_age_is_known(tmp_path: Path) -> None:
    files = {**write_models(tmp_path), "people_file": ""}
    stage = Perceive(Perceive.Config(backend="cnn", **files))
    (_, seen) = stage.step({"camera/image": [image()]}, 0.1)
    assert [person.age_group for person in seen[1].people] == ["unknown"]


def test_a_missing_model_is_named_before_anything_starts(tmp_path: Path) -> None:
    config = Perceive.Config(backend="cnn", detector_file=str(tmp_path / "none.onnx"))
    with pytest.raises(FileError, match=r"none.onnx: no such file; .*models list"):
        check_files("perceive", config)
    check_files("perceive", Perceive.Config(backend="oracle", detector_file="none.onnx"))


def test_parameters_are_read_without_onnxruntime() -> None:
    code = "import sys, robot_runtime.perceive.perceive; assert 'onnxruntime' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_provider_gets_a_suggestion() -> None:
    with pytest.raises(ValueError, match="unknown provider 'tensort', did you mean 'tensorrt'"):
        PerceiveConfig.model_validate({"engine": {"providers": ["tensort"]}})
