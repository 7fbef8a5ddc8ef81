"""One facet's table: for every value that it can have, which alternatives it leaves possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from safety.analysis.facets import AROUND, Facet, Step
from safety.analysis.notation import AnalysisError, Fragment, joined
from safety.analysis.probe import Condition, Probe

MOST_VALUES = 200_000
"""A facet with more values than this would take minutes; so many conditions on one thing are a mistake."""


MOST_PAIRS = 300
"""Pairs of choices, drawn at random, on which it is tried whether conditions on several at once are what they are taken for."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a facet can be: the indices of its choices, in the notation of examples, and the alternatives that it allows."""

    choices: tuple[int, ...]
    fragment: Fragment
    vector: int  # the conditions that hold on it
    mask: int  # the alternatives whose conditions on this facet all hold


@dataclass(frozen=True, slots=True)
class Pair:
    """A step, taken from one value to another."""

    before: Value
    after: Value
    excused: frozenset[str]


class Table:
    """State: the values of one facet, the simplest first.

    A facet that takes many choices has a value for every set of them that can matter.  On such a set a condition holds if it
    holds on any of the choices, or else if it holds on all of them; which of both is found out by trying all pairs.  A case
    in which one rule holds and others do not needs at most one choice for each condition of that rule that is of the first
    kind, and one for each condition of the second kind that is to fail, so that larger sets need not be looked at.
    """

    def __init__(self, facet: Facet, needs: Mapping[int, Sequence[Condition]], probe: Probe) -> None:
        """:param needs: alternative → what has to hold on this facet; all alternatives are in it"""
        self.facet = facet
        self._probe = probe
        keys = {_key(condition): condition for some in needs.values() for condition in some}
        self._conditions = tuple(keys.values())
        self._needed = _grouped(needs, {key: 1 << i for i, key in enumerate(keys)})
        self._masks: dict[int, int] = {}
        self._vectors = self._tried([(i,) for i in range(len(facet.choices))])
        self._kinds = {vector: i for i, vector in reversed(list(enumerate(self._vectors)))}  # one choice for each kind
        self._all_of = self._universal() if facet.many else 0
        self.empty = self._value((), self._tried([()])[0] if facet.many and facet.part == AROUND else 0)
        self.values: Sequence[Value] = tuple(self._closed()) if facet.many else self._single()

    def _tried(self, sets: Sequence[Sequence[int]]) -> list[int]:
        return self._probe.holding(self.facet, self._conditions, [self._fragment(choices) for choices in sets])

    def _fragment(self, choices: Sequence[int]) -> Fragment:
        fragments = [self.facet.choices[i] for i in choices]
        if not fragments:
            return {}
        return self.facet.unite(fragments) if self.facet.unite else joined(*fragments)

    def _value(self, choices: tuple[int, ...], vector: int) -> Value:
        if vector not in self._masks:
            self._masks[vector] = sum(alternatives for needed, alternatives in self._needed if needed & vector == needed)
        return Value(choices, self._fragment(choices), vector, self._masks[vector])

    def _single(self) -> tuple[Value, ...]:
        return tuple(self._value((i,), vector) for i, vector in enumerate(self._vectors))

    # ---------------------------------------------------------------- several choices at once

    def _universal(self) -> int:
        """The conditions that hold on several choices only if they hold on each.

        :raises AnalysisError: some condition is neither of this kind nor of the other
        """
        pairs = self._sample()
        any_of, all_of = 0, 0
        for (i, j), both in zip(pairs, self._tried(pairs), strict=True):
            one, other = self._vectors[i], self._vectors[j]
            any_of |= both & (one ^ other)
            all_of |= ~both & (one ^ other)
            odd = any_of & all_of | one & other & ~both | both & ~(one | other)
            if odd:
                names = sorted({c.name for bit, c in enumerate(self._conditions) if odd >> bit & 1})
                raise AnalysisError(f"on {self._fragment([i, j])} condition '{names[0]}' holds neither by any of both nor by both only")
        return all_of

    def _sample(self) -> list[tuple[int, int]]:
        """Pairs of choices: one at least on which each condition differs, and others drawn at random."""
        vectors = list(self._kinds.items())
        pairs: dict[tuple[int, int], None] = {}
        for bit in range(len(self._conditions)):
            holds = next((i for vector, i in vectors if vector >> bit & 1), None)
            lacks = next((i for vector, i in vectors if not vector >> bit & 1), None)
            if holds is not None and lacks is not None:
                pairs[min(holds, lacks), max(holds, lacks)] = None
        every = list(combinations(sorted(self._kinds.values()), 2))
        drawn = np.random.default_rng(0).permutation(len(every))[:MOST_PAIRS]
        return [*pairs, *(every[i] for i in drawn)]

    def _together(self, one: int, other: int) -> int:
        """The conditions that hold on the union of two sets that are not empty."""
        return (one | other) & ~self._all_of | (one & other & self._all_of)

    def _largest(self) -> int:
        most = max((needed & ~self._all_of).bit_count() for needed, _ in self._needed)
        return max(1, most + self._all_of.bit_count())

    def _closed(self) -> Iterator[Value]:
        """Sets of choices, by size; of those on which the same conditions hold, one."""
        seen: set[int] = set()
        if self.facet.may_be_empty:
            yield self.empty
            seen.add(self.empty.vector)
        level: dict[int, tuple[int, ...]] = {vector: (i,) for vector, i in self._kinds.items()}
        for _ in range(self._largest()):
            new = {vector: choices for vector, choices in level.items() if vector not in seen}
            seen |= new.keys()
            if len(seen) > MOST_VALUES:
                raise AnalysisError(f"'{self.facet.name}' has more than {MOST_VALUES} kinds of value; ask for fewer combinations")
            yield from (self._value(choices, vector) for vector, choices in sorted(new.items(), key=lambda item: item[1]))
            level = {
                self._together(vector, other): (*choices, i)
                for vector, choices in new.items()
                for other, i in self._kinds.items()
                if i not in choices
            }

    # ---------------------------------------------------------------- steps

    def pairs(self) -> Iterator[Pair]:
        """Every way to take a step here by which some rule ceases to hold."""
        for step in self.facet.steps:
            for before, after in self._taken(step):
                if before.mask & ~after.mask:
                    yield Pair(before, after, step.excused)

    def _taken(self, step: Step) -> Iterator[tuple[Value, Value]]:
        if not self.facet.many:
            assert step.before is not None
            yield self.values[step.before], self.values[step.after]
            return
        if not self._may_end(step):
            return
        for rest in (self.empty, *(value for value in self.values if value.choices)):
            if step.before is not None:
                yield self._with(rest, step.before), self._with(rest, step.after)
            elif rest.choices or self.facet.may_be_empty:
                yield rest, self._with(rest, step.after)

    def _may_end(self, step: Step) -> bool:
        """Whether anything that held before the step can cease to hold by it."""
        after = self._vectors[step.after]
        if step.before is None:
            return bool((self._all_of | self.empty.vector) & ~after)
        return bool(self._vectors[step.before] & ~after)

    def _with(self, rest: Value, choice: int) -> Value:
        vector = self._vectors[choice]
        return self._value(tuple(dict.fromkeys((*rest.choices, choice))), self._together(rest.vector, vector) if rest.choices else vector)


def _key(condition: Condition) -> tuple[int, str, str]:
    return condition.file, condition.name, condition.when.model_dump_json(exclude_defaults=True)


def _grouped(needs: Mapping[int, Sequence[Condition]], bit: Mapping[tuple[int, str, str], int]) -> list[tuple[int, int]]:
    """Sets of conditions, and the alternatives that need all of each set."""
    grouped: dict[int, int] = {}
    for alternative, conditions in needs.items():
        needed = sum({bit[_key(condition)] for condition in conditions})
        grouped[needed] = grouped.get(needed, 0) | 1 << alternative
    return list(grouped.items())
