"""What the gate knows about things, places and topics: a name in, the properties that make it dangerous out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from safety.ontology_file import Loaded, ObjectClass, load_chain
from safety.words import Lexicon, normalise

__all__ = ["ObjectClass", "Ontology", "Thing", "normalise"]

_ARTICLES = frozenset({"a", "an", "the", "my", "your", "his", "her", "our", "their", "some", "this", "that"})
_FRENCH_ARTICLES = frozenset({"le", "la", "les", "l", "un", "une", "des", "du", "mon", "ma", "mes"})

_SINGULARS = (("ies", "y"), ("ves", "fe"), ("ves", "f"), ("es", ""), ("s", ""))
"""Endings of English plurals and what stands in their place in the singular."""

_MAX_CACHED = 4096
"""Names come from outside: they must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object as the rules see it."""

    name: str  # as a sentence may say it: "red cup"
    class_name: str  # "" when no class of the ontology fits
    properties: frozenset[str]

    @property
    def known(self) -> bool:
        return bool(self.class_name)


class Ontology:
    """The content of ``safety/ontology.yaml`` and of a file that extends it, with all inheritance resolved."""

    def __init__(self, loaded: Loaded) -> None:
        """:param loaded: a checked chain of files, see ``safety.ontology_file.load_chain``"""
        content = loaded.content
        self.properties: Mapping[str, str] = content.properties
        self.colours: Mapping[str, tuple[str, ...]] = content.colours
        self.fallback = content.fallback
        self.modifiers: Mapping[str, frozenset[str]] = content.modifiers
        self.classes: Mapping[str, ObjectClass] = content.classes
        self.place_kinds = frozenset(content.places)
        self.topics = frozenset(content.topics)
        self.hash = loaded.hash
        """SHA-256 over all its files (``safety.ontology_file.chain_hash``)."""
        self.files = loaded.files
        """All its files, the extended one first."""
        self.vocabulary = {name: self.classes[name] for name in self.classes if name in (content.vocabulary or self.classes)}
        """The classes that a recogniser of few words listens for."""
        self._class_of_word = {normalise(word): name for name, c in self.classes.items() for word in (name, *c.synonyms)}
        self._most_words = max(word.count(" ") + 1 for word in self._class_of_word)
        self._class_of_french = {_french(c.fr): name for name, c in self.classes.items() if c.fr}
        self._places = Lexicon({kind: entry.words for kind, entry in content.places.items()})
        self._topics = Lexicon({topic: entry.words for topic, entry in content.topics.items()})
        self.place_words: Mapping[str, tuple[str, ...]] = {kind: entry.words for kind, entry in content.places.items()}
        self.topic_words: Mapping[str, tuple[str, ...]] = {topic: entry.words for topic, entry in content.topics.items()}
        self._found = lru_cache(maxsize=_MAX_CACHED)(self._find)
        self.kinds_of_place = lru_cache(maxsize=_MAX_CACHED)(self._places.labels)
        """Kinds of place that a place's name tells: "the upstairs bathroom" is a bathroom."""

    @classmethod
    def load(cls, path: str | Path = "safety/ontology.yaml") -> Ontology:
        """Read a file and those that it extends; a relative path is looked up from here, then from the project.

        :raises FileError: unreadable, or a class names a property or parent that the files do not define
        """
        return cls(load_chain(path))

    def topics_of(self, text: str) -> frozenset[str]:
        """The topics that a text touches, by its words and phrases."""
        return self._topics.labels(text)

    def french(self, thing: Thing) -> str:
        """A thing's name in French with its article, "cet objet" where the files have none."""
        entry = self.classes.get(thing.class_name)
        return (entry.fr if entry else "") or "cet objet"

    def of(self, value: str) -> Thing:
        """What an object id, a class or a spoken name stands for; the careful fallback when nothing fits.

        >>> Ontology.load().of("the RED_cup-2").class_name
        'cup'
        >>> sorted(Ontology.load().of("frobnicator").properties)
        ['electronic', 'flammable', 'fragile', 'heavy', 'hot', 'liquid', 'metal', 'sharp', 'spill_sensitive']
        """
        return self._found(value)

    def _find(self, value: str) -> Thing:
        words = [word for word in normalise(value).split() if word not in _ARTICLES and not word.isdigit()]
        name = " ".join(words) or "thing"
        for start in range(len(words)):  # the longest tail that names a class: "big red wine glass" is a wine glass
            class_name = self._class_named(" ".join(words[start:]))
            if class_name:
                return Thing(name, class_name, self.classes[class_name].properties | self._named_within(words[:start]))
        class_name = self._class_of_french.get(_french(value), "")
        if class_name:
            return Thing(name, class_name, self.classes[class_name].properties)
        return Thing(name, "", self.fallback | self._named_within(words))

    def _named_within(self, words: list[str]) -> frozenset[str]:
        """Properties of every class named before the head noun, a "knife toy" and a "toy knife" are both sharp, and of words
        such as "boiling".
        """
        found = frozenset[str]().union(*(self.modifiers.get(word, ()) for word in words))
        for start in range(len(words)):
            for end in range(start + 1, min(start + self._most_words, len(words)) + 1):
                class_name = self._class_named(" ".join(words[start:end]))
                if class_name:
                    found |= self.classes[class_name].properties
        return found

    def _class_named(self, words: str) -> str:
        """The class that these words name exactly, in the singular or the plural; "" when none."""
        exact = self._class_of_word.get(words)
        if exact is not None:
            return exact
        singulars = (words.removesuffix(end) + instead for end, instead in _SINGULARS if words.endswith(end))
        return next((self._class_of_word[word] for word in singulars if word in self._class_of_word), "")


def _french(value: str) -> str:
    words = normalise(value).split()
    return " ".join(words[1:] if words and words[0] in _FRENCH_ARTICLES else words)
