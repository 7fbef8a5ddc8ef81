"""Pieces of a case in the notation of a rule file's examples, and putting them together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from safety.case import Case
from safety.conditions import Example
from safety.examples import example_case
from safety.files import FileError
from safety.ontology import Ontology
from safety.rules import Rules

Fragment = Mapping[str, Any]
"""Some fields of an ``Example``, as a rule file would hold them."""


class AnalysisError(FileError):
    """The analysis cannot answer: a condition that it does not know, or one that does not do what it reckons with."""


def joined(*fragments: Fragment) -> dict[str, Any]:
    """Fragments as one; lists and distances that several of them have are united.

    >>> joined({"skill": "go_to", "stale": ["people"]}, {"stale": ["pose"]})
    {'skill': 'go_to', 'stale': ['people', 'pose']}
    """
    whole: dict[str, Any] = {}
    for fragment in fragments:
        for key, value in fragment.items():
            whole[key] = _united(whole[key], value) if key in whole else value
    return whole


def _united(one: Any, other: Any) -> Any:
    if isinstance(one, dict):
        return {**one, **{group: min(distance_m, one.get(group, distance_m)) for group, distance_m in other.items()}}
    if isinstance(one, list):
        return [*one, *(item for item in other if item not in one)]
    return other


def case_of(fragment: Fragment, rules: Rules, ontology: Ontology) -> Case:
    """The case that a whole fragment describes under these rules."""
    return example_case(Example.model_validate(dict(fragment)), rules, ontology)


def shown(fragment: Fragment) -> str:
    """A case on one line, to be pasted into a rule file.

    >>> shown({"skill": "fetch", "object": "knife", "near": {"child": 1.0}})
    '{skill: fetch, object: knife, near: {child: 1.0}}'
    """
    return str(yaml.safe_dump(dict(fragment), default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)).strip()
