"""What an utterance tells of what else it may have been."""

from __future__ import annotations

import pytest

from robot_runtime.hear.grammar import Grammar, Rule
from robot_runtime.hear.guesses import guesses
from robot_runtime.hear.recogniser import Alternative, Hypothesis
from robot_runtime.messages import Argument

BOWL = Hypothesis(
    "find the blue bowl", 0.48, (Alternative("find the blue book", 0.41), Alternative("find me", 0.2), Alternative("go on", 0.05))
)  # fmt: skip


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar([Rule("find", "find the {object}", {"object": ("blue bowl", "blue book")}), Rule("resume", "go on", {})], {})


def test_of_what_was_not_understood_every_likely_sentence_is_told_with_its_meaning(grammar: Grammar) -> None:
    told = guesses(BOWL, grammar, understood=False)
    assert [(guess.text, guess.confidence) for guess in told] == [("find the blue bowl", 0.48), ("find the blue book", 0.41)]
    assert (told[1].intent, told[1].slots) == ("find", (Argument("object", "blue book"),))


def test_of_what_was_understood_the_others(grammar: Grammar) -> None:
    assert [guess.text for guess in guesses(BOWL, grammar, understood=True)] == ["find the blue book"]


def test_where_nothing_was_found_there_is_none(grammar: Grammar) -> None:
    assert guesses(Hypothesis("", 0.0), grammar, understood=False) == ()
