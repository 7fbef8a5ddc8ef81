"""The language in which people's phrases are written, in skill files and in ``hear --domain`` files.

A pattern is words with ``[optional]``, ``(one | or another)`` and ``{slot}``; brackets nest, and ``|`` may also stand inside
square brackets or outside of all brackets::

    (bring | get) {person} [the | a] {object}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"\s*(?:(?P<word>[\w'’-]+)|\{\s*(?P<slot>\w+)\s*\}|(?P<mark>[\[\]()|])|(?P<wrong>\S))")


class PatternError(ValueError):
    """A pattern that cannot be read; the text says where."""


@dataclass(frozen=True)
class Word:
    text: str


@dataclass(frozen=True)
class Slot:
    name: str


@dataclass(frozen=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    options: tuple[Node, ...]


Node = Word | Slot | Sequence | Choice

NOTHING = Sequence(())


def words(text: str) -> list[str]:
    """The words of a sentence as a recogniser hears them: lower case, without punctuation.

    >>> words("Bring me the RED cup, please!")
    ['bring', 'me', 'the', 'red', 'cup', 'please']
    """
    return [word.strip("-") for word in re.findall(r"[\w'-]+", text.lower().replace("’", "'")) if word.strip("-'")]


@lru_cache(maxsize=4096)  # a grammar is built anew, mostly of the same patterns, for each new name
def parse(pattern: str) -> Node:
    """Read one pattern.

    :raises PatternError: brackets do not match, or a sign has no meaning here

    >>> parse("[the] {object}").parts[1]
    Slot(name='object')
    """
    reader = _Reader(pattern)
    node = reader.choice()
    if reader.mark:
        raise PatternError(f"'{reader.mark}' closes nothing in '{pattern}'")
    return node


def slots(node: Node) -> Iterator[str]:
    """Names of the slots in a pattern, in the order in which they are written.

    >>> list(slots(parse("bring {person} [the | a] {object}")))
    ['person', 'object']
    """
    if isinstance(node, Slot):
        yield node.name
    elif isinstance(node, (Sequence, Choice)):
        for part in node.parts if isinstance(node, Sequence) else node.options:
            yield from slots(part)


@lru_cache(maxsize=4096)
def slots_of(pattern: str) -> tuple[str, ...]:
    """Names of the slots in a pattern that is not read yet.

    :raises PatternError: as :func:`parse`
    """
    return tuple(slots(parse(pattern)))


class _Reader:
    """Recursive descent over the tokens; ``mark`` is the bracket or bar that stopped the last sequence, "" at the end."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._tokens = _TOKEN.finditer(pattern)
        self.mark = ""

    def choice(self) -> Node:
        options = [self._sequence()]
        while self.mark == "|":
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        mark = ""
        for token in self._tokens:
            if token["wrong"]:
                raise PatternError(f"unexpected '{token['wrong']}' in '{self._pattern}'")
            if token["word"]:
                parts.extend(Word(word) for word in words(token["word"]))
            elif token["slot"]:
                parts.append(Slot(token["slot"]))
            elif token["mark"] in "[(":
                parts.append(self._bracket(token["mark"]))
            else:
                mark = token["mark"]
                break
        self.mark = mark
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _bracket(self, opening: str) -> Node:
        inner = self.choice()
        closing = "]" if opening == "[" else ")"
        if self.mark != closing:
            raise PatternError(f"'{closing}' is missing in '{self._pattern}'")
        if opening == "(":
            return inner
        return Choice((inner, NOTHING))
