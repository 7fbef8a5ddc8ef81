"""A network that writes down what it hears: Moonshine tiny for English, as the package ``moonshine-voice`` brings it along.

Sound goes through an encoder once; a decoder then writes one piece of a word after the other, and says of every piece how likely it
is next.  Nothing here decides what is written: see ``beam_search.py``.  The networks are those of Jeffries et al., "Moonshine: Speech
Recognition for Live Transcription and Voice Commands" (2024, arXiv 2410.15608), 27 million weights in 8 bits.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from robot_runtime.paths import package_folder
from safety.files import FileError, file_hash

PACKAGE, FOLDER = "moonshine_voice", "assets/tiny-en"
_ENCODER, _DECODER, _TOKENS = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"

BEGIN, END = 1, 2
"""Pieces that stand before and after every text."""
_FIRST = 259  # before it stand single bytes, for letters that are no piece
_SPACE = "▁"
_ENDS = ".?!"
_FULL_SCALE = 32768.0
_RATE_HZ = 16_000
_SILENCE = 4800  # samples after a sound: with 0.3 s of it the network knows better that a text is over

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Writing:
    """Several texts about one sound, as far as they are written."""

    log_probabilities: Floats
    """(texts, pieces): of what comes next."""
    _past: dict[str, Floats]
    _sound: Floats
    _samples: int

    @property
    def duration_s(self) -> float:
        """Of the sound."""
        return (self._samples - _SILENCE) / _RATE_HZ


class SpeechModel:
    """The networks, and the pieces of words that they write.

    :param folder: of the three files; by default that of the package
    :param threads: of the CPU
    :raises FileError: a file is missing or is not one of these networks
    """

    def __init__(self, folder: Path | None = None, threads: int = 1) -> None:
        folder = _checked(folder or _of_package())
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self._encoder = open_network(folder / _ENCODER, options)
        self._decoder = open_network(folder / _DECODER, options)
        self._past = {value.name: value.shape for value in self._decoder.get_inputs() if value.name.startswith("past_key_values")}
        self._outputs = [value.name for value in self._decoder.get_outputs()]
        self._changing = [name for name in self._outputs if ".encoder." not in name]
        self.pieces = _pieces(folder / _TOKENS)
        self._numbers = {piece: number for number, piece in reversed([*enumerate(self.pieces)]) if number >= _FIRST}
        self.name = f"moonshine tiny-en {file_hash(folder / _ENCODER)[:8]} {file_hash(folder / _DECODER)[:8]}"

    def begin(self, samples: NDArray[np.int16]) -> Writing:
        """Hear a sound of 16 kHz, and begin one text about it."""
        sound = np.zeros((1, len(samples) + _SILENCE), np.float32)
        sound[0, : len(samples)] = samples / _FULL_SCALE
        whole = np.ones(sound.shape, np.int64)
        (heard,) = self._encoder.run(None, {"input_values": sound, "attention_mask": whole})
        past = {name: np.zeros((1, shape[1], 0, shape[3]), np.float32) for name, shape in self._past.items()}
        return self._write(heard, sound.shape[1], past, [BEGIN], first=True)

    def go_on(self, writing: Writing, texts: Sequence[int], pieces: Sequence[int]) -> Writing:
        """Go on with some of the texts, each by one more piece; one may be gone on with several times.

        :param texts: the row of each in ``writing``
        """
        rows = np.asarray(texts)
        past = {name: (_so_many(value, len(rows)) if ".encoder." in name else value[rows]) for name, value in writing._past.items()}
        return self._write(writing._sound, writing._samples, past, pieces, first=False)

    def judge(self, begun: Writing, texts: Sequence[str]) -> list[float]:
        """Natural logarithms of how likely texts are, up to the sign that fits best after them, or to their end; all in one run.

        :param begun: one text about the sound, of which nothing is written yet
        """
        rows = [self.split(text[:1].upper() + text[1:]) for text in texts]
        pieces = np.full((len(rows), max(map(len, rows))), END, np.int64)
        for row, at in enumerate(rows):
            pieces[row, : len(at)] = at
        past = {name: _so_many(value, len(rows)) for name, value in begun._past.items()}
        (logits,) = self._decoder.run(self._outputs[:1], self._inputs(begun._sound, begun._samples, past, pieces, first=False))
        after = _log_softmax(logits)
        ends = [END, *(self._numbers[sign] for sign in _ENDS)]
        return [
            float(begun.log_probabilities[0, at[0]] + scores[np.arange(len(at) - 1), at[1:]].sum() + scores[len(at) - 1, ends].max())
            for scores, at in zip(after, rows, strict=True)
        ]

    def split(self, text: str) -> list[int]:
        """The pieces that the network writes a text with: of two neighbours those are joined first that were when it was trained.

        Letters that it does not know are left out.
        """
        parts = [letter for letter in f" {text}" if letter in self._numbers]
        while True:
            joined = [self._numbers.get(one + other, len(self.pieces)) for one, other in pairwise(parts)]
            at = min(range(len(joined)), key=joined.__getitem__, default=0)
            if not joined or joined[at] == len(self.pieces):
                return [self._numbers[part] for part in parts]
            parts[at : at + 2] = [parts[at] + parts[at + 1]]

    def _write(self, heard: Floats, samples: int, past: dict[str, Floats], pieces: Sequence[int], *, first: bool) -> Writing:
        wanted = self._outputs if first else self._changing  # what it made of the sound would be copied for each text
        inputs = self._inputs(heard, samples, past, np.asarray(pieces, np.int64)[:, None], first=first)
        logits, *present = self._decoder.run(wanted, inputs)
        now = {name.replace("present", "past_key_values"): value for name, value in zip(wanted[1:], present, strict=True)}
        return Writing(_log_softmax(logits[:, -1]), {**past, **now}, heard, samples)

    def _inputs(self, heard: Floats, samples: int, past: dict[str, Floats], pieces: NDArray[np.int64], *, first: bool) -> dict[str, Any]:
        count = len(pieces)
        return {
            "input_ids": pieces,
            "encoder_hidden_states": np.broadcast_to(heard, (count, *heard.shape[1:])),
            "encoder_attention_mask": np.ones((count, samples), np.int64),
            "use_cache_branch": np.array([not first]),
            **past,
        }


@cache
def moonshine() -> SpeechModel:
    """The one of this process."""
    return SpeechModel()


def _of_package() -> Path:
    package = package_folder(PACKAGE)
    if package is None:
        raise FileError("package moonshine-voice is not installed: `pip install moonshine-voice==0.1.0`")
    return package / FOLDER


def _checked(folder: Path) -> Path:
    if not (folder / _ENCODER).is_file():
        raise FileError(f"{folder / _ENCODER}: missing; newer packages bring no networks along: `pip install moonshine-voice==0.1.0`")
    return folder


def open_encoder(folder: Path | None = None) -> ort.InferenceSession:
    """The encoder alone, on one thread, for whoever listens without writing.

    :raises FileError: the file is missing or is not that network
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = 1, 1
    return open_network(_checked(folder or _of_package()) / _ENCODER, options)


def open_network(file: Path, options: ort.SessionOptions) -> ort.InferenceSession:
    """:raises FileError: the file is missing or is not a network"""
    if not file.is_file():
        raise FileError(f"{file}: there is no such file")
    try:
        return ort.InferenceSession(os.fspath(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own errors have no common type
        raise FileError(f"{file}: not a network that onnxruntime can run: {error}") from error


def _pieces(file: Path) -> list[str]:
    """Text of each piece; "" of those that are no text.  Each is stored as its length, of one byte or two, and its bytes."""
    content, at, pieces = file.read_bytes(), 0, []
    while at < len(content):
        length, at = content[at], at + 1
        if length >= 128:
            length, at = 128 * content[at] + length - 128, at + 1
        pieces.append(content[at : at + length].decode("utf-8", "ignore").replace(_SPACE, " "))
        at += length
    pieces[: END + 1] = [""] * (END + 1)
    return pieces


def _so_many(same: Floats, rows: int) -> Floats:
    """What is the same for every text, for so many of them; copied only when they become more."""
    return same[:rows] if rows <= len(same) else np.repeat(same[:1], rows, 0)


def _log_softmax(logits: Floats) -> Floats:
    logits -= logits.max(axis=-1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return logits
