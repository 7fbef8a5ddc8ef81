"""Grammar networks: one graph of words, from which both the recogniser's search and the meaning of a text are read.

A :class:`Network` is a non-deterministic acyclic automaton.  Its arcs carry a word, or nothing, and its marks say where a
slot begins and ends and which intent a path has.  :func:`minimal` turns the words alone into the smallest deterministic
automaton with the same sentences, which is what the decoder searches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from robot_runtime.hear.pattern import Choice, Node, Sequence, Slot, Word

START = 0
FINAL = 1


@dataclass(frozen=True)
class Mark:
    kind: str  # "intent", "open" or "close"
    name: str


class Arc(NamedTuple):
    target: int
    word: str = ""  # "" passes without a word
    mark: Mark | None = None


@dataclass
class Network:
    arcs: list[list[Arc]] = field(default_factory=lambda: [[], []])

    def add(self, intent: str, node: Node, slots: Mapping[str, Node]) -> None:
        """Add a phrase; ``slots`` tells what may stand for each slot.

        :raises KeyError: a slot without values
        """
        entry, end = self._state(), self._state()
        self.arcs[START].append(Arc(entry, mark=Mark("intent", intent)))
        self._compile(node, slots, entry, end)
        self.arcs[end].append(Arc(FINAL))

    def _state(self) -> int:
        self.arcs.append([])
        return len(self.arcs) - 1

    def _compile(self, node: Node, slots: Mapping[str, Node], source: int, target: int) -> None:
        if isinstance(node, Word):
            self.arcs[source].append(Arc(target, node.text))
        elif isinstance(node, Slot):
            inner, end = self._state(), self._state()
            self.arcs[source].append(Arc(inner, mark=Mark("open", node.name)))
            self._compile(slots[node.name], slots, inner, end)
            self.arcs[end].append(Arc(target, mark=Mark("close", node.name)))
        elif isinstance(node, Choice):
            self._compile_choice(node, slots, source, target)
        else:
            self._compile_sequence(node, slots, source, target)

    def _compile_choice(self, node: Choice, slots: Mapping[str, Node], source: int, target: int) -> None:
        """Exactly one arc leaves ``source`` for each option, so that a choice within a choice counts as one option."""
        nested = any(_begins_with_choice(option) for option in node.options)
        for option in node.options:
            entry = source
            if nested:
                entry = self._state()
                self.arcs[source].append(Arc(entry))
            self._compile(option, slots, entry, target)

    def _compile_sequence(self, node: Sequence, slots: Mapping[str, Node], source: int, target: int) -> None:
        for part in node.parts[:-1]:
            following = self._state()
            self._compile(part, slots, source, following)
            source = following
        if node.parts:
            self._compile(node.parts[-1], slots, source, target)
        else:
            self.arcs[source].append(Arc(target))

    def ends_first(self) -> list[int]:
        """The states, every one after all that can follow it."""
        return _ends_first([[arc.target for arc in arcs] for arcs in self.arcs])

    def paths(self, sentence: list[str]) -> Iterator[tuple[tuple[int, Mark], ...]]:
        """Every way to read a sentence, in the order of the phrases: marks with the number of words before each."""
        stack: list[tuple[int, int, tuple[tuple[int, Mark], ...]]] = [(START, 0, ())]
        while stack:
            state, position, marks = stack.pop()
            if state == FINAL and position == len(sentence):
                yield marks
            for arc in reversed(self.arcs[state]):
                if not arc.word:
                    found = (*marks, (position, arc.mark)) if arc.mark else marks
                    stack.append((arc.target, position, found))
                elif position < len(sentence) and arc.word == sentence[position]:
                    stack.append((arc.target, position + 1, marks))


def _begins_with_choice(node: Node) -> bool:
    if isinstance(node, Sequence):
        return bool(node.parts) and _begins_with_choice(node.parts[0])
    return isinstance(node, Choice)


@dataclass(frozen=True)
class Automaton:
    """Deterministic and minimal.  State 0 is the start; ``arcs[state]`` maps a word to the next state."""

    arcs: tuple[Mapping[str, int], ...]
    final: frozenset[int]
    weights: tuple[Mapping[str, float], ...]  # probability of each arc, and under "" of ending, given the state

    def walk(self, sentence: Seq[str], state: int | None = 0) -> int | None:
        """The state after these words; None when no sentence goes on with them."""
        for word in sentence:
            state = self.arcs[state].get(word) if state is not None else None
        return state

    def ends_first(self) -> list[int]:
        """The states, every one after all that can follow it."""
        return _ends_first([row.values() for row in self.arcs])


Ways = Seq[Seq[tuple[str, int]]]
"""For each state the words, or nothing, that lead on from it, and the state after each."""


def minimal(network: Network) -> Automaton:
    """The smallest deterministic automaton for the network's sentences (subset construction, then merging from the end).

    Its weights follow from the phrases being equally likely, and so the options of every choice within them.  States are numbered
    as they are met from the start, word by word: the same sentences give the same automaton, however the phrases put them.
    """
    ways, end = _shared(network)
    subsets, arcs = _deterministic(ways)
    final = {number for number, subset in enumerate(subsets) if end in subset}
    ends_first = _ends_first([row.values() for row in arcs])
    masses = _masses(ways, end, subsets, arcs, ends_first)
    return _merged(arcs, final, masses, ends_first)


def _shared(network: Network) -> tuple[Ways, int]:
    """The network without marks, in which states with the same ways on are one: half are, such as what a slot holds in many phrases.

    Every state comes after all that can follow it, and so the start is the last.

    :returns: the ways, and the number of the final state; -1 if there are no sentences
    """
    numbers: dict[int, int] = {}
    known: dict[tuple[bool, tuple[tuple[str, int], ...]], int] = {}
    for state in network.ends_first():
        ways = tuple((arc.word, numbers[arc.target]) for arc in network.arcs[state])
        numbers[state] = known.setdefault((state == FINAL, ways), len(known))
    return [ways for _, ways in known], numbers.get(FINAL, -1)


def _closures(ways: Ways) -> list[frozenset[int]]:
    """For each state those that can be reached from it without a word, itself included."""
    closures: list[frozenset[int]] = []
    for state, leading in enumerate(ways):
        closures.append(frozenset({state}).union(*(closures[target] for word, target in leading if not word)))
    return closures


def _deterministic(ways: Ways) -> tuple[list[frozenset[int]], list[dict[str, int]]]:
    closures = _closures(ways)

    @cache  # many words lead to the same states
    def reached_by(targets: tuple[int, ...]) -> frozenset[int]:
        return frozenset().union(*(closures[target] for target in targets))

    spoken = [[(word, target) for word, target in leading if word] for leading in ways]
    subsets = [closures[-1]]
    numbers = {subsets[0]: 0}
    arcs: list[dict[str, int]] = []
    for subset in subsets:  # grows while it is read
        following: dict[str, list[int]] = {}
        for state in subset:
            for word, target in spoken[state]:
                following.setdefault(word, []).append(target)
        row = {}
        for word, targets in sorted(following.items()):
            reached = reached_by(tuple(targets))
            row[word] = numbers.setdefault(reached, len(subsets))
            if row[word] == len(subsets):
                subsets.append(reached)
        arcs.append(row)
    return subsets, arcs


def _masses(
    ways: Ways, end: int, subsets: Seq[frozenset[int]], arcs: Seq[Mapping[str, int]], ends_first: Seq[int]
) -> list[dict[str, float]]:
    """How probable it is to pass each arc, and (under "") to end in each state, over all sentences."""
    entered: list[dict[int, float]] = [{} for _ in subsets]
    entered[0][len(ways) - 1] = 1.0
    masses: list[dict[str, float]] = [{} for _ in subsets]
    for number in reversed(ends_first):
        inside, passing, row = entered[number], masses[number], arcs[number]
        for state in sorted(subsets[number], reverse=True):
            share = inside[state] / max(1, len(ways[state]))
            for word, target in ways[state]:
                if word:
                    passing[word] = passing.get(word, 0.0) + share
                    after = entered[row[word]]
                else:
                    after = inside
                after[target] = after.get(target, 0.0) + share
        if end in subsets[number]:
            passing[""] = inside[end]
    return masses


def _merged(arcs: Seq[Mapping[str, int]], final: set[int], masses: Seq[Mapping[str, float]], ends_first: Iterable[int]) -> Automaton:
    """Merge states with equal futures; the automaton has no cycles, so futures are known from the end on."""
    representative: dict[int, int] = {}
    known: dict[tuple[bool, tuple[str, ...], tuple[int, ...]], int] = {}
    merged_masses: dict[int, dict[str, float]] = {}
    for state in ends_first:
        row = arcs[state]
        future = (state in final, tuple(row), tuple(representative[target] for target in row.values()))
        same = representative[state] = known.setdefault(future, state)
        total = merged_masses.setdefault(same, {})
        for word, mass in masses[state].items():
            total[word] = total.get(word, 0.0) + mass
    number = {representative[0]: 0}
    order = [representative[0]]
    for state in order:  # grows while it is read
        for target in arcs[state].values():
            if number.setdefault(representative[target], len(order)) == len(order):
                order.append(representative[target])
    return Automaton(
        arcs=tuple({word: number[representative[target]] for word, target in arcs[state].items()} for state in order),
        final=frozenset(number[state] for state in order if state in final),
        weights=tuple(_normalised(merged_masses[state]) for state in order),
    )


def _normalised(masses: Mapping[str, float]) -> dict[str, float]:
    total = sum(masses.values())
    return {word: mass / total for word, mass in masses.items()}


def _ends_first(successors: Seq[Iterable[int]]) -> list[int]:
    """What can be reached from 0 in an acyclic graph, in an order in which every successor comes before its predecessors."""
    order = []
    seen = {0}
    stack = [(0, iter(successors[0]))]
    while stack:
        node, targets = stack[-1]
        for target in targets:
            if target not in seen:
                seen.add(target)
                stack.append((target, iter(successors[target])))
                break
        else:
            stack.pop()
            order.append(node)
    return order
