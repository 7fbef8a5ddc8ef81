"""One network on the best provider that can be trusted with it.

Every provider is asked in the configured order.  An accelerated one must first give what the CPU gives on sample pictures;
one that does not, or does not work here, is passed over, and the reason is logged and kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_runtime.paths import resolve
from robot_runtime.perceive.binding import DTYPES, Arrays, BoundRunner, PageLocked, PlainRunner, Runner
from robot_runtime.perceive.sessions import (
    PROVIDERS,
    EngineConfig,
    Job,
    OnnxRuntime,
    Opener,
    ProviderError,
    Session,
    Tensor,
    cannot_overflow,
)
from safety.files import FileError, file_hash

_log = logging.getLogger(__name__)

Judge = Callable[[Runner], str]
"""Says in which way a runner differs from the CPU on sample pictures; "" when it agrees."""


@dataclass(frozen=True, slots=True)
class Model:
    """A network's file, opened on the CPU: the measure for every other engine."""

    file: Path
    hash: str  # SHA-256 of the file
    session: Session
    image: Tensor  # the input that takes pictures, (n, 3, height, width)
    others: tuple[Tensor, ...]  # further inputs

    @property
    def metadata(self) -> Mapping[str, str]:
        return dict(self.session.get_modelmeta().custom_metadata_map)

    @property
    def dtype(self) -> np.dtype[Any]:
        return DTYPES[self.image.type]

    @property
    def fixed_pictures(self) -> int | None:
        """How many pictures a run takes; None for any number."""
        return self.image.shape[0] if isinstance(self.image.shape[0], int) else None


def open_model(file: str | Path, config: EngineConfig, opener: Opener | None = None) -> Model:
    """Load and look at the file.

    :raises FileError: missing, no ONNX file, or without an input for pictures
    """
    path = resolve(file)
    digest = file_hash(path)
    opener = opener or OnnxRuntime()
    try:
        session = opener.open(Job(path, digest, {}), "cpu", config)
        if cannot_overflow(session):  # which only the opened file tells
            session = opener.open(Job(path, digest, {}, overflows=False), "cpu", config)
    except ProviderError as error:
        raise FileError(f"{path}: cannot be loaded as a network: {error}") from error
    inputs = list(session.get_inputs())
    images = [tensor for tensor in inputs if _takes_pictures(tensor)]
    if len(images) != 1:
        found = ", ".join(f"{tensor.name} {tensor.type} {tensor.shape}" for tensor in inputs)
        raise FileError(f"{path}: expected one input (n, 3, height, width) of float32, float16 or uint8; found {found}")
    return Model(path, digest, session, images[0], tuple(tensor for tensor in inputs if tensor is not images[0]))


def _takes_pictures(tensor: Tensor) -> bool:
    types = ("tensor(float)", "tensor(float16)", "tensor(uint8)")
    return tensor.type in types and len(tensor.shape) == 4 and (tensor.shape[1] == 3 or not isinstance(tensor.shape[1], int))


def input_size(model: Model, width_px: int | None, height_px: int | None) -> tuple[int, int]:
    """Width and height of the input: what the file fixes, else what the settings say.

    :raises FileError: nobody says it, or the two differ
    """
    sizes = []
    fixed_and_said = [(model.image.shape[3], width_px, "input_width_px"), (model.image.shape[2], height_px, "input_height_px")]
    for fixed, said, field in fixed_and_said:
        if not isinstance(fixed, int) and said is None:
            raise FileError(f"{model.file}: {field}: the network takes any size; say in its settings which one it was trained with")
        if isinstance(fixed, int) and said is not None and fixed != said:
            raise FileError(f"{model.file}: {field}: the settings say {said}, the network takes {fixed}")
        sizes.append(int(fixed) if isinstance(fixed, int) else int(said or 0))
    return sizes[0], sizes[1]


class Engine:
    """Runs one network.  Not for several threads at once."""

    def __init__(
        self,
        model: Model,
        size_px: tuple[int, int],
        judge: Judge,
        config: EngineConfig | None = None,
        *,
        constants: Mapping[str, NDArray[Any]] | None = None,
        beside: Mapping[str, tuple[int, ...]] | None = None,
        opener: Opener | None = None,
    ) -> None:
        """
        :param size_px: width and height of the input
        :param judge: compares an accelerated runner with the CPU
        :param constants: what further inputs get for each picture, shape (1, …)
        :param beside: shapes, for one picture, of further inputs that every run is given anew
        """
        self._config = config or EngineConfig()
        self.most_pictures = model.fixed_pictures or self._config.most_pictures
        self._image, self._fixed = model.image.name, model.fixed_pictures
        self._constants = {name: np.repeat(value, self.most_pictures, axis=0) for name, value in (constants or {}).items()}
        self.rejected: tuple[str, ...] = ()
        self.provider = "cpu"
        self._runner: Runner = PlainRunner(model.session)
        self._beside = dict(beside or {})
        shapes = {**self._beside, **{name: value.shape[1:] for name, value in (constants or {}).items()}}
        self._choose(model, _job(model, size_px, shapes), judge, opener or OnnxRuntime())

    def allocate(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        return self._runner.allocate(shape, dtype)

    def run(self, images: NDArray[Any], beside: Mapping[str, NDArray[Any]] | None = None) -> Arrays:
        """The outputs for pictures (n, 3, height, width), good until the next run; n is fixed where the network fixes it.

        :param beside: what the inputs named so at the start get, a row a picture
        """
        return run(self._runner, self._image, images, {**self._constants, **(beside or {})})

    def warm_up(self, images: NDArray[Any]) -> None:
        """First runs are slow: memory is laid out, kernels are chosen.  One picture, then as many as may come at once."""
        for count in dict.fromkeys((self._fixed or 1, self.most_pictures)):
            beside = {name: np.zeros((count, *shape), np.float32) for name, shape in self._beside.items()}
            for _ in range(2):
                self.run(images[:count], beside)

    def _choose(self, model: Model, job: Job, judge: Judge, opener: Opener) -> None:
        available = opener.available()
        for provider in self._config.providers:
            if provider == "cpu":
                break
            reason = self._try(model, job, provider, judge, opener) if provider in available else "this onnxruntime was built without it"
            if not reason:
                self.provider = provider
                break
            self.rejected += (f"{provider}: {reason}",)
            _log.log(logging.WARNING if provider in available else logging.DEBUG, "%s: not on %s: %s", model.file, provider, reason)
        _log.info("%s runs on %s", model.file, self.provider)

    def _try(self, model: Model, job: Job, provider: str, judge: Judge, opener: Opener) -> str:
        """Why not; "" when this provider is the one."""
        try:
            runner = _runner(opener.open(job, provider, self._config), provider, self._config)
            reason = judge(runner)
        except ProviderError as error:
            return str(error)
        except Exception as error:  # whatever a driver raises on its first run means: not this one
            return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no reason given'}"
        if not reason:
            self._runner = runner
        return reason


class OnEngine:
    """A network whatever it puts out; who derives from it opens the engine."""

    _engine: Engine

    @property
    def provider(self) -> str:
        """What it runs on: tensorrt, cuda, openvino or cpu."""
        return self._engine.provider

    @property
    def rejected(self) -> tuple[str, ...]:
        """Providers that were passed over, each with the reason."""
        return self._engine.rejected


def run(runner: Runner, image: str, images: NDArray[Any], constants: Mapping[str, NDArray[Any]]) -> Arrays:
    """One run with the further inputs of as many pictures as there are."""
    return runner.run({image: images, **{name: value[: len(images)] for name, value in constants.items()}})


def _runner(session: Session, provider: str, config: EngineConfig) -> Runner:
    memory = PROVIDERS[provider].memory
    return PlainRunner(session) if memory == "cpu" else BoundRunner(session, memory, config.device_id, PageLocked())


def _job(model: Model, size_px: tuple[int, int], further: Mapping[str, tuple[int, ...]]) -> Job:
    if model.fixed_pictures is not None:
        return Job(model.file, model.hash, {})
    return Job(model.file, model.hash, {model.image.name: (3, size_px[1], size_px[0]), **further})
