"""The language model with sight gives the tokens of the authors' public code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra [duplex]: run `make duplex`")
pytest.importorskip("moshi", reason="needs the extra [duplex]: run `make duplex`")

from moshi.models.lm import LMGen  # noqa: E402

from robot_runtime.duplex.fit import BITS, weight_bytes  # noqa: E402
from robot_runtime.duplex.model.build import build_eye  # noqa: E402
from robot_runtime.duplex.model.language import build_language  # noqa: E402
from robot_runtime.duplex.model.quantise import quantise  # noqa: E402
from robot_runtime.duplex.model.sizes import TINY_LANGUAGE, EyeSizes, seven_b  # noqa: E402
from tests.duplex.weights import MODES, codes, fill, pictures  # noqa: E402

torch.set_num_threads(1)

GOLDEN = Path(__file__).with_name("moshivis_tokens.json")
"""Written by ``tools/compare_moshivis.py`` from the authors' code."""


def tokens_of(model: Any, mode: str) -> list[list[int]]:
    """The most likely tokens of each frame: text, then eight of sound; none while they are delayed."""
    model.sight.close()
    generator, out = LMGen(model, use_sampling=False), []
    with torch.no_grad(), generator.streaming(1):
        for frame, code in enumerate(torch.from_numpy(codes())):
            for at, picture in MODES[mode]:
                if at == frame:
                    model.sight.show(torch.from_numpy(pictures(model.dim)[picture]))
            token = generator.step(code)
            out.append([] if token is None else token[0, :, 0].tolist())
    return out


@pytest.fixture(scope="module")
def model() -> Any:
    built = build_language(TINY_LANGUAGE, seeing=True, device="cpu", dtype=torch.float32)
    fill(built)
    return built


@pytest.mark.parametrize("mode", MODES)
def test_tokens_are_those_of_the_authors_code(model: Any, mode: str) -> None:
    assert tokens_of(model, mode) == json.loads(GOLDEN.read_text())[mode]


def test_a_picture_changes_what_is_said_and_a_swap_does_so_from_its_frame_on(model: Any) -> None:
    none, one, swap = (json.loads(GOLDEN.read_text())[mode] for mode in ("none", "one", "swap"))
    changed = next(frame for frame, (a, b) in enumerate(zip(one, swap, strict=True)) if a != b)
    assert none != one and len(swap) // 2 <= changed < len(swap) // 2 + 5


@pytest.mark.parametrize("weights", BITS)
def test_the_arithmetic_knows_how_much_memory_the_large_model_takes(weights: str) -> None:
    """The model itself, built and packed without its values, against the sums from its sizes."""
    dtype = torch.bfloat16 if weights == "bf16" else torch.float16
    language = build_language(seven_b(), seeing=True, device="meta", dtype=dtype)
    quantise(language, weights)
    eye = build_eye(EyeSizes(), language.dim, "meta", dtype)
    held = sum(tensor.numel() * tensor.element_size() for part in (language, eye) for tensor in (*part.parameters(), *part.buffers()))
    assert held == pytest.approx(weight_bytes(weights), rel=0.03)
