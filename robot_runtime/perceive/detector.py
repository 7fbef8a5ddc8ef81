"""Any detector of the documented ONNX layouts: pictures in, boxes out.

``Detector("models/eyes.onnx").detect([picture])`` gives one :class:`~robot_runtime.perceive.boxes.Boxes` for each picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive import pictures as picture_files
from robot_runtime.perceive.agreement import disagreement, made_up_pictures
from robot_runtime.perceive.binding import PlainRunner, Runner
from robot_runtime.perceive.boxes import Bgr, Boxes, Candidates
from robot_runtime.perceive.engine import Engine, Model, OnEngine, input_size, open_model, run
from robot_runtime.perceive.layouts import DECODERS, Frame, LayoutError, Outputs
from robot_runtime.perceive.letterbox import Letterbox, Placement
from robot_runtime.perceive.model_settings import DetectorSettings, InputSettings, Layout, detector_settings
from robot_runtime.perceive.nms import suppress
from robot_runtime.perceive.pictures import PictureError, as_bgr
from robot_runtime.perceive.sessions import EngineConfig, Opener
from safety.files import FileError

_SIZES = "orig_target_sizes"
_LEAST_SCORE = 1e-3


@dataclass(frozen=True, slots=True)
class Timings:
    """How long the last call took, in seconds; nan where no clock was given."""

    letterbox_s: float = math.nan
    run_s: float = math.nan
    decode_s: float = math.nan


class Detector(OnEngine):
    """One network.  It is loaded, compared, warmed up and checked when this returns; not for several threads at once."""

    def __init__(
        self,
        file: str | Path,
        config: EngineConfig | None = None,
        *,
        score_threshold: float | None = None,
        clock: Callable[[], float] | None = None,
        opener: Opener | None = None,
    ) -> None:
        """
        :param file: the ONNX file; its settings are in ``<model>.yaml`` beside it, or embedded by ultralytics
        :param config: on what it runs
        :param score_threshold: within 0 … 1, instead of its settings'
        :param clock: for :attr:`timings`
        :param opener: what opens sessions, for tests
        :raises FileError: the model or its settings cannot be used: one line that names file, field and fix
        """
        config = config or EngineConfig()
        model = open_model(file, config, opener)
        self.file, self.hash = model.file, model.hash
        settings = detector_settings(model.file, model.metadata, list(model.session.get_outputs()[0].shape))
        self.settings: DetectorSettings = settings.model_copy(update={"score_threshold": score_threshold or settings.score_threshold})
        self.timings = Timings()
        self._clock = clock or (lambda: math.nan)
        self._decoder = DECODERS[self.settings.layout]
        width_px, height_px = input_size(model, self.settings.input_width_px, self.settings.input_height_px)
        self._frame = Frame(width_px, height_px, self.settings)
        self._constants = _constants(model, self.settings, width_px, height_px)
        samples = self._samples(model, width_px, height_px)
        self._check(model, samples)
        self._engine = Engine(
            model,
            (width_px, height_px),
            lambda runner: self._difference(model, runner, samples),
            config,
            constants=self._constants,
            opener=opener,
        )
        self._letterbox = self._new_letterbox(model, self._engine.most_pictures, self._engine.allocate)
        self._fixed = model.fixed_pictures
        self._engine.warm_up(self._letterbox.all_slots())

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.settings.class_names

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the network's input."""
        return self._frame.width_px, self._frame.height_px

    def detect(self, pictures: Sequence[Bgr]) -> list[Boxes]:
        """The boxes of each picture, whatever its size; see :func:`~robot_runtime.perceive.pictures.as_bgr` for what is taken.

        :raises PictureError: one of them is no picture; nothing was run
        """
        good = [_numbered(index, picture) for index, picture in enumerate(pictures)]
        spent = np.zeros(3)
        boxes: list[Boxes] = []
        for start in range(0, len(good), self._engine.most_pictures):
            boxes += self._detect(good[start : start + self._engine.most_pictures], spent)
        self.timings = Timings(*spent.tolist())
        return boxes

    def _detect(self, pictures: list[Bgr], spent: NDArray[np.float64]) -> list[Boxes]:
        begin = self._clock()
        images, placements = self._letterbox(pictures)
        placed = self._clock()
        outputs = self._engine.run(images if self._fixed is None else self._letterbox.all_slots())
        ran = self._clock()
        boxes = [self._boxes(outputs, index, placement) for index, placement in enumerate(placements)]
        spent += np.diff([begin, placed, ran, self._clock()])
        return boxes

    def _boxes(self, outputs: Outputs, index: int, placement: Placement) -> Boxes:
        return placement.to_picture(self._kept(self._candidates(outputs, index, self.settings.score_threshold)))

    def _candidates(self, outputs: Outputs, index: int, threshold: float) -> Candidates:
        return self._decoder.decode(outputs, index, self._frame, threshold).sound(self._frame.classes)

    def _kept(self, found: Candidates) -> Candidates:
        return suppress(found, self.settings.iou, self.settings.most_boxes)

    # ---------------------------------------------------------------- before it is used

    def _new_letterbox(self, model: Model, most: int, allocate: Callable[..., NDArray[Any]]) -> Letterbox:
        frame, settings = self._frame, self.settings
        return Letterbox(frame.width_px, frame.height_px, settings.pixels(model.dtype), settings.fit, most=most, allocate=allocate)

    def _samples(self, model: Model, width_px: int, height_px: int) -> list[NDArray[Any]]:
        """Inputs, each of as many pictures as one run takes at least."""
        letterbox = self._new_letterbox(model, model.fixed_pictures or 1, np.empty)
        samples = []
        for picture in sample_pictures(model.file, self.settings, width_px, height_px):
            letterbox([picture])
            samples.append(letterbox.all_slots().copy())
        return samples

    def _check(self, model: Model, samples: list[NDArray[Any]]) -> None:
        """A network whose outputs do not fit its layout is refused here, not in the middle of a drive."""
        try:
            self._decoder.check(self._run(PlainRunner(model.session), model, samples[0]), self._frame)
        except LayoutError as error:
            raise FileError(f"{model.file}: {error}") from error

    def _run(self, runner: Runner, model: Model, images: NDArray[Any]) -> Outputs:
        repeated = {name: np.repeat(value, len(images), axis=0) for name, value in self._constants.items()}
        return run(runner, model.image.name, images, repeated)

    def _difference(self, model: Model, runner: Runner, samples: list[NDArray[Any]]) -> str:
        """The first difference from the CPU on the samples, in boxes and scores; see :mod:`agreement`."""
        cpu = PlainRunner(model.session)
        pairs = [(self._all(self._run(cpu, model, images)), self._all(self._run(runner, model, images))) for images in samples]
        certain = self._certain([expected for expected, _ in pairs])
        for number, (expected, found) in enumerate(pairs):
            missing = disagreement(self._kept(_above(expected, certain)), found)
            added = disagreement(self._kept(_above(found, certain)), expected)
            if missing or added:
                return f"differs from the CPU on sample {number}: {f'missing: {missing}' if missing else f'added: {added}'}"
        return ""

    def _all(self, outputs: Outputs) -> Candidates:
        return self._candidates(outputs, 0, _LEAST_SCORE)

    def _certain(self, expected: list[Candidates]) -> float:
        """Boxes from this score on are compared: the threshold, or half the best where nothing reaches it."""
        best = max((float(found.scores.max()) for found in expected if len(found.scores)), default=0.0)
        return min(self.settings.score_threshold, max(best / 2, _LEAST_SCORE))


def _above(found: Candidates, score: float) -> Candidates:
    return found.take(found.scores >= score)


def _numbered(index: int, picture: Bgr) -> Bgr:
    try:
        return as_bgr(picture)
    except PictureError as error:
        raise PictureError(f"picture {index}: {error}") from error


def sample_pictures(model: Path, settings: InputSettings, width_px: int, height_px: int) -> list[Bgr]:
    """What the settings name, and made-up ones.

    :raises FileError: a file that the settings name is no picture
    """
    try:
        given = [picture_files.read(model.parent / name) for name in settings.samples]
    except PictureError as error:
        raise FileError(f"{model}: samples: {error}") from error
    return [*given, *made_up_pictures(width_px, height_px)]


def _constants(model: Model, settings: DetectorSettings, width_px: int, height_px: int) -> dict[str, NDArray[Any]]:
    """For RT-DETR and D-FINE the size to which boxes shall be scaled: width, then height.

    :raises FileError: the network has further inputs, or lacks this one
    """
    expected = [_SIZES] if settings.layout is Layout.DETR else []
    found = [tensor.name for tensor in model.others]
    if found != expected:
        text = f"{' and '.join(expected) or 'no input'} besides the pictures; found {', '.join(found) or 'none'}"
        raise FileError(f"{model.file}: layout {settings.layout.value}: expected {text}")
    return {name: np.array([[width_px, height_px]], np.int64) for name in expected}
