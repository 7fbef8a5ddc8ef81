"""The engine with tiny random weights: streaming equals offline, a reset forgets, a picture costs no frame, a told text is said."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="needs the extra [duplex]: run `make duplex`")
pytest.importorskip("moshi", reason="needs the extra [duplex]: run `make duplex`")

from safetensors.torch import save_file  # noqa: E402

from robot_runtime.duplex.model.build import tiny  # noqa: E402
from robot_runtime.duplex.model.checkpoint import CheckpointError, find_files, load, load_folder  # noqa: E402
from robot_runtime.duplex.model.engine import DuplexModel  # noqa: E402
from robot_runtime.duplex.model.quantise import PackedLinear  # noqa: E402
from robot_runtime.duplex.model.sizes import TINY_CODEC, TINY_EYE, TINY_LANGUAGE, Sampling  # noqa: E402

torch.set_num_threads(1)
GREEDY = Sampling(greedy=True)
SOUND = (3000 * np.random.default_rng(0).standard_normal((16, 1920))).astype(np.int16)
PICTURE = np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)


def said(model: DuplexModel, picture_at: int = -1) -> tuple[list[list[int]], NDArray[np.int16]]:
    tokens, sound = [], []
    for frame, heard in enumerate(SOUND):
        if frame == picture_at:
            model.see(PICTURE)
        sound.append(model.step(heard).sound)
        tokens.append(model.tokens)
    return tokens, np.concatenate(sound)


@pytest.fixture(scope="module")
def shared() -> DuplexModel:
    return tiny(GREEDY)


@pytest.fixture
def model(shared: DuplexModel) -> DuplexModel:
    shared.reset()
    return shared


def test_a_reset_forgets_everything(model: DuplexModel) -> None:
    fresh = said(tiny(GREEDY))
    said(model, picture_at=2)
    model.tell(1, "some words that are not said to the end")
    model.step(SOUND[0])
    model.reset()
    tokens, sound = said(model)
    assert tokens == fresh[0] and np.array_equal(sound, fresh[1])


def test_nothing_is_left_of_warming_up(model: DuplexModel) -> None:
    fresh = said(tiny(GREEDY), picture_at=3)
    model.warm_up()
    tokens, sound = said(model, picture_at=3)
    assert tokens == fresh[0] and np.array_equal(sound, fresh[1])


def test_the_codec_gives_the_same_streaming_as_offline(model: DuplexModel) -> None:
    codec = tiny(GREEDY)._codec
    codec._stop_streaming()
    wave = torch.from_numpy(SOUND.reshape(1, 1, -1).astype(np.float32) / 32768)
    with torch.no_grad():
        codes = codec.encode(wave)
        sound = codec.decode(codes)
        with codec.streaming(1):
            pieces = [codec.encode(frame) for frame in wave.split(1920, dim=2)]
            sounds = [codec.decode(piece) for piece in pieces]
    assert torch.equal(codes, torch.cat(pieces, dim=2))
    assert torch.allclose(sound, torch.cat(sounds, dim=2), atol=1e-4)


def test_a_picture_counts_from_the_next_frame_on_and_costs_none(model: DuplexModel) -> None:
    blind, _ = said(model)
    model.reset()
    seeing, sound = said(model, picture_at=6)
    assert len(sound) == 1920 * (len(SOUND) - 1), "all but the frame that the tokens are delayed by"
    assert seeing[:6] == blind[:6]


def test_a_told_text_is_forced_token_by_token_and_the_sound_goes_on(model: DuplexModel) -> None:
    model.step(SOUND[0])
    model.tell(5, "hello bob")
    steps = [model.step(SOUND[k % len(SOUND)]) for k in range(30)]
    told = [step for step in steps if step.told == 5]
    assert "".join(step.text for step in told).split() == ["hello", "bob"]
    assert told[-1].told_left == 0 and all(len(step.sound) == 1920 for step in steps)


def test_hush_silences_the_words_and_not_the_sound(model: DuplexModel) -> None:
    model.hush(8)
    assert all(not model.step(frame).text for frame in SOUND[:8])


def test_tiny_babbles_as_loud_as_speech_and_does_not_hum(model: DuplexModel) -> None:
    _, sound = said(model)
    frames = sound.reshape(-1, 1920).astype(float) / 32768
    assert 0.01 < frames.std() < 0.2 and abs(frames.mean()) < 0.2 * frames.std()
    alike = [float(np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b))) for a, b in itertools.pairwise(frames[2:])]
    assert np.median(alike) < 0.5, "frames of other tokens sound otherwise"


def test_the_weights_are_the_same_for_the_same_seed() -> None:
    assert said(tiny(GREEDY))[0] == said(tiny(GREEDY))[0]


# ---------------------------------------------------------------- checkpoints


def written(model: DuplexModel, folder: Path) -> Path:
    """A folder with the layout of kyutai/moshika-vis-pytorch-bf16, in small."""
    tensors = {}
    own = model._language.state_dict()
    for name, tensor in own.items():
        if name.startswith("sight."):
            tensors[name.replace("sight.", "llm.transformer.layers.0.cross_attention.mha.")] = tensor
        elif ".gate." in name:
            tensors["llm." + name.replace(".gate.", ".cross_attention.gate.")] = tensor
        elif "_projs." in name:
            base, kind, _, _ = name.rsplit(".", 3)
            whole = torch.cat([own[part] for part in sorted(own) if part.startswith(f"{base}.{kind}.")])
            old = f"{base}.in_proj_weight" if kind == "in_projs" else f"{base}.out_proj.weight"
            tensors[("llm." if name.startswith("transformer.") else "") + old] = whole
        elif name.startswith(("transformer.", "text_emb", "text_linear", "out_norm")):
            tensors["llm." + name] = tensor
        else:
            tensors[
                name.replace("linears.", "audio_linears.", 1) if name.startswith("linears.") else "audio_" * name.startswith("emb.") + name
            ] = tensor
    assert model._eye is not None
    for name, tensor in model._eye.state_dict().items():
        theirs = {"encoder": "enc.model", "projection": "proj_xa", "norm": "norm_xa"}[name.split(".")[0]]
        tensors[f"image_prefix.{theirs}.{name.partition('.')[2]}"] = tensor
    save_file({name: tensor.clone().contiguous() for name, tensor in tensors.items()}, folder / "model.safetensors")
    save_file({name: t.clone().contiguous() for name, t in model._codec.state_dict().items()}, folder / "codec.safetensors")
    (folder / "codec.json").write_text(json.dumps(TINY_CODEC))
    config = {**TINY_LANGUAGE, "mimi_name": "codec.safetensors", "mimi_config_name": "codec.json", "tokenizer_name": "letters"}
    (folder / "config.json").write_text(json.dumps({**config, "eye": vars(TINY_EYE)}))
    return folder


def test_a_checkpoint_in_the_published_layout_speaks_as_the_model_it_was_made_of(model: DuplexModel, tmp_path: Path) -> None:
    expected = said(model, picture_at=3)
    loaded = load_folder(written(model, tmp_path), "cpu", "bf16", GREEDY, dtype=torch.float32)
    tokens, sound = said(loaded, picture_at=3)
    assert tokens == expected[0] and np.abs(sound - expected[1].astype(int)).max() <= 1


@pytest.mark.parametrize("weights", ["int8", "int4"])
def test_packed_weights_are_near_the_whole_ones(weights: str) -> None:
    linear = torch.nn.Linear(128, 96, bias=False)
    packed = PackedLinear(linear, weights)
    x = torch.randn(4, 128, generator=torch.Generator().manual_seed(0))
    whole, near = linear(x), packed(x).float()
    assert float((whole - near).detach().norm() / whole.detach().norm()) < {"int8": 0.02, "int4": 0.2}[weights]
    assert packed.weight.numel() * packed.weight.element_size() == {"int8": 128 * 96, "int4": 64 * 96}[weights]


def test_a_packed_model_speaks(model: DuplexModel, tmp_path: Path) -> None:
    packed = load_folder(written(model, tmp_path), "cpu", "int8", GREEDY)
    assert [len(packed.step(frame).sound) for frame in SOUND[:3]] == [0, 1920, 1920]


def test_a_folder_that_does_not_fit_is_told(model: DuplexModel, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"model\.safetensors is missing"):
        load(str(tmp_path), "cpu", "bf16")
    with pytest.raises(CheckpointError, match="expected one of bf16"):
        load("tiny", "cpu", "fp3")
    written(model, tmp_path)
    assert find_files(tmp_path).eye == TINY_EYE
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "num_layers": 4}))
    with pytest.raises(CheckpointError, match=r"lacks transformer\.layers\.3"):
        load_folder(tmp_path, "cpu", "bf16", GREEDY)


def damaged(folder: Path, name: str) -> str:
    """Why a folder is not loaded in which one file holds something else."""
    kept = (folder / name).read_bytes()
    (folder / name).write_bytes(b"<html>Not found</html>")
    with pytest.raises(CheckpointError) as told:
        load_folder(folder, "cpu", "bf16", GREEDY)
    (folder / name).write_bytes(kept)
    return str(told.value)


def test_a_broken_file_is_named(model: DuplexModel, tmp_path: Path) -> None:
    written(model, tmp_path)
    for name in ("config.json", "codec.json", "model.safetensors", "codec.safetensors"):
        assert name in damaged(tmp_path, name)
    with pytest.raises(CheckpointError, match="is a file; name the folder"):
        load(str(tmp_path / "model.safetensors"), "cpu", "bf16")
    with pytest.raises(CheckpointError, match="is not there"):
        load(str(tmp_path / "no"), "cpu", "bf16")
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "layers_of_another_family": 4}))
    with pytest.raises(CheckpointError, match=r"config\.json.*layers_of_another_family"):
        load_folder(tmp_path, "cpu", "bf16", GREEDY)
