"""What must be known of a detector besides its weights: from the file ``<model>.yaml`` beside it, or from what ultralytics embeds.

A settings file of a network that somebody brings along is this short; every other field has the default of its layout::

    layout: yolox
    class_names: [person, cup, knife]
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from robot_runtime.perceive.letterbox import Fit, Pixels
from safety.files import FileError, load_yaml, parse


class Layout(str, Enum):
    """Which decoder of :mod:`robot_runtime.perceive.layouts` understands the outputs."""

    YOLO = "yolo"
    YOLO_END_TO_END = "yolo_end_to_end"
    YOLOX = "yolox"
    DETR = "detr"
    DETR_LOGITS = "detr_logits"


_DEFAULTS: dict[Layout, dict[str, Any]] = {
    Layout.YOLO: {},
    Layout.YOLO_END_TO_END: {"iou": None},
    Layout.YOLOX: {"colours": "bgr", "divisor": 1.0, "fit": Fit.CORNER},
    Layout.DETR: {"iou": None, "fit": Fit.STRETCH},
    Layout.DETR_LOGITS: {"iou": None, "fit": Fit.STRETCH},
}
"""Where a layout's own repository prepares its pictures otherwise than the fields' defaults say."""


class InputSettings(BaseModel):
    """How a picture is prepared for a network."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input_width_px: int | None = Field(None, ge=8, le=4096, description="needed where the network takes any size")
    input_height_px: int | None = Field(None, ge=8, le=4096, description="needed where the network takes any size")
    colours: str = Field("rgb", pattern="^(rgb|bgr)$", description="order of the channels")
    divisor: float = Field(255.0, gt=0, le=65535, description="pixels, 0 … 255, are divided by it, before mean and std")
    mean: tuple[float, float, float] = Field((0.0, 0.0, 0.0), description="taken away after the division, in the network's channel order")
    std: tuple[float, float, float] = Field((1.0, 1.0, 1.0), description="divided by after that")
    fit: Fit = Field(Fit.CENTRE, description="how the picture comes to the size of the input")
    samples: tuple[str, ...] = Field((), description="pictures beside the model, on which engines are compared; made-up ones are added")

    @model_validator(mode="after")
    def _std_is_positive(self) -> InputSettings:
        if min(self.std) <= 0:
            raise ValueError("std must be greater than 0")
        return self

    def pixels(self, dtype: np.dtype[Any]) -> Pixels:
        """A network that takes bytes scales them on its own."""
        rgb = self.colours == "rgb"
        if dtype == np.uint8:
            return Pixels(rgb, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), dtype)
        scale = [1 / (self.divisor * std) for std in self.std]
        offset = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
        return Pixels(rgb, (scale[0], scale[1], scale[2]), (offset[0], offset[1], offset[2]), dtype)


class DetectorSettings(InputSettings):
    """One detector."""

    layout: Layout = Field(description="yolo, yolo_end_to_end, yolox, detr or detr_logits")
    class_names: tuple[str, ...] = Field(min_length=1, description="in the order of the network's outputs")
    score_threshold: float = Field(0.25, gt=0, lt=1, description="boxes below it are not reported")
    iou: float | None = Field(0.7, gt=0, le=1, description="boxes of a class that overlap more are one; null: the network sees to it")
    most_boxes: int = Field(300, ge=1, le=1000, description="at most so many boxes a picture")
    strides: tuple[int, ...] = Field((8, 16, 32), min_length=1, description="yolox: cell size of each grid, in pixels")
    decoded: bool = Field(False, description="yolox: exported with --decode_in_inference, boxes are in pixels already")

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_layout(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.get("layout") not in list(Layout):
            return given
        return {**_DEFAULTS[Layout(given["layout"])], **given}

    @model_validator(mode="after")
    def _names_are_different(self) -> DetectorSettings:
        twice = sorted({name for name in self.class_names if self.class_names.count(name) > 1})
        if twice:
            raise ValueError(f"class_names has {', '.join(twice)} twice")
        return self


def detector_settings(model: Path, metadata: Mapping[str, str], output_shape: list[Any]) -> DetectorSettings:
    """From the file beside ``model``, else from ultralytics' metadata.

    :param metadata: the custom metadata of the ONNX file
    :param output_shape: of the network's first output, as the file declares it
    :raises FileError: neither is there, or it does not fit
    """
    file = settings_file(model)
    if file.exists():
        return load_yaml(file, DetectorSettings)
    if "names" not in metadata:
        raise FileError(f"{model}: no settings: write {file.name} beside it, with at least layout and class_names")
    return parse(_from_ultralytics(model, metadata, output_shape), DetectorSettings, f"{model}: metadata")


def settings_file(model: Path) -> Path:
    """Where a model's settings lie.

    >>> settings_file(Path("models/eyes.onnx")).name
    'eyes.yaml'
    """
    return model.with_suffix(".yaml")


def _from_ultralytics(model: Path, metadata: Mapping[str, str], output_shape: list[Any]) -> dict[str, Any]:
    """Keys as ultralytics' exporter writes them: names, task and imgsz are Python literals; imgsz is height, width."""
    task = metadata.get("task", "detect")
    if task != "detect":
        raise FileError(f"{model}: metadata: task is '{task}', but only 'detect' puts out boxes that are read here")
    names = _literal(model, metadata, "names")
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or sorted(names) != list(range(len(names))):
        raise FileError(f"{model}: metadata: names: expected {{0: 'person', 1: …}} without gaps (got {str(names)[:60]})")
    settings: dict[str, Any] = {"layout": _ultralytics_layout(metadata, len(names), output_shape)}
    settings["class_names"] = tuple(str(names[index]) for index in range(len(names)))
    if "imgsz" in metadata:
        height_width = _literal(model, metadata, "imgsz")
        if not (isinstance(height_width, list | tuple) and len(height_width) == 2):
            raise FileError(f"{model}: metadata: imgsz: expected [height, width] (got {metadata['imgsz'][:60]})")
        settings["input_height_px"], settings["input_width_px"] = height_width
    return settings


def _ultralytics_layout(metadata: Mapping[str, str], classes: int, output_shape: list[Any]) -> Layout:
    """Newer files say whether they end with the final boxes; of older ones the shape tells."""
    rows_of_six = len(output_shape) == 3 and output_shape[2] == 6 and output_shape[1] != 4 + classes
    return Layout.YOLO_END_TO_END if metadata.get("end2end") == "True" or rows_of_six else Layout.YOLO


def _literal(model: Path, metadata: Mapping[str, str], key: str) -> Any:
    try:
        return ast.literal_eval(metadata[key])
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise FileError(f"{model}: metadata: {key}: no Python literal (got {metadata[key][:60]})") from error
