"""A Whisper of random weights in the layout that faster-whisper reads; needs ctranslate2 and tokenizers, which faster-whisper brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

WIDTH, INNER, BANDS, FRAMES, LONGEST = 8, 16, 80, 1500, 448
SPECIAL = [
    *("<|endoftext|>", "<|startoftranscript|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>"),
    *("<|nospeech|>", "<|notimestamps|>", *(f"<|{number * 0.02:.2f}|>" for number in range(1501))),
]


def build(folder: Path, seed: int = 0) -> None:
    """Write it; it writes letters, and ends soon."""
    from ctranslate2.specs import whisper_spec
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = {letter: number for number, letter in enumerate(letters)}
    tokenizer = Tokenizer(models.BPE(vocab=pieces, merges=[]))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in SPECIAL])

    spec = whisper_spec.WhisperSpec(1, 2, 1, 2)
    fill = _Fill(np.random.default_rng(seed))
    fill.encoder(spec.encoder)
    vocabulary = [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]
    fill.decoder(spec.decoder, len(vocabulary))
    plain = [(piece.isascii() and piece.isalpha()) or piece == SPECIAL[0] for piece in vocabulary]
    spec.decoder.projection.bias = np.where(plain, 0.0, -20.0).astype(np.float32)
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], [tokenizer.token_to_id(SPECIAL[0])]
    spec.config.alignment_heads, spec.config.lang_ids = [(0, 0)], []
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))


class _Fill:
    """Random weights into the layers of a specification."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random

    def weights(self, *shape: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        return self._random.normal(0.0, 1.0, shape).astype(np.float32)

    def encoder(self, encoder: Any) -> None:
        for layer, inputs in ((encoder.conv1, BANDS), (encoder.conv2, WIDTH)):
            layer.weight, layer.bias = self.weights(WIDTH, inputs, 3), self.weights(WIDTH)
        encoder.position_encodings.encodings = self.weights(FRAMES, WIDTH)
        _norm(encoder.layer_norm)
        for layer in encoder.layer:
            self._attention(layer.self_attention, 3, 1)
            self._feed_forward(layer.ffn)

    def decoder(self, decoder: Any, pieces: int) -> None:
        decoder.embeddings.weight = decoder.projection.weight = self.weights(pieces, WIDTH)
        decoder.position_encodings.encodings = self.weights(LONGEST, WIDTH)
        _norm(decoder.layer_norm)
        for layer in decoder.layer:
            self._attention(layer.self_attention, 3, 1)
            self._attention(layer.attention, 1, 2, 1)
            self._feed_forward(layer.ffn)

    def _attention(self, attention: Any, *parts: int) -> None:
        _norm(attention.layer_norm)
        for layer, count in zip(attention.linear, parts, strict=True):
            self._linear(layer, count * WIDTH, WIDTH)

    def _feed_forward(self, layer: Any) -> None:
        _norm(layer.layer_norm)
        self._linear(layer.linear_0, INNER, WIDTH)
        self._linear(layer.linear_1, WIDTH, INNER)

    def _linear(self, layer: Any, outputs: int, inputs: int) -> None:
        layer.weight, layer.bias = self.weights(outputs, inputs), self.weights(outputs)


def _norm(layer: Any) -> None:
    layer.gamma, layer.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
