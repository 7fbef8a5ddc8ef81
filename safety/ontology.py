"""What the gate knows about things: a name in, the properties that make it dangerous out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from safety.files import file_hash, load_yaml, resolve, suggestion

_ARTICLES = frozenset({"a", "an", "the", "my", "your", "his", "her", "our", "their", "some", "this", "that"})


@dataclass(frozen=True, slots=True)
class Thing:
    """An object as the rules see it."""

    name: str  # as a sentence may say it: "red cup"
    class_name: str  # "" when no class of the ontology fits
    properties: frozenset[str]

    @property
    def known(self) -> bool:
        return bool(self.class_name)


class ObjectClass(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    properties: frozenset[str] = Field(description="names from the file's property list")
    synonyms: tuple[str, ...] = Field((), description="what people call it besides the class name")


class Ontology(BaseModel):
    """The content of ``safety/ontology.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    properties: dict[str, str] = Field(description="property → what it means")
    colours: dict[str, tuple[str, ...]] = Field(description="colour → other words for it")
    fallback: frozenset[str] = Field(min_length=1, description="properties of an object whose class is unknown")
    classes: dict[str, ObjectClass]
    _hash: str = PrivateAttr("")
    _cache: dict[str, Thing] = PrivateAttr(default_factory=dict)

    @classmethod
    def load(cls, path: str | Path = "safety/ontology.yaml") -> Ontology:
        """Read the file; a relative path is looked up from here, then from the project.

        :raises FileError: unreadable, or a class names a property that the file does not define
        """
        file = resolve(path)
        ontology = load_yaml(file, cls)
        ontology._hash = file_hash(file)
        return ontology

    @property
    def hash(self) -> str:
        """SHA-256 of the file it came from, "" when it came from none."""
        return self._hash

    @model_validator(mode="after")
    def _names_are_known(self) -> Ontology:
        for owner, used in (("fallback", self.fallback), *((f"classes.{k}", v.properties) for k, v in self.classes.items())):
            for name in sorted(used - set(self.properties)):
                raise ValueError(f"{owner}: unknown property '{name}'{suggestion(name, list(self.properties))}")
        self._check_words()
        return self

    def _check_words(self) -> None:
        """Two classes with the same word would make the answer depend on the order of the file."""
        owners: dict[str, str] = {}
        for name, entry in self.classes.items():
            for word in (name, *entry.synonyms):
                other = owners.setdefault(normalise(word), name)
                if other != name:
                    raise ValueError(f"classes.{name}: '{word}' already names '{other}'")

    def of(self, value: str) -> Thing:
        """What an object id, a class or a spoken name stands for; the careful fallback when nothing fits.

        >>> Ontology.load().of("the RED_cup-2").class_name
        'cup'
        >>> sorted(Ontology.load().of("frobnicator").properties)
        ['fragile', 'heavy', 'hot', 'sharp']
        """
        if value not in self._cache:
            if len(self._cache) > 4096:  # names come from outside: they must not fill the memory
                self._cache.clear()
            self._cache[value] = self._find(value)
        return self._cache[value]

    def _find(self, value: str) -> Thing:
        words = [word for word in normalise(value).split() if word not in _ARTICLES and not word.isdigit()]
        name = " ".join(words) or "thing"
        for start in range(len(words)):  # the longest tail that names a class: "big red wine glass" is a wine glass
            class_name = self._class_named(" ".join(words[start:]))
            if class_name:
                return Thing(name, class_name, self.classes[class_name].properties | self._named_within(words[:start]))
        return Thing(name, "", self.fallback | self._named_within(words))

    def _named_within(self, words: list[str]) -> frozenset[str]:
        """Properties of every class named before the head noun: a "knife toy" and a "toy knife" are both sharp."""
        found: frozenset[str] = frozenset()
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                class_name = self._class_named(" ".join(words[start:end]))
                if class_name:
                    found |= self.classes[class_name].properties
        return found

    def _class_named(self, words: str) -> str:
        """The class that these words name exactly, in the singular or the plural; "" when none."""
        return self._class_of_word.get(words) or self._class_of_word.get(words.removesuffix("s"), "")

    @cached_property
    def _class_of_word(self) -> dict[str, str]:
        return {normalise(word): name for name, entry in self.classes.items() for word in (name, *entry.synonyms)}


@lru_cache(maxsize=4096)  # the same few names are asked for at every judgement
def normalise(text: str) -> str:
    """One spelling for every way to write a name: width, case, underscores, hyphens, punctuation and spaces do not count.

    >>> normalise("  Ｒed_CUP-2! ")
    'red cup 2'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", folded).split())
