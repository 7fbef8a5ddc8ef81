"""What people can say to the robot, as one definition from which recognition and understanding both follow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from robot_runtime.hear import pattern
from robot_runtime.hear.network import Mark, Network, minimal
from robot_runtime.language.language import REFERENCE, Language, load_language
from robot_runtime.messages import Argument
from safety.files import FileError, parse, parse_yaml, read_text, suggestion


@dataclass(frozen=True)
class Rule:
    """One way to say an intent.  ``slots`` holds what only this rule's slots may be, beside those of the whole grammar."""

    intent: str
    phrase: str
    slots: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Meaning:
    """What a text says; the slots hold the words that were spoken, or the English names of what they mean."""

    intent: str
    slots: tuple[Argument, ...] = ()
    language: str = REFERENCE


class Grammar:
    """Phrases compiled for search and for reading.

    :param rules: in order of preference: when a text fits several, the first one's meaning is taken
    :param slots: what may stand for each slot; every value is itself a pattern without slots, such as "[red] (cup | mug)"
    :param language: of the rules, by which a text is parted into words; English if not given
    :param meant: (intent, slot, words) → the value of the slot; the words themselves if not given
    :param also: grammars of other languages: what this one does not know may be a sentence of them
    :raises PatternError: a phrase or value cannot be read, or a slot of a phrase has no values
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        slots: Mapping[str, Sequence[str]],
        language: Language | None = None,
        meant: Callable[[str, str, str], str] = lambda intent, slot, words: words,
        also: Sequence[Grammar] = (),
    ) -> None:
        self.language = language or load_language(REFERENCE)
        self.also = tuple(also)
        self._meant = meant
        self._network = Network()
        common = {name: _choice(values) for name, values in slots.items()}
        for rule in rules:
            known = {**common, **{name: _choice(values) for name, values in rule.slots.items()}}
            for name in pattern.slots_of(rule.phrase):
                if name not in known:
                    raise pattern.PatternError(f"unknown slot '{name}' in '{rule.phrase}'{suggestion(name, list(known))}")
            self._network.add(rule.intent, pattern.parse(rule.phrase), known)
        self.automaton = minimal(self._network)
        self.words = sorted({word for row in self.automaton.arcs for word in row})
        arcs = [grammar.automaton.arcs for grammar in (self, *self.also)]
        self.hash = hashlib.sha256(repr(arcs if also else arcs[0]).encode()).hexdigest()[:12]

    def interpret(self, text: str) -> Meaning | None:
        """The meaning of a text; None when it is a sentence neither of this grammar nor of those beside it."""
        sentence = self.language.words(text)
        marks = next(self._network.paths(sentence), None) if sentence else None
        if marks is not None:
            return self._meaning(sentence, marks)
        return next((meaning for meaning in (grammar.interpret(text) for grammar in self.also) if meaning), None)

    def meanings(self, text: str) -> list[Meaning]:
        """Every distinct meaning of a text, the preferred one first."""
        sentence = self.language.words(text)
        return list(dict.fromkeys(self._meaning(sentence, marks) for marks in self._network.paths(sentence)))

    def is_complete(self, text: str) -> bool:
        """Whether the text is a whole sentence, rather than the beginning of one or nothing at all."""
        return self.automaton.walk(self.language.words(text)) in self.automaton.final

    def of(self, language: str) -> Grammar:
        """The grammar of a language, if there is one beside this; else this one."""
        return next((grammar for grammar in self.also if grammar.language.language == language), self)

    def share_known(self, text: str) -> float:
        """How many of a text's words are words of the grammar, 0 … 1."""
        said, known = self.language.words(text), set(self.words)
        return sum(word in known for word in said) / max(1, len(said))

    def _meaning(self, sentence: list[str], marks: tuple[tuple[int, Mark], ...]) -> Meaning:
        intent = ""
        slots: list[Argument] = []
        begins: dict[str, int] = {}
        for position, mark in marks:
            if mark.kind == "intent":
                intent = mark.name
            elif mark.kind == "open":
                begins[mark.name] = position
            else:
                slots.append(Argument(mark.name, self._meant(intent, mark.name, " ".join(sentence[begins[mark.name] : position]))))
        return Meaning(intent, tuple(slots), self.language.language)


def _choice(values: Sequence[str]) -> pattern.Node:
    for value in values:
        if pattern.slots_of(value):
            raise pattern.PatternError(f"a slot's value cannot hold a slot: '{value}'")
    return pattern.Choice(tuple(pattern.parse(value) for value in values))


class Domain(BaseModel):
    """A grammar in a file: what may stand for each slot, and the patterns of each intent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slots: dict[str, tuple[str, ...]] = Field({}, description="slot → the words it can be")
    intents: dict[str, tuple[str, ...]] = Field(description="intent → patterns with [optional], (a | b) and {slot}")

    def grammar(self) -> Grammar:
        """Compile it.

        :raises PatternError: as :class:`Grammar`
        """
        return Grammar([Rule(name, phrase, {}) for name, phrases in self.intents.items() for phrase in phrases], self.slots)


def load_domain(path: Path) -> Grammar:
    """Read the grammar of a domain file.  Everything in it is words: "on", "no" and "12" too, which YAML takes for other things.

    :raises FileError: not readable, a wrong key, or a pattern that cannot be read
    """
    text = read_text(path)
    parse_yaml(text, str(path))  # for its errors, which tell the line
    domain = parse(yaml.load(text, yaml.BaseLoader) or {}, Domain, str(path))
    try:
        return domain.grammar()
    except pattern.PatternError as error:
        raise FileError(f"{path}: {error}") from error
