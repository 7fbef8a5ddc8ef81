"""How the sentences of a grammar are written, a few letters at a time.

A grammar says "set it to forty five percent", and a network that writes may put that as "Set it to 45%.".  :class:`Spelling` tells which
pieces of text may come next so that a sentence of the grammar can still result: capital letters, apostrophes and accents do not matter,
words may be joined by hyphens or run together, commas may stand anywhere between words, and numbers may be figures.
"""

from __future__ import annotations

import unicodedata
import weakref
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.network import Automaton
from robot_runtime.hear.numerals import written

_BETWEEN = " -:"
_STOPS = ",.?!"
_SIGNS = set("abcdefghijklmnopqrstuvwxyz0123456789%'" + _BETWEEN + _STOPS)
_AFTER_STOP = "|"
"""In place of letters: a comma or the like has been written, after which only a space may follow."""
_ALSO = (("our", "or"), ("grey", "gray"), ("metre", "meter"), ("percent", "%"))
"""Spellings, British and American."""


class Place(NamedTuple):
    """Where in the grammar a text may be: after which state, and which letters of the next words are written."""

    state: int
    letters: str


Position = frozenset[Place]
Way = tuple[Place, tuple[str, ...]]
START: Position = frozenset({Place(0, ""), Place(0, _AFTER_STOP)})


class Pieces:
    """The pieces of text that can be written."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = [plain(text) for text in texts]
        self.kinds: dict[str, int] = {}
        """Numbers, from 1, for how pieces begin: with a letter, or with a space and a letter."""
        self.kind = np.zeros(len(self.texts), np.int64)
        """Of each piece, 0 if it can never come."""
        for number, text in enumerate(self.texts):
            if text and set(text) <= _SIGNS:
                self.kind[number] = self.kinds.setdefault(text[: 1 + text.startswith(" ")], len(self.kinds) + 1)


def plain(text: str) -> str:
    """A text without what does not matter.

    >>> plain("José's Café…")
    "jose's cafe."
    """
    folded = unicodedata.normalize("NFKD", text).lower().replace("’", "'").replace("…", ".").replace("...", ".")
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


class Spelling:
    """One grammar's sentences in the pieces of one network.  What it found once it keeps."""

    def __init__(self, automaton: Automaton, pieces: Pieces) -> None:
        self._automaton = automaton
        self._pieces = pieces
        self._same: dict[Position, Position] = {}
        me: Spelling = weakref.proxy(self)  # else what it keeps would keep it, until the collector of garbage comes
        self._forms = cache(lambda state: me._forms_of(state))
        self._letters = cache(lambda state: me._letters_of(state))
        self._ways = cache(lambda place: me._ways_on(place))
        self._after = cache(lambda position: me._after_letters(position))
        self._kinds = cache(lambda position: me._kinds_of(position))
        self._known: dict[Position, dict[int, Position | None]] = {}

    def perhaps(self, position: Position, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of some pieces that may come next as far as their beginnings tell."""
        return numbers[self._kinds(position)[self._pieces.kind[numbers]]]

    def after(self, position: Position, number: int) -> Position | None:
        """The position after a piece; None if it cannot come next."""
        known = self._known.setdefault(position, {})
        if number not in known:
            known[number] = self._after_text(position, self._pieces.texts[number])
        return known[number]

    def text(self, number: int) -> str:
        """Of a piece."""
        return self._pieces.texts[number]

    def _kinds_of(self, position: Position) -> NDArray[np.bool_]:
        """Of each kind of pieces, whether it may come next."""
        come = [self._after_text(position, begins) is not None for begins in self._pieces.kinds]
        return np.array([False, *come])

    def _after_text(self, position: Position, text: str) -> Position | None:
        at: Position | None = position
        for letter in text:
            at = None if at is None else self._after(at).get(letter)
        return at

    def is_sentence(self, position: Position) -> bool:
        """Whether the text may end here."""
        return any(state in self._automaton.final for state, _ in self._complete(position))

    def is_beginning(self, position: Position) -> bool:
        """Whether a word ends here, and more words may follow."""
        return any(self._automaton.arcs[state] for state, _ in self._complete(position))

    def words(self, text: str) -> list[str]:
        """The words of the grammar that a text is; only one reading where there are several.

        :raises ValueError: it is no beginning of a sentence
        """
        readings: dict[Place, tuple[str, ...]] = dict.fromkeys(START, ())
        for letter in plain(text):
            following: dict[Place, tuple[str, ...]] = {}
            for place, said in readings.items():
                for after, more in self._ways(place).get(letter, ()):
                    following.setdefault(after, said + more)
            readings = following
        ended = [
            said + more for place, said in readings.items() for state, more in self._ends(place) if state in self._automaton.final
        ] or [said + more for place, said in readings.items() for _, more in self._ends(place)]
        if not ended:
            raise ValueError(f"no beginning of a sentence: {text!r}")
        return list(ended[0])

    # ------------------------------------------------------------ one letter

    def _after_letters(self, position: Position) -> Mapping[str, Position]:
        """Every letter that may come next, and the position after it."""
        places: dict[str, list[Place]] = {}
        for place in position:
            for letter, ways in self._ways(place).items():
                places.setdefault(letter, []).extend(after for after, _ in ways)
        return {letter: self._one(frozenset(after)) for letter, after in places.items()}

    def _one(self, position: Position) -> Position:
        """The same, as one object for all that are equal."""
        return self._same.setdefault(position, position)

    def _ways_on(self, place: Place) -> Mapping[str, list[Way]]:
        """Every letter that may come next, where it leads, and which words it completes."""
        state, letters = place
        if letters == _AFTER_STOP:
            return {" ": [(Place(state, ""), ())]} if self._automaton.arcs[state] else {}
        ways: dict[str, list[Way]] = {}
        if letters and not letters.endswith("'"):
            ways["'"] = [(Place(state, letters + "'"), ())]
        letters = letters.rstrip("'")
        for letter in self._letters(state).get(letters, ()):
            ways[letter] = [(Place(state, letters + letter), ())]
        for said, target in self._forms(state).get(letters, ()):
            for stop in _STOPS:
                ways.setdefault(stop, []).append((Place(target, _AFTER_STOP), said))
            for between in _BETWEEN if self._automaton.arcs[target] else "":
                ways.setdefault(between, []).append((Place(target, ""), said))
            for letter in {form[0] for form in self._forms(target) if form}:  # two words without a space
                ways.setdefault(letter, []).append((Place(target, letter), said))
        return ways

    def _complete(self, position: Position) -> list[tuple[int, tuple[str, ...]]]:
        return [end for place in position for end in self._ends(place)]

    def _ends(self, place: Place) -> list[tuple[int, tuple[str, ...]]]:
        """States in which the words may end here, with the word that this completes."""
        if place.letters == _AFTER_STOP:
            return [(place.state, ())] if place.state else []
        return [(target, said) for said, target in self._forms(place.state).get(place.letters.rstrip("'"), ())]

    # ------------------------------------------------------------ words

    def _forms_of(self, state: int) -> Mapping[str, list[tuple[tuple[str, ...], int]]]:
        """Everything that can be written next, up to a space: the words that it is, and the state after them."""
        forms: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for word, target in self._automaton.arcs[state].items():
            for form in _forms(word):
                forms.setdefault(form, []).append(((word,), target))
        for said in self._numbers(state, ()):
            after = self._automaton.walk(said, state)
            if after is not None:
                for figure in written(said):
                    forms.setdefault(figure, []).append((said, after))
        return forms

    def _numbers(self, state: int, said: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
        """Sequences of words that may follow and are numbers."""
        for word, target in self._automaton.arcs[state].items():
            longer = (*said, word)
            if written(longer):
                yield longer
                yield from self._numbers(target, longer)

    def _letters_of(self, state: int) -> Mapping[str, set[str]]:
        """Which letters may follow the first ones of a word."""
        letters: dict[str, set[str]] = {}
        for form in self._forms(state):
            for end, letter in enumerate(form):
                letters.setdefault(form[:end], set()).add(letter)
        return letters


@cache
def _forms(word: str) -> set[str]:
    """Spellings of one word, as letters alone."""
    bare = "".join(letter for letter in plain(word) if letter.isalnum() or letter == "%")
    return {bare, *(bare.replace(old, new) for old, new in _ALSO if old in bare)}
