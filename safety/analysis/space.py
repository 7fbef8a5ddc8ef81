"""The space of cases as bits: which rules each value of each facet leaves possible.

A rule is a conjunction of conditions, and a condition looks at one facet, or holds by any one of a few.  A rule with such
a choice is written as several alternatives, each of which looks at one facet only for each condition.  An alternative
then holds in a case if and only if it holds on every facet by itself, so that the whole space is known from one table
for each facet.  The tables are not written down here a second time: they are filled by the gate's own matcher.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

import numpy as np

from safety.analysis.columns import Column, columns
from safety.analysis.combined import Combined
from safety.analysis.facets import AROUND, LOOKS, facets
from safety.analysis.notation import AnalysisError, Fragment, case_of, joined
from safety.analysis.probe import LISTED, UNLISTED, Condition, Probe
from safety.analysis.table import Table, Value
from safety.conditions import When
from safety.match import matches
from safety.ontology import Ontology
from safety.rules import Rules

TRIED = 400
"""Cases drawn at random, on which the tables are compared with the matcher before anything is said."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way for a rule to hold: each of its conditions looks at one facet."""

    column: int
    at: Mapping[str, tuple[str, ...]]  # facet → conditions that have to hold on it


class Space:
    """All cases that one or several rule files can tell apart.

    :raises AnalysisError: a rule has a condition that the analysis does not know or that does not do what it reckons with
    """

    def __init__(self, files: Sequence[Rules], ontology: Ontology) -> None:
        self.files, self.ontology = tuple(files), Combined(ontology)
        found, self.calls = facets(files, self.ontology)
        self.facets = {facet.name: facet for facet in found}
        self.columns = columns(files)
        self.alternatives = tuple(_alternatives(self.columns))
        self._bits = [
            sum(1 << bit for bit, other in enumerate(self.alternatives) if other.column == column) for column in range(len(self.columns))
        ]
        probe = Probe(self.files, self.ontology, self.facets, self.calls)
        self.tables = {name: Table(facet, self._needs(name), probe) for name, facet in self.facets.items()}
        self._try()

    def _needs(self, facet: str) -> dict[int, list[Condition]]:
        return {bit: list(self._conditions(alternative, facet)) for bit, alternative in enumerate(self.alternatives)}

    def _conditions(self, alternative: Alternative, facet: str) -> Iterator[Condition]:
        column = self.columns[alternative.column]
        if facet == "call":
            yield Condition(column.file, UNLISTED if column.unlisted else LISTED, When())
        for name in alternative.at.get(facet, ()):
            yield Condition(column.file, name, When.model_validate({name: getattr(column.when, name)}))

    def bits(self, column: int) -> int:
        """The alternatives of one column."""
        return self._bits[column]

    def holding(self, mask: int) -> list[int]:
        """The columns that hold where these alternatives do."""
        return [column for column, bits in enumerate(self._bits) if bits & mask]

    @cached_property
    def shapes(self) -> dict[frozenset[str], list[int]]:
        """Calls by the parts that they have, which decide which facets are empty."""
        by_parts: dict[frozenset[str], list[int]] = {}
        for index, call in enumerate(self.calls):
            by_parts.setdefault(call.parts, []).append(index)
        return by_parts

    @cached_property
    def size(self) -> int:
        """How many kinds of case there are: every value of every facet with every other."""
        return sum(prod(len(self.values(name, parts)) for name in self.facets) for parts in self.shapes)

    def values(self, name: str, parts: frozenset[str]) -> Sequence[Value]:
        """What a facet can be in cases whose call has these parts."""
        table = self.tables[name]
        if name == "call":
            return [table.values[index] for index in self.shapes[parts]]
        return table.values if table.facet.part in (AROUND, *parts) else [table.empty]

    def exists(self, value: Value, name: str, parts: frozenset[str]) -> bool:
        """Whether a facet can have this value in cases whose call has these parts."""
        if name == "call":
            return self.calls[value.choices[0]].parts == parts
        return self.tables[name].facet.part in (AROUND, *parts)

    def _try(self) -> None:
        """Compare the tables with the matcher on whole cases.

        :raises AnalysisError: they disagree
        """
        chance = np.random.default_rng(0)
        shapes = list(self.shapes)
        for _ in range(TRIED):
            parts = shapes[int(chance.integers(len(shapes)))]
            drawn = []
            for name in self.facets:
                values = self.values(name, parts)
                drawn.append(values[int(chance.integers(len(values)))])
            self.agrees(all_of(value.mask for value in drawn), joined(*(value.fragment for value in drawn)))

    def agrees(self, mask: int, fragment: Fragment) -> None:
        """See to it that the matcher finds the same rules in a case as the tables do.

        :raises AnalysisError: it does not
        """
        by_table, by_matcher = set(self.holding(mask)), set(self.matching(fragment))
        if by_table != by_matcher:
            names = ", ".join(sorted(self.columns[i].id for i in by_table ^ by_matcher))
            raise AnalysisError(f"the analysis and the matcher disagree about {names} in {fragment}; mend safety/analysis/facets.py: LOOKS")

    def matching(self, fragment: Fragment) -> Iterator[int]:
        """The columns that hold in a case, by the gate's matcher."""
        cases = [case_of(fragment, rules, self.ontology) if fragment["skill"] in rules.skills else None for rules in self.files]
        for index, column in enumerate(self.columns):
            case = cases[column.file]
            if case is None if column.unlisted else case is not None and matches(column.when, case) is not None:
                yield index


def all_of(masks: Iterable[int]) -> int:
    """The alternatives that all of these allow."""
    allowed = -1
    for mask in masks:
        allowed &= mask
    return allowed


def _alternatives(all_columns: Sequence[Column]) -> Iterator[Alternative]:
    for index, column in enumerate(all_columns):
        given = column.when.given
        for choice in product(*(LOOKS[name].any_of or ("",) for name in given)):
            at: dict[str, list[str]] = {}
            for name, chosen in zip(given, choice, strict=True):
                for facet in {*LOOKS[name].always, chosen} - {""}:
                    at.setdefault(facet, []).append(name)
            yield Alternative(index, {facet: tuple(names) for facet, names in at.items()})
