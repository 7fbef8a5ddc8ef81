"""Each documented layout is read as its project defines it; anything else is refused with what was expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from robot_runtime.perceive.layouts import DECODERS, Frame, LayoutError, Outputs
from robot_runtime.perceive.letterbox import Fit, place
from robot_runtime.perceive.model_settings import DetectorSettings, Layout, detector_settings
from robot_runtime.perceive.nms import suppress
from safety.files import FileError

NAMES = ("person", "cup", "knife")


def _frame(layout: Layout, **more: Any) -> Frame:
    return Frame(64, 32, DetectorSettings.model_validate({"layout": layout, "class_names": NAMES, **more}))


def _decode(layout: Layout, outputs: dict[str, Any], picture: int = 0, **more: Any) -> list[tuple[list[float], float, int]]:
    frame = _frame(layout, **more)
    arrays = {name: np.array(value, np.float32) if isinstance(value, list) else value for name, value in outputs.items()}
    DECODERS[layout].check(arrays, frame)
    found = DECODERS[layout].decode(arrays, picture, frame, 0.25).sound(3)
    rows = zip(found.ltrb.round(3).tolist(), found.scores.astype(float).round(3).tolist(), found.class_ids.tolist(), strict=True)
    return list(rows)


def test_yolo_centre_and_size_then_a_score_for_each_class() -> None:
    anchors = np.array([[20, 10, 8, 4, 0.1, 0.9, 0.3], [20, 10, 8, 4, 0.1, 0.2, 0.1]], np.float32).T
    assert _decode(Layout.YOLO, {"output0": np.stack([anchors * 0, anchors])}, picture=1) == [([16, 8, 24, 12], 0.9, 1)]


def test_yolo_end_to_end_corners_score_class() -> None:
    rows = [[[1, 2, 30, 20, 0.8, 2], [1, 2, 3, 4, 0.1, 0], [0, 0, 0, 0, 0, 0]]]
    assert _decode(Layout.YOLO_END_TO_END, {"output0": rows}) == [([1, 2, 30, 20], 0.8, 2)]


def test_yolox_from_cells_with_objectness() -> None:
    values = np.zeros((1, 32 + 8 + 2, 8), np.float32)  # 8 x 4, 4 x 2 and 2 x 1 cells
    values[0, 32 + 5] = [0.5, 0.25, np.log(2), 0, 0.9, 0.1, 0.2, 0.8]  # of 16 pixels, second row, second column
    assert _decode(Layout.YOLOX, {"output": values}) == [([8, 12, 40, 28], 0.72, 2)]


def test_yolox_exported_decoded() -> None:
    values = np.array([[[20, 10, 8, 4, 0.5, 0.1, 0.8, 0.2]]], np.float32)
    assert _decode(Layout.YOLOX, {"output": values}, decoded=True) == [([16, 8, 24, 12], 0.4, 1)]


def test_detr_with_its_post_processing() -> None:
    outputs = {"labels": np.array([[2, 0]], np.int64), "boxes": [[[1, 2, 30, 20], [1, 1, 2, 2]]], "scores": [[0.7, 0.2]]}
    assert _decode(Layout.DETR, outputs) == [([1, 2, 30, 20], 0.7, 2)]


def test_detr_logits_and_shares_of_the_input() -> None:
    outputs = {"logits": [[[-9, 2, -1], [-9, -9, -9]]], "pred_boxes": [[[0.5, 0.5, 0.25, 0.5], [0.5, 0.5, 1, 1]]]}
    assert _decode(Layout.DETR_LOGITS, outputs) == [([24, 8, 40, 24], 0.881, 1)]


@pytest.mark.parametrize(
    ("layout", "outputs", "words"),
    [
        (Layout.YOLO, {"o": (1, 84, 21)}, r"expected \(n, 7, anchors\).*found \(1, 84, 21\)"),
        (Layout.YOLO, {"o": (1, 7, 21), "p": (1, 1)}, "expected one output, found 2: o, p"),
        (Layout.YOLO_END_TO_END, {"o": (1, 300, 7)}, r"expected \(n, boxes, 6\).*found \(1, 300, 7\)"),
        (Layout.YOLOX, {"o": (1, 42, 7)}, r"expected \(n, anchors, 8\).*found \(1, 42, 7\)"),
        (Layout.YOLOX, {"o": (1, 41, 8)}, r"expected \(n, 42, 8\) for 64 x 32 pixels and strides \(8, 16, 32\); found \(1, 41, 8\)"),
        (Layout.DETR, {"labels": (1, 9), "boxes": (1, 9, 4)}, "expected an output named scores, found labels, boxes"),
        (Layout.DETR, {"labels": (1, 9), "boxes": (1, 9, 5), "scores": (1, 9)}, r"found labels \(1, 9\), boxes \(1, 9, 5\)"),
        (Layout.DETR_LOGITS, {"logits": (1, 9, 4), "pred_boxes": (1, 9, 4)}, r"expected logits \(n, k, 3\).*found logits \(1, 9, 4\)"),
    ],
)
def test_other_shapes_are_refused(layout: Layout, outputs: dict[str, tuple[int, ...]], words: str) -> None:
    with pytest.raises(LayoutError, match=words):
        DECODERS[layout].check({name: np.zeros(shape, np.float32) for name, shape in outputs.items()}, _frame(layout))


# ---------------------------------------------------------------- whatever a network puts out

_SHAPES: dict[Layout, dict[str, tuple[int, ...]]] = {
    Layout.YOLO: {"o": (1, 7, 12)},
    Layout.YOLO_END_TO_END: {"o": (1, 12, 6)},
    Layout.YOLOX: {"o": (1, 42, 8)},
    Layout.DETR: {"labels": (1, 12), "boxes": (1, 12, 4), "scores": (1, 12)},
    Layout.DETR_LOGITS: {"logits": (1, 12, 3), "pred_boxes": (1, 12, 4)},
}
_ODD = [np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-40, -1.0, 0.0, 0.5, 0.999, 1.0, 1.5, 2.0, 16.0, 31.9, 1e9]
_NUMBERS = st.sampled_from(_ODD) | st.floats(width=32) | st.floats(0, 1, width=32)


@st.composite
def _anything(draw: st.DrawFn) -> tuple[Layout, dict[str, NDArray[Any]]]:
    layout = draw(st.sampled_from(Layout))
    outputs = {name: draw(hnp.arrays(np.float32, shape, elements=_NUMBERS, fill=_NUMBERS)) for name, shape in _SHAPES[layout].items()}
    if "labels" in outputs and draw(st.booleans()):
        outputs["labels"] = draw(hnp.arrays(np.int64, (1, 12), elements=st.integers(-(2**63), 2**63 - 1)))
    return layout, outputs


@given(_anything(), st.integers(1, 3000), st.integers(1, 3000), st.sampled_from(Fit))
@pytest.mark.filterwarnings("error")
def test_boxes_are_finite_inside_the_picture_and_scores_within_0_and_1(
    given_outputs: tuple[Layout, Outputs], width_px: int, height_px: int, fit: Fit
) -> None:
    layout, outputs = given_outputs
    frame = _frame(layout)
    found = DECODERS[layout].decode(outputs, 0, frame, frame.settings.score_threshold).sound(frame.classes)
    placed = place(width_px=width_px, height_px=height_px, input_width_px=64, input_height_px=32, fit=fit)
    boxes = placed.to_picture(suppress(found, frame.settings.iou, frame.settings.most_boxes))
    assert boxes.ltwh_px.dtype == boxes.scores.dtype == np.float32
    assert boxes.class_ids.dtype == np.int64
    assert np.isfinite(boxes.ltwh_px).all()
    assert (boxes.ltwh_px[:, :2] >= 0).all()
    assert (boxes.ltwh_px[:, 2:] > 0).all()
    assert (boxes.ltwh_px[:, :2] + boxes.ltwh_px[:, 2:] <= [width_px, height_px]).all()
    assert ((boxes.scores >= 0.25) & (boxes.scores <= 1)).all()
    assert ((boxes.class_ids >= 0) & (boxes.class_ids < 3)).all()
    assert (np.diff(boxes.scores) <= 0).all()


# ---------------------------------------------------------------- settings

_METADATA = {"names": "{0: 'person', 1: 'cup', 2: 'knife'}", "imgsz": "[384, 640]", "stride": "32", "task": "detect"}


def test_what_ultralytics_embeds_is_read(tmp_path: Path) -> None:
    settings = detector_settings(tmp_path / "eyes.onnx", _METADATA, [1, 7, 8400])
    assert (settings.layout, settings.class_names) == (Layout.YOLO, NAMES)
    assert (settings.input_width_px, settings.input_height_px) == (640, 384)


@pytest.mark.parametrize(("metadata", "shape"), [({"end2end": "True"}, ["b", "k", "six"]), ({}, [1, 300, 6])])
def test_an_end_to_end_export_is_recognised(tmp_path: Path, metadata: dict[str, str], shape: list[Any]) -> None:
    assert detector_settings(tmp_path / "eyes.onnx", {**_METADATA, **metadata}, shape).layout is Layout.YOLO_END_TO_END


def test_a_settings_file_goes_before_metadata(tmp_path: Path) -> None:
    (tmp_path / "eyes.yaml").write_text("layout: yolox\nclass_names: [cup]\n", encoding="utf-8")
    settings = detector_settings(tmp_path / "eyes.onnx", _METADATA, [1, 42, 6])
    assert (settings.layout, settings.class_names, settings.fit, settings.colours, settings.divisor) == (
        *(Layout.YOLOX, ("cup",), Fit.CORNER, "bgr", 1.0),
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"task": "segment"}, "task is 'segment', but only 'detect'"),
        ({"names": "{0: 'person', 2: 'cup'}"}, "names: expected .* without gaps"),
        ({"names": "open('x')"}, "names: no Python literal"),
        ({"imgsz": "640"}, r"imgsz: expected \[height, width\]"),
    ],
)
def test_wrong_metadata_is_told(tmp_path: Path, changed: dict[str, str], words: str) -> None:
    with pytest.raises(FileError, match=words):
        detector_settings(tmp_path / "eyes.onnx", {**_METADATA, **changed}, [1, 7, 8400])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("layout: yolo9\nclass_names: [cup]", "layout: Input should be 'yolo'"),
        ("layout: yolo\nclass_names: [cup, cup]", "class_names has cup twice"),
        ("layout: yolo\nclass_names: []", "class_names: "),
        ("layout: yolo\nclass_names: [cup]\nscore_treshold: 0.3", "unknown key, did you mean 'score_threshold'"),
        ("layout: yolo\nclass_names: [cup]\nscore_threshold: .nan", "score_threshold: must be a finite number"),
        ("layout: yolo\nclass_names: [cup]\nstd: [1, 0, 1]", "std must be greater than 0"),
        ("[1, 2]", "eyes.yaml"),
    ],
)
def test_a_wrong_settings_file_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "eyes.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=words):
        detector_settings(tmp_path / "eyes.onnx", {}, [1, 7, 8400])


def test_without_settings_it_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"write eyes\.yaml beside it, with at least layout and class_names"):
        detector_settings(tmp_path / "eyes.onnx", {}, [1, 7, 8400])
