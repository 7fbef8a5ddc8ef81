"""Words and phrases that stand for something: one spelling for all of them, and a quick search for them in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache


@lru_cache(maxsize=4096)  # the same few names are asked for at every judgement
def normalise(text: str) -> str:
    """One spelling for every way to write a name: width, case, underscores, hyphens, punctuation and spaces do not count.

    >>> normalise("  Ｒed_CUP-2! ")
    'red cup 2'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", folded).split())


def plain(text: str) -> str:
    """``normalise``, and accents and characters that nobody sees do not count either.

    >>> plain("Garde-le SECRÈT!")
    'garde le secret'
    """
    split = unicodedata.normalize("NFKD", text)
    return normalise("".join(c for c in split if unicodedata.category(c) not in ("Mn", "Cf")))


class Lexicon:
    """Which labels a text touches: those of every whole word and phrase of theirs that is in it.

    >>> Lexicon({"stairs": ["stairs", "top step"]}).labels("on the TOP-step")
    frozenset({'stairs'})
    """

    def __init__(self, phrases: Mapping[str, tuple[str, ...] | list[str]]) -> None:
        self._by_first: dict[str, list[tuple[list[str], str]]] = {}
        for label, texts in phrases.items():
            for words in (plain(text).split() for text in texts):
                self._by_first.setdefault(words[0], []).append((words, label))

    def labels(self, text: str) -> frozenset[str]:
        """Time grows with the length of the text, not with that of the list."""
        return frozenset(self._found(plain(text).split()))

    def _found(self, words: list[str]) -> Iterator[str]:
        for start, word in enumerate(words):
            for phrase, label in self._by_first.get(word, ()):
                if words[start : start + len(phrase)] == phrase:
                    yield label
