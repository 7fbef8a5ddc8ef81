"""Pictures in, boxes out: with real ONNX files of every layout, and with whatever pictures come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from robot_runtime.perceive.boxes import Bgr, Boxes, no_boxes
from robot_runtime.perceive.crops import PersonClassifier, crop
from robot_runtime.perceive.detector import Detector
from robot_runtime.perceive.measures import column, unknown
from robot_runtime.perceive.pictures import PictureError, decode, read
from robot_runtime.perceive.sessions import EngineConfig
from safety.files import FileError, file_hash
from tests.unit.tiny_networks import save, save_brightest, save_measuring

CPU = EngineConfig(providers=("cpu",), threads=1, most_pictures=4)
RED, BLUE = (0, 0, 250), (250, 0, 0)


def _plain(width_px: int, height_px: int, bgr: tuple[int, int, int]) -> Bgr:
    return np.full((height_px, width_px, 3), bgr, np.uint8)


def _detector(folder: Path, *, batch: int | str = "n", text: str = "", **more: Any) -> Detector:
    (folder / "eyes.yaml").write_text(f"layout: yolo\nclass_names: [red, blue]\n{text}", encoding="utf-8")
    return Detector(save_brightest(folder / "eyes.onnx", batch=batch), CPU, **more)


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    return _detector(tmp_path_factory.mktemp("eyes"))


def _found(boxes: Boxes) -> list[tuple[list[float], int]]:
    return list(zip(boxes.ltwh_px.tolist(), boxes.class_ids.tolist(), strict=True))


def test_it_finds_the_box_in_pixels_of_each_picture(detector: Detector) -> None:
    pictures = [_plain(64, 64, RED), _plain(128, 128, BLUE), _plain(32, 64, RED), _plain(64, 64, (0, 0, 0))]
    red, blue, narrow, nothing = detector.detect(pictures)
    assert _found(red) == [([16, 16, 32, 32], 0)]
    assert red.scores[0] == pytest.approx(250 / 255, abs=1e-4)
    assert _found(blue) == [([32, 32, 64, 64], 1)]
    assert _found(narrow) == [([0, 16, 32, 32], 0)]
    assert len(nothing) == 0
    assert detector.class_names == ("red", "blue")


def test_what_it_is_can_be_told(detector: Detector) -> None:
    assert detector.hash == file_hash(detector.file)
    assert (detector.provider, detector.rejected) == ("cpu", ())


@pytest.mark.parametrize("batch", ["n", 1, 3])
def test_more_pictures_than_one_run_takes_give_the_same_as_one_by_one(tmp_path: Path, batch: int | str) -> None:
    detector = _detector(tmp_path, batch=batch)
    pictures = [_plain(30 + index, 50, RED if index % 3 else BLUE) for index in range(10)]
    together = detector.detect(pictures)
    assert [_found(boxes) for boxes in together] == [_found(detector.detect([picture])[0]) for picture in pictures]
    assert detector.detect([]) == []


def test_what_was_handed_out_is_not_changed_by_the_next_call(detector: Detector) -> None:
    (first,) = detector.detect([_plain(64, 64, RED)])
    before = first.ltwh_px.copy(), first.scores.copy()
    detector.detect([_plain(200, 10, BLUE)])
    np.testing.assert_array_equal(first.ltwh_px, before[0])
    np.testing.assert_array_equal(first.scores, before[1])


def test_each_part_is_timed(tmp_path: Path) -> None:
    ticks = iter(range(100))
    detector = _detector(tmp_path, clock=lambda: float(next(ticks)))
    detector.detect([_plain(9, 9, RED)] * 5)  # two runs
    assert (detector.timings.letterbox_s, detector.timings.run_s, detector.timings.decode_s) == (2, 2, 2)


# ---------------------------------------------------------------- pictures of all kinds

_RED_16 = np.zeros((64, 64, 3), np.uint16)
_RED_16[:, :, 2] = 64000


@pytest.mark.parametrize(
    "picture",
    [
        _RED_16,
        np.dstack([_plain(64, 64, RED), np.zeros((64, 64, 1), np.uint8)]),
        _plain(128, 128, RED)[::2, ::-2],
        _plain(7680, 4320, RED),
        _plain(1, 3000, RED),
        np.asfortranarray(_plain(64, 48, RED)),
    ],
    ids=["16 bits", "with alpha", "a view", "8k", "a line", "columns first"],
)
def test_red_is_red(detector: Detector, picture: Bgr) -> None:
    (boxes,) = detector.detect([picture])
    assert boxes.class_ids.tolist() == [0]


@pytest.mark.parametrize("picture", [np.full((64, 64), 200, np.uint8), np.full((64, 64, 1), 51200, np.uint16)])
def test_grey_is_red_and_blue(detector: Detector, picture: Any) -> None:
    (boxes,) = detector.detect([picture])
    assert boxes.scores == pytest.approx([200 / 255], abs=1e-4)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (None, "picture 1: not a picture but NoneType"),
        (np.zeros((0, 64, 3), np.uint8), "picture 1: the picture is empty"),
        (np.zeros((64, 0), np.uint8), "picture 1: the picture is empty"),
        (np.zeros((64, 64, 2), np.uint8), "2 channels"),
        (np.zeros((64, 64, 3), np.float32), "pixels of type float32"),
        (np.zeros(64, np.uint8), "expected shape"),
        (np.zeros((1, 64, 64, 3), np.uint8), "expected shape"),
        (np.broadcast_to(np.uint8(0), (20000, 2, 3)), "at most 16384"),
    ],
)
def test_what_is_no_picture_is_told(detector: Detector, picture: Any, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        detector.detect([_plain(9, 9, RED), picture])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    picture=hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.float32, np.bool_]), hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=70)
    )
)
def test_any_array_gives_boxes_inside_it_or_says_why_not(detector: Detector, picture: Any) -> None:
    try:
        (boxes,) = detector.detect([picture])
    except PictureError:
        return
    height_px, width_px = picture.shape[:2]
    assert (boxes.ltwh_px >= 0).all()
    assert (boxes.ltwh_px[:, :2] + boxes.ltwh_px[:, 2:] <= [width_px, height_px]).all()


# ---------------------------------------------------------------- files


def _encoded(kind: str, picture: Bgr | None = None) -> bytes:
    good, data = cv2.imencode(kind, np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8) if picture is None else picture)
    assert good
    return data.tobytes()


@pytest.mark.parametrize("kind", [".jpg", ".png", ".bmp", ".webp"])
def test_a_whole_file_is_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "x").write_bytes(_encoded(kind))
    assert read(tmp_path / "x").shape == (40, 60, 3)


def test_a_file_of_16_bits_is_read() -> None:
    good, data = cv2.imencode(".png", _RED_16)
    assert good
    assert decode(data.tobytes())[0, 0].tolist() == [0, 0, 250]


@pytest.mark.parametrize("kind", [".jpg", ".png"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_file_that_is_cut_off_is_no_picture(kind: str, share: float) -> None:
    data = _encoded(kind, np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8))
    with pytest.raises(PictureError, match="cut off"):
        decode(data[: int(len(data) * share)])


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF"]))
def test_any_bytes_are_a_picture_or_a_reason(data: bytes, start: bytes) -> None:
    try:
        assert decode(start + data).ndim == 3
    except PictureError as error:
        assert str(error)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"x\.jpg: cannot be read"):
        read(tmp_path / "x.jpg")


# ---------------------------------------------------------------- every layout, from a file


def _cup(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Outputs of one picture with a cup at (16, 8) … (48, 40) of 64 x 64, and what else the network needs."""
    logits = np.array([[[-9, 3.0]]], np.float32)
    shares = np.array([[[0.5, 0.375, 0.5, 0.5]]], np.float32)
    yolox = np.zeros((1, 84, 7), np.float32)
    yolox[0, 64 + 6] = [0.0, 0.5, np.log(2), np.log(2), 1.0, 0.0, 0.95]  # 16 pixels a cell; third of the second row
    kinds: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "yolo": ({"output0": np.array([[[32], [24], [32], [32], [0], [0.95]]], np.float32)}, {}),
        "yolo_end_to_end": ({"output0": np.array([[[16, 8, 48, 40, 0.95, 1], [0, 0, 0, 0, 0, 0]]], np.float32)}, {}),
        "yolox": ({"output": yolox}, {}),
        "detr": (
            {
                "labels": np.array([[1]], np.int64),
                "boxes": np.array([[[0.25, 0.125, 0.75, 0.625]]], np.float32),
                "scores": np.array([[0.95]], np.float32),
            },
            {"sizes_input": True},
        ),
        "detr_logits": ({"logits": logits, "pred_boxes": shares}, {}),
    }
    return kinds[kind]


@pytest.mark.parametrize("kind", ["yolo", "yolo_end_to_end", "yolox", "detr", "detr_logits"])
@pytest.mark.parametrize("batch", ["n", 1])
def test_a_file_of_each_layout_is_run_and_read(tmp_path: Path, kind: str, batch: int | str) -> None:
    outputs, more = _cup(kind)
    (tmp_path / "eyes.yaml").write_text(f"layout: {kind}\nclass_names: [person, cup]\n", encoding="utf-8")
    detector = Detector(save(tmp_path / "eyes.onnx", outputs, batch=batch, **more), CPU)
    for boxes in detector.detect([_plain(128, 128, RED)] * 2):
        assert boxes.ltwh_px == pytest.approx(np.array([[32, 16, 64, 64]]), abs=1e-3)
        assert boxes.scores == pytest.approx([0.95], abs=0.005)
        assert boxes.class_ids.tolist() == [1]


@pytest.mark.parametrize("dtype", ["float16", "uint8"])
def test_networks_that_take_other_numbers_are_fed(tmp_path: Path, dtype: str) -> None:
    (tmp_path / "eyes.yaml").write_text("layout: yolo\nclass_names: [person, cup]\n", encoding="utf-8")
    detector = Detector(save(tmp_path / "eyes.onnx", _cup("yolo")[0], dtype=dtype), CPU)
    assert detector.detect([_plain(64, 64, RED)])[0].class_ids.tolist() == [1]


def test_a_file_of_ultralytics_needs_no_settings(tmp_path: Path) -> None:
    metadata = {"names": "{0: 'person', 1: 'cup'}", "imgsz": "[64, 64]", "stride": "32", "task": "detect"}
    file = save(tmp_path / "eyes.onnx", _cup("yolo")[0], size_px=("w", "h"), metadata=metadata)
    detector = Detector(file, CPU)
    assert detector.class_names == ("person", "cup")
    assert detector.detect([_plain(128, 128, RED)])[0].ltwh_px == pytest.approx(np.array([[32, 16, 64, 64]]), abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "more", "text", "words"),
    [
        ("yolo", {}, "layout: yolo\nclass_names: [a, b, c]", r"expected \(n, 7, anchors\).*found \(1, 6, 1\)"),
        ("yolo", {}, "layout: detr\nclass_names: [a]", "expected orig_target_sizes besides the pictures; found none"),
        (
            "detr",
            {"sizes_input": True},
            "layout: yolo\nclass_names: [a]",
            "expected no input besides the pictures; found orig_target_sizes",
        ),
        (
            "yolo",
            {},
            "layout: yolo\nclass_names: [a, b]\ninput_width_px: 320",
            "input_width_px: the settings say 320, the network takes 64",
        ),
        ("yolo", {"size_px": ("w", "h")}, "layout: yolo\nclass_names: [a, b]", "input_width_px: the network takes any size"),
        ("yolo", {}, "layout: yolo\nclass_names: [a, b]\nsamples: [gone.jpg]", "samples: .*gone.jpg: cannot be read"),
        (
            "yolo",
            {"dtype": "int64"},
            "layout: yolo\nclass_names: [a, b]",
            "expected one input .n, 3, height, width. .*found images tensor.int64.",
        ),
    ],
)
def test_a_network_that_does_not_fit_is_refused_when_it_is_loaded(tmp_path: Path, kind: str, more: Any, text: str, words: str) -> None:
    (tmp_path / "eyes.yaml").write_text(text, encoding="utf-8")
    file = save(tmp_path / "eyes.onnx", _cup(kind)[0], **more)
    with pytest.raises(FileError, match=words):
        Detector(file, CPU)


# ---------------------------------------------------------------- the classifier of people


def _classifier(
    folder: Path, ages: list[float], front: float, text: str = "age: {output: ages}\nfacing: {output: front}\n"
) -> PersonClassifier:
    (folder / "people.yaml").write_text(text, encoding="utf-8")
    outputs = {"ages": np.array([ages], np.float32), "front": np.array([[front]], np.float32)}
    return PersonClassifier(save(folder / "people.onnx", outputs), CPU)


def _boxes(*ltwh: tuple[float, float, float, float]) -> Boxes:
    count = len(ltwh)
    return Boxes(np.array(ltwh, np.float32), np.ones(count, np.float32), np.zeros(count, np.int64))


def test_each_person_gets_a_look_however_many_there_are(tmp_path: Path) -> None:
    classifier = _classifier(tmp_path, [0, float(np.log(2)), 0], 0.0)
    looks = classifier.classify(_plain(640, 480, RED), _boxes(*[(10.0 * i, 5, 30, 90) for i in range(9)]))
    assert len(looks) == 9
    assert looks[8].age == pytest.approx([0.25, 0.5, 0.25])
    assert looks[8].facing == pytest.approx(0.5)
    assert classifier.classify(_plain(640, 480, RED), no_boxes()) == []


def test_temperature_makes_less_sure_and_groups_come_in_our_order(tmp_path: Path) -> None:
    text = "age: {output: ages, temperature: 2, groups: [elderly, adult, child]}\nfacing: {output: front, temperature: 4}\n"
    (look,) = _classifier(tmp_path, [float(np.log(16)), 0, 0], float(4 * np.log(3)), text).classify(
        _plain(64, 64, RED), _boxes((0, 0, 9, 9))
    )
    assert look.age == pytest.approx([1 / 6, 1 / 6, 4 / 6])
    assert look.facing == pytest.approx(0.75)


def test_a_network_that_gives_no_numbers_knows_nobodys_age(tmp_path: Path) -> None:
    (look,) = _classifier(tmp_path, [np.nan, 0, 0], np.inf).classify(_plain(64, 64, RED), _boxes((0, 0, 9, 9)))
    assert np.isnan(look.age).all()
    assert np.isnan(look.facing)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("age: {output: agse}\nfacing: {output: front}\n", "output 'agse' is not one of the network's: ages, front"),
        ("age: {output: front}\nfacing: {output: front}\n", r"front: expected \(n, 3\); found \(3, 1\)"),
        ("age: {output: ages}\nfacing: {output: ages}\n", r"ages: expected \(n, 1\) or \(n,\); found \(3, 3\)"),
        ("age: {output: ages, groups: [child, adult]}\nfacing: {output: front}\n", "expected child, adult and elderly"),
        ("age: {output: ages}\n", "facing: Field required"),
    ],
)
def test_a_classifier_that_does_not_fit_is_refused_when_it_is_loaded(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FileError, match=words):
        _classifier(tmp_path, [0, 0, 0], 0, text)


MEASURING = "age: {output: ages}\nfacing: {output: front}\nmeasures: {input: measures, columns: [top_m, foot_m, place]}\n"


def _measuring(folder: Path, text: str = MEASURING, **more: Any) -> PersonClassifier:
    (folder / "people.yaml").write_text(text, encoding="utf-8")
    return PersonClassifier(save_measuring(folder / "people.onnx", **{"columns": 3, **more}), CPU)


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_a_network_that_wants_measures_gets_those_of_each_person(tmp_path: Path, batch: int | str) -> None:
    classifier = _measuring(tmp_path, batch=batch)
    rows = unknown(6)
    column(rows, "top_m")[:] = np.log(np.arange(1, 7))
    looks = classifier.classify(_plain(640, 480, RED), _boxes(*[(10.0 * i, 5, 30, 90) for i in range(6)]), rows)
    for k, look in enumerate(looks, 1):
        assert look.age == pytest.approx(np.array([k, 1, 1]) / (k + 2))
        assert look.facing == pytest.approx(k / (k + 1))
    assert not rows[:, 0].any()


def test_who_is_not_measured_is_unknown_to_it(tmp_path: Path) -> None:
    (look,) = _measuring(tmp_path).classify(_plain(64, 64, RED), _boxes((0, 0, 9, 9)))
    assert look.age == pytest.approx([1 / 3, 1 / 3, 1 / 3])


def test_a_network_that_takes_no_measures_is_not_told(tmp_path: Path) -> None:
    (look,) = _classifier(tmp_path, [0, 0, 0], 0).classify(_plain(64, 64, RED), _boxes((0, 0, 9, 9)), unknown(1) + 1)
    assert look.facing == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("age: {output: ages}\nfacing: {output: front}\n", {}, r"people.onnx: .* input 'measures' .* write 'measures: .*people.yaml"),
        (
            MEASURING.replace("input: measures", "input: size"),
            {},
            "people.yaml: measures.input 'size' is not one of the network's: measures",
        ),
        (MEASURING.replace("top_m", "top"), {}, "unknown column 'top', did you mean 'top_m'"),
        (MEASURING, {"columns": 4}, r"people.onnx: input 'measures' is tensor\(float\) .*expected tensor\(float\) of shape \(n, 3\)"),
        (MEASURING, {"dtype": "float16"}, r"input 'measures' is tensor\(float16\)"),
        (MEASURING.replace("[top_m, foot_m, place]", "[]"), {}, "measures.columns"),
    ],
)
def test_a_second_input_that_does_not_fit_its_settings_is_told_with_the_fix(
    tmp_path: Path, text: str, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(FileError, match=words):
        _measuring(tmp_path, text, **more)


def test_settings_that_promise_measures_to_a_network_without_them_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"measures\.input 'measures' is not one of the network's: none besides the pictures"):
        _classifier(tmp_path, [0, 0, 0], 0, MEASURING)


@given(st.tuples(*[st.floats(-200, 200)] * 2, *[st.floats(0, 300)] * 2), st.floats(0, 1))
def test_a_crop_is_never_empty_and_lies_in_the_picture(ltwh: tuple[float, ...], margin: float) -> None:
    picture = _plain(60, 40, RED)
    part = crop(picture, np.array(ltwh, np.float32), margin)
    assert np.shares_memory(part, picture)
    assert part.size > 0
