"""A grammar as a graph of phones in their context, which the search walks frame by frame.

Each state of the grammar has a :class:`Block`: silence and the words that may follow, as chains of phones.  Blocks are joined
at junctions: which phone was spoken last, and which comes next.  So every phone knows both its neighbours, also across words.
States that are followed by the same words share one :class:`Layout`, and layouts are kept for the next grammar: most of a
grammar stays when a name is added.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.acoustic_model import SILENCE, AcousticModel, PhoneModel
from robot_runtime.hear.network import Automaton

Pronunciation = tuple[str, ...]
Lexicon = Mapping[str, Sequence[Pronunciation]]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

SILENT = -1
"""Stands for silence and noise where the number of a word is expected."""
_LEAST_WEIGHT = 1e-3
_KEPT_LAYOUTS = 4096
_WORDS_A_PIECE = 64  # of new layouts
_STATES_A_PIECE = 32


@dataclass(frozen=True)
class Costs:
    """What a path gains beside the sound, in natural logarithms."""

    grammar: float = 10.0  # factor of the logarithm of a grammar's weights
    word: float = 0.0
    silence: float = 0.0
    noise: float = -15.0


@dataclass(frozen=True)
class Exits:
    """The ways out of a block's words, as columns.  Phones are numbers of the acoustic model."""

    words: Ints
    lasts: Ints  # the phone that was spoken last
    rights: Ints  # the phone that comes next
    leavers: Ints


@dataclass(frozen=True)
class Surroundings:
    """What decides a block's layout."""

    words: tuple[tuple[Pronunciation, ...], ...]
    rights: tuple[tuple[str, ...], ...]  # what may follow each word
    lefts: tuple[str, ...]  # what may come before all of them


class Layout:
    """The phones of a block.  They come in three groups, in this order:

    the first of each word, entered from junctions; those that are entered from one other; those entered from several.
    """

    def __init__(self, around: Surroundings, model: AcousticModel, costs: Costs) -> None:
        self.rights = tuple(sorted({sounds[0] for word in around.words for sounds in word} | {SILENCE}))
        self.lefts = around.lefts
        self._junction = {pair: index for index, pair in enumerate((left, right) for left in self.lefts for right in self.rights)}
        self._model = model
        self._phones: list[PhoneModel] = []
        self._word: list[int] = []
        self._entries: list[dict[int, float]] = []
        self._before: list[list[int]] = []
        self._family: list[str] = []
        self._exits: set[tuple[int, str, str, int]] = set()
        for filler in sorted(model.fillers):
            self._add_filler(filler, costs.silence if filler == SILENCE else costs.noise)
        for number, (word, rights) in enumerate(zip(around.words, around.rights, strict=True)):
            for sounds in word:
                self._add_word(number, sounds, rights)
        self._freeze()

    def junction(self, left: str, right: str) -> int:
        return self._junction[left, right]

    def _add_filler(self, filler: str, gain: float) -> None:
        """Leads from every junction that awaits silence to those after it."""
        phone = self._phone(self._model.alone(filler), SILENT, [], SILENCE)
        self._entries[phone] = {self._junction[left, SILENCE]: gain for left in self.lefts}
        self._exits |= {(SILENT, SILENCE, right, phone) for right in self.rights}

    def _add_word(self, number: int, sounds: Pronunciation, rights: tuple[str, ...]) -> None:
        if len(sounds) == 1:
            self._add_single(number, sounds[0], rights)
            return
        before = []
        for model, lefts in self._model.by_left(sounds[0], self.lefts, sounds[1]):
            before.append(self._phone(model, number, [], sounds[0]))
            self._entries[before[-1]] = {self._junction[left, sounds[0]]: 0.0 for left in lefts}
        for left, sound, right in zip(sounds, sounds[1:], sounds[2:], strict=False):
            before = [self._phone(self._model.between(sound, left, right, first=False, last=False), number, before)]
        for model, beside in self._model.by_right(sounds[-1], sounds[-2], rights):
            phone = self._phone(model, number, before)
            self._exits |= {(number, sounds[-1], right, phone) for right in beside}

    def _add_single(self, number: int, sound: str, rights: tuple[str, ...]) -> None:
        """A word of one phone, which knows the neighbours on both sides."""
        phones: dict[PhoneModel, int] = {}
        for left in self.lefts:
            for right in rights:
                model = self._model.between(sound, left, right, first=True, last=True)
                if model not in phones:
                    phones[model] = self._phone(model, number, [], sound)
                self._entries[phones[model]][self._junction[left, sound]] = 0.0
                self._exits.add((number, sound, right, phones[model]))

    def _phone(self, model: PhoneModel, word: int, before: list[int], awaited: str = "") -> int:
        """Add one.

        :param awaited: of a first phone, from which junctions its word is entered: those that await this
        """
        self._phones.append(model)
        self._word.append(word)
        self._entries.append({})
        self._before.append(before)
        self._family.append(awaited)
        return len(self._phones) - 1

    def _freeze(self) -> None:
        groups = np.array([min(len(before), 2) for before in self._before])
        order = np.argsort(groups, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        self.size = len(order)
        self.first, self.inner = int((groups == 0).sum()), int((groups == 1).sum())
        self.senones: Ints = np.array([self._phones[phone].senones for phone in order]).T
        transitions = self._model.transitions[[self._phones[phone].transitions for phone in order]]
        self.stay: Floats = np.ascontiguousarray(np.stack([transitions[:, n, n] for n in range(3)]))
        self.step: Floats = np.ascontiguousarray(np.stack([transitions[:, 0, 1], transitions[:, 1, 2]]))
        self.leave: Floats = np.ascontiguousarray(transitions[:, 2, 3])
        self.word: Ints = np.array(self._word)[order]
        entries = [sorted(self._entries[phone].items()) for phone in order[: self.first]]
        self.entry_from: Ints = np.array([junction for row in entries for junction, _ in row])
        self.entry_gain: Floats = np.array([gain for row in entries for _, gain in row], np.float32)
        self.entry_begin: Ints = np.cumsum([0, *(len(row) for row in entries)])
        families = {right: np.array([self._junction[left, right] for left in self.lefts]) for right in self.rights}
        self.families: list[Ints] = [families[self._family[phone]] for phone in order[: self.first]]
        """For each first phone all junctions from which its word could be entered, though by another first phone."""
        before = [self._before[phone] for phone in order[self.first :]]
        self.before_inner: Ints = place[[row[0] for row in before[: self.inner]]] if self.inner else np.zeros(0, np.int64)
        several = before[self.inner :]
        widest = max((len(row) for row in several), default=1)
        self.before_several: Ints = (
            place[np.array([row + row[-1:] * (widest - len(row)) for row in several])] if several else np.zeros((0, 1), np.int64)
        )
        words, lasts, rights, phones = zip(*self._exits, strict=True)
        self.leavers, leaver = np.unique(place[list(phones)], return_inverse=True)
        self.exits = Exits(np.array(words), self._numbers(lasts), self._numbers(rights), leaver.reshape(-1))
        self.left_places, self.right_places = self._places(self.lefts), self._places(self.rights)
        del self._phones, self._word, self._entries, self._before, self._exits, self._family

    def _numbers(self, phones: Sequence[str]) -> Ints:
        return np.array([self._model.number[phone] for phone in phones])

    def _places(self, phones: Sequence[str]) -> Ints:
        """Of each phone of the model among these; 0 of the others."""
        places = np.zeros(len(self._model.phones), np.int64)
        places[self._numbers(phones)] = np.arange(len(phones))
        return places


@dataclass(frozen=True)
class Way:
    """From the ends of a block's words into the junctions of another, or of the same."""

    target: int  # block
    leavers: Ints  # sorted by the junction into which they lead
    begins: Ints  # where in them those of the next junction begin
    junctions: Ints  # of the whole graph
    into: Ints  # the junction of each leaver

    def reached_from(self, leaver: int) -> Ints:
        """The junctions into which one leaver leads."""
        into: Ints = self.into[self.leavers == leaver]
        return into


@dataclass(frozen=True)
class Block:
    """One state of the grammar, with the words that may follow it."""

    layout: Layout
    states: Ints  # columns of the scores for each state of each phone, (3, phones)
    gains: Floats  # of entering each phone from each junction
    words: tuple[tuple[str, int], ...]  # word and state after it
    junctions: slice
    ways: tuple[Way, ...]


class Layouts:
    """Makes layouts, each only once."""

    def __init__(self, model: AcousticModel, costs: Costs) -> None:
        self.model, self.costs = model, costs
        self._known: OrderedDict[Surroundings, Layout] = OrderedDict()  # used longest ago first

    def layout(self, around: Surroundings) -> Layout:
        self.add(around)
        self._known.move_to_end(around)
        return self._known[around]

    def add(self, around: Surroundings) -> bool:
        """Make it, unless it is there."""
        if around in self._known:
            return False
        while len(self._known) >= _KEPT_LAYOUTS:
            self._known.popitem(last=False)
        self._known[around] = _made(around, self.model, self.costs)
        return True


@lru_cache(_KEPT_LAYOUTS)
def _made(around: Surroundings, model: AcousticModel, costs: Costs) -> Layout:
    """What another ear of this process has made already costs nothing; what an ear does piece by piece stays the same."""
    return Layout(around, model, costs)


def surroundings(automaton: Automaton, lexicon: Lexicon) -> list[Surroundings]:
    """Of each state of a grammar."""
    rows = [list(row.items()) for row in automaton.arcs]
    rights = [tuple(sorted({sounds[0] for word, _ in row for sounds in lexicon[word]} | {SILENCE})) for row in rows]
    lefts: list[set[str]] = [{SILENCE} for _ in rows]
    for row in rows:
        for word, target in row:
            lefts[target].update(sounds[-1] for sounds in lexicon[word])
    return [
        Surroundings(
            tuple(tuple(lexicon[word]) for word, _ in row), tuple(rights[target] for _, target in row), tuple(sorted(lefts[state]))
        )
        for state, row in enumerate(rows)
    ]


def phone_graph(automaton: Automaton, lexicon: Lexicon, layouts: Layouts) -> Generator[None, None, PhoneGraph]:
    """The graph of a grammar, in pieces of some milliseconds, since all of it takes some tenths of a second."""
    chosen, words = [], 0
    for around in surroundings(automaton, lexicon):
        if layouts.add(around):
            words += len(around.words)
        if words >= _WORDS_A_PIECE:
            words = 0
            yield
        chosen.append(layouts.layout(around))
    graph = PhoneGraph(automaton, chosen, layouts.costs)
    for state in range(len(chosen)):
        if state % _STATES_A_PIECE == 0:
            yield
        graph.lay(state, automaton, layouts.costs)
    return graph


class PhoneGraph:
    """Blocks for all states of a grammar, once each was laid: :func:`phone_graph`."""

    def __init__(self, automaton: Automaton, chosen: list[Layout], costs: Costs) -> None:
        self._layouts = chosen
        self.senones: Ints = np.unique(np.concatenate([layout.senones.ravel() for layout in dict.fromkeys(chosen)]))
        self._columns = np.zeros(self.senones[-1] + 1, np.int64)
        self._columns[self.senones] = np.arange(len(self.senones))
        self._left_places = np.stack([layout.left_places for layout in chosen])
        self._right_places = np.stack([layout.right_places for layout in chosen])
        self._widths = np.array([len(layout.rights) for layout in chosen])
        self.begins: Ints = np.cumsum([0, *(len(layout.lefts) * len(layout.rights) for layout in chosen)])
        self.junctions = int(self.begins[-1])
        self.blocks: list[Block] = []
        self._into: list[list[tuple[int, Way]]] = [[] for _ in chosen]
        self.starts: Ints = np.array([self.begins[0] + chosen[0].junction(SILENCE, right) for right in chosen[0].rights])
        ends = [
            (
                int(self.begins[state]) + chosen[state].junction(left, SILENCE),
                math.log(max(automaton.weights[state].get("", 1.0), _LEAST_WEIGHT)),
            )
            for state in sorted(automaton.final)
            for left in chosen[state].lefts
        ]
        self.ends: Ints = np.array([junction for junction, _ in ends], np.int64)
        self.end_gains: Floats = np.array([costs.grammar * weight for _, weight in ends], np.float32)
        self._sources: dict[int, list[tuple[int, Ints]]] = {}

    def lay(self, state: int, automaton: Automaton, costs: Costs) -> None:
        """Make the next block."""
        row, weights, layout = list(automaton.arcs[state].items()), automaton.weights[state], self._layouts[state]
        gains = np.array([*(costs.grammar * math.log(max(weights[word], _LEAST_WEIGHT)) + costs.word for word, _ in row), 0.0], np.float32)
        entered = np.repeat(layout.word[: layout.first], np.diff(layout.entry_begin))
        junctions = slice(int(self.begins[state]), int(self.begins[state + 1]))
        ways = self._ways(state, row, layout)
        self.blocks.append(Block(layout, self._columns[layout.senones], layout.entry_gain + gains[entered], tuple(row), junctions, ways))
        for way in ways:
            self._into[way.target].append((state, way))

    def sources(self, junction: int) -> list[tuple[int, Ints]]:
        """From which blocks, and which of their leavers, a junction is reached."""
        if junction not in self._sources:
            target = int(np.searchsorted(self.begins, junction, side="right")) - 1
            found = [(number, way.leavers[way.into == junction]) for number, way in self._into[target]]
            self._sources[junction] = [(number, leavers) for number, leavers in found if len(leavers)]
        return self._sources[junction]

    def _ways(self, state: int, row: list[tuple[str, int]], layout: Layout) -> tuple[Way, ...]:
        exits = layout.exits
        targets = np.array([*(target for _, target in row), state])[exits.words]  # SILENT is the last
        lefts, rights = self._left_places[targets, exits.lasts], self._right_places[targets, exits.rights]
        into = self.begins[targets] + lefts * self._widths[targets] + rights
        order = np.lexsort((exits.leavers, into))  # and so by target
        targets, into, leavers = targets[order], into[order], exits.leavers[order]
        begins = np.flatnonzero(np.diff(into, prepend=-1))
        cuts = [*np.flatnonzero(np.diff(targets, prepend=-1)).tolist(), len(order)]
        ways = []
        for begin, end in pairwise(cuts):
            inside = begins[np.searchsorted(begins, begin) : np.searchsorted(begins, end)]
            ways.append(Way(int(targets[begin]), leavers[begin:end], inside - begin, into[inside], into[begin:end]))
        return tuple(ways)
