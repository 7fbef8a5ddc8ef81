"""How sentences of a grammar are written: everything that a network may write of them, and nothing else."""

from __future__ import annotations

import gc
import math
import weakref
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_runtime.hear.beam_search import _Beam, _ways_on
from robot_runtime.hear.grammar import Grammar, Rule
from robot_runtime.hear.spelling import START, Pieces, Position, Spelling

LETTERS = [*"abcdefghijklmnopqrstuvwxyz0123456789 ,.?!-'%:", "…"]
PHRASES = [
    "set [the] (light | dining room light) to (ten | forty five | one hundred twelve) percent",
    "what's in the (cafe | twenty first room)",
    "paint it (grey | colour one)",
    "find josé",
]


TEXTS = [*LETTERS, "set the", " light", "…", "中"]


@cache
def spelling() -> Spelling:
    return Spelling(Grammar([Rule("x", phrase, {}) for phrase in PHRASES], {}).automaton, Pieces(TEXTS))


def position(text: str) -> Position:
    """After these letters, piece by piece."""
    at = START
    for letter in text:
        at = next((after for _, written, after in following(at) if written == letter), frozenset())
    return at


def following(at: Position) -> list[tuple[int, str, Position]]:
    """Every piece that may come next, its text, and the position after it."""
    numbers = spelling().perhaps(at, np.arange(len(TEXTS))).tolist()
    return [(number, spelling().text(number), after) for number in numbers if (after := spelling().after(at, number)) is not None]


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
    assert [after for _, text, after in following(START) if text == "set the"] == [position("set the")]
    assert "中" not in [text for _, text, _ in following(START)]


@pytest.mark.parametrize("text", ["", "set the", "set the light to 4", "what"])
def test_what_a_look_at_beginnings_leaves_out_cannot_come(text: str) -> None:
    at = position(text)
    kept = set(spelling().perhaps(at, np.arange(len(TEXTS))).tolist())
    assert all(spelling().after(at, number) is None for number in range(len(TEXTS)) if number not in kept)


@given(st.data())
def test_whatever_may_come_next_can_still_become_a_sentence(data: st.DataObject) -> None:
    at, text = START, ""
    for _ in range(300):  # the longest has half as many letters, with an apostrophe after each
        results = following(at)
        if spelling().is_sentence(at) and (not results or data.draw(st.booleans())):
            break
        assert results, f"a dead end after {text!r}"
        _, more, at = data.draw(st.sampled_from(results))
        text += more
    assert Grammar([Rule("x", phrase, {}) for phrase in PHRASES], {}).interpret(" ".join(spelling().words(text))) is not None


def test_a_grammar_that_is_replaced_leaves_nothing_for_the_collector_of_garbage() -> None:
    """A robot's grammar leaves 300,000 objects, and looking through as many stops the voice for a tenth of a second."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        old = Spelling(Grammar([Rule("x", "set the light", {})], {}).automaton, Pieces([*LETTERS, "set the"]))
        assert old.after(START, len(LETTERS)) is not None
        gone = weakref.ref(old)
        del old
        assert gone() is None
    finally:
        if enabled:
            gc.enable()


@pytest.mark.parametrize("sure", [0.1, 1.0, 10.0])
def test_the_likeliest_first_finds_what_a_look_at_all_would(sure: float) -> None:
    """Whether the network is sure of its next piece, and of which, or of none."""
    random = np.random.default_rng(5)
    beam = _Beam(0, 0, "set the", -1.0, position("set the"))
    for _ in range(50):
        pieces = (sure * random.normal(size=len(TEXTS))).astype(np.float32)
        all_ways = sorted((-1.0 + float(pieces[number]) for number, *_ in following(beam.position)), reverse=True)
        found = [way.score for way in _ways_on(beam, pieces, spelling(), -math.inf)]
        assert found == all_ways[: len(found)]
        assert all(score < found[0] - 10.0 for score in all_ways[len(found) :])
