"""The rules that are in force: all of a rule file and of those that it extends, checked.

A rule has conditions that must all hold; a list inside a condition means "any of these".  Every rule that matches
counts, and the most restrictive verdict wins (``safety/verdicts.py``), so that the order of the file changes only which
sentence is spoken, never what is allowed.  There is no rule that loosens another.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, model_validator

from safety.conditions import Example, Examples, Hours, InputName, Model, Nearby, Part, When
from safety.files import FileError, parse, resolve, suggestion
from safety.ontology import Ontology, normalise
from safety.ontology_file import chain, chain_hash
from safety.rule_file import Loosening, merge_files
from safety.rule_models import SENTENCE_FIELDS, Confirm, Language, Parameters, Role, Rule, Sentence, Separation, SkillEntry
from safety.types import AgeGroup

__all__ = [
    "SENTENCE_FIELDS", "Confirm", "Example", "Examples", "Hours", "InputName", "Language", "Loosening", "Nearby", "Parameters", "Part",
    "Role", "Rule", "Rules", "Sentence", "Separation", "SkillEntry", "When",
]  # fmt: skip


class Rules(Model):
    """The content of a rule file, with what it extends put in."""

    name: str
    version: str
    about: str = ""
    parameters: Parameters
    separation: dict[AgeGroup, Separation]
    skills: dict[str, SkillEntry] = Field(min_length=1)
    rules: tuple[Rule, ...] = Field(min_length=1)
    _hash: str = PrivateAttr("")
    _files: tuple[Path, ...] = PrivateAttr(())
    _loosened: tuple[Loosening, ...] = PrivateAttr(())

    @classmethod
    def load(cls, path: str | Path, ontology: Ontology) -> Rules:
        """Read a rule file and check its names; a relative path is looked up from here, then from the project.

        :raises FileError: unreadable, malformed, a rule names a skill or property that does not exist, or a file loosens what
            it extends and does not say why
        """
        layers = [(str(name), content) for name, _, content in chain(path)][::-1]
        rules = _parsed(layers[0][1], cls, layers[0][0])  # the first file of a chain stands alone
        merged = merge_files(layers)
        if len(layers) > 1:
            rules = _parsed(merged.content, cls, str(path))
        rules._check_names(ontology, str(path))
        rules._files = tuple(resolve(name) for name, _ in layers)
        rules._hash = chain_hash(rules._files)
        rules._loosened = merged.loosened
        return rules

    @property
    def hash(self) -> str:
        """SHA-256 over its file and those that it extends (``safety.ontology_file.chain_hash``), "" when it came from none."""
        return self._hash

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that it was made of, the extended one first."""
        return self._files

    @property
    def loosened(self) -> tuple[Loosening, ...]:
        """Wherever a file may allow more than the one that it extends, and the reason it gives."""
        return self._loosened

    @model_validator(mode="before")
    @classmethod
    def _drop_extends(cls, content: Any) -> Any:
        """A file that extends none may say so."""
        return {key: value for key, value in content.items() if key != "extends"} if isinstance(content, dict) else content

    @model_validator(mode="after")
    def _is_whole(self) -> Rules:
        missing = set(AgeGroup) - set(self.separation)
        if missing:
            raise ValueError(f"separation: missing {', '.join(sorted(group.value for group in missing))}")
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f"rule '{rule.id}': the id is used twice")
            seen.add(rule.id)
        return self

    def _check_names(self, ontology: Ontology, source: str) -> None:
        _check(f"{source}: parameters.hazards", self.parameters.hazards, ontology.properties, "property")
        for rule in self.rules:
            where = f"{source}: rule '{rule.id}'"
            _check(f"{where}: when.skills", rule.when.skills, self.skills, "skill")
            for name in ("object", "held", "target", "beside"):
                _check(f"{where}: when.{name}", getattr(rule.when, name), ontology.properties, "property")
            for name in ("destination", "here"):
                _check(f"{where}: when.{name}", getattr(rule.when, name), ontology.place_kinds, "kind of place")
            _check(f"{where}: when.topics", rule.when.topics, ontology.topics, "topic")
            for case in (*rule.examples.must, *rule.examples.must_not):
                _check(f"{where}: examples", (case.skill,), self.skills, "skill")

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """Rules by their ids."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def _by_skill(self) -> dict[str, tuple[tuple[int, Rule], ...]]:
        """By name of skill; the empty name stands for a skill that is not in the list."""
        numbered = tuple(enumerate(self.rules))
        names = {"", *self.skills}
        return {name: tuple((n, rule) for n, rule in numbered if not rule.when.skills or name in rule.when.skills) for name in names}

    def for_skill(self, skill: str) -> tuple[tuple[int, Rule], ...]:
        """The rules that can match an action of this skill, each with its place in the file."""
        return self._by_skill.get(skill) or self._by_skill[""]

    def confirmation(self, rule_ids: Iterable[str]) -> Confirm | None:
        """Who may confirm what these rules, all of which matched, ask to be confirmed: who satisfies every one of them.

        The question is that of the first of them in the file; None when none of them asks.
        """
        wanted = set(rule_ids)
        asked = [rule.confirm for rule in self.rules if rule.id in wanted and rule.confirm is not None]
        if not asked:
            return None
        strictest = asked[0]
        for confirm in asked[1:]:
            strictest = strictest.stricter(confirm)
        return strictest

    def skill(self, name: str) -> SkillEntry | None:
        """The entry of a skill, however it is spelled; None when the closed list has none."""
        return self.skills.get(normalise(name).replace(" ", "_"))


def _parsed(content: Any, model: type[Rules], source: str) -> Rules:
    try:
        return parse(content, model, source)
    except FileError as error:
        raise FileError(_with_rule_ids(str(error), content)) from error


def _check(where: str, names: Iterable[str], known: Collection[str], kind: str) -> None:
    for name in sorted(names):
        if name not in known:
            raise FileError(f"{where}: unknown {kind} '{name}'{suggestion(name, list(known))}")


def _with_rule_ids(message: str, content: Any) -> str:
    """Error positions such as ``rules.3.verdict`` with the id of that rule in place of its number."""

    def rule_id(match: re.Match[str]) -> str:
        try:
            return f"rule '{content['rules'][int(match[1])]['id']}'"
        except (KeyError, TypeError):
            return match[0]

    return re.sub(r"\brules\.(\d+)", rule_id, message)
