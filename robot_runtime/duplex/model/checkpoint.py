"""Published checkpoints of the Moshi family, from a local folder: which files they have, and what their tensors are called."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from moshi.models import loaders
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from robot_runtime.duplex.model.build import build_eye, count, tiny
from robot_runtime.duplex.model.engine import DuplexModel
from robot_runtime.duplex.model.language import build_language
from robot_runtime.duplex.model.quantise import quantise
from robot_runtime.duplex.model.sizes import EyeSizes, Sampling, seven_b
from robot_runtime.duplex.model.vocabulary import Letters, Pieces, Vocabulary

WEIGHTS = ("bf16", "int8", "int4")
_NOT_OF_THE_MODEL = (
    "moshi_name", "mimi_name", "mimi_config_name", "tokenizer_name", "lora_name", "model_type", "lm_gen_config", "tts_config", "stt_config",
    "model_id", "eye",
)  # fmt: skip
_RENAMED = (
    (r"^llm\.transformer\.layers\.0\.cross_attention\.mha\.", "sight."),
    (r"^llm\.transformer\.layers\.(\d+)\.cross_attention\.gate\.", r"transformer.layers.\1.gate."),
    (r"^llm\.", ""),
    (r"^audio_emb\.", "emb."),
    (r"^audio_linears\.", "linears."),
    (r"^image_prefix\.enc\.model\.", "eye.encoder."),
    (r"^image_prefix\.proj_xa\.", "eye.projection."),
    (r"^image_prefix\.norm_xa\.", "eye.norm."),
)
_SHARED = re.compile(r"^llm\.transformer\.layers\.(?!0\.)\d+\.cross_attention\.mha\.")  # the same again in every layer


_PUBLISHED = "`robot-runtime models list` names published checkpoints"


class CheckpointError(RuntimeError):
    """A folder that does not hold a model of the family; names file and fix."""


def our_name(name: str) -> str | None:
    """What a tensor of MoshiVis' layout is called here; None for one that is not needed.

    >>> our_name("llm.transformer.layers.3.cross_attention.gate.alpha.0.weight")
    'transformer.layers.3.gate.alpha.0.weight'
    >>> our_name("llm.transformer.layers.3.cross_attention.mha.out_proj.weight") is None
    True
    """
    if _SHARED.match(name):
        return None
    for pattern, ours in _RENAMED:
        if re.match(pattern, name):
            return re.sub(pattern, ours, name)
    return name


@dataclass(frozen=True)
class Files:
    """Of one checkpoint."""

    model: Path
    codec: Path
    tokenizer: Path | None
    language: dict[str, Any]
    codec_sizes: dict[str, Any] | None
    eye: EyeSizes


def find_files(folder: Path) -> Files:
    """:raises CheckpointError: one is missing, or not what its name says"""
    if not folder.is_dir():
        kind = "is a file; name the folder that it is in" if folder.is_file() else f"is not there; {_PUBLISHED}"
        raise CheckpointError(f"{folder} {kind}")
    config = _json(folder / "config.json") if (folder / "config.json").is_file() else {}
    language = {name: value for name, value in config.items() if name not in _NOT_OF_THE_MODEL} or seven_b()
    codec_config = config.get("mimi_config_name")
    return Files(
        _needed(folder / config.get("moshi_name", loaders.MOSHI_NAME)),
        _needed(folder / config.get("mimi_name", loaders.MIMI_NAME)),
        None if config.get("tokenizer_name") == "letters" else _needed(folder / config.get("tokenizer_name", loaders.TEXT_TOKENIZER_NAME)),
        language,
        _json(_needed(folder / codec_config)) if codec_config else None,
        _eye_sizes(config["eye"], folder / "config.json") if "eye" in config else EyeSizes(),
    )


def _json(path: Path) -> dict[str, Any]:
    with _read(path):
        values: dict[str, Any] = dict(json.loads(path.read_text(encoding="utf-8")))
    return values


def _eye_sizes(values: dict[str, Any], path: Path) -> EyeSizes:
    with _read(path):
        return EyeSizes(**{field.name: values[field.name] for field in fields(EyeSizes)})


def load(model: str, device: str, weights: str, *, greedy: bool = False) -> DuplexModel:
    """The engine that ``--model`` names.

    :raises CheckpointError: the folder or an argument does not fit
    """
    if weights not in WEIGHTS:
        raise CheckpointError(f"weights: expected one of {', '.join(WEIGHTS)}, got {weights!r}")
    device = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    sampling = Sampling(greedy=greedy)
    if model == "tiny":
        return tiny(sampling, device=device)
    return load_folder(Path(model), device, weights, sampling)


def load_folder(folder: Path, device: str, weights: str, sampling: Sampling, dtype: torch.dtype | None = None) -> DuplexModel:
    """:raises CheckpointError: the folder does not hold a model of the family"""
    files = find_files(folder)
    dtype = dtype or (torch.bfloat16 if weights == "bf16" else torch.float16)
    tensors = _tensors(files.model, device, dtype)
    seeing = any(name.startswith("sight.") for name in tensors)
    eye = _eye(files, tensors, device, dtype) if seeing else None
    with _read(folder / "config.json"):
        language = build_language(files.language, seeing=seeing, device="meta", dtype=dtype)
    _put(language, {name: tensor for name, tensor in tensors.items() if not name.startswith("eye.")}, files.model)
    quantise(language, weights)
    with _read(files.codec):
        codec = loaders.get_mimi(files.codec, files.codec_sizes, device=device, num_codebooks=files.language["dep_q"])
    with _read(files.tokenizer or folder):
        vocabulary: Vocabulary = Pieces(files.tokenizer) if files.tokenizer else Letters()
    about = {"model": str(folder), "device": device, "weights": weights, "sees": seeing, "parameters": count(language)}
    return DuplexModel(language, codec, vocabulary, eye, sampling, about)


def _tensors(path: Path, device: str, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """All tensors by our names; matrices of numbers in ``dtype``."""
    with _read(path):
        with safe_open(path, "pt") as file:
            foreign = any(name.startswith("llm.") for name in file.keys())  # noqa: SIM118  not a dict
        loaded = load_file(path, device=device)
    named = {our_name(name) if foreign else name: tensor for name, tensor in loaded.items()}
    return {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in named.items() if name is not None}


def _eye(files: Files, tensors: dict[str, torch.Tensor], device: str, dtype: torch.dtype) -> Any:
    eye = build_eye(files.eye, files.language["dim"], "meta", dtype)
    own = {name.removeprefix("eye."): tensor for name, tensor in tensors.items() if name.startswith("eye.")}
    if not any(name.startswith("encoder.") for name in own):
        raise CheckpointError(f"{files.model}: no image encoder in it; add that of google/paligemma2-3b-pt-448 as image_prefix.enc.model.*")
    _put(eye, own, files.model)
    return eye.to(device)


def _put(module: torch.nn.Module, tensors: dict[str, torch.Tensor], path: Path) -> None:
    missing, unknown = module.load_state_dict(tensors, strict=False, assign=True)
    if missing or unknown:
        what = f"lacks {', '.join(missing[:3])}" if missing else f"has unknown {', '.join(unknown[:3])}"
        raise CheckpointError(f"{path}: {what}: not a checkpoint of these sizes; see config.json beside it")


def _needed(path: Path) -> Path:
    if not path.is_file():
        raise CheckpointError(f"{path} is missing; {_PUBLISHED}")
    return path


@contextmanager
def _read(path: Path) -> Iterator[None]:
    """What goes wrong while a file is read is told with its name.

    :raises CheckpointError: it did
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise  # the file is good
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        what = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise CheckpointError(f"{path}: not as a model of the family has it: {what}") from error
