"""How complete a sentence is, by the grammar and by how well it fits the sound."""

from __future__ import annotations

from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.patience import Completeness
from robot_runtime.hear.recogniser import Hypothesis

_BEGUN_BETTER = 38.0
"""Natural logarithms by which the beginning of a sentence fits better than any whole one.  What the grammar costs at the end of
a sentence makes up to 30 of them."""
_BEGUN_FITS = -2.1
"""How well it must fit, a frame, against any phones at all: of what is not understood something always fits best."""
_ENDS = 0.2
"""How often, of all sentences that begin with these words, they are all: with "please" after it a sentence still ends half the time."""


def completeness(hypothesis: Hypothesis, grammar: Grammar, confidence: float, sure: float) -> Completeness:
    """What the words so far are to the grammar.

    :param confidence: below it they are nothing
    :param sure: below it they may go on
    """
    if _is_begun(hypothesis):
        return Completeness.BEGUN
    state = grammar.automaton.walk(hypothesis.text.split()) if hypothesis.text else None
    if state is None or not hypothesis.confidence >= confidence:
        return Completeness.NOTHING
    ends = grammar.automaton.weights[state].get("", 0.0)
    return Completeness.WHOLE if ends >= _ENDS and hypothesis.confidence >= sure else Completeness.OPEN


def _is_begun(hypothesis: Hypothesis) -> bool:
    better = bool(hypothesis.begun) and hypothesis.begun != hypothesis.text and hypothesis.begun_better > _BEGUN_BETTER
    return better and hypothesis.begun_fit > _BEGUN_FITS
