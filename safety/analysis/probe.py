"""Trying conditions of rules on one facet of a case, by the gate's own matcher."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from safety.analysis.calls import Call, shape
from safety.analysis.calls import calls as calls_of
from safety.analysis.facets import AROUND, LOOKS, Facet
from safety.analysis.notation import Fragment, case_of, joined
from safety.conditions import When
from safety.match import matches
from safety.ontology import Ontology
from safety.rules import Rules

LISTED, UNLISTED = "listed", "unlisted"
"""Conditions on calls that no rule has: the closed list of skills of a file has, or has not, a call of this shape."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition alone, of a rule of one of the files."""

    file: int
    name: str
    when: When


class Probe:
    """Puts a value of one facet into cases whose other parts do not stand in the way of a condition, and asks the matcher."""

    def __init__(self, files: Sequence[Rules], ontology: Ontology, facets: Mapping[str, Facet], calls: Sequence[Call]) -> None:
        self._files, self._ontology, self._facets, self._calls = files, ontology, facets, calls
        self._call_of = {str(call.fragment): call for call in calls}
        self._shapes = [{shape(call) for call in calls_of(rules, ontology)} for rules in files]

    def holding(self, facet: Facet, conditions: Sequence[Condition], values: Sequence[Fragment]) -> list[int]:
        """For each value of a facet, the conditions that hold as far as this facet goes: bit i for the i-th."""
        vectors = [sum(1 << bit for bit, c in enumerate(conditions) if self._listed(c, value)) for value in values]
        for file, backgrounds, bits in self._grouped(facet, conditions):
            for index, value in enumerate(values):
                filled = self._filled(value) if facet.name == "call" else value
                for background in backgrounds:
                    vectors[index] |= self._matching(file, joined(background, filled), bits, conditions)
        return vectors

    def _listed(self, condition: Condition, value: Fragment) -> bool:
        if condition.name not in (LISTED, UNLISTED):
            return False
        return (shape(self._call_of[str(value)]) in self._shapes[condition.file]) == (condition.name == LISTED)

    def _matching(self, file: int, fragment: Fragment, bits: Sequence[int], conditions: Sequence[Condition]) -> int:
        rules = self._files[file]
        if fragment["skill"] not in rules.skills:
            return 0
        case = case_of(fragment, rules, self._ontology)
        return sum(1 << bit for bit in bits if matches(conditions[bit].when, case) is not None)

    def _grouped(self, facet: Facet, conditions: Sequence[Condition]) -> Iterator[tuple[int, Sequence[Fragment], Sequence[int]]]:
        """The conditions that can be tried on the same cases: file, what to put around a value, and which ones."""
        groups: dict[str, tuple[int, list[Fragment], list[int]]] = {}
        for bit, condition in enumerate(conditions):
            if condition.name not in (LISTED, UNLISTED):
                around = list(self._around(condition, facet))
                groups.setdefault(f"{condition.file} {around}", (condition.file, around, []))[2].append(bit)
        yield from groups.values()

    def _around(self, condition: Condition, facet: Facet) -> Iterator[Fragment]:
        """What to put around a value of the facet.

        Where the condition can hold by this facet alone, the others stay harmless.  Where it needs this one besides another,
        the other takes each of its choices in turn.
        """
        looks = LOOKS[condition.name]
        needs_others = looks.any_of and facet.name not in looks.any_of
        others = [c for name in looks.any_of for c in self._facets[name].choices] if needs_others else [{}]
        if facet.name == "call":
            yield from others
            return
        for call in self._calls_with(condition.file, facet.part):
            if "call" not in looks.always or self.holding(self._facets["call"], [condition], [call]) == [1]:
                yield from (joined(self._filled(call), other) for other in others)
                return

    def _calls_with(self, file: int, part: str) -> Iterator[Fragment]:
        skills = self._files[file].skills
        return (call.fragment for call in self._calls if call.skill in skills and part in (AROUND, *call.parts))

    def _filled(self, call: Fragment) -> Fragment:
        """A call with harmless things in it where it needs some."""
        things: dict[str, Any] = {part: self._facets[part].choices[0][part] for part in ("object", "target") if part in call}
        return joined(call, things)
