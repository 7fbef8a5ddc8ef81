"""Does more danger ever loosen a verdict?

A step makes a case more dangerous in one part: a child comes near or nearer, somebody turns out to be a child or of unknown
age, a stranger, without authority, or looks away; a thing gets a further property or is not known at all, something lies
beside it; an input goes stale, a component fails, the charge falls, the base drives faster; what is said touches one more
topic.  Two exceptions are meant so: a grown-up who comes near ends what ``unsupervised`` asks for, and hours are in no order.
"""

from __future__ import annotations

from collections.abc import Iterator

from safety.analysis.columns import Column
from safety.analysis.demands import demands
from safety.analysis.finding import Finding, fragment_of, in_words, outcome
from safety.analysis.search import find_step
from safety.analysis.space import Space
from safety.analysis.table import Pair


def not_monotone(space: Space) -> Iterator[Finding]:
    """Steps by which something that a rule asked for is asked for no longer; one for each rule and part of the case."""
    for name, table in space.tables.items():
        pairs = list(table.pairs())
        for index, column in enumerate(space.columns):
            bits = space.bits(index)
            ended = [pair for pair in pairs if _ends(pair, bits) and not pair.excused & set(column.when.given)]
            if ended and column.rule is not None:
                yield from _loosened(space, index, column, name, ended)


def _ends(pair: Pair, bits: int) -> bool:
    return bool(pair.before.mask & bits & ~pair.after.mask)


def _loosened(space: Space, index: int, column: Column, facet: str, pairs: list[Pair]) -> Iterator[Finding]:
    for demand in demands(column):
        meeting = [i for i, other in enumerate(space.columns) if i != index and demand.met_by(other)]
        found = find_step(space, index, meeting, facet, pairs)
        if found is not None:
            cases = tuple(fragment_of(case, space) for case in found)
            before, after = (in_words(outcome(case, column.rules, space), column.rules) for case in cases)
            yield Finding("not monotone", (column.id,), f"{demand.text} is lost by a step to more danger: {before} → {after}", cases)
            return
