"""Loads a language's sentences and fills their fields."""

from __future__ import annotations

import string
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, field_validator

from safety.files import FileError, load_yaml, suggestion

FOLDER = Path(__file__).parent
REFERENCE = "en"
"""The language whose keys and fields every other language must have."""


class Book(BaseModel):
    """One language's file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    sentences: dict[str, str]

    @field_validator("sentences")
    @classmethod
    def _fields_are_names(cls, sentences: dict[str, str]) -> dict[str, str]:
        for key, text in sentences.items():
            if not all(name.isidentifier() for name in fields(text)):
                raise ValueError(f"{key}: fields are written {{name}}")
        return sentences

    def sentence(self, key: str, **values: str) -> str:
        """One sentence with its fields filled.

        :raises KeyError: the key or a field is not the language's; a mistake in the code that asks
        """
        return self.sentences[key].format(**values)


def load_sentences(language: str, folder: Path = FOLDER) -> Book:
    """The sentences of a language.

    :raises FileError: there is none, or it lacks what the reference language has
    """
    known = sorted(path.stem for path in folder.glob("*.yaml"))
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
    return book


def fields(text: str) -> set[str]:
    """Names of the fields of a sentence.

    >>> sorted(fields("{object} is {where}"))
    ['object', 'where']
    """
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@lru_cache(maxsize=8)
def _read(path: Path) -> Book:
    return load_yaml(path, Book)
