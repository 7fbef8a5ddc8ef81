"""What the outputs of the documented ONNX detectors mean.

Each decoder gives the boxes that reach a score, in pixels of the network's input, one class each (the best one), overlaps
included.  Everything is vectorised over the whole output, and only what passes the threshold is decoded.

Sources: ultralytics ``docs/en/guides/end2end-detection`` (both YOLO layouts); Megvii-BaseDetection/YOLOX ``demo/ONNXRuntime``;
lyuwenyu/RT-DETR ``rtdetrv2_pytorch/src/zoo/rtdetr/rtdetr_postprocessor.py`` and Peterande/D-FINE ``tools/deployment``
(labels, boxes, scores); the ``transformers`` exports of both (logits, pred_boxes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Candidates
from robot_runtime.perceive.model_settings import DetectorSettings, Layout

Outputs = Mapping[str, NDArray[Any]]
"""Name of an output → its values, for all pictures of one run."""


class LayoutError(ValueError):
    """The network puts out something else than its layout says: what was expected, and what was found."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a decoder must know."""

    width_px: int  # of the network's input
    height_px: int
    settings: DetectorSettings

    @property
    def classes(self) -> int:
        return len(self.settings.class_names)


class Decoder(Protocol):
    def check(self, outputs: Outputs, frame: Frame) -> None:
        """:raises LayoutError: the shapes do not fit"""
        ...

    def decode(self, outputs: Outputs, picture: int, frame: Frame, threshold: float) -> Candidates:
        """The candidates of one picture of the run.  What they hold may still be nonsense, see ``Candidates.sound``."""
        ...


class Yolo:
    """YOLOv8, v11 and the like: ``(n, 4 + classes, anchors)``; centre and size in pixels, then scores; no objectness."""

    def check(self, outputs: Outputs, frame: Frame) -> None:
        shape = _only(outputs, Layout.YOLO).shape
        expected = f"(n, {4 + frame.classes}, anchors): 4 numbers of the box and {frame.classes} class scores"
        _require(len(shape) == 3 and shape[1] == 4 + frame.classes, Layout.YOLO, expected, shape)

    def decode(self, outputs: Outputs, picture: int, frame: Frame, threshold: float) -> Candidates:
        values = _only(outputs, Layout.YOLO)[picture]
        passing = np.flatnonzero(values[4:].max(axis=0) >= threshold)
        chosen = values[:, passing]
        return _best_classes(_corners(chosen[:4].T), chosen[4:].T)


class YoloEndToEnd:
    """YOLOv10, YOLO26 and exports with ``nms=True``: ``(n, k, 6)``; left, top, right, bottom in pixels, score, class."""

    def check(self, outputs: Outputs, frame: Frame) -> None:
        shape = _only(outputs, Layout.YOLO_END_TO_END).shape
        expected = "(n, boxes, 6): left, top, right, bottom, score, class"
        _require(len(shape) == 3 and shape[2] == 6, Layout.YOLO_END_TO_END, expected, shape)

    def decode(self, outputs: Outputs, picture: int, frame: Frame, threshold: float) -> Candidates:
        values = _only(outputs, Layout.YOLO_END_TO_END)[picture]
        chosen = values[values[:, 4] >= threshold]
        return Candidates(chosen[:, :4].astype(np.float32), chosen[:, 4].astype(np.float32), _ids(chosen[:, 5]))


class YoloX:
    """YOLOX: ``(n, anchors, 5 + classes)``; box, objectness, class scores.

    Unless exported decoded, a box is its centre's place within its grid cell and the logarithm of its size, both in cells.
    """

    def check(self, outputs: Outputs, frame: Frame) -> None:
        shape = _only(outputs, Layout.YOLOX).shape
        expected = f"(n, anchors, {5 + frame.classes}): 4 numbers of the box, objectness and {frame.classes} class scores"
        _require(len(shape) == 3 and shape[2] == 5 + frame.classes, Layout.YOLOX, expected, shape)
        if frame.settings.decoded:
            return
        cells = len(_grid(frame.width_px, frame.height_px, frame.settings.strides)[0])
        expected = f"(n, {cells}, {5 + frame.classes}) for {frame.width_px} x {frame.height_px} pixels and strides {frame.settings.strides}"
        _require(shape[1] == cells, Layout.YOLOX, expected, shape)

    def decode(self, outputs: Outputs, picture: int, frame: Frame, threshold: float) -> Candidates:
        values = _only(outputs, Layout.YOLOX)[picture]
        with np.errstate(all="ignore"):
            passing = np.flatnonzero(values[:, 4] * values[:, 5:].max(axis=1) >= threshold)
            chosen = values[passing].astype(np.float32)
            boxes = chosen[:, :4] if frame.settings.decoded else self._from_cells(chosen[:, :4], passing, frame)
            return _best_classes(_corners(boxes), chosen[:, 4:5] * chosen[:, 5:])

    def _from_cells(self, boxes: NDArray[np.float32], cells: NDArray[np.intp], frame: Frame) -> NDArray[np.float32]:
        corners, strides = _grid(frame.width_px, frame.height_px, frame.settings.strides)
        centres = (boxes[:, :2] + corners[cells]) * strides[cells]
        return np.concatenate([centres, np.exp(boxes[:, 2:]) * strides[cells]], axis=1)


class Detr:
    """RT-DETR and D-FINE with their post-processing: outputs ``labels (n, k)``, ``boxes (n, k, 4)``, ``scores (n, k)``.

    The second input, ``orig_target_sizes``, gets the size of the input, so that boxes come in its pixels.
    """

    def check(self, outputs: Outputs, frame: Frame) -> None:
        labels, boxes, scores = (_named(outputs, name, Layout.DETR).shape for name in ("labels", "boxes", "scores"))
        good = len(labels) == 2 and labels == scores and boxes == (*labels, 4)
        expected = "labels (n, k), boxes (n, k, 4), scores (n, k)"
        _require(good, Layout.DETR, expected, f"labels {labels}, boxes {boxes}, scores {scores}")

    def decode(self, outputs: Outputs, picture: int, frame: Frame, threshold: float) -> Candidates:
        passing = outputs["scores"][picture] >= threshold
        boxes, scores, labels = (outputs[name][picture][passing] for name in ("boxes", "scores", "labels"))
        return Candidates(boxes.astype(np.float32), scores.astype(np.float32), _ids(labels))


class DetrLogits:
    """RT-DETR and D-FINE without it: ``logits (n, k, classes)`` for a sigmoid, ``pred_boxes (n, k, 4)``, centre and size, 0 … 1."""

    def check(self, outputs: Outputs, frame: Frame) -> None:
        logits, boxes = (_named(outputs, name, Layout.DETR_LOGITS).shape for name in ("logits", "pred_boxes"))
        good = len(logits) == 3 and logits[2] == frame.classes and boxes == (*logits[:2], 4)
        expected = f"logits (n, k, {frame.classes}), pred_boxes (n, k, 4)"
        _require(good, Layout.DETR_LOGITS, expected, f"logits {logits}, pred_boxes {boxes}")

    def decode(self, outputs: Outputs, picture: int, frame: Frame, threshold: float) -> Candidates:
        logits = outputs["logits"][picture].astype(np.float32)
        passing = np.flatnonzero(logits.max(axis=1) >= np.log(threshold / (1 - threshold)))
        size = np.array([frame.width_px, frame.height_px] * 2, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            scores = 1 / (1 + np.exp(-logits[passing]))
            return _best_classes(_corners(outputs["pred_boxes"][picture][passing].astype(np.float32) * size), scores)


DECODERS: dict[Layout, Decoder] = {
    Layout.YOLO: Yolo(),
    Layout.YOLO_END_TO_END: YoloEndToEnd(),
    Layout.YOLOX: YoloX(),
    Layout.DETR: Detr(),
    Layout.DETR_LOGITS: DetrLogits(),
}


# ---------------------------------------------------------------- what they share


def _only(outputs: Outputs, layout: Layout) -> NDArray[Any]:
    if len(outputs) != 1:
        raise LayoutError(f"layout {layout.value}: expected one output, found {len(outputs)}: {', '.join(outputs)}")
    return next(iter(outputs.values()))


def _named(outputs: Outputs, name: str, layout: Layout) -> NDArray[Any]:
    if name not in outputs:
        raise LayoutError(f"layout {layout.value}: expected an output named {name}, found {', '.join(outputs)}")
    return outputs[name]


def _require(good: bool, layout: Layout, expected: str, found: object) -> None:
    if not good:
        raise LayoutError(f"layout {layout.value}: expected {expected}; found {found}")


def _corners(boxes: NDArray[Any]) -> NDArray[np.float32]:
    """From (n, 4) centre and size to left, top, right, bottom."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = boxes.astype(np.float32)
        half = values[:, 2:] / 2
        return np.concatenate([values[:, :2] - half, values[:, :2] + half], axis=1)


def _best_classes(ltrb: NDArray[np.float32], scores: NDArray[Any]) -> Candidates:
    """``scores`` of shape (n, classes); the best class of each box, the first one of equals."""
    best = scores.argmax(axis=1)
    return Candidates(ltrb, scores[np.arange(len(best)), best].astype(np.float32), best.astype(np.int64))


def _ids(values: NDArray[Any]) -> NDArray[np.int64]:
    """Class numbers that came as numbers of any type; -1 for what is none."""
    if np.issubdtype(values.dtype, np.integer):
        return values.astype(np.int64)
    good = np.isfinite(values) & (np.abs(values) < 1e6)
    return np.where(good, np.round(np.where(good, values, 0)), -1).astype(np.int64)


@lru_cache(maxsize=8)
def _grid(width_px: int, height_px: int, strides: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Corner of each cell (cells, 2), in cells, x first, and its size (cells, 1) in pixels: row by row, grid by grid."""
    corners = [np.stack(np.meshgrid(np.arange(width_px // s), np.arange(height_px // s)), axis=-1).reshape(-1, 2) for s in strides]
    sizes = [np.full((len(grid), 1), stride) for grid, stride in zip(corners, strides, strict=True)]
    return np.concatenate(corners).astype(np.float32), np.concatenate(sizes).astype(np.float32)
