"""What changes verdict between two rule files.

That nothing becomes looser is proved: a rule of the first file is looser in the second if there is a case in which it holds
and nothing in the second file asks for as much.  How much changes is counted on a survey: every kind of call with every
kind of thing, with everything else harmless, and then with one other part of the case after the other taking each value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from safety.analysis.demands import demands
from safety.analysis.finding import fragment_of, in_words, outcome
from safety.analysis.notation import Fragment, shown
from safety.analysis.numbers import NumberChange, changed_numbers
from safety.analysis.search import Found, find
from safety.analysis.space import Space, all_of
from safety.ontology import Ontology
from safety.rules import Rules

NOT_LISTED = "deny (the skill is not listed)"


@dataclass(frozen=True, slots=True)
class Change:
    """What one rule asked for, and what is not asked for in the other file; or the other way round."""

    looser: bool
    rule: str
    lost: str  # the first piece of what the rule asks for that the other file does not
    case: Fragment
    before: str
    after: str
    surveyed: int  # surveyed cases in which it matters

    def __str__(self) -> str:
        how = "looser" if self.looser else "tighter"
        where = f"{self.surveyed} surveyed cases" if self.surveyed else "several things have to come together"
        return f"{how}: {self.rule} ({self.lost}; {where})\n    {shown(self.case)}: {self.before} → {self.after}"

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "looser": self.looser, "rule": self.rule, "lost": self.lost, "case": dict(self.case), "before": self.before,
            "after": self.after, "surveyed": self.surveyed,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes from one rule file to another."""

    changes: tuple[Change, ...]
    numbers: tuple[NumberChange, ...]
    surveyed: int
    looser_cases: int
    tighter_cases: int

    @property
    def looser(self) -> bool:
        """Whether anything is allowed that was not."""
        return any(change.looser for change in self.changes) or any(number.looser for number in self.numbers)

    @property
    def summary(self) -> str:
        """In one line."""
        rules = [[c.rule for c in self.changes if c.looser is looser] for looser in (True, False)]
        numbers = [[n.name for n in self.numbers if n.looser is looser] for looser in (True, False)]
        parts = [f"{how}: {', '.join([*r, *n])}" for how, r, n in zip(("looser", "tighter"), rules, numbers, strict=True) if r or n]
        return "; ".join(parts) or "no verdict changes"


def diff(before: Rules, after: Rules, ontology: Ontology) -> Diff:
    """Compare two rule files under one ontology.

    :raises FileError: one has a condition that the analysis does not know
    """
    space = Space((before, after), ontology)
    survey = _Survey(space)
    changes = (*_changes(space, survey, looser=True), *_changes(space, survey, looser=False))
    return Diff(changes, tuple(changed_numbers(before, after)), survey.cases, survey.looser, survey.tighter)


def _changes(space: Space, survey: _Survey, *, looser: bool) -> Iterator[Change]:
    """The rules of one file with something that the other does not ask for."""
    file = 0 if looser else 1
    for index, column in enumerate(space.columns):
        if column.file == file:
            for demand in demands(column):
                meeting = [i for i, other in enumerate(space.columns) if other.file != file and demand.met_by(other)]
                found = find(space, (index,), meeting)
                if found is not None:
                    yield _change(space, survey, index, demand.text, found, looser=looser)
                    break


def _change(space: Space, survey: _Survey, index: int, lost: str, found: Found, *, looser: bool) -> Change:
    fragment = fragment_of(found, space)
    before, after = (_said(fragment, found, file, space) for file in (0, 1))
    return Change(looser, space.columns[index].id, lost, fragment, before, after, survey.count[index])


def _said(fragment: Fragment, found: Found, file: int, space: Space) -> str:
    if any(space.columns[i].unlisted and space.columns[i].file == file for i in space.holding(found.mask)):
        return NOT_LISTED
    return in_words(outcome(fragment, space.files[file], space), space.files[file])


class _Survey:
    """Counts, over the surveyed cases, where the files differ and which rules make the difference."""

    def __init__(self, space: Space) -> None:
        self.cases = self.looser = self.tighter = 0
        self.count: Counter[int] = Counter()
        self._space = space
        self._asked = [[(index, d) for index, c in enumerate(space.columns) if c.file == file for d in demands(c)] for file in (0, 1)]
        self._known: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
        for mask, cases in _surveyed(space, _odd(space)):
            looser, tighter = self._judged(mask)
            self.cases += cases
            self.looser += cases if looser else 0
            self.tighter += cases if tighter else 0
            self.count.update(dict.fromkeys(looser | tighter, cases))

    def _judged(self, mask: int) -> tuple[frozenset[int], frozenset[int]]:
        """The rules of either file that ask for something there which the other file does not."""
        if mask not in self._known:
            holding = self._space.holding(mask)
            self._known[mask] = (self._unmet(0, holding), self._unmet(1, holding))
        return self._known[mask]

    def _unmet(self, file: int, holding: list[int]) -> frozenset[int]:
        here = set(holding)
        others = [self._space.columns[i] for i in holding if self._space.columns[i].file != file]
        asked = ((index, demand) for index, demand in self._asked[file] if index in here)
        return frozenset(index for index, demand in asked if not any(demand.met_by(other) for other in others))


def _odd(space: Space) -> int:
    """The alternatives of what is not the same in both files: where none of it holds, nothing differs."""
    before, after = space.files
    same_skills = before.skills == after.skills and before.parameters == after.parameters
    bits = 0
    for index, column in enumerate(space.columns):
        other = (after if column.file == 0 else before).by_id.get(column.id)
        if column.rule is None:
            same = same_skills
        else:
            parts = ("when", "verdict", "limits", "confirm")
            same = other is not None and same_skills and all(getattr(other, part) == getattr(column.rule, part) for part in parts)
        bits |= 0 if same else space.bits(index)
    return bits


def _surveyed(space: Space, odd: int) -> Iterator[tuple[int, int]]:
    """What holds in the surveyed cases, and in how many of them; 0 holds where nothing odd does."""
    for parts in space.shapes:
        values = {name: [value.mask for value in space.values(name, parts)] for name in space.facets}
        rest = [name for name in values if name not in ("call", "object")]
        harmless = {name: all_of(values[other][0] for other in rest if other != name) for name in ("", *rest)}
        each = 1 + sum(len(values[name]) - 1 for name in rest)
        for (call, calls), (thing, things) in product(Counter(values["call"]).items(), Counter(values["object"]).items()):
            both, cases = call & thing, calls * things
            if not both & odd:
                yield 0, cases * each
                continue
            yield both & harmless[""], cases
            for name in rest:
                yield from ((both & harmless[name] & mask, cases * n) for mask, n in Counter(values[name][1:]).items())
