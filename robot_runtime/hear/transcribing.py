"""A recogniser that lets an engine write freely, and then finds the sentence of the grammar that comes nearest."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.grammar import Grammar, Meaning
from robot_runtime.hear.nearest import Near, letters_of, nearest
from robot_runtime.hear.recogniser import Alternative, Hypothesis, Recogniser
from robot_runtime.hear.transcriber import Transcriber
from robot_runtime.language.language import REFERENCE
from robot_runtime.pipes import WorkerError

_log = logging.getLogger(__name__)

_MOST = 24  # sentences looked at, some of which mean the same
_MOST_ALTERNATIVES = 8
_EXACT = 4.0  # logit that a text which is a sentence of the grammar was meant so
_A_LETTER = 20.0  # what wrong letters take from it, each divided by the length of the text
_BEGUN = 0.5  # of two languages, the beginning of a sentence counts as much as a sentence this sure
_NEARER = 0.4  # by how many letters nearer a meaning is e times as likely

# These are not fitted to any engine, whose errors differ: exact is 0.98, a wrong letter in ten 0.88, two in ten 0.5.


class TranscribingRecogniser(Recogniser):
    """See :class:`~robot_runtime.hear.recogniser.Recogniser`, which takes over whenever the engine does not answer: no turn is lost."""

    def __init__(self, grammar: Grammar, transcriber: Transcriber, languages: Sequence[str] = (REFERENCE,)) -> None:
        super().__init__(grammar)
        self._transcriber = transcriber
        self._languages = tuple(languages)
        self._failed = ""

    @property
    def engine(self) -> str:
        own = super().engine
        return f"{self._transcriber.name}, else {own}" if self._transcriber.name else own

    def wait(self, timeout_s: float) -> None:
        """Until the engine is ready.

        :raises WorkerError: it cannot start, or takes longer
        """
        self._transcriber.wait(timeout_s)

    def decoding(self, samples: NDArray[np.int16]) -> Generator[None, None, Hypothesis]:
        try:
            written = yield from self._transcriber.transcribing(samples)
        except WorkerError as error:
            if str(error) != self._failed:
                _log.warning("recogniser: %s; the embedded one is asked", error)
            self._failed = str(error)
            return (yield from super().decoding(samples))
        self._failed = ""
        told = (written.language,) if written.language in self._languages else self._languages
        read = []
        for language in told:
            grammar = self.grammar.of(language)
            near = yield from nearest(grammar.automaton, " ".join(_words(grammar, written.text)), _MOST)
            read.append(replace(_hypothesis(grammar, written.text, near), free=written.text, language=language))
        return max(read, key=lambda hypothesis: _BEGUN if hypothesis.begun else hypothesis.confidence)


def _hypothesis(grammar: Grammar, text: str, near: Sequence[Near]) -> Hypothesis:
    words = _words(grammar, text)
    said, shown = letters_of(" ".join(words)), grammar.language.shown
    if not said or not near:
        return Hypothesis("", 0.0)
    if near[0].distance > 0 and _is_begun(grammar, words):
        return Hypothesis("", 0.0, begun=shown(words), begun_better=math.inf, begun_fit=0.0)
    best: dict[Meaning | None, Near] = {}
    for sentence in near:
        best.setdefault(grammar.interpret(sentence.text), sentence)
    first, *others = list(best.values())[: 1 + _MOST_ALTERNATIVES]
    certainty = 1.0 / (1.0 + math.exp(_A_LETTER * first.distance / len(said) - _EXACT))
    shares = np.exp([(first.distance - other.distance) / _NEARER for other in (first, *others)])
    shares *= certainty / shares.sum()
    alternatives = (Alternative(shown(o.text.split()), float(s)) for o, s in zip(others, shares[1:], strict=True))
    return Hypothesis(shown(first.text.split()), float(shares[0]), tuple(alternatives))


def _words(grammar: Grammar, text: str) -> list[str]:
    return letters_of(text).split() if grammar.language.is_reference else grammar.language.words(text)


def _is_begun(grammar: Grammar, words: Sequence[str]) -> bool:
    state = grammar.automaton.walk(words)
    return state is not None and state not in grammar.automaton.final
