"""Opening a network with onnxruntime on one provider: which there are, with what options, and where built engines are kept."""

from __future__ import annotations

import ctypes
import logging
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import onnxruntime

from robot_runtime.perceive.engine_config import PROVIDERS, EngineConfig, Provider

__all__ = ["PROVIDERS", "EngineConfig", "Job", "OnnxRuntime", "Opener", "Provider", "ProviderError", "Session", "Tensor"]

_log = logging.getLogger(__name__)


class Tensor(Protocol):
    """An input or output as the file declares it; a dimension that varies is a string or None."""

    name: str
    type: str
    shape: list[Any]


class Session(Protocol):
    """What of ``onnxruntime.InferenceSession`` is used, so that tests can stand in for a provider that is not here."""

    def get_inputs(self) -> Sequence[Tensor]: ...
    def get_outputs(self) -> Sequence[Tensor]: ...
    def get_providers(self) -> list[str]: ...
    def get_modelmeta(self) -> Any: ...
    def run(self, names: list[str] | None, inputs: Mapping[str, Any]) -> list[Any]: ...
    def io_binding(self) -> Any: ...
    def run_with_iobinding(self, binding: Any) -> None: ...


class ProviderError(RuntimeError):
    """A provider that cannot run the network, and why."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a provider needs to know beforehand."""

    model: Path
    model_hash: str
    input_shapes: Mapping[str, tuple[int, ...]]  # of one picture, the first dimension left out; only of inputs that vary in number
    overflows: bool = True  # its weights, where they are in 8 bits, use all of them


class Opener(Protocol):
    """How sessions come to be: onnxruntime, or what a test puts in its place."""

    def available(self) -> Sequence[str]:
        """Names of :data:`PROVIDERS` that this installation was built with."""
        ...

    def open(self, job: Job, provider: str, config: EngineConfig) -> Session:
        """:raises ProviderError: it does not work here, or does not take this network"""
        ...


class OnnxRuntime:
    """The real opener.  TensorRT and CUDA options follow onnxruntime's documentation; the CPU and OpenVINO were at hand to try."""

    def available(self) -> Sequence[str]:
        built_in = onnxruntime.get_available_providers()
        return [name for name, provider in PROVIDERS.items() if provider.onnxruntime_name in built_in]

    def open(self, job: Job, provider: str, config: EngineConfig) -> Session:
        if PROVIDERS[provider].memory == "cuda" and hasattr(onnxruntime, "preload_dlls"):
            onnxruntime.preload_dlls()  # CUDA and cuDNN from their wheels, where they are not installed for the system
        if provider != "tensorrt":
            return self._open(job, [(provider, _options(provider, job, config, Path()))], config)
        folder = cache_folder(config, job.model_hash, gpu_name(config.device_id))
        return self._with_cache(job, config, folder)

    def _with_cache(self, job: Job, config: EngineConfig, folder: Path) -> Session:
        """A process that died while it wrote leaves half an engine, which would fail at each start: built anew, once."""
        chain = [("tensorrt", _options("tensorrt", job, config, folder)), ("cuda", _options("cuda", job, config, folder))]
        used_before = folder.exists() and any(folder.iterdir())
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return self._open(job, chain, config)
        except ProviderError as error:
            if not used_before:
                raise
            _log.warning("engines in %s do not load (%s): built anew", folder, error)
            shutil.rmtree(folder)
            folder.mkdir(parents=True)
            return self._open(job, chain, config)

    def _open(self, job: Job, chain: list[tuple[str, dict[str, Any]]], config: EngineConfig) -> Session:
        wanted = PROVIDERS[chain[0][0]].onnxruntime_name
        providers = [(PROVIDERS[name].onnxruntime_name, options) for name, options in chain]
        if chain[-1][0] != "cpu":
            providers.append((PROVIDERS["cpu"].onnxruntime_name, {}))
        try:
            session = onnxruntime.InferenceSession(str(job.model), session_options(config, job.overflows), providers=providers)
        except Exception as error:  # onnxruntime's own exceptions have no common base but this
            raise ProviderError(str(error).strip().splitlines()[0]) from error
        if session.get_providers()[0] != wanted:  # it only prints a warning when a library is missing
            raise ProviderError(f"onnxruntime fell back to {session.get_providers()[0]}; are its libraries installed?")
        return session  # type: ignore[no-any-return]  # onnxruntime has no types


EXACT_8_BITS = "session.x64quantprecision"
"""Processors with AVX2 and no VNNI add two products of 8 bits in 16, which overflow; onnxruntime then takes a slower way that does not.
Weights of 7 bits need none: 2 x 255 x 64 is less than 2^15."""
WEIGHT_BITS = "weight_bits"
"""What an 8-bit network says in its metadata about the width of its weights."""


def cannot_overflow(session: Session) -> bool:
    return bool(session.get_modelmeta().custom_metadata_map.get(WEIGHT_BITS) == "7")


def session_options(config: EngineConfig, overflows: bool = True) -> Any:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = config.threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if config.spin else "0")
    options.add_session_config_entry(EXACT_8_BITS, "1" if overflows else "0")
    options.log_severity_level = 3  # errors; its warnings about nodes left to the CPU are no news
    return options


def _options(provider: str, job: Job, config: EngineConfig, cache: Path) -> dict[str, Any]:
    """https://onnxruntime.ai/docs/execution-providers, the page of each provider."""
    if provider == "tensorrt":
        return {
            "device_id": config.device_id,
            "trt_fp16_enable": config.half_precision,
            "trt_engine_cache_enable": True,
            "trt_engine_cache_path": str(cache),
            "trt_timing_cache_enable": True,
            "trt_timing_cache_path": str(cache),
            **_profile(job.input_shapes, config.most_pictures),
        }
    if provider == "cuda":
        return {"device_id": config.device_id}
    if provider == "openvino":
        # Deprecated since onnxruntime 1.23 for "load_config", which was a file's name before 1.24 and is JSON since; 1.24.1 takes it.
        return {"device_type": "CPU", **({"num_of_threads": config.threads} if config.threads else {})}
    return {}


def _profile(shapes: Mapping[str, tuple[int, ...]], most: int) -> dict[str, str]:
    """One engine for every number of pictures: without a profile TensorRT would build anew for each that comes.

    >>> _profile({"images": (3, 64, 64)}, 4)["trt_profile_max_shapes"]
    'images:4x3x64x64'
    """
    counts = {"min": 1, "opt": 1, "max": most}
    texts = {
        key: ",".join(f"{name}:{'x'.join(str(size) for size in (count, *shape))}" for name, shape in shapes.items())
        for key, count in counts.items()
    }
    return {f"trt_profile_{key}_shapes": text for key, text in texts.items() if text}


def cache_folder(config: EngineConfig, model_hash: str, device: str) -> Path:
    """Engines hold for one network on one kind of device with one onnxruntime (which fixes TensorRT) and one precision only."""
    precision = "fp16" if config.half_precision else "fp32"
    kind = re.sub(r"[^A-Za-z0-9]+", "-", device).strip("-").lower() or "unknown"
    name = f"{model_hash[:16]}_{kind}_ort-{onnxruntime.__version__}_{precision}_batch-{config.most_pictures}"
    return Path(config.cache_folder).expanduser() / name


def gpu_name(device_id: int) -> str:
    """The name of an NVIDIA GPU from its driver (CUDA driver API, ``cuDeviceGetName``); "unknown" where there is none."""
    name, device = ctypes.create_string_buffer(256), ctypes.c_int()
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "unknown"
    failed = driver.cuInit(0) or driver.cuDeviceGet(ctypes.byref(device), device_id) or driver.cuDeviceGetName(name, len(name), device)
    return "unknown" if failed else name.value.decode(errors="replace")
