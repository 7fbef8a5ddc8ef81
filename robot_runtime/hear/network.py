"""Grammar networks: one graph of words, from which both the recogniser's search and the meaning of a text are read.

A :class:`Network` is a non-deterministic acyclic automaton.  Its arcs carry a word, or nothing, and its marks say where a
slot begins and ends and which intent a path has.  :func:`minimal` turns the words alone into the smallest deterministic
automaton with the same sentences, which is what the decoder searches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from functools import cache

from robot_runtime.hear.pattern import Choice, Node, Sequence, Slot, Word

START = 0
FINAL = 1


@dataclass(frozen=True)
class Mark:
    kind: str  # "intent", "open" or "close"
    name: str


@dataclass(frozen=True)
class Arc:
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
            for option in node.options:  # each behind an arc of its own, so that a choice within a choice counts as one option
                entry = self._state()
                self.arcs[source].append(Arc(entry))
                self._compile(option, slots, entry, target)
        else:
            self._compile_sequence(node, slots, source, target)

    def _compile_sequence(self, node: Sequence, slots: Mapping[str, Node], source: int, target: int) -> None:
        for part in node.parts[:-1]:
            following = self._state()
            self._compile(part, slots, source, following)
            source = following
        if node.parts:
            self._compile(node.parts[-1], slots, source, target)
        else:
            self.arcs[source].append(Arc(target))

    def closure(self, states: frozenset[int]) -> frozenset[int]:
        """The states that can be reached from ``states`` without a word, these included."""
        reached, waiting = set(states), list(states)
        while waiting:
            for arc in self.arcs[waiting.pop()]:
                if not arc.word and arc.target not in reached:
                    reached.add(arc.target)
                    waiting.append(arc.target)
        return frozenset(reached)

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


@dataclass(frozen=True)
class Automaton:
    """Deterministic and minimal.  State 0 is the start; ``arcs[state]`` maps a word to the next state."""

    arcs: tuple[Mapping[str, int], ...]
    final: frozenset[int]
    weights: tuple[Mapping[str, float], ...]  # probability of each arc, and under "" of ending, given the state

    def walk(self, sentence: list[str]) -> int | None:
        """The state after these words; None when no sentence begins with them."""
        state: int | None = 0
        for word in sentence:
            state = self.arcs[state].get(word) if state is not None else None
        return state


def minimal(network: Network) -> Automaton:
    """The smallest deterministic automaton for the network's sentences (subset construction, then merging from the end).

    Its weights follow from the phrases being equally likely, and so the options of every choice within them.
    """
    subsets, arcs = _deterministic(network)
    final = {number for number, subset in enumerate(subsets) if FINAL in subset}
    return _merged(arcs, final, _masses(network, subsets, arcs))


def _deterministic(network: Network) -> tuple[list[frozenset[int]], list[dict[str, int]]]:
    closure = cache(network.closure)  # many words lead to the same states
    subsets = [closure(frozenset({START}))]
    numbers = {subsets[0]: 0}
    arcs: list[dict[str, int]] = []
    for subset in subsets:  # grows while it is read
        following: dict[str, set[int]] = {}
        for state in subset:
            for arc in network.arcs[state]:
                if arc.word:
                    following.setdefault(arc.word, set()).add(arc.target)
        row = {}
        for word, targets in sorted(following.items()):
            target = closure(frozenset(targets))
            if target not in numbers:
                numbers[target] = len(subsets)
                subsets.append(target)
            row[word] = numbers[target]
        arcs.append(row)
    return subsets, arcs


def _masses(network: Network, subsets: list[frozenset[int]], arcs: list[dict[str, int]]) -> list[dict[str, float]]:
    """How probable it is to pass each arc, and (under "") to end in each state, over all sentences."""
    order = {state: place for place, state in enumerate(reversed(list(_ends_first([[a.target for a in row] for row in network.arcs]))))}
    entered: list[dict[int, float]] = [{} for _ in subsets]
    entered[0][START] = 1.0
    masses: list[dict[str, float]] = [{} for _ in subsets]
    for number in reversed(list(_ends_first([list(row.values()) for row in arcs]))):
        inside = entered[number]
        for state in sorted(subsets[number], key=order.__getitem__):
            share = inside.get(state, 0.0) / max(1, len(network.arcs[state]))
            for arc in network.arcs[state]:
                if arc.word:
                    masses[number][arc.word] = masses[number].get(arc.word, 0.0) + share
                    target = entered[arcs[number][arc.word]]
                    target[arc.target] = target.get(arc.target, 0.0) + share
                else:
                    inside[arc.target] = inside.get(arc.target, 0.0) + share
        if FINAL in subsets[number]:
            masses[number][""] = inside.get(FINAL, 0.0)
    return masses


def _merged(arcs: list[dict[str, int]], final: set[int], masses: list[dict[str, float]]) -> Automaton:
    """Merge states with equal futures; the automaton has no cycles, so futures are known from the end on."""
    representative: dict[int, int] = {}
    known: dict[tuple[bool, tuple[tuple[str, int], ...]], int] = {}
    merged_masses: dict[int, dict[str, float]] = {}
    for state in _ends_first([list(row.values()) for row in arcs]):
        future = (state in final, tuple((word, representative[target]) for word, target in arcs[state].items()))
        same = representative[state] = known.setdefault(future, state)
        total = merged_masses.setdefault(same, {})
        for word, mass in masses[state].items():
            total[word] = total.get(word, 0.0) + mass
    order = sorted(merged_masses, key=lambda state: (state != representative[0], state))
    number = {state: place for place, state in enumerate(order)}
    return Automaton(
        arcs=tuple({word: number[representative[target]] for word, target in arcs[state].items()} for state in order),
        final=frozenset(number[state] for state in order if state in final),
        weights=tuple(_normalised(merged_masses[state]) for state in order),
    )


def _normalised(masses: Mapping[str, float]) -> dict[str, float]:
    total = sum(masses.values())
    return {word: mass / total for word, mass in masses.items()}


def _ends_first(successors: Seq[Seq[int]]) -> Iterator[int]:
    """What can be reached from 0 in an acyclic graph, in an order in which every successor comes before its predecessors."""
    seen = {0}
    stack = [(0, iter(successors[0]))]
    while stack:
        node, targets = stack[-1]
        following = next((target for target in targets if target not in seen), None)
        if following is None:
            stack.pop()
            yield node
        else:
            seen.add(following)
            stack.append((following, iter(successors[following])))
