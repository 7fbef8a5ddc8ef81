"""Which sentence of a grammar somebody said, and how sure that is.

A network that writes down speech (``speech_model.py``) is let write only sentences of the grammar (``beam_search.py``).  Where it is not
sure, how well the sentences fit the phones of the sound (``phone_recogniser.py``) counts as well: an acoustic model of another kind makes
other mistakes.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.beam_search import NOTHING, Scored, Script, write
from robot_runtime.hear.grammar import Grammar, Meaning
from robot_runtime.hear.phone_recogniser import Fit, PhoneRecogniser
from robot_runtime.hear.speech_model import SpeechModel, Writing, moonshine
from robot_runtime.hear.spelling import Pieces, Spelling
from robot_runtime.language.language import REFERENCE

RATE_HZ = 16_000

_LEAST_SAMPLES = RATE_HZ // 10  # shorter sounds hold no word
_MOST_ALTERNATIVES = 8
_FAR_BEHIND = 6.0  # natural logarithms, as far as the search looks
_FEW_LETTERS = 4  # what a text costs beside its letters: that it ends there
_SURE = 0.8  # from here on no second opinion is asked
_PHONES = 0.15  # weight of the phones' score, in which frames count as if they were independent
_AGAINST = 80.0  # how much the phones speak against a sentence at most
_MOST_NEW = 4  # sentences that only the phones came upon, and the network is asked about

# Logistic regressions over development sounds that were heard right or not, and speech that was no sentence of the grammar
# (docs/hearing.md): the constant; how well the network finds that the sentence fits, a letter; how far the next meaning lies
# behind; and for both recognisers how well the sentence fits the phones, a frame.
_CERTAINTY = (2.29, 5.99, 0.347)
_CERTAINTY_OF_BOTH = (2.89, 1.89, 0.396, 1.06)


@dataclass(frozen=True)
class Alternative:
    """Another sentence that may have been said, with another meaning."""

    text: str
    confidence: float  # never more than that of the best: where nothing fits, neither does this


@dataclass(frozen=True)
class Hypothesis:
    """What a stretch of sound says; ``text`` is "" when no sentence of the grammar could be found in it."""

    text: str
    confidence: float  # 0 … 1, that it is a sentence of the grammar and this one
    alternatives: tuple[Alternative, ...] = ()  # most likely first
    begun: str = ""  # the best beginning of a sentence, which something must follow
    begun_better: float = -math.inf  # by how much it is likelier than the best sentence, in natural logarithms
    begun_fit: float = -math.inf  # how well it fits, a letter
    free: str = ""  # what is heard without the grammar
    language: str = REFERENCE  # of all of these


class Recogniser:
    """Decodes stretches of speech, one after the other, none of which has an influence on the next.

    :raises FileError: the networks are not there
    :raises PronunciationError: a word of the grammar can be neither found nor pronounced
    """

    def __init__(self, grammar: Grammar, model: SpeechModel | None = None) -> None:
        self._model = model or moonshine()
        self._phones = PhoneRecogniser(grammar)
        self._take(grammar)

    @property
    def grammar(self) -> Grammar:
        return self._grammar

    @property
    def engine(self) -> str:
        """Networks, acoustic model and grammar, for the record."""
        return f"{self._model.name}, {self._phones.name}, grammar {self._grammar.hash}"

    def load(self, grammar: Grammar) -> None:
        """Take another grammar, for instance after new names were learnt.

        :raises PronunciationError: a word can be neither found nor pronounced
        """
        self._phones.load(grammar)
        self._take(grammar)

    def decode(self, samples: NDArray[np.int16]) -> Hypothesis:
        """The best sentence of the grammar for a stretch of speech at 16 kHz."""
        return Decoding(self, samples).finish()

    def decoding(self, samples: NDArray[np.int16]) -> Generator[None, None, Hypothesis]:
        """:meth:`decode` in pieces of some milliseconds; what it returns is the hypothesis."""
        if len(samples) < _LEAST_SAMPLES:
            return Hypothesis("", 0.0)
        begun = self._model.begin(samples)
        yield
        script = yield from write(self._model, self._spelling, begun)
        ranked = _by_meaning(self._grammar, script.sentences)
        certainty = _certainty(_CERTAINTY, _fit(ranked[0]), _ahead(ranked)) if ranked else 0.0
        if certainty < _SURE:
            ranked, certainty = yield from self._second_opinion(begun, script.sentences, samples)
        return _hypothesis(ranked, certainty, script)

    def _take(self, grammar: Grammar) -> None:
        self._grammar, self._spelling = grammar, Spelling(grammar.automaton, _pieces(self._model))

    def _second_opinion(
        self, begun: Writing, written: Sequence[Scored], samples: NDArray[np.int16]
    ) -> Generator[None, None, tuple[list[Scored], float]]:
        """The sentences that either came upon, by what both make of them."""
        scores = {sentence.text: sentence.score for sentence in written}
        phones = yield from self._phones.decoding(samples, list(scores))
        against = _against(phones)
        new = sorted((text for text, much in against.items() if text not in scores and much < _AGAINST), key=lambda text: against[text])
        del new[_MOST_NEW:]
        if new:
            scores.update(zip(new, self._model.judge(begun, new), strict=True))
            yield
        both = [Scored(text, score - _PHONES * against[text]) for text, score in scores.items() if text in against]
        ranked = _by_meaning(self._grammar, both)
        if not ranked:
            return ranked, 0.0
        best = ranked[0].text
        fits = next(sentence.score for sentence in phones.sentences if sentence.text == best) / phones.frames
        return ranked, _certainty(_CERTAINTY_OF_BOTH, _fit(Scored(best, scores[best])), _ahead(ranked), fits)


@cache
def _pieces(model: SpeechModel) -> Pieces:
    return Pieces(model.pieces)


def _against(phones: Fit) -> Mapping[str, float]:
    """What the phones speak against each sentence; nothing of a sound in which they look for none."""
    best = max((sentence.score for sentence in phones.sentences), default=0.0)
    return {sentence.text: min(_AGAINST, best - sentence.score) for sentence in phones.sentences}


def _by_meaning(grammar: Grammar, sentences: Sequence[Scored]) -> list[Scored]:
    """The best sentence of every meaning, the best first."""
    best: dict[Meaning | None, Scored] = {}
    for sentence in sorted(sentences, key=lambda sentence: -sentence.score):
        best.setdefault(grammar.interpret(sentence.text), sentence)
    return list(best.values())[: 1 + _MOST_ALTERNATIVES]


def _fit(scored: Scored) -> float:
    """How likely a text is, in natural logarithms a letter."""
    return scored.score / (sum(map(str.isalnum, scored.text)) + _FEW_LETTERS)


def _ahead(ranked: Sequence[Scored]) -> float:
    """By how much the first meaning is likelier than the second."""
    return min(_FAR_BEHIND, ranked[0].score - ranked[1].score) if len(ranked) > 1 else _FAR_BEHIND


def _certainty(weights: Sequence[float], *values: float) -> float:
    """A logistic function; written so that what cannot be, as words longer than the sound, is not too much for it."""
    constant, *others = weights
    return 0.5 + 0.5 * math.tanh(0.5 * (constant + sum(weight * value for weight, value in zip(others, values, strict=True))))


def _hypothesis(ranked: Sequence[Scored], certainty: float, script: Script) -> Hypothesis:
    best, *others = ranked or [NOTHING]
    shares = np.exp([other.score - best.score for other in others])
    rest = (1.0 - certainty) * shares / shares.sum() if others else shares
    alternatives = tuple(Alternative(other.text, min(certainty, float(share))) for other, share in zip(others, rest, strict=True))
    begun, free = script.begun, script.free.text
    if not begun.text:
        return Hypothesis(best.text, certainty, alternatives, free=free)
    written = script.sentences[0].score if script.sentences else -math.inf
    return Hypothesis(best.text, certainty, alternatives, begun.text, begun.score - written, _fit(begun), free)


class Decoding:
    """One stretch of speech on its way to a hypothesis, a little at a time, so that whoever has other things to do can do them."""

    def __init__(self, recogniser: Recogniser, samples: NDArray[np.int16]) -> None:
        self._pieces = recogniser.decoding(samples)
        self.result: Hypothesis | None = None

    def advance(self, pieces: int) -> None:
        """Do so many pieces of it."""
        for _ in range(pieces):
            if self.result is not None:
                return
            try:
                next(self._pieces)
            except StopIteration as end:
                self.result = end.value

    def finish(self) -> Hypothesis:
        """Do the rest."""
        while self.result is None:
            self.advance(1)
        return self.result
