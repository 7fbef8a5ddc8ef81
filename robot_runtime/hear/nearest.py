"""The sentences of a grammar that come nearest to a text that was written down without it.

A transcription may write "the red cap" where the grammar knows "the red cup".  Distance counts the letters that have to be changed, left
out or put in (Levenshtein 1966); spaces count less, since words are run together and torn apart.  How far it is from every state of the
grammar to an end, for every rest of the text, is worked out once from the back; sentences are then found nearest first (A*), none of which
is looked at in vain.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterator, Sequence
from functools import cache
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.network import Automaton
from robot_runtime.hear.numerals import spoken
from robot_runtime.hear.spelling import plain

_SPACE = ord(" ")
_SPACE_COST = 0.3
_LETTERS = set("abcdefghijklmnopqrstuvwxyz0123456789' ")
_STATES_AT_ONCE = 64
_MOST_LOOKED_AT = 4000  # beginnings of sentences, in a grammar where everything is as near as everything else

Row = NDArray[np.float64]


class Near(NamedTuple):
    text: str
    distance: float  # letters


class _Text(NamedTuple):
    """What was written down: codes of its letters, what each costs, and what those before each place cost together."""

    codes: NDArray[np.uint8]
    costs: Row
    upto: Row

    @classmethod
    def of(cls, codes: NDArray[np.uint8]) -> _Text:
        costs = _costs(codes)
        return cls(codes, costs, np.concatenate([[0.0], np.cumsum(costs)]))

    def mirrored(self) -> _Text:
        return _Text.of(self.codes[::-1])


def letters_of(text: str) -> str:
    """A text as it is compared.

    >>> letters_of("José's light to 45%, please!")
    "jose's light to forty five percent please"
    """
    words = "".join(letter if letter in _LETTERS else " " for letter in plain(text).replace("%", " percent ")).split()
    return " ".join(map(spoken, words))


def nearest(automaton: Automaton, text: str, most: int) -> Generator[None, None, list[Near]]:
    """Up to so many sentences, the nearest first; in pieces of some milliseconds."""
    said = _Text.of(_codes(letters_of(text) + " "))
    to_end = yield from _to_end(automaton, said.mirrored())
    return list(_in_order(automaton, said, to_end, most))


def _codes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("ascii", "replace"), np.uint8)


def _costs(codes: NDArray[np.uint8]) -> Row:
    return np.where(codes == _SPACE, _SPACE_COST, 1.0)


def _to_end(automaton: Automaton, mirrored: _Text) -> Generator[None, None, NDArray[np.float64]]:
    """(states, letters + 1): the least distance from each state to an end, with the text from each letter on."""
    to_end = np.full((len(automaton.arcs), len(mirrored.upto)), np.inf)  # mirrored as well, until it is returned
    for done, state in enumerate(automaton.ends_first()):
        if state in automaton.final:
            to_end[state] = mirrored.upto
        arcs = automaton.arcs[state]
        if arcs:
            spelled = [_spelled(word)[::-1] for word in arcs]
            to_end[state] = np.minimum(to_end[state], _after(spelled, to_end[list(arcs.values())], mirrored).min(0))
        if done % _STATES_AT_ONCE == 0:
            yield
    return to_end[:, ::-1]


@cache
def _spelled(word: str) -> NDArray[np.uint8]:
    return _codes(letters_of(word) + " ")


def _after(spelled: Sequence[NDArray[np.uint8]], rows: NDArray[np.float64], text: _Text) -> NDArray[np.float64]:
    """(words, letters + 1): distances after each word for every beginning of the text, by those before it."""
    padded = np.zeros((max(map(len, spelled)), len(spelled)), np.uint8)
    for column, codes in zip(padded.T, spelled, strict=True):
        column[: len(codes)] = codes
    for letters in padded[:, :, None]:
        rows = np.where(letters == 0, rows, _after_letters(letters, rows, text))
    return rows


def _after_letters(letters: NDArray[np.uint8], rows: NDArray[np.float64], text: _Text) -> NDArray[np.float64]:
    """Each letter is left out, or is the next one of the text, or was changed into it; and the text may have more."""
    costs = _costs(letters)
    changed = np.where(text.codes == letters, 0.0, np.maximum(costs, text.costs))
    there = rows + costs
    there[:, 1:] = np.minimum(there[:, 1:], rows[:, :-1] + changed)
    return np.minimum.accumulate(there - text.upto, axis=1) + text.upto


class _Begun(NamedTuple):
    """The beginning of a sentence, ordered by how near the nearest whole one can be."""

    distance: float
    number: int
    state: int | None  # None: it is whole
    words: tuple[str, ...]
    row: Row


def _in_order(automaton: Automaton, said: _Text, to_end: NDArray[np.float64], most: int) -> Iterator[Near]:
    numbers = count()
    queue = [_Begun(float(to_end[0, 0]), next(numbers), 0, (), said.upto)]
    while queue and most and next(numbers) < _MOST_LOOKED_AT:
        begun = heapq.heappop(queue)
        if begun.state is None:
            most -= 1
            yield Near(" ".join(begun.words), begun.distance)
            continue
        if begun.state in automaton.final:
            heapq.heappush(queue, _Begun(float(begun.row[-1]), next(numbers), None, begun.words, begun.row))
        arcs = automaton.arcs[begun.state]
        if arcs:
            rows = _after([_spelled(word) for word in arcs], np.repeat(begun.row[None], len(arcs), 0), said)
            bounds = (rows + to_end[list(arcs.values())]).min(1)
            for (word, target), row, bound in zip(arcs.items(), rows, bounds, strict=True):
                heapq.heappush(queue, _Begun(float(bound), next(numbers), target, (*begun.words, word), row))
