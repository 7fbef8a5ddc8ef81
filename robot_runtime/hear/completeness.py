"""How complete a sentence is, by the grammar and by how well it fits the sound."""

from __future__ import annotations

from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.patience import Completeness
from robot_runtime.hear.recogniser import Hypothesis

_BEGUN_BETTER = 1.0
"""Natural logarithms by which the beginning of a sentence is likelier than any whole one."""
_BEGUN_FITS = -0.8
"""How well it must fit, a letter: of what is not understood something always fits best."""
_SURELY_WHOLE = 0.8
"""A sentence this sure has been said to its end.  With these three, 84 % of 70 development sentences that were broken off were taken
for begun, none for whole, and one of 234 whole ones that were understood for begun."""
_ENDS = 0.2
"""How often, of all sentences that begin with these words, they are all: with "please" after it a sentence still ends half the time."""


def completeness(hypothesis: Hypothesis, grammar: Grammar, confidence: float, sure: float) -> Completeness:
    """What the words so far are to the grammar.

    :param confidence: below it they are nothing
    :param sure: below it they may go on
    """
    if _is_begun(hypothesis):
        return Completeness.BEGUN
    state = grammar.automaton.walk(grammar.language.words(hypothesis.text)) if hypothesis.text else None
    if state is None or not hypothesis.confidence >= confidence:
        return Completeness.NOTHING
    ends = grammar.automaton.weights[state].get("", 0.0)
    return Completeness.WHOLE if ends >= _ENDS and hypothesis.confidence >= sure else Completeness.OPEN


def _is_begun(hypothesis: Hypothesis) -> bool:
    likelier = hypothesis.begun_better > _BEGUN_BETTER and hypothesis.begun_fit > _BEGUN_FITS
    return likelier and not hypothesis.confidence >= _SURELY_WHOLE
