"""Loads a language's sentences and fills their fields."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from robot_runtime.language.language import load_language
from robot_runtime.language.names import FORMS, Formed, Names
from safety.files import FileError, load_yaml, suggestion

FOLDER = Path(__file__).parent
REFERENCE = "en"
"""The language whose keys and fields every other language must have."""

OF_OTHERS = "_other"
"""Ends the keys of sentences to somebody about somebody else."""

Tone = Literal["short", "lively", "formal"]


class Book(BaseModel):
    """One language's file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    sentences: dict[str, str]
    variants: dict[str, dict[Tone, str]] = Field({}, description="sentence → the same in other words, by tone")
    _names: Names = PrivateAttr()

    def model_post_init(self, context: object) -> None:
        self._names = load_language(self.language).nouns

    @field_validator("sentences")
    @classmethod
    def _fields_are_names(cls, sentences: dict[str, str]) -> dict[str, str]:
        for key, text in sentences.items():
            if not all(name.isidentifier() for name in fields(text)):
                raise ValueError(f"{key}: fields are written {{name}}")
            if wrong := forms(text) - FORMS:
                raise ValueError(f"{key}: unknown form '{min(wrong)}'{suggestion(min(wrong), sorted(FORMS - {''}))}")
        return sentences

    def sentence(self, key: str, tones: Sequence[str] = (), **values: str) -> str:
        """One sentence with its fields filled.

        :param tones: the first of which there is a variant counts
        :raises KeyError: the key or a field is not the language's; a mistake in the code that asks
        """
        by_tone: Mapping[str, str] = {str(tone): text for tone, text in self.variants.get(key, {}).items()}
        text = next((by_tone[tone] for tone in tones if tone in by_tone), self.sentences[key])
        return text.format(**{name: Formed(value, self._names) for name, value in values.items()})


def load_sentences(language: str, folder: Path = FOLDER) -> Book:
    """The sentences of a language.

    :raises FileError: there is none, or it lacks what the reference language has
    """
    known = languages(folder)
    if language not in known:
        raise FileError(f"{folder}: no sentences in '{language}'{suggestion(language, known)}")
    book, reference = _read(folder / f"{language}.yaml"), _read(folder / f"{REFERENCE}.yaml")
    path = folder / f"{language}.yaml"
    for key, text in reference.sentences.items():
        if key not in book.sentences:
            raise FileError(f"{path}: sentences.{key}: missing; in {REFERENCE}: '{text}'")
    for key, text in book.sentences.items():
        if key not in reference.sentences:
            raise FileError(f"{path}: sentences.{key}: unknown key{suggestion(key, list(reference.sentences))}")
        wrong = fields(text) - fields(reference.sentences[key])
        if wrong:
            raise FileError(f"{path}: sentences.{key}: unknown field{suggestion(min(wrong), sorted(fields(reference.sentences[key])))}")
    _check_variants(book, path)
    return book


def _check_variants(book: Book, path: Path) -> None:
    """Other words for the same: a variant has just the fields of its sentence."""
    for key, by_tone in book.variants.items():
        if key not in book.sentences:
            raise FileError(f"{path}: variants.{key}: no such sentence{suggestion(key, list(book.sentences))}")
        for tone, text in by_tone.items():
            if fields(text) != fields(book.sentences[key]):
                raise FileError(f"{path}: variants.{key}.{tone}: must have the fields of the sentence itself: '{book.sentences[key]}'")


def fields(text: str) -> set[str]:
    """Names of the fields of a sentence.

    >>> sorted(fields("{object} is {where}"))
    ['object', 'where']
    """
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def forms(text: str) -> set[str]:
    """The forms in which a sentence asks for names.

    >>> sorted(forms("{object} : {place:le}"))
    ['', 'le']
    """
    return {form for _, name, form, _ in string.Formatter().parse(text) if name is not None and form is not None}


def languages(folder: Path = FOLDER) -> list[str]:
    """The languages in which the robot has sentences."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


@lru_cache(maxsize=8)
def _read(path: Path) -> Book:
    return load_yaml(path, Book)
