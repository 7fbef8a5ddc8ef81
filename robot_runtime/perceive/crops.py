"""A second, small network over the crop of each person: age group with calibrated confidence, and whether they face the robot.

Its settings, ``<model>.yaml`` beside it, name its outputs, so that any ONNX classifier can be put in its place::

    input_width_px: 96
    input_height_px: 192
    age: {output: age_logits, groups: [child, adult, elderly], temperature: 1.4}
    facing: {output: facing_logit, temperature: 1.0}
    measures: {input: measures, columns: [place, top_m, foot_m]}

The last line is for a network that is also told how large somebody is in metres: any of ``measures.COLUMNS``, in any order,
float32 of shape (n, columns).  A network that knows the crop alone leaves the line out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from robot_runtime.messages import AgeGroup
from robot_runtime.perceive import measures as told
from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.binding import PlainRunner, Runner
from robot_runtime.perceive.boxes import Bgr, Boxes
from robot_runtime.perceive.detector import sample_pictures
from robot_runtime.perceive.engine import Engine, Model, OnEngine, input_size, open_model, run
from robot_runtime.perceive.letterbox import Letterbox
from robot_runtime.perceive.model_settings import InputSettings, settings_file
from robot_runtime.perceive.pictures import as_bgr
from robot_runtime.perceive.sessions import EngineConfig, Opener, Tensor
from safety.files import FileError, load_yaml, suggestion

PROBABILITY_TOLERANCE = 0.05
"""An accelerated engine may differ from the CPU by this in any probability."""


class AgeOutput(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    output: str = Field(description="name of the output, shape (n, groups), logits")
    groups: tuple[AgeGroup, ...] = Field(GROUPS, description="in the order of the output")
    temperature: float = Field(1.0, gt=0, le=100, description="logits are divided by it (Guo et al. 2017), fitted on validation pictures")

    @field_validator("groups")
    @classmethod
    def _all_of_them(cls, groups: tuple[AgeGroup, ...]) -> tuple[AgeGroup, ...]:
        if sorted(groups) != sorted(GROUPS):
            raise ValueError("expected child, adult and elderly in the order of the output; one that is never told is never cared for")
        return groups


class FacingOutput(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    output: str = Field(description="name of the output, shape (n, 1) or (n,), one logit: faces the robot")
    temperature: float = Field(1.0, gt=0, le=100, description="as for the age")


class MeasuresInput(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    input: str = Field(description="name of the input, float32 of shape (n, columns)")
    columns: tuple[str, ...] = Field(told.COLUMNS, min_length=1, description="which of measures.COLUMNS, in the order of the input")

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        for name in columns:
            if name not in told.COLUMNS:
                raise ValueError(f"unknown column '{name}'{suggestion(name, list(told.COLUMNS))}; known are {', '.join(told.COLUMNS)}")
        return columns


class PersonSettings(InputSettings):
    """One classifier of people."""

    margin: float = Field(0.1, ge=0, le=1, description="how much of the box's width and height is added on each side")
    age: AgeOutput
    facing: FacingOutput
    measures: MeasuresInput | None = Field(None, description="the input for how large somebody is; none where the crop is all it takes")


@dataclass(frozen=True, slots=True, eq=False)
class PersonLook:
    """What one crop shows: probabilities, which :mod:`robot_runtime.perceive.ages` gathers over time.

    Where the network gives anything but finite numbers they are ``nan``, which is nobody's age.
    """

    age: NDArray[np.float64]  # shape (3,), in the order of ages.GROUPS, sum 1
    facing: float  # that the person faces the robot

    @property
    def group(self) -> AgeGroup:
        """The likeliest age group; UNKNOWN where the network gave no numbers."""
        return GROUPS[int(self.age.argmax())] if np.isfinite(self.age).all() else AgeGroup.UNKNOWN


class PersonClassifier(OnEngine):
    """Loaded, compared and warmed up when this returns; not for several threads at once."""

    def __init__(self, file: str | Path, config: EngineConfig | None = None, *, opener: Opener | None = None) -> None:
        """:raises FileError: the model or its settings cannot be used"""
        config = config or EngineConfig()
        model = open_model(file, config, opener)
        self.hash = model.hash
        self.settings = load_yaml(settings_file(model.file), PersonSettings)
        self._check_inputs(model)
        size_px = input_size(model, self.settings.input_width_px, self.settings.input_height_px)
        samples = self._samples(model, size_px)
        self._check(model, run(PlainRunner(model.session), model.image.name, samples, self._beside(_made_up(len(samples)))))
        beside = {name: rows.shape[1:] for name, rows in self._beside(told.unknown(1)).items()}
        self._engine = Engine(model, size_px, lambda runner: self._difference(model, runner, samples), config, beside=beside, opener=opener)
        self._fixed = model.fixed_pictures
        pixels = self.settings.pixels(model.dtype)
        self._letterbox = Letterbox(*size_px, pixels, self.settings.fit, most=self._engine.most_pictures, allocate=self._engine.allocate)
        self._engine.warm_up(self._letterbox.all_slots())

    def classify(self, picture: Bgr, boxes: Boxes, measures: told.Measures | None = None) -> list[PersonLook]:
        """One look for each box: all crops in one run, as far as the network takes several.

        :param measures: of the same boxes, from :func:`robot_runtime.perceive.measures.measure`; None: nothing is measured.  A
            network that takes none is not told
        :raises PictureError: this is no picture
        """
        crops = [crop(as_bgr(picture), ltwh_px, self.settings.margin) for ltwh_px in boxes.ltwh_px]
        rows = told.unknown(len(crops)) if measures is None else measures
        looks: list[PersonLook] = []
        for start in range(0, len(crops), self._engine.most_pictures):
            part = slice(start, start + self._engine.most_pictures)
            looks += self._looks(crops[part], rows[part])
        return looks

    def _looks(self, crops: list[Bgr], rows: told.Measures) -> list[PersonLook]:
        images, _ = self._letterbox(crops)
        if self._fixed is not None:
            images, rows = self._letterbox.all_slots(), np.concatenate((rows, told.unknown(self._fixed - len(rows))))
        age, facing = self._probabilities(self._engine.run(images, self._beside(rows)))
        return [PersonLook(row, float(front)) for row, front in zip(age[: len(crops)], facing[: len(crops)], strict=True)]

    def _beside(self, rows: told.Measures) -> dict[str, NDArray[Any]]:
        """What the network's second input gets; nothing where it has none."""
        wanted = self.settings.measures
        return {} if wanted is None else {wanted.input: told.take(rows, wanted.columns)}

    def _probabilities(self, outputs: Mapping[str, NDArray[Any]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        age, facing = self.settings.age, self.settings.facing
        order = [age.groups.index(group) for group in GROUPS]
        groups = softmax(outputs[age.output][:, order], age.temperature)
        return groups, sigmoid(outputs[facing.output].reshape(-1), facing.temperature)

    def _samples(self, model: Model, size_px: tuple[int, int]) -> NDArray[Any]:
        pictures = sample_pictures(model.file, self.settings, *size_px)
        most = model.fixed_pictures or len(pictures)
        letterbox = Letterbox(*size_px, self.settings.pixels(model.dtype), self.settings.fit, most=most)
        letterbox(pictures[:most])
        return letterbox.all_slots()

    def _check_inputs(self, model: Model) -> None:
        """What the settings say of further inputs must be what the network has."""
        wanted, found = self.settings.measures, {tensor.name: tensor for tensor in model.others}
        expected = {wanted.input} if wanted else set()
        if wanted and wanted.input not in found:
            names = ", ".join(found) or "none besides the pictures"
            raise FileError(f"{settings_file(model.file)}: measures.input '{wanted.input}' is not one of the network's: {names}")
        for name in found:
            if name not in expected:
                fix = f"if it takes measures, write 'measures: {{input: {name}, columns: […]}}' into {settings_file(model.file).name}"
                raise FileError(f"{model.file}: the network has an input '{name}' that nothing is known for; {fix}")
        if wanted and not _fits(found[wanted.input], len(wanted.columns), model.fixed_pictures):
            tensor = found[wanted.input]
            fix = f"expected tensor(float) of shape ({model.fixed_pictures or 'n'}, {len(wanted.columns)}), a number a column"
            raise FileError(f"{model.file}: input '{wanted.input}' is {tensor.type} {tensor.shape}: {fix}; see measures.columns")

    def _check(self, model: Model, outputs: Mapping[str, NDArray[Any]]) -> None:
        age, facing = self.settings.age, self.settings.facing
        for name in (age.output, facing.output):
            if name not in outputs:
                raise FileError(f"{settings_file(model.file)}: output '{name}' is not one of the network's: {', '.join(outputs)}")
        count = len(outputs[age.output])
        if outputs[age.output].shape != (count, len(age.groups)):
            raise FileError(f"{model.file}: {age.output}: expected (n, {len(age.groups)}); found {outputs[age.output].shape}")
        if outputs[facing.output].shape not in ((count, 1), (count,)):
            raise FileError(f"{model.file}: {facing.output}: expected (n, 1) or (n,); found {outputs[facing.output].shape}")

    def _difference(self, model: Model, runner: Runner, samples: NDArray[Any]) -> str:
        beside = self._beside(_made_up(len(samples)))
        cpu = self._probabilities(run(PlainRunner(model.session), model.image.name, samples, beside))
        other = self._probabilities(run(runner, model.image.name, samples, beside))
        for name, expected, found in zip(("age", "facing"), cpu, other, strict=True):
            worst = float(np.abs(expected - found).max())
            if not worst <= PROBABILITY_TOLERANCE:  # nan is a difference
                return f"differs from the CPU on the samples: {name} by {worst:.3f}"
        return ""


def _fits(tensor: Tensor, columns: int, fixed_pictures: int | None) -> bool:
    """A dimension that the file leaves open fits any number."""
    if tensor.type != "tensor(float)" or len(tensor.shape) != 2:
        return False
    wanted = (fixed_pictures, columns)
    return all(not isinstance(size, int) or size == one for size, one in zip(tensor.shape, wanted, strict=True))


def _made_up(count: int) -> told.Measures:
    """Measures for the comparison of engines: somebody unknown, an adult and a child who stand 2 m away, and again."""
    rows = told.unknown(count)
    for name, value in (("view", 1), ("place", 1), ("by_depth", 1), ("distance_m", 2.0), ("width_m", 0.5), ("floor", 1)):
        told.column(rows, name)[np.arange(count) % 3 > 0] = value
    for group, height_m in ((1, 1.7), (2, 1.1)):
        told.column(rows, "top_m")[group::3] = told.column(rows, "stature_m")[group::3] = height_m
    return rows


def crop(picture: Bgr, ltwh_px: NDArray[np.float32], margin: float) -> Bgr:
    """What lies in the box and a margin around it, cut at the picture's sides: a view, at least one pixel large.

    >>> crop(np.zeros((100, 100, 3), np.uint8), np.array([90, 10, 20, 40], np.float32), margin=0.1).shape
    (48, 12, 3)
    """
    columns, rows = cut(picture.shape, ltwh_px, margin)
    return picture[rows, columns]


def cut(shape: tuple[int, ...], ltwh_px: NDArray[np.float32], margin: float) -> tuple[slice, slice]:
    """Which columns and rows of a picture :func:`crop` takes."""
    height_px, width_px = shape[:2]
    left, top, width, height = (float(value) for value in ltwh_px)
    first_x, last_x = _range(left - margin * width, left + width * (1 + margin), width_px)
    first_y, last_y = _range(top - margin * height, top + height * (1 + margin), height_px)
    return slice(first_x, last_x), slice(first_y, last_y)


def _range(first: float, last: float, size: int) -> tuple[int, int]:
    begin = int(min(max(first, 0), size - 1))
    return begin, max(begin + 1, min(size, int(np.ceil(min(last, size)))))


def softmax(logits: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """Along the last axis; ``nan`` for a row that holds anything but finite numbers.

    >>> softmax(np.array([[0.0, 0.0], [np.inf, 0.0]]), 1.0).tolist()
    [[0.5, 0.5], [nan, nan]]
    """
    values = np.asarray(logits, np.float64) / temperature
    values = np.where(np.isfinite(values).all(axis=-1, keepdims=True), values, np.nan)
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def sigmoid(logits: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """The logistic function; ``nan`` for anything but finite numbers."""
    values = np.asarray(logits, np.float64) / temperature
    values = np.where(np.isfinite(values), np.clip(values, -700, 700), np.nan)  # exp stays finite
    return np.asarray(1 / (1 + np.exp(-values)))
