"""How well some sentences fit the phones of a sound, by the acoustic model of pocketsphinx.

A sound is looked at three ways (as it is; without steady noise; without any noise that the acoustic model can tell from speech),
and each state's score is the mean of the three.  One of them is usually spoilt where the other two are not: on the development
material (docs/hearing.md) no single one is best in quiet, in a kitchen and in a café.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.acoustic_model import Scorer, us_english
from robot_runtime.hear.beam_search import Scored
from robot_runtime.hear.cepstra import SteadyNoise, band_powers, cepstra, features
from robot_runtime.hear.denoise import Denoiser, without_gaps
from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.lexicon import Lexicon
from robot_runtime.hear.network import Automaton
from robot_runtime.hear.phone_chains import PhoneChains
from robot_runtime.hear.phone_loop import PhoneLoop
from robot_runtime.speak.espeak import Espeak

_GRAMMAR = 10.0  # what the logarithm of a sentence's probability weighs, beside frames that count as if they were independent
_LEAST_WEIGHT = 1e-3
_LEAST_SPREAD = 0.1
_LEAST_FRAMES = 10  # shorter sounds hold no word
_FRAMES_SCORED = 40  # in a piece; fewer cost more
_FRAMES_FOLLOWED = 100


@dataclass(frozen=True)
class Fit:
    """What the phones say."""

    sentences: tuple[Scored, ...] = ()  # in the order in which they were asked about; none of a sound too short to hold a word
    fit: float = -math.inf  # of the best, a frame of speech, against any phones


class PhoneRecogniser:
    """Compares sentences of a grammar, a stretch of speech at a time, none of which has an influence on the next.

    :raises PronunciationError: a word of the grammar can be neither found nor pronounced
    """

    def __init__(self, grammar: Grammar, espeak: Espeak | None = None) -> None:
        self._model = us_english()
        self._lexicon = Lexicon(espeak or Espeak())
        self._denoiser = Denoiser(self._model)
        self._loop = PhoneLoop(self._model)
        self.load(grammar)

    @property
    def name(self) -> str:
        """For the record."""
        return f"pocketsphinx {importlib.metadata.version('pocketsphinx')} en-us"

    def load(self, grammar: Grammar) -> None:
        """Take another grammar, for instance after new names were learnt.

        :raises PronunciationError: a word can be neither found nor pronounced
        """
        self._sounds = self._lexicon.pronunciations(grammar.words)
        self._automaton = grammar.automaton

    def decoding(self, samples: NDArray[np.int16], texts: Sequence[str]) -> Generator[None, None, Fit]:
        """How well each of some sentences fits a stretch of speech at 16 kHz, in pieces of some milliseconds."""
        powers = without_gaps(band_powers(samples))
        if len(powers) < _LEAST_FRAMES or not texts:
            return Fit()
        sentences = [text.split() for text in texts]
        chains = PhoneChains(self._model, sentences, self._sounds)
        yield
        scores = yield from self._scores(powers, self._model.scorer([*chains.senones.tolist(), *self._loop.senones]))
        states = len(chains.senones)
        for begin in range(0, len(scores), _FRAMES_FOLLOWED):
            chains.take(scores[begin : begin + _FRAMES_FOLLOWED, :states])
            yield
        free = float(self._loop.scores(scores[:, states:])[-1])
        laid = chains.results()
        priors = [_GRAMMAR * _log_probability(self._automaton, words) for words in sentences]
        found = tuple(Scored(text, score + prior) for text, prior, (score, _) in zip(texts, priors, laid, strict=True))
        best = max(range(len(found)), key=lambda number: found[number].score)
        return Fit(found, (found[best].score - free) / max(_LEAST_FRAMES, laid[best][1]))

    def _scores(self, powers: NDArray[np.float64], scorer: Scorer) -> Generator[None, None, NDArray[np.float32]]:
        views = (cepstra, lambda powers: cepstra(SteadyNoise().clean(powers)), self._denoiser.cepstra)
        total = np.zeros(1, np.float32)
        for view in views:
            looked = features(self._normalised(view(powers)))
            parts = []
            for begin in range(0, len(looked), _FRAMES_SCORED):
                parts.append(scorer.scores(looked[begin : begin + _FRAMES_SCORED]))
                yield
            total = total + np.concatenate(parts)
        return np.asarray(total / np.float32(len(views)))

    def _normalised(self, view: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean 0, and half-way to the spread of clean speech: noise fills the valleys, and so makes the spread smaller."""
        spread = np.maximum(view.std(axis=0), _LEAST_SPREAD)
        return np.asarray((view - view.mean(axis=0)) * np.sqrt(self._denoiser.spread / spread))


def _log_probability(automaton: Automaton, words: Sequence[str]) -> float:
    """Of a sentence of a grammar; no arc counts as impossible."""
    state, total = 0, 0.0
    for word in words:
        total += math.log(max(automaton.weights[state][word], _LEAST_WEIGHT))
        state = automaton.arcs[state][word]
    return total + math.log(max(automaton.weights[state].get("", 0.0), _LEAST_WEIGHT))
