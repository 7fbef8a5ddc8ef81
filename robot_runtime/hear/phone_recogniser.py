"""Which sentences of a grammar fit the phones of a sound, by the acoustic model of pocketsphinx.

Two looks: a coarse one at the whole grammar, in which a phone is one state, whatever stands beside it, and two frames are one; and a fine
one at the sentences which that finds, and others that are asked about, in which a phone is three states and knows its neighbours in the
word.

A sound is looked at three ways (as it is; without steady noise; without any noise that the acoustic model can tell from speech),
and each state's score is the mean of the three.  One of them is usually spoilt where the other two are not: on the development
material (docs/hearing.md) no single one is best in quiet, in a kitchen and in a café.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.acoustic_model import SILENCE, STATES, Scorer, us_english
from robot_runtime.hear.beam_search import Scored
from robot_runtime.hear.cepstra import SteadyNoise, band_powers, cepstra, features
from robot_runtime.hear.denoise import Denoiser, without_gaps
from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.lexicon import Lexicon, Pronunciation
from robot_runtime.hear.phone_search import Sentences, Sound, search
from robot_runtime.speak.espeak import Espeak

_MOST = 16  # sentences that the coarse look finds
_LEAST_SPREAD = 0.1
_LEAST_FRAMES = 10  # shorter sounds hold no word
_FRAMES_SCORED = 100  # in a piece; fewer cost more
_TOGETHER = 2  # frames that are one to the coarse look


@dataclass(frozen=True)
class Fit:
    """What the phones say."""

    sentences: tuple[Scored, ...] = ()  # those that fit best, and those that were asked about, in no order
    frames: int = _LEAST_FRAMES  # in which somebody speaks


class PhoneRecogniser:
    """Hears stretches of speech, one after the other, none of which has an influence on the next.

    :raises PronunciationError: a word of the grammar can be neither found nor pronounced
    """

    def __init__(self, grammar: Grammar, espeak: Espeak | None = None) -> None:
        self._model = us_english()
        self._lexicon = Lexicon(espeak or Espeak())
        self._denoiser = Denoiser(self._model)
        self._alone = self._model.scorer([senone for phone in self._model.phones for senone in self._model.alone(phone).senones])
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
        phones = self._model.number
        ways = {word: [[phones[phone] for phone in way] for way in ways] for word, ways in self._sounds.items()}
        self._sentences = Sentences(grammar.automaton, ways)

    def decoding(self, samples: NDArray[np.int16], texts: Sequence[str] = ()) -> Generator[None, None, Fit]:
        """The sentences that fit a stretch of speech at 16 kHz best, and how well some others do, in pieces of some milliseconds.

        :param texts: sentences of the grammar that are asked about
        """
        powers = without_gaps(band_powers(samples))
        if len(powers) < _LEAST_FRAMES:
            return Fit()
        views = yield from self._views(powers)
        alone = yield from _scores(self._alone, views)
        likeliest = alone.max(axis=1, keepdims=True)
        pairs = alone[: len(alone) // _TOGETHER * _TOGETHER].reshape(-1, _TOGETHER, alone.shape[1]).sum(axis=1)
        phones = pairs.reshape(len(pairs), -1, STATES).max(axis=2)
        phones -= phones.max(axis=1, keepdims=True)
        silence = phones[:, self._model.number[SILENCE]]
        found = yield from search(self._sentences, Sound(self._sentences.ways, phones, silence), _MOST)
        sentences = [tuple(text.split()) for text in dict.fromkeys((*(sentence.text for sentence in found), *texts))]
        laid = yield from self._laid(sentences, views, likeliest)
        return Fit(tuple(laid), max(_LEAST_FRAMES, _TOGETHER * int((silence < 0).sum())))

    def _laid(
        self, sentences: Sequence[tuple[str, ...]], views: Sequence[NDArray[np.float32]], likeliest: NDArray[np.float32]
    ) -> Generator[None, None, list[Scored]]:
        """Sentences, and how well they fit by the fine look, against any phones."""
        states = {word: [self._states(way) for way in self._sounds[word]] for words in sentences for word in words}
        silence = self._model.alone(SILENCE).senones
        senones = sorted({senone for ways in states.values() for way in ways for senone in way}.union(silence))
        place = {senone: at for at, senone in enumerate(senones)}
        scores = yield from _scores(self._model.scorer(senones), views)
        scores -= likeliest
        ways = {word: [[place[senone] for senone in way] for way in ways] for word, ways in states.items()}
        sound = Sound(ways, scores, scores[:, [place[senone] for senone in silence]].max(axis=1))
        return [Scored(" ".join(words), float(sound.row(words)[-1]) + self._sentences.costs(words)) for words in sentences]

    def _states(self, way: Pronunciation) -> list[int]:
        """Of a word that stands alone."""
        beside = (SILENCE, *way, SILENCE)
        models = (
            self._model.between(phone, beside[at], beside[at + 2], first=at == 0, last=at == len(way) - 1) for at, phone in enumerate(way)
        )
        return [senone for model in models for senone in model.senones]

    def _views(self, powers: NDArray[np.float64]) -> Generator[None, None, list[NDArray[np.float32]]]:
        views = []
        for view in (cepstra, lambda powers: cepstra(SteadyNoise().clean(powers)), self._denoiser.cepstra):
            views.append(features(self._normalised(view(powers))))
            yield
        return views

    def _normalised(self, view: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean 0, and half-way to the spread of clean speech: noise fills the valleys, and so makes the spread smaller."""
        spread = np.maximum(view.std(axis=0), _LEAST_SPREAD)
        return np.asarray((view - view.mean(axis=0)) * np.sqrt(self._denoiser.spread / spread))


def _scores(scorer: Scorer, views: Sequence[NDArray[np.float32]]) -> Generator[None, None, NDArray[np.float32]]:
    """Of each state, the mean of all views: (frames, states)."""
    total = np.zeros(1, np.float32)
    for view in views:
        parts = []
        for begin in range(0, len(view), _FRAMES_SCORED):
            parts.append(scorer.scores(view[begin : begin + _FRAMES_SCORED]))
            yield
        total = total + np.concatenate(parts) / np.float32(len(views))
    return np.asarray(total)
