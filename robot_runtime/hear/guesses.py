"""What somebody may have said beside, or in place of, what was understood: what a question may be about."""

from __future__ import annotations

from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.recogniser import Alternative, Hypothesis
from robot_runtime.messages import Guess

_LEAST = 0.1
"""What may have been said with less confidence than this is not worth a question."""
_MOST = 4


def guesses(hypothesis: Hypothesis, grammar: Grammar, *, understood: bool) -> tuple[Guess, ...]:
    """Sentences of the grammar, the likeliest first.

    :param understood: the hypothesis itself was, and is no guess
    """
    spoken = grammar.of(hypothesis.language)
    best = () if understood else (Alternative(hypothesis.text, hypothesis.confidence),)
    likely = [other for other in (*best, *hypothesis.alternatives) if other.text and other.confidence >= _LEAST][:_MOST]
    meant = ((other, spoken.interpret(other.text)) for other in likely)
    return tuple(Guess(other.text, meaning.intent, meaning.slots, other.confidence) for other, meaning in meant if meaning)
