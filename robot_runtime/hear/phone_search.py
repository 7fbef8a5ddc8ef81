"""How well words fit a sound, and which sentences of a grammar fit best.

A word is a row of states, each of which lasts for one frame or more; between words, and around all of them, may be silence.  How well the
rest of a sound fits what may follow, from every state of a grammar and every moment on, is worked out from the back, for all words at
once that stand equally far from the end.  Sentences are then found best first (A*), none of which is looked at in vain.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.beam_search import Scored
from robot_runtime.hear.network import Automaton

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Words = tuple[str, ...]
Ways = Mapping[str, Sequence[Sequence[int]]]
"""The states of every way to say each word."""

_NEVER = np.float32(-1e9)
_GRAMMAR = 10.0  # what the logarithm of a word's probability weighs, beside frames that count as if they were independent
_LEAST_WEIGHT = 1e-3
_MOST_LOOKED_AT = 1000  # beginnings of sentences
_AT_ONCE = 64  # of these, in a piece
_LEVELS_AT_ONCE = 4


class Sound:
    """A sound, along which words are laid.

    :param scores: logarithms of how likely each state is, (frames, states)
    :param silence: the same of silence, (frames,)
    """

    def __init__(self, ways: Ways, scores: Floats, silence: Floats) -> None:
        self._ways = ways
        self.upto = np.concatenate([np.zeros((1, scores.shape[1]), np.float32), scores.cumsum(axis=0)]).T
        self.silence_upto = np.concatenate([np.zeros(1, np.float32), silence.cumsum()])
        self._rows: dict[Words, Floats] = {(): self.silence_upto}

    def row(self, words: Words) -> Floats:
        """How well they fit the sound up to each moment."""
        known = self._rows.get(words)
        if known is None:
            before = self.row(words[:-1])
            best = np.max([self._after(before, way) for way in self._ways[words[-1]]], axis=0)
            known = self._rows[words] = np.maximum.accumulate(best - self.silence_upto) + self.silence_upto
        return known

    def _after(self, row: Floats, way: Sequence[int]) -> Floats:
        for state in way:
            upto = self.upto[state]
            following = np.full_like(row, _NEVER)
            following[1:] = np.maximum.accumulate(row - upto)[:-1] + upto[1:]
            row = following
        return row


class _Level(NamedTuple):
    """States of a grammar that are equally far from the end, and the words that lead to them."""

    states: Ints  # those after which something may follow
    follow: Ints  # numbers of the words that may
    costs: Floats  # of each of these
    begins: Ints  # of each state's, in ``follow``
    targets: Ints  # the state after each way to say each of the words that lead here, the longest way first
    sounds: list[Ints]  # how every way ends, what comes before that in those that have more, …
    order: Ints  # the ways by words
    owners: Ints  # of each word's ways, where they begin in ``order``


class Sentences:
    """A grammar, laid out to be searched."""

    def __init__(self, automaton: Automaton, ways: Ways) -> None:
        self.automaton = automaton
        self.ways = ways
        self.numbers: dict[tuple[str, int], int] = {}
        """Of each word that leads to a state."""
        before: list[dict[str, None]] = [{} for _ in automaton.arcs]
        for row in automaton.arcs:
            for word, target in row.items():
                before[target][word] = None
        self.levels = [self._level(states, before) for states in _by_distance(automaton)]

    def _level(self, states: Sequence[int], before: Sequence[Mapping[str, None]]) -> _Level:
        arcs = self.automaton.arcs
        followed = [state for state in states if arcs[state]]
        ways = []
        for state in states:
            for word in before[state]:
                owner = self.numbers.setdefault((word, state), len(self.numbers))
                ways += [(owner, state, way) for way in self.ways[word]]
        ways.sort(key=lambda way: -len(way[2]))
        owners = np.array([owner for owner, _, _ in ways], np.int64)
        order = np.argsort(owners, kind="stable")
        return _Level(
            states=np.array(followed, np.int64),
            follow=np.array([self.numbers[arc] for state in followed for arc in arcs[state].items()], np.int64),
            costs=np.array([self.cost(state, word) for state in followed for word in arcs[state]], np.float32),
            begins=np.cumsum([0, *(len(arcs[state]) for state in followed)])[:-1],
            targets=np.array([state for _, state, _ in ways], np.int64),
            sounds=[np.array([way[~k] for _, _, way in ways if len(way) > k]) for k in range(len(ways[0][2]) if ways else 0)],
            order=order,
            owners=np.flatnonzero(np.diff(owners[order], prepend=-1)),
        )

    def cost(self, state: int, word: str = "") -> float:
        """Of going on with a word, or of ending; what never happens counts as rare."""
        return _GRAMMAR * math.log(max(self.automaton.weights[state].get(word, 0.0), _LEAST_WEIGHT))

    def costs(self, words: Words) -> float:
        """Of a whole sentence."""
        state, total = 0, 0.0
        for word in words:
            total += self.cost(state, word)
            state = self.automaton.arcs[state][word]
        return total + self.cost(state)


def _by_distance(automaton: Automaton) -> list[list[int]]:
    """States whose longest way to an end is equally long, the nearest first."""
    distance: dict[int, int] = {}
    levels: dict[int, list[int]] = {}
    for state in automaton.ends_first():
        distance[state] = 1 + max((distance[target] for target in automaton.arcs[state].values()), default=-1)
        levels.setdefault(distance[state], []).append(state)
    return [levels[number] for number in sorted(levels)]


def search(sentences: Sentences, sound: Sound, most: int) -> Generator[None, None, list[Scored]]:
    """Up to so many sentences, the best first, by how well they fit and what they cost; in pieces of some milliseconds."""
    rest = yield from _looking_back(sentences, sound)
    found: list[Scored] = []
    for number, scored in enumerate(_in_order(sentences, sound, rest)):
        if scored is not None:
            found.append(scored)
        if len(found) == most:
            break
        if number % _AT_ONCE == 0:
            yield
    return found


def _looking_back(sentences: Sentences, sound: Sound) -> Generator[None, None, Floats]:
    """For each word, and each moment at which it may begin, how well the best that can be said from there fits what is left."""
    silence = sound.silence_upto
    at_states = np.full((len(sentences.automaton.arcs), len(silence)), _NEVER)
    for state in sentences.automaton.final:
        at_states[state] = silence[-1] - silence + np.float32(sentences.cost(state))
    rest, done = np.zeros((len(sentences.numbers), len(silence)), np.float32), 0
    for number, level in enumerate(sentences.levels, start=1):
        if len(level.states):
            going_on = np.maximum.reduceat(rest[level.follow] + level.costs[:, None], level.begins)
            at_states[level.states] = np.maximum(at_states[level.states], going_on)
        if len(level.targets):
            ways = _before(at_states[level.targets], level.sounds, sound.upto)
            words = np.maximum.reduceat(ways[level.order], level.owners)
            rest[done : done + len(words)] = _best_later(words + silence) - silence
            done += len(words)
        if number % _LEVELS_AT_ONCE == 0:
            yield
    return rest


def _before(rows: Floats, sounds: Sequence[Ints], upto: Floats) -> Floats:
    """The same from before words on; how they end comes first."""
    for states in sounds:
        scores = upto[states]
        later = _best_later(rows[: len(states)] + scores)
        rows[: len(states), :-1] = later[:, 1:] - scores[:, :-1]
        rows[: len(states), -1] = _NEVER
    return rows


def _best_later(rows: Floats) -> Floats:
    """From each moment on."""
    return np.maximum.accumulate(rows[:, ::-1], axis=1)[:, ::-1]


def _in_order(sentences: Sentences, sound: Sound, rest: Floats) -> Iterator[Scored | None]:
    """Sentences, the best first, and None for each beginning that was looked at on the way."""
    numbers = count()
    queue: list[tuple[float, int, Words, int | None, float]] = [(0.0, next(numbers), (), 0, 0.0)]
    for _ in range(_MOST_LOOKED_AT):
        if not queue:
            return
        less, _, words, state, costs = heapq.heappop(queue)
        if state is None:
            yield Scored(" ".join(words), -less)
            continue
        row, arcs = sound.row(words), sentences.automaton.arcs[state]
        if state in sentences.automaton.final:
            heapq.heappush(queue, (-float(row[-1]) - costs - sentences.cost(state), next(numbers), words, None, 0.0))
        fits = (rest[[sentences.numbers[arc] for arc in arcs.items()]] + row).max(axis=1).tolist() if arcs else []
        for (word, target), best in zip(arcs.items(), fits, strict=True):
            paid = costs + sentences.cost(state, word)
            heapq.heappush(queue, (-best - paid, next(numbers), (*words, word), target, paid))
        yield None
