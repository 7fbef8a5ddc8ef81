"""Questions about the rules of one file: do their examples hold, does every one matter, do any contradict each other?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement

from safety.analysis.columns import Column
from safety.analysis.demands import Demand, demands
from safety.analysis.finding import NOTE, Finding, fragment_of, in_words, listed, outcome
from safety.analysis.search import find
from safety.analysis.space import Space
from safety.examples import run_examples
from safety.types import Verdict


def failing_examples(space: Space) -> Iterator[Finding]:
    """Examples on which their rule does not do what they say."""
    for tried in run_examples(space.files[0], space.ontology):
        if not tried.passed:
            told = "must match, but does not" if tried.must else f"must not match, but does ({tried.evidence})"
            yield Finding("example", (tried.rule_id,), told, (tried.example.model_dump(mode="json", exclude_defaults=True),))


def _rules(space: Space) -> Iterator[tuple[int, Column]]:
    return ((index, column) for index, column in enumerate(space.columns) if column.rule is not None)


def unreachable(space: Space) -> Iterator[Finding]:
    """Rules that hold in no case: with this ontology and this list of skills nothing can be as they ask."""
    for index, column in _rules(space):
        if find(space, (index,)) is None:
            yield Finding("unreachable", (column.id,), f"it never holds: {_why_never(space, index)}")


def _why_never(space: Space, column: int) -> str:
    """Conditions that no value of one part of a case fulfils; else all of them, which no call brings together."""
    for bit, alternative in enumerate(space.alternatives):
        if alternative.column == column:
            for facet, names in alternative.at.items():
                if not any(value.mask >> bit & 1 for value in space.tables[facet].values):
                    return f"nothing fulfils its condition on {listed(names)}"
    return f"no case fulfils its conditions on {listed(space.columns[column].when.given)} together"


def shadowed(space: Space) -> Iterator[Finding]:
    """Rules that change nothing: whatever they ask for, others that hold there ask for too.

    One that only decides which sentence is spoken is noted.
    """
    for index, column in _rules(space):
        case = find(space, (index,))
        if case is None or any(find(space, (index,), _meeting(space, index, demand)) for demand in demands(column)):
            continue
        others = listed(_shadow(space, index))
        spoken = find(space, (index,), _louder(space, index)) if _has_words(column) else None
        fragment = fragment_of(spoken or case, space)
        says = in_words(outcome(fragment, column.rules, space), column.rules)
        if spoken is not None:
            text = f"wherever it holds, as much is asked for by {others}; it only chooses the words ({says})"
            yield Finding("words only", (column.id,), text, (fragment,), NOTE)
        else:
            text = f"it never matters: wherever it holds, as much is asked for by {others} ({says})"
            yield Finding("shadowed", (column.id,), text, (fragment,))


def _meeting(space: Space, index: int, demand: Demand) -> list[int]:
    file = space.columns[index].file
    return [i for i, other in enumerate(space.columns) if i != index and other.file == file and demand.met_by(other)]


def _shadow(space: Space, index: int) -> list[str]:
    """As few other rules as will do to meet all that one asks for."""
    needed: dict[int, None] = {}
    for demand in demands(space.columns[index]):
        meeting = _meeting(space, index, demand)
        for other in list(meeting):
            fewer = [i for i in meeting if i != other]
            if find(space, (index,), fewer) is None:
                meeting = fewer
        needed.update(dict.fromkeys(meeting))
    return [space.columns[i].id for i in needed]


def _has_words(column: Column) -> bool:
    return column.rule is not None and bool(column.rule.say.en or column.rule.confirm)


def _louder(space: Space, index: int) -> list[int]:
    """The rules that are heard instead of one where both hold: stricter ones, and of the same verdict those before it in the file."""
    one = space.columns[index]
    return [
        i
        for i, other in enumerate(space.columns)
        if other.file == one.file
        and (other.verdict > one.verdict or (other.verdict == one.verdict and other.order < one.order and _has_words(other)))
    ]


def conflicts(space: Space) -> Iterator[Finding]:
    """Rules that contradict one another, although the stricter one always wins.

    Two that hold in exactly the same cases and say different things; two (or one) that leave nobody who may confirm; a limit
    of zero, which is a denial that nobody is told of.
    """
    yield from _twins(space)
    yield from _unconfirmable(space)
    for _, column in _rules(space):
        assert column.rule is not None
        for name in ("max_speed_mps", "max_turn_radps"):
            if getattr(column.rule.limits, name) == 0:
                yield Finding("conflict", (column.id,), f"{name} 0 lets an allowed action stand still without a word; use verdict deny")


def _twins(space: Space) -> Iterator[Finding]:
    found = {index: case for index, _ in _rules(space) if (case := find(space, (index,))) is not None}
    for one, other in combinations(found, 2):
        both_here = found[one].mask & space.bits(other) and found[other].mask & space.bits(one)
        if both_here and find(space, (one,), (other,)) is None and find(space, (other,), (one,)) is None:
            first, second = space.columns[one], space.columns[other]
            assert first.rule is not None and second.rule is not None
            parts = ("verdict", "limits", "confirm", "say")
            differ = [part for part in parts if getattr(first.rule, part) != getattr(second.rule, part)]
            if differ:
                text = f"they hold in the same cases and differ in {listed(differ)}; make one rule of them"
                yield Finding("conflict", (first.id, second.id), text, (fragment_of(found[one], space),))


def _unconfirmable(space: Space) -> Iterator[Finding]:
    asking = [(index, column) for index, column in _rules(space) if column.rule is not None and column.rule.confirm is not None]
    forbidding = [index for index, column in enumerate(space.columns) if column.verdict >= Verdict.DENY]
    for (one, first), (other, second) in combinations_with_replacement(asking, 2):
        names = tuple(dict.fromkeys((first.id, second.id)))
        confirm = first.rules.confirmation(names)
        assert confirm is not None
        able = confirm.by & first.rules.parameters.authorised_age_groups if confirm.authorised else confirm.by
        case = None if able else find(space, tuple(dict.fromkeys((one, other))), forbidding)
        if case is not None:
            yield Finding("conflict", names, "nobody is left who may confirm; use verdict deny", (fragment_of(case, space),))
