"""How complete a sentence is, by the grammar and by how well it fits the sound."""

from __future__ import annotations

import heapq

from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.patience import Completeness
from robot_runtime.hear.recogniser import Hypothesis

STOP = "stop"
"""The intent of every phrase that halts the robot ("halt", "freeze", "stop right there")."""

_BEGUN_BETTER = 1.0
"""Natural logarithms by which the beginning of a sentence is likelier than any whole one."""
_BEGUN_MUCH_BETTER = 3.0
"""The same where the whole one is sure.  Of 310 development sentences that were broken off none that was known as begun is any more called
whole by this (the least such has 3.65); "bring me the pills" (0.76 sure, "bring" 2.2 better) was waited for in vain."""
_BEGUN_FITS = -0.8
"""How well it must fit, a letter: of what is not understood something always fits best."""
_SURELY_WHOLE = 0.9
"""A sentence this sure has been said to its end.  With 0.8 "what can" was "what can you see" to its end in 7 of 52 conversations of
hesitating people (seeds 2 and 3), and with 0.9 three of some 200 sentences that had ended are waited for in vain."""
_SURELY_ALL = 0.8
"""And this sure, if no beginning fits better.  Of 170 such sentences of the same conversations none went on."""
_SETTLED, _SURELY_SETTLED = 0.2, 0.95
"""How often, of all sentences that begin with these words, no other meaning follows: "come here" may go on with "please" or "to me"."""
_MOST_LOOKED_AT = 32


def completeness(hypothesis: Hypothesis, grammar: Grammar, confidence: float, sure: float) -> Completeness:
    """What the words so far are to the grammar.

    :param confidence: below it they are nothing
    :param sure: below it they may go on
    """
    sure_enough = hypothesis.confidence >= confidence
    meaning = grammar.interpret(hypothesis.text) if sure_enough else None
    if meaning is not None and meaning.intent == STOP:
        return Completeness.WHOLE  # whatever may follow
    if _is_begun(hypothesis, sure):
        return Completeness.BEGUN
    state = grammar.automaton.walk(grammar.language.words(hypothesis.text)) if hypothesis.text else None
    if state is None or not sure_enough:
        return Completeness.NOTHING
    whole = hypothesis.confidence >= sure and _settled(hypothesis.text, state, grammar, _SETTLED) >= _SETTLED
    return Completeness.WHOLE if whole else Completeness.OPEN


def is_understood(hypothesis: Hypothesis, grammar: Grammar, confidence: float, sure: float) -> bool:
    """Whether words that nothing has followed are a sentence: also one that is this sure and was waited for as its beginning.

    The parameters are those of :func:`completeness`.
    """
    said = completeness(hypothesis, grammar, confidence, sure)
    return said in (Completeness.WHOLE, Completeness.OPEN) or (said is Completeness.BEGUN and hypothesis.confidence >= _SURELY_ALL)


def is_all(hypothesis: Hypothesis, grammar: Grammar) -> bool:
    """Whether the words are so surely a whole sentence, and nothing that changes its meaning can follow, that nothing is waited for.

    Where people pause within a sentence the rest of it is often guessed ("what can" … "you see"), but then its beginning fits better.
    """
    state = grammar.automaton.walk(grammar.language.words(hypothesis.text)) if hypothesis.text else None
    if state not in grammar.automaton.final or hypothesis.confidence < _SURELY_ALL or hypothesis.begun_better >= 0.0:
        return False
    return _settled(hypothesis.text, state, grammar, _SURELY_SETTLED) >= _SURELY_SETTLED


def _settled(text: str, state: int, grammar: Grammar, enough: float) -> float:
    """How often, of all sentences that begin with these words, no other meaning follows; the likeliest ways to go on are looked at."""
    automaton, meaning, settled = grammar.automaton, grammar.interpret(text), 0.0
    ways = [(-1.0, text, state)]
    for _ in range(_MOST_LOOKED_AT):
        if not ways or settled >= enough:
            break
        less, longer, state = heapq.heappop(ways)
        weights = automaton.weights[state]
        if state in automaton.final and grammar.interpret(longer) == meaning:
            settled += -less * weights.get("", 0.0)
        for word, following in automaton.arcs[state].items():
            heapq.heappush(ways, (less * weights[word], f"{longer} {word}", following))
    return settled


def _is_begun(hypothesis: Hypothesis, sure: float) -> bool:
    better = _BEGUN_MUCH_BETTER if hypothesis.confidence >= sure else _BEGUN_BETTER
    likelier = hypothesis.begun_better > better and hypothesis.begun_fit > _BEGUN_FITS
    return likelier and not hypothesis.confidence >= _SURELY_WHOLE
