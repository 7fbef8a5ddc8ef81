"""A language model of random weights in llama.cpp's own format, with a token a sign of ASCII: small enough for each test."""

from __future__ import annotations

from pathlib import Path

import numpy as np

EMBEDDING, HIDDEN, HEADS, CONTEXT = 32, 64, 2, 32768
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

    def matrix(name: str, *shape: int) -> None:
        writer.add_tensor(name, rng.normal(0.0, 0.5, shape).astype(np.float32))

    def ones(name: str) -> None:
        writer.add_tensor(name, np.ones(EMBEDDING, np.float32))

    matrix("token_embd.weight", len(tokens), EMBEDDING)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        matrix(f"blk.0.{name}.weight", EMBEDDING, EMBEDDING)
    ones("blk.0.attn_norm.weight")
    ones("blk.0.ffn_norm.weight")
    matrix("blk.0.ffn_gate.weight", HIDDEN, EMBEDDING)
    matrix("blk.0.ffn_up.weight", HIDDEN, EMBEDDING)
    matrix("blk.0.ffn_down.weight", EMBEDDING, HIDDEN)
    ones("output_norm.weight")
    matrix("output.weight", len(tokens), EMBEDDING)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
