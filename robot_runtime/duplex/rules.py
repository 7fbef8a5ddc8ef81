"""What the model must not say: phrases in a YAML file, with whom they concern and what is said instead.

A phrase is a line of words.  ``a|b`` stands for either, ``*`` for any one word, ``#`` for a number, ``##`` for one of four digits or more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from safety.files import load_yaml

SHIPPED = Path(__file__).with_name("speech_rules.yaml")
_NUMBERS = {
    "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
}  # fmt: skip
_LONG_NUMBER = 4  # digits


class SpeechRule(BaseModel):
    """One rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    why: str
    near: Literal["anybody", "child"] = Field("anybody", description="child: also where nobody's age is known")
    unless_done: tuple[str, ...] = Field((), description="skills of which one that has just succeeded makes the phrase true")
    phrases: tuple[str, ...] = Field(min_length=1)
    say: str = Field(description="what is said instead")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[SpeechRule, ...] = Field(min_length=1)


def load_rules(path: Path = SHIPPED) -> tuple[SpeechRule, ...]:
    """:raises FileError: unreadable, or it does not fit; names file and field"""
    return load_yaml(path, _File).rules


@dataclass(frozen=True)
class Situation:
    """Who may hear it, and what is true."""

    child_near: bool = True  # also where nobody knows
    done: frozenset[str] = frozenset()  # skills that have just succeeded


def in_force(rules: tuple[SpeechRule, ...], situation: Situation) -> list[SpeechRule]:
    return [rule for rule in rules if (rule.near == "anybody" or situation.child_near) and not situation.done & set(rule.unless_done)]


def normal(word: str) -> str:
    """A word as phrases have it.

    >>> normal("I'll,"), normal("Don't")
    ('ill', 'dont')
    """
    return re.sub(r"[^\w]", "", word.lower())


def fit(phrase: str, words: list[str], unfinished: bool) -> Literal["no", "maybe", "yes"]:
    """Whether ``words`` begin with the phrase; "maybe" if they may yet become it.

    :param unfinished: the last word may still grow

    >>> fit("i have locked|closed", ["i", "have", "clo"], unfinished=True)
    'maybe'
    >>> fit("i have locked|closed", ["i", "have", "closed", "it"], unfinished=True)
    'yes'
    >>> fit("i have locked|closed", ["i", "have", "a"], unfinished=False)
    'no'
    """
    tokens = phrase.split()
    for index, token in enumerate(tokens):
        if index == len(words):
            return "maybe"
        word = words[index]
        if unfinished and index == len(words) - 1 and _begins(token, word):
            return "maybe" if index < len(tokens) - 1 or not _is(token, word) else "yes"
        if not _is(token, word):
            return "no"
    return "yes"


def _is(token: str, word: str) -> bool:
    if token == "*":
        return True
    if token == "#":
        return word.isdigit() or word in _NUMBERS
    if token == "##":
        return word.isdigit() and len(word) >= _LONG_NUMBER
    return word in token.split("|")


def _begins(token: str, word: str) -> bool:
    if token == "*":
        return True
    if token.startswith("#"):
        return word.isdigit() or (token == "#" and any(number.startswith(word) for number in _NUMBERS))
    return any(choice.startswith(word) for choice in token.split("|"))
