"""How words are spoken: the CMU dictionary of pocketsphinx, short forms of short words, and espeak-ng's rules for all others."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pocketsphinx

from robot_runtime.hear.pronunciation import pronounce
from robot_runtime.speak.espeak import Espeak

Pronunciation = tuple[str, ...]

_SHORT_FORMS = {
    "and": ("AH N", "N"),
    "are": ("ER",),
    "can": ("K AH N",),
    "could": ("K AH D",),
    "for": ("F ER",),
    "from": ("F R AH M",),
    "of": ("AH",),
    "off": ("AA F",),
    "or": ("ER",),
    "some": ("S AH M",),
    "what's": ("W AH T S",),
    "with": ("W IH TH",),
    "would": ("W AH D",),
    "you": ("Y AH",),
    "your": ("Y ER",),
}
"""As they are often said in a sentence, where the dictionary has only the careful form."""


class Lexicon:
    """Pronunciations of words, looked up once each."""

    def __init__(self, espeak: Espeak) -> None:
        self._espeak = espeak
        self._known: dict[str, tuple[Pronunciation, ...]] = {}

    def pronunciations(self, words: Iterable[str]) -> dict[str, tuple[Pronunciation, ...]]:
        """Every way to say each of these words.

        :raises PronunciationError: nothing in a word can be spoken
        :raises EspeakError: espeak-ng is needed and cannot be had
        """
        return {word: self._of(word) for word in words}

    def _of(self, word: str) -> tuple[Pronunciation, ...]:
        if word not in self._known:
            found = _dictionary().get(word) or (tuple(pronounce(word, self._espeak).split()),)
            short = (tuple(form.split()) for form in _SHORT_FORMS.get(word, ()))
            self._known[word] = tuple(dict.fromkeys((*found, *short)))
        return self._known[word]


@cache
def _dictionary() -> dict[str, tuple[Pronunciation, ...]]:
    path = Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"
    found: dict[str, tuple[Pronunciation, ...]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *sounds = line.split()
        word = word.partition("(")[0]  # "a(2)" is another way to say "a"
        found[word] = (*found.get(word, ()), tuple(sounds))
    return found
