"""Words to token numbers: WordPiece (Schuster & Nakajima 2012), as the uncased BERT models use it.

A library for it exists, but brings a client for a model hub into the process that moves the motors.  A test of the
training tools compares this one with that library on the whole corpus.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from safety.files import FileError
from safety.hazards.words import Words

MAX_FACT_TOKENS = 48
_LONGEST_WORD = 100
_PIECE = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")


@dataclass(frozen=True, slots=True)
class Tokens:
    """One input of the model; ``segments`` is 0 for the request and 1 for the facts."""

    ids: tuple[int, ...]
    segments: tuple[int, ...]


class Vocabulary:
    """The pieces that a model knows, one a line of ``vocab.txt``; the line number is the piece's number."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        :raises FileError: missing, or without the special pieces
        """
        try:
            pieces = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise FileError(f"{path}: cannot be read: {error.strerror}") from error
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        for special in ("[CLS]", "[SEP]", "[UNK]", "[PAD]"):
            if special not in self._numbers:
                raise FileError(f"{path}: not a WordPiece vocabulary: no line '{special}'")
        self.cls, self.sep, self.unknown, self.pad = (self._numbers[name] for name in ("[CLS]", "[SEP]", "[UNK]", "[PAD]"))
        self._of_word = lru_cache(maxsize=4096)(self._split)

    def numbers(self, text: str) -> list[int]:
        """The pieces of a text that went through ``tidy``."""
        return [number for word in _PIECE.findall(text) for number in self._of_word(word)]

    def encode(self, words: Words, max_tokens: int) -> list[Tokens]:
        """The inputs that cover a request: one, or overlapping windows where it is too long for one."""
        facts = self.numbers(words.around)[:MAX_FACT_TOKENS]
        request = self.numbers(words.request) or [self.unknown]
        room = max_tokens - 2 - (len(facts) + 1 if facts else 0)
        starts = range(0, len(request) - room // 2, room // 2) if len(request) > room else (0,)
        return [self._framed(request[start : start + room], facts) for start in starts]

    def _framed(self, request: list[int], facts: list[int]) -> Tokens:
        first = [self.cls, *request, self.sep]
        second = [*facts, self.sep] if facts else []
        return Tokens((*first, *second), (0,) * len(first) + (1,) * len(second))

    def _split(self, word: str) -> tuple[int, ...]:
        """The longest known piece first, again and again; a word that cannot be made of pieces is unknown as a whole."""
        found: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            end = next((end for end in range(len(word), start, -1) if prefix + word[start:end] in self._numbers), start)
            if end == start or len(word) > _LONGEST_WORD:
                return (self.unknown,)
            found.append(self._numbers[prefix + word[start:end]])
            start = end
        return tuple(found)
