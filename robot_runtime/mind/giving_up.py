"""Whether somebody wants nothing any more, in words that are no single sentence of the grammar: "oh, don't bother, I don't need it"."""

from __future__ import annotations

from functools import lru_cache

from robot_runtime.act.catalogue import Catalogue
from robot_runtime.hear import pattern
from robot_runtime.hear.network import Automaton, Network, minimal
from robot_runtime.language.language import Language
from robot_runtime.mind.clauses import without_courtesy


def objects(text: str, language: Language) -> bool:
    """Whether it begins as an objection does, whatever follows."""
    return language.at(language.spoken(text), 0, "objections") > 0


class GivingUp:
    """A language's ways to say no, one or several of them after each other."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self._language = language
        self._ways = _automaton(tuple(p.pattern for p in catalogue.phrases(language.language) if p.intent == "no"))

    def says(self, text: str) -> bool:
        """Whether the words are no more than that."""
        words = without_courtesy(self._language.spoken(text), self._language)
        ends = {0}
        for end in range(1, len(words) + 1):
            if any(self._ways.walk(words[start:end]) in self._ways.final for start in ends):
                ends.add(end)
        return bool(words) and len(words) in ends


@lru_cache(maxsize=4)
def _automaton(phrases: tuple[str, ...]) -> Automaton:
    network = Network()
    for text in phrases:
        network.add("no", pattern.parse(text), {})
    return minimal(network)
