"""A language model of random weights and its eyes in llama.cpp's own format, with a token a sign of ASCII: small enough for each test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

EMBEDDING, HIDDEN, HEADS, CONTEXT = 32, 64, 2, 32768
PICTURE_PX, PATCH_PX = 28, 14
TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}plan: "


def write(path: Path, seed: int = 0) -> Path:
    """Write it as a GGUF file."""
    from gguf import GGUFWriter, TokenType

    rng = np.random.default_rng(seed)
    special = [("<unk>", TokenType.UNKNOWN), ("<s>", TokenType.CONTROL), ("</s>", TokenType.CONTROL)]
    # No byte of other letters: random weights would write halves of them, at which the server's reader of answers gives up.
    tokens = special + [(f"<0x{byte:02X}>", TokenType.BYTE) for byte in range(128)] + [("\u2581", TokenType.NORMAL)]
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(1)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(EMBEDDING // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text for text, _ in tokens])
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([kind for _, kind in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)

    tensors = _Tensors(writer, rng)
    tensors.matrix("token_embd.weight", len(tokens), EMBEDDING)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        tensors.matrix(f"blk.0.{name}.weight", EMBEDDING, EMBEDDING)
    tensors.ones("blk.0.attn_norm.weight")
    tensors.ones("blk.0.ffn_norm.weight")
    tensors.matrix("blk.0.ffn_gate.weight", HIDDEN, EMBEDDING)
    tensors.matrix("blk.0.ffn_up.weight", HIDDEN, EMBEDDING)
    tensors.matrix("blk.0.ffn_down.weight", EMBEDDING, HIDDEN)
    tensors.ones("output_norm.weight")
    tensors.matrix("output.weight", len(tokens), EMBEDDING)
    return _written(writer, path)


def write_eyes(path: Path, seed: int = 0) -> Path:
    """Write what turns a picture into four tokens of that model, as a second file: a transformer of one layer over four patches."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "clip")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("janus_pro")
    writer.add_vision_image_size(PICTURE_PX)
    writer.add_vision_patch_size(PATCH_PX)
    writer.add_vision_embedding_length(EMBEDDING)
    writer.add_vision_feed_forward_length(HIDDEN)
    writer.add_vision_projection_dim(EMBEDDING)
    writer.add_vision_block_count(1)
    writer.add_vision_head_count(HEADS)
    writer.add_vision_attention_layernorm_eps(1e-5)
    writer.add_vision_image_mean([0.5] * 3)
    writer.add_vision_image_std([0.5] * 3)
    tensors = _Tensors(writer, np.random.default_rng(seed))
    tensors.matrix("v.patch_embd.weight", EMBEDDING, 3, PATCH_PX, PATCH_PX)
    tensors.matrix("v.position_embd.weight", (PICTURE_PX // PATCH_PX) ** 2, EMBEDDING)
    for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
        tensors.matrix(f"v.blk.0.{name}.weight", EMBEDDING, EMBEDDING)
    tensors.ones("v.blk.0.ln1.weight")
    tensors.ones("v.blk.0.ln2.weight")
    tensors.matrix("v.blk.0.ffn_up.weight", HIDDEN, EMBEDDING)
    tensors.matrix("v.blk.0.ffn_down.weight", EMBEDDING, HIDDEN)
    for layer in (0, 1):
        tensors.matrix(f"mm.{layer}.weight", EMBEDDING, EMBEDDING)
        tensors.matrix(f"mm.{layer}.bias", EMBEDDING)
    return _written(writer, path)


class _Tensors:
    """Random weights for a file."""

    def __init__(self, writer: Any, rng: np.random.Generator) -> None:
        self._writer, self._rng = writer, rng

    def matrix(self, name: str, *shape: int) -> None:
        self._writer.add_tensor(name, self._rng.normal(0.0, 0.5, shape).astype(np.float32))

    def ones(self, name: str) -> None:
        self._writer.add_tensor(name, np.ones(EMBEDDING, np.float32))


def _written(writer: Any, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
