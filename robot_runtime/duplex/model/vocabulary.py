"""Words and text tokens."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Protocol

from robot_runtime.duplex.steering import END_OF_PADDING, PADDING


class Vocabulary(Protocol):
    def encode(self, word: str) -> list[int]:
        """The tokens of one word that follows others."""
        ...

    def piece(self, token: int) -> str:
        """What a token adds to the text; a blank in front where a word begins, "" for padding."""
        ...


class Letters:
    """Of the tiny model: a token a letter, of its own at the beginning of a word."""

    _LETTERS = string.ascii_lowercase + "'.,?"

    def encode(self, word: str) -> list[int]:
        known = [self._LETTERS.index(letter) for letter in word.lower() if letter in self._LETTERS]
        return [4 + 2 * index + (place == 0) for place, index in enumerate(known)]

    def piece(self, token: int) -> str:
        index, first = divmod(token - 4, 2)
        if not 0 <= index < len(self._LETTERS):
            return ""
        return " " * first + self._LETTERS[index]


class Pieces:
    """Of a published model: SentencePiece."""

    def __init__(self, path: Path) -> None:
        import sentencepiece

        self._model = sentencepiece.SentencePieceProcessor(str(path))

    def encode(self, word: str) -> list[int]:
        return [int(token) for token in self._model.encode(word)]

    def piece(self, token: int) -> str:
        if token in (END_OF_PADDING, PADDING) or token >= self._model.get_piece_size():
            return ""
        return str(self._model.id_to_piece(token)).replace("▁", " ")
