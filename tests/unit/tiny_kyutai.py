"""A speech-to-text model of Kyutai's architecture with random weights, in the layout of its published ones; needs the package moshi."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WIDTH = 16
MIMI: dict[str, Any] = {
    "sample_rate": 24000, "channels": 1, "frame_rate": 12.5,
    "seanet": {
        "channels": 1, "dimension": WIDTH, "causal": True, "n_filters": 2, "n_residual_layers": 1, "activation": "ELU", "compress": 2,
        "dilation_base": 2, "disable_norm_outer_blocks": 0, "kernel_size": 7, "residual_kernel_size": 3, "last_kernel_size": 3,
        "norm": "none", "pad_mode": "constant", "ratios": [8, 6, 5, 4], "true_skip": True,
    },
    "quantizer": {"dimension": 8, "n_q": 4, "bins": 32, "input_dimension": WIDTH, "output_dimension": WIDTH},
    "transformer": {
        "d_model": WIDTH, "num_heads": 2, "num_layers": 1, "causal": True, "layer_scale": 0.01, "context": 250, "conv_layout": True,
        "max_period": 10000, "gating": "none", "norm": "layer_norm", "positional_embedding": "rope", "dim_feedforward": 32,
        "input_dimension": WIDTH, "output_dimensions": [WIDTH],
    },
}  # fmt: skip
NETWORK: dict[str, Any] = {
    "dim": WIDTH, "existing_text_padding_id": 3, "n_q": 4, "dep_q": 0, "card": 32, "num_heads": 2, "num_layers": 1, "hidden_scale": 4.125,
    "causal": True, "layer_scale": None, "context": 100, "max_period": 10000, "gating": "silu", "norm": "rms_norm_f32",
    "positional_embedding": "rope", "depformer_dim": WIDTH, "depformer_num_heads": 2, "depformer_num_layers": 1,
    "delays": [0, 0, 0, 0, 0],
}  # fmt: skip
SENTENCES = ["bring me the red cup please", "go to the kitchen", "what is on the table", "stop right there", "where did you see the book"]


def build(folder: Path, seed: int = 0) -> None:
    """Write config, weights and pieces of text."""
    import sentencepiece
    import torch
    from moshi.models import loaders
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES), model_prefix=str(folder / "pieces"), vocab_size=60, hard_vocab_limit=False, pad_id=3,
        minloglevel=2,
    )  # fmt: skip
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "pieces.model")).get_piece_size()
    network = {**NETWORK, "text_card": pieces}
    (folder / "mimi.json").write_text(json.dumps(MIMI))
    names = {
        "moshi_name": "network.safetensors",
        "mimi_name": "mimi.safetensors",
        "mimi_config_name": "mimi.json",
        "tokenizer_name": "pieces.model",
    }
    delays = {"audio_delay_seconds": 0.5, "audio_silence_prefix_seconds": 0.16}
    (folder / "config.json").write_text(json.dumps({**network, **names, "model_type": "stt", "stt_config": delays}))
    mimi = loaders.get_mimi(None, MIMI, num_codebooks=4)
    for name, value in mimi.named_buffers():
        if name.endswith("embedding_sum"):
            value.normal_()  # code books begin empty
    for name, value in mimi.encoder.named_parameters():
        value.data *= 0.0 if name.endswith("bias") else 4.0  # so that what comes out depends on what goes in
    save_file({name: value.contiguous().clone() for name, value in mimi.state_dict().items()}, str(folder / "mimi.safetensors"))
    lm = loaders.get_moshi_lm(None, network, dtype=torch.float32)
    for table in lm.emb:
        table.weight.data *= 30.0  # what it hears matters more than what it wrote before
    save_file({name: value.contiguous().clone() for name, value in lm.state_dict().items()}, str(folder / "network.safetensors"))
