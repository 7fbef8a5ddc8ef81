"""How sentences of a grammar are written: everything that a network may write of them, and nothing else."""

from __future__ import annotations

import gc
import weakref
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_runtime.hear.grammar import Grammar, Rule
from robot_runtime.hear.spelling import START, Pieces, Position, Spelling

LETTERS = [*"abcdefghijklmnopqrstuvwxyz0123456789 ,.?!-'%:", "…"]
PHRASES = [
    "set [the] (light | dining room light) to (ten | forty five | one hundred twelve) percent",
    "what's in the (cafe | twenty first room)",
    "paint it (grey | colour one)",
    "find josé",
]


@cache
def spelling() -> Spelling:
    return Spelling(
        Grammar([Rule("x", phrase, {}) for phrase in PHRASES], {}).automaton, Pieces([*LETTERS, "set the", " light", "…", "中"])
    )


def position(text: str) -> Position:
    """After these letters, piece by piece."""
    at = START
    for letter in text:
        _, results = spelling().next(at)
        at = next((after for written, after in results if written == letter), frozenset())
    return at


def is_sentence(text: str) -> bool:
    return bool(position(text)) and spelling().is_sentence(position(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("set the light to ten percent.", "set the light to ten percent"),
        ("set the light to 10%.", "set the light to ten percent"),
        ("set light to 45 percent", "set light to forty five percent"),
        ("set the dining-room light to forty-five percent!", "set the dining room light to forty five percent"),
        ("set the diningroom light to 112 %", "set the dining room light to one hundred twelve percent"),
        ("whats in the cafe?", "what's in the cafe"),
        ("what's in the 21st room?", "what's in the twenty first room"),
        ("paint it gray", "paint it grey"),
        ("paint it, color 1", "paint it colour one"),
        ("find jose", "find josé"),
    ],
)
def test_a_sentence_may_be_written_so(text: str, words: str) -> None:
    assert is_sentence(text)
    assert " ".join(spelling().words(text)) == words


@pytest.mark.parametrize(
    "text",
    ["", ".", "set", "set the light to", "set  the light to ten percent", "set the light to 11%", "what's in the cafe ?", "find jose.."],
)
def test_what_is_no_sentence_is_none(text: str) -> None:
    assert not is_sentence(text)


def test_a_beginning_is_one_where_a_word_ends_and_more_follow() -> None:
    assert spelling().is_beginning(position("set the"))
    assert not spelling().is_beginning(position("set th"))
    assert not spelling().is_beginning(position("paint it grey"))


def test_pieces_of_several_letters_lead_where_their_letters_do() -> None:
    _, results = spelling().next(START)
    assert [after for text, after in results if text == "set the"] == [position("set the")]
    assert "中" not in [text for text, _ in results]


@given(st.data())
def test_whatever_may_come_next_can_still_become_a_sentence(data: st.DataObject) -> None:
    at, text = START, ""
    for _ in range(300):  # the longest has half as many letters, with an apostrophe after each
        pieces, results = spelling().next(at)
        if spelling().is_sentence(at) and (len(pieces) == 0 or data.draw(st.booleans())):
            break
        assert results, f"a dead end after {text!r}"
        more, at = data.draw(st.sampled_from(results))
        text += more
    assert Grammar([Rule("x", phrase, {}) for phrase in PHRASES], {}).interpret(" ".join(spelling().words(text))) is not None


def test_a_grammar_that_is_replaced_leaves_nothing_for_the_collector_of_garbage() -> None:
    """A robot's grammar leaves 300,000 objects, and looking through as many stops the voice for a tenth of a second."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        old = Spelling(Grammar([Rule("x", "set the light", {})], {}).automaton, Pieces([*LETTERS, "set the"]))
        old.next(START)
        gone = weakref.ref(old)
        del old
        assert gone() is None
    finally:
        if enabled:
            gc.enable()
