"""The table of one facet: which sets of its choices the proofs look at, and what holds on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from safety.analysis import table as table_module
from safety.analysis.facets import Facet, Step
from safety.analysis.notation import AnalysisError, Fragment
from safety.analysis.probe import Condition, Probe
from safety.analysis.table import Table, Value
from safety.conditions import When


class Letters(Probe):
    """Things are words; "any a" holds where a thing has an a in it, "all a" where every one has."""

    def __init__(self) -> None:
        """No rules are needed."""

    def holding(self, facet: Facet, conditions: Sequence[Condition], values: Sequence[Fragment]) -> list[int]:
        return [sum(1 << bit for bit, c in enumerate(conditions) if self._holds(c.name, value)) for value in values]

    def _holds(self, condition: str, value: Fragment) -> bool:
        how, letter = condition.split()
        things = value.get("beside", [])
        if how == "odd":  # of one thing alone
            return len(things) == 1 and letter in things[0]
        if how == "sole":  # unless there is a b
            return any(letter in thing for thing in things) and not any("b" in thing for thing in things)
        return (any if how == "any" else all)(letter in thing for thing in things)


def table(needs: Sequence[str], *things: str, **facet: Any) -> Table:
    """:param needs: what each alternative needs, as "any a, all b"; "" for nothing"""
    conditions = {bit: [Condition(0, name, When()) for name in names.split(", ") if name] for bit, names in enumerate(needs)}
    choices = tuple({"beside": [thing]} for thing in things)
    return Table(Facet("toy", choices, **{"many": True, **facet}), conditions, Letters())


def told(values: Sequence[Value]) -> list[tuple[str, list[int]]]:
    """The things of each value, and the alternatives that it allows."""
    return [(" ".join(value.fragment.get("beside", ())), [bit for bit in range(9) if value.mask >> bit & 1]) for value in values]


def test_every_set_that_can_matter_is_there_once_with_what_it_allows() -> None:
    found = table(["any a", "any b", "any a, any b", ""], "a", "b", "ab", "c", "c")
    assert told(found.values) == [("", [3]), ("a", [0, 3]), ("b", [1, 3]), ("ab", [0, 1, 2, 3])]


def test_a_set_is_as_large_as_the_longest_list_of_conditions_and_no_larger() -> None:
    assert told(table(["any a, any b", "any c"], "a", "b", "c").values) == [
        ("", []), ("a", []), ("b", []), ("c", [1]), ("a b", [0]), ("a c", [1]), ("b c", [1]),
    ]  # fmt: skip
    assert told(table(["any a", "any b", ""], "a", "b").values) == [("", [2]), ("a", [0, 2]), ("b", [1, 2])]


def test_what_has_to_hold_on_all_of_them_ends_with_one_on_which_it_does_not() -> None:
    found = table(["all a", "any b, all c", ""], "ac", "abc", "bc", "x")
    assert told(found.values) == [("", [0, 2]), ("abc", [0, 1, 2]), ("bc", [1, 2]), ("x", [2]), ("abc x", [2])]


@pytest.mark.parametrize("drawn", [0, 300])
def test_one_pair_for_each_condition_is_enough_to_tell_both_kinds(drawn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "MOST_PAIRS", drawn)
    found = table(["all a", "any b, any c"], "a", "b", "c")
    assert told(found.values) == [("", [0]), ("b", []), ("c", []), ("b c", [1])]


def test_a_condition_of_another_kind_is_refused() -> None:
    with pytest.raises(AnalysisError, match="condition 'odd a' holds neither by any of both nor by both only"):
        table(["odd a", "any b"], "a", "ab", "b")
    with pytest.raises(AnalysisError, match="condition 'sole a' holds neither"):
        table(["sole a", "any b", "any c"], "a", "b", "c")


def test_so_many_kinds_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "MOST_VALUES", 3)
    assert len(table(["any a", "any b"], "a", "b").values) == 3
    with pytest.raises(AnalysisError, match="'toy' has more than 3 kinds of value"):
        table(["any a, any b"], "a", "b")


def test_a_facet_that_only_some_calls_have_may_have_to_be_filled() -> None:
    part = {"part": "object", "may_be_empty": False}
    assert told(table(["any a", "all a"], "a", "b", **part).values) == [("a", [0, 1]), ("b", []), ("a b", [0])]
    assert told([table(["any a", "all a"], "a", "b", **part).empty]) == [("", [])]
    assert told([table(["any a", "all a"], "a", "b").empty]) == [("", [1])]


def test_one_choice_at_a_time() -> None:
    found = table(["any a", "any b", ""], "a", "b", "b", many=False)
    assert told(found.values) == [("a", [0, 2]), ("b", [1, 2]), ("b", [1, 2])]


# ---------------------------------------------------------------- steps


def steps(found: Table) -> set[tuple[str, str]]:
    return {(told([pair.before])[0][0], told([pair.after])[0][0]) for pair in found.pairs()}


def test_of_single_choices_the_steps_count_by_which_something_ends() -> None:
    ways = (Step(0, 1, frozenset({"x"})), Step(1, 2), Step(2, 0))
    found = table(["any a", "any b"], "a", "ab", "b", many=False, steps=ways)
    assert steps(found) == {("ab", "b"), ("b", "a")}
    assert {pair.excused for pair in found.pairs()} == {frozenset()}


def test_something_more_ends_only_what_has_to_hold_on_all() -> None:
    more = (Step(None, 0), Step(None, 1))
    assert steps(table(["any a", "any b"], "a", "b", steps=more)) == set()
    assert steps(table(["all a", "any b"], "a", "b", steps=more)) == {("", "b")}
    filled = table(["all a", "any b"], "a", "b", steps=more, part="object", may_be_empty=False)
    assert steps(filled) == {("a", "a b")}


def test_one_of_several_that_changes_ends_what_it_alone_made_hold() -> None:
    assert steps(table(["any a", "any b"], "a", "b", steps=(Step(0, 1),))) == {("a", "b"), ("b a", "b")}
    assert steps(table(["any a", "any b"], "a", "ab", steps=(Step(0, 1),))) == set()
