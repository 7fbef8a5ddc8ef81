"""The ontology file: its typed form, files that extend others, and classes that inherit from others.

An extending file adds: classes, and properties, words and parents to classes that exist.  It takes nothing away, except
where a class says ``without`` and why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from safety.files import FileError, file_hash, parse, parse_yaml, read_text, resolve, suggestion
from safety.words import normalise, plain

MAX_CHAIN = 8
"""Files that extend one another; more is a mistake."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ObjectClass(_Model):
    properties: frozenset[str] = Field(default=frozenset(), description="names from the file's property list")
    is_a: tuple[str, ...] = Field((), description="classes whose properties it has too")
    without: dict[str, str] = Field(default_factory=dict, description="inherited property that it has not → why")
    synonyms: tuple[str, ...] = Field((), description="what people call it besides the class name")
    fr: str = Field("", description="its name in French, with the definite article")


class WordList(_Model):
    about: str = Field("", description="what it is for")
    words: tuple[str, ...] = Field(min_length=1, description="words and phrases, in any language")


class OntologyFile(_Model):
    """What a file may hold; only a file that extends none has to have colours, fallback and classes."""

    extends: str = Field("", description="another ontology file, relative to this one's folder")
    properties: dict[str, str] = Field(default_factory=dict, description="property → what it means")
    implies: dict[str, frozenset[str]] = Field(
        default_factory=dict, description="property → others that come with it, except where a class has them in 'without'"
    )
    colours: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="colour → other words for it")
    fallback: frozenset[str] = Field(default=frozenset(), description="properties of an object whose class is unknown")
    modifiers: dict[str, frozenset[str]] = Field(
        default_factory=dict, description="word in a thing's name → properties that it adds, as 'boiling' adds hot"
    )
    classes: dict[str, ObjectClass] = Field(default_factory=dict)
    vocabulary: frozenset[str] = Field(
        default=frozenset(), description="classes that a recogniser of few words listens for; none named: all"
    )
    places: dict[str, WordList] = Field(default_factory=dict, description="kind of place → words in the names of such places")
    topics: dict[str, WordList] = Field(default_factory=dict, description="topic of speech → words and phrases that touch it")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A chain of files as one, and where it came from: the extended file first."""

    content: OntologyFile
    files: tuple[Path, ...]
    hash: str


def load_chain(path: str | Path) -> Loaded:
    """Read a file and those that it extends.

    :raises FileError: unreadable, malformed, extending itself, or naming what does not exist
    """
    names, texts = zip(*((name, text) for name, text, _ in chain(path)), strict=True)
    files = tuple(resolve(name) for name in reversed(names))
    return Loaded(_whole(tuple(map(str, names)), texts), files, chain_hash(files))


@lru_cache(maxsize=16)
def _whole(names: tuple[str, ...], texts: tuple[str, ...]) -> OntologyFile:
    """The extending file first.  Gates that are built anew and whoever compares rules read the same again and again; nobody changes it."""
    *extending, whole = (parse(_content(text, name), OntologyFile, name) for name, text in zip(names, texts, strict=True))
    for layer in reversed(extending):
        whole = _together(whole, layer)
    whole = _with_implied(whole, names[0])
    _check(whole, names[0])
    return whole.model_copy(update={"classes": {name: _resolved(name, whole.classes) for name in whole.classes}})


def chain(path: str | Path) -> Iterator[tuple[str | Path, str, Any]]:
    """Name, text and content of a file, then of the one that its ``extends`` names, and so on.

    :raises FileError: one cannot be read, or a file extends itself
    """
    seen: list[Path] = []
    while True:
        file = resolve(path).resolve()
        if file in seen or len(seen) == MAX_CHAIN:
            raise FileError(f"{path}: extends: {' → '.join(f.name for f in (*seen, file))} has no end; take one 'extends' out")
        seen.append(file)
        text = read_text(resolve(path))
        content = _content(text, str(path))
        yield path, text, content
        base = content.get("extends") if isinstance(content, dict) else None
        if not base or not isinstance(base, str):
            return
        path = resolve(path).parent / base


@lru_cache(maxsize=16)
def _content(text: str, path: str) -> Any:
    return parse_yaml(text, path)


def chain_hash(files: tuple[Path, ...]) -> str:
    """SHA-256 of a single file's bytes; of several, that of their hashes, one a line.

    :raises FileError: one cannot be read
    """
    hashes = [file_hash(file) for file in files]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _together(base: OntologyFile, more: OntologyFile) -> OntologyFile:
    classes = dict(base.classes)
    for name, entry in more.classes.items():
        classes[name] = _added(classes[name], entry) if name in classes else entry
    return OntologyFile(
        properties={**base.properties, **more.properties},
        implies=_sets_together(base.implies, more.implies),
        colours={c: base.colours.get(c, ()) + more.colours.get(c, ()) for c in {**base.colours, **more.colours}},
        fallback=base.fallback | more.fallback,
        modifiers=_sets_together(base.modifiers, more.modifiers),
        classes=classes,
        vocabulary=base.vocabulary | more.vocabulary,
        places=_words_together(base.places, more.places),
        topics=_words_together(base.topics, more.topics),
    )


def _added(base: ObjectClass, more: ObjectClass) -> ObjectClass:
    return ObjectClass(
        properties=base.properties | more.properties,
        is_a=base.is_a + more.is_a,
        without={**base.without, **more.without},
        synonyms=base.synonyms + more.synonyms,
        fr=more.fr or base.fr,
    )


def _sets_together(base: Mapping[str, frozenset[str]], more: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {name: base.get(name, frozenset()) | more.get(name, frozenset()) for name in {**base, **more}}


def _words_together(base: Mapping[str, WordList], more: Mapping[str, WordList]) -> dict[str, WordList]:
    both = dict(base)
    for label, entry in more.items():
        if label in both:
            entry = WordList(about=entry.about or both[label].about, words=both[label].words + entry.words)
        both[label] = entry
    return both


def _with_implied(whole: OntologyFile, source: str) -> OntologyFile:
    """Every property brings those that it implies wherever it is given; a class that inherits them may still be without."""
    for name, others in whole.implies.items():
        _check_names(f"{source}: implies", (name, *others), whole.properties, "property")

    def all_of(given: frozenset[str]) -> frozenset[str]:
        more = given.union(*(whole.implies.get(name, ()) for name in given))
        return given if more == given else all_of(more)

    return whole.model_copy(
        update={
            "fallback": all_of(whole.fallback),
            "modifiers": {word: all_of(added) for word, added in whole.modifiers.items()},
            "classes": {name: entry.model_copy(update={"properties": all_of(entry.properties)}) for name, entry in whole.classes.items()},
        }
    )


def _resolved(name: str, classes: Mapping[str, ObjectClass]) -> ObjectClass:
    """A class with everything that it inherits."""
    entry = classes[name]
    inherited = frozenset[str]().union(*(_resolved(parent, classes).properties for parent in entry.is_a))
    return entry.model_copy(update={"properties": (inherited | entry.properties) - entry.without.keys()})


def _check(whole: OntologyFile, source: str) -> None:
    if not whole.fallback or not whole.classes:
        raise FileError(f"{source}: {'classes' if whole.fallback else 'fallback'}: missing; a file that extends none needs it")
    _check_names(f"{source}: fallback", whole.fallback, whole.properties, "property")
    _check_names(f"{source}: vocabulary", whole.vocabulary, whole.classes, "class")
    for word, added in whole.modifiers.items():
        _check_names(f"{source}: modifiers.{word}", added, whole.properties, "property")
    for name, entry in whole.classes.items():
        where = f"{source}: classes.{name}"
        _check_names(where, entry.properties | entry.without.keys(), whole.properties, "property")
        _check_names(f"{where}.is_a", entry.is_a, whole.classes, "class")
    _check_ancestors(whole.classes, source)
    _check_without(whole.classes, source)
    _check_words(whole.classes, source)
    _check_lists(whole, source)


def _check_names(where: str, names: Iterable[str], known: Mapping[str, object], kind: str) -> None:
    for name in sorted(set(names) - set(known)):
        raise FileError(f"{where}: unknown {kind} '{name}'{suggestion(name, list(known))}")


def _check_ancestors(classes: Mapping[str, ObjectClass], source: str) -> None:
    done: set[str] = set()

    def visit(name: str, below: tuple[str, ...]) -> None:
        if name in below:
            raise FileError(f"{source}: classes.{name}.is_a: {' → '.join((*below[below.index(name) :], name))} has no end")
        if name not in done:
            for parent in classes[name].is_a:
                visit(parent, (*below, name))
            done.add(name)

    for name in classes:
        visit(name, ())


def _check_without(classes: Mapping[str, ObjectClass], source: str) -> None:
    for name, entry in classes.items():
        parents = frozenset[str]().union(*(_resolved(parent, classes).properties for parent in entry.is_a))
        for lost, why in entry.without.items():
            if lost not in parents | entry.properties:
                raise FileError(f"{source}: classes.{name}.without: it does not inherit '{lost}'; take the line out")
            if not why.strip():
                raise FileError(f"{source}: classes.{name}.without.{lost}: say why it is not {lost}")


def _check_words(classes: Mapping[str, ObjectClass], source: str) -> None:
    """Two classes with the same word would make the answer depend on the order of the file."""
    owners: dict[str, str] = {}
    for name, entry in classes.items():
        for word in (name, *entry.synonyms):
            other = owners.setdefault(normalise(word), name)
            if other != name:
                raise FileError(f"{source}: classes.{name}: '{word}' already names '{other}'")


def _check_lists(whole: OntologyFile, source: str) -> None:
    for kind, lists in (("places", whole.places), ("topics", whole.topics)):
        for label, entry in lists.items():
            for text in entry.words:
                if not plain(text):
                    raise FileError(f"{source}: {kind}.{label}.words: '{text}' has no letters")
