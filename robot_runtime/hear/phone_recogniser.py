"""Which sentences of a grammar fit the phones of a sound, by the acoustic model of pocketsphinx.

A sound is looked at three ways (as it is; without steady noise; without any noise that the acoustic model can tell from speech),
and each state's score is the mean of the three.  One of them is usually spoilt where the other two are not: on the development
material (docs/hearing.md) no single one is best in quiet, in a kitchen and in a café.  The search over the grammar is exact but for
paths that are hopeless, so it also tells what else may have been said.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.acoustic_model import Scorer, us_english
from robot_runtime.hear.beam_search import Scored
from robot_runtime.hear.cepstra import SteadyNoise, band_powers, cepstra, features
from robot_runtime.hear.denoise import Denoiser, without_gaps
from robot_runtime.hear.grammar import Grammar, Meaning
from robot_runtime.hear.lexicon import Lexicon, Pronunciation
from robot_runtime.hear.phone_graph import Costs, Layouts, PhoneGraph, phone_graph
from robot_runtime.hear.phone_loop import PhoneLoop
from robot_runtime.hear.search import Rival, Search, Spoken, rivals
from robot_runtime.speak.espeak import Espeak

_RIVALS_WITHIN = 60.0  # natural logarithms below the best
_MOST_RIVALS = 8
_SOUND = 1.0
_LEAST_SPREAD = 0.1
_LEAST_FRAMES = 10  # shorter sounds hold no word
_FRAMES_SCORED = 40  # at once; fewer cost more
_PIECE = 20  # frames that are searched at once: some milliseconds


@dataclass(frozen=True)
class Fit:
    """What the phones say."""

    sentences: tuple[Scored, ...] = ()  # one for each meaning that fits nearly as well as the best, the best first
    fit: float = -math.inf  # of the best, a frame of speech, against any phones
    weakest: float = -math.inf  # the same of its worst word


@dataclass(frozen=True)
class _Ready:
    """A grammar, made ready for the search."""

    grammar: Grammar
    graph: PhoneGraph
    scorer: Scorer


class PhoneRecogniser:
    """Decodes stretches of speech, one after the other, none of which has an influence on the next.

    :raises PronunciationError: a word of the grammar can be neither found nor pronounced
    """

    def __init__(self, grammar: Grammar, espeak: Espeak | None = None) -> None:
        self._model = us_english()
        self._lexicon = Lexicon(espeak or Espeak())
        self._layouts = Layouts(self._model, Costs())  # its own, so that how long it takes does not depend on others
        self._denoiser = Denoiser(self._model)
        self._loop = PhoneLoop(self._model)
        self.load(grammar)
        deque(self.preparing(), maxlen=0)  # the first time takes longer, and nobody waits yet

    @property
    def name(self) -> str:
        """For the record."""
        return f"pocketsphinx {importlib.metadata.version('pocketsphinx')} en-us"

    def load(self, grammar: Grammar) -> None:
        """Take another grammar, for instance after new names were learnt.

        :raises PronunciationError: a word can be neither found nor pronounced
        """
        self._ready: _Ready | None = None
        self._rest = self._making_ready(grammar, self._lexicon.pronunciations(grammar.words))

    def _making_ready(self, grammar: Grammar, pronunciations: Mapping[str, tuple[Pronunciation, ...]]) -> Generator[None, None, None]:
        """Not before it is needed, and in pieces, since it takes some tenths of a second."""
        graph = yield from phone_graph(grammar.automaton, pronunciations, self._layouts)
        self._ready = _Ready(grammar, graph, self._model.scorer([*graph.senones.tolist(), *self._loop.senones]))

    def preparing(self) -> Generator[None, None, None]:
        """See :meth:`robot_runtime.hear.recogniser.Recogniser.preparing`.  What one begins, the next goes on with."""
        while self._ready is None:
            yield next(self._rest, None)

    def decoding(self, samples: NDArray[np.int16]) -> Generator[None, None, Fit]:
        """The best sentences of the grammar for a stretch of speech at 16 kHz, in pieces of some milliseconds."""
        yield from self.preparing()
        ready = self._ready
        assert ready is not None
        powers = without_gaps(band_powers(samples))
        if len(powers) < _LEAST_FRAMES:
            return Fit()
        scores = yield from self._scores(powers, ready.scorer)
        words = len(ready.graph.senones)
        search = Search(ready.graph)
        for begin in range(0, len(scores), _PIECE):
            search.take(scores[begin : begin + _PIECE, :words])
            yield
        score, path = search.best()
        if not path:
            return Fit()
        free = self._loop.scores(scores[:, words:])
        yield
        others = self._others(ready.grammar, search, search.text(path))
        sentences = (Scored(search.text(path), score), *(Scored(text, other.score) for other, text in others))
        return Fit(sentences, *_fit(score, path, free))

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
        return np.asarray(total * np.float32(_SOUND / len(views)))

    def _normalised(self, view: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean 0, and half-way to the spread of clean speech: noise fills the valleys, and so makes the spread smaller."""
        spread = np.maximum(view.std(axis=0), _LEAST_SPREAD)
        return np.asarray((view - view.mean(axis=0)) * np.sqrt(self._denoiser.spread / spread))

    def _others(self, grammar: Grammar, search: Search, text: str) -> list[tuple[Rival, str]]:
        """The best sentence of every other meaning that was nearly heard."""
        known: list[Meaning | None] = [grammar.interpret(text)]
        found: list[tuple[Rival, str]] = []
        for rival in rivals(search, _RIVALS_WITHIN):
            other = search.text(list(rival.path))
            meaning = grammar.interpret(other)
            if meaning not in known and len(found) < _MOST_RIVALS:
                known.append(meaning)
                found.append((rival, other))
        return found


def _fit(score: float, path: list[Spoken], free: NDArray[np.float64]) -> tuple[float, float]:
    """How much worse a path fits than any phones, a frame: in all, and its worst word.

    :param free: score of the best phones up to each frame
    """
    whole = (score - float(free[-1])) / max(_LEAST_FRAMES, path[-1].end - path[0].begin)
    worst = min((word.score - float(free[word.end] - free[word.begin])) / max(_LEAST_FRAMES, word.end - word.begin) for word in path)
    return whole, worst
