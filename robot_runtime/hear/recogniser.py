"""Grammar recognition with the acoustic model of pocketsphinx, and a confidence that it was right.

A sound is looked at three ways (as it is; without steady noise; without any noise that the acoustic model can tell from speech),
and each state's score is the mean of the three.  One of them is usually spoilt where the other two are not: on the development
material (docs/hearing.md) no single one is best in quiet, in a kitchen and in a café.  The search over the grammar is exact but for
paths that are hopeless, so it also tells what else may have been said.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.acoustic_model import Scorer, us_english
from robot_runtime.hear.cepstra import STEP, WINDOW, SteadyNoise, band_powers, cepstra, features
from robot_runtime.hear.denoise import Denoiser, without_gaps
from robot_runtime.hear.grammar import Grammar, Meaning
from robot_runtime.hear.lexicon import Lexicon
from robot_runtime.hear.phone_graph import Costs, Layouts, PhoneGraph
from robot_runtime.hear.phone_loop import PhoneLoop
from robot_runtime.hear.search import Rival, Search, Spoken, rivals
from robot_runtime.speak.espeak import Espeak

RATE_HZ = 16_000

_RIVALS_WITHIN = 60.0  # natural logarithms below the best
_MOST_RIVALS = 8
_SOUND = 1.0
_LEAST_SPREAD = 0.1
_LEAST_FRAMES = 10  # shorter sounds hold no word
_FRAMES_SCORED = 40  # at once; fewer cost more
_PIECE = 20  # frames that are searched at once: some milliseconds

# Logistic regression over development commands that were heard right or not, dry and in rooms with echoes, and speech that was no
# command (docs/hearing.md): the constant; per frame of speech, how much worse the sentence fits than any phones, and the same for its
# worst word; how far the next meaning lies behind.
_CERTAINTY = (2.11, 1.26, 0.65, 0.050)
_FAR_BEHIND = 60.0
_SPREAD = 12.0  # by how many natural logarithms a sentence must be worse to be e times less likely

# For the partial hypothesis: what an unknown voice's cepstra are like until enough of it was heard.
_FIRST_MEANS = np.array([43.92, -4.53, -0.32, 12.78, -11.53, 1.77, -3.09, -14.37, 0.07, -6.58, 7.32, -2.35, -1.98])
_FIRST_MEANS_FRAMES = 50
_LOOK_AHEAD = 3  # frames that slope and curvature need
_COULD_END_WITHIN = 30.0  # the silence after the last word needs some frames to be one


@dataclass(frozen=True)
class Alternative:
    """Another sentence that may have been said, with another meaning."""

    text: str
    confidence: float


@dataclass(frozen=True)
class Hypothesis:
    """What a stretch of sound says; ``text`` is "" when no sentence of the grammar could be found in it."""

    text: str
    confidence: float  # 0 … 1, that it is a sentence of the grammar and this one
    alternatives: tuple[Alternative, ...] = ()  # most likely first
    begun: str = ""  # what fits best if the sentence may still go on: ``text``, or the beginning of another one
    begun_better: float = 0.0  # by how much it fits better, in natural logarithms
    begun_fit: float = 0.0  # a frame of speech, against the best of any phones


@dataclass(frozen=True)
class Partial:
    """What was said so far of a sentence that may go on."""

    text: str
    could_end: bool  # it is a whole sentence, and nothing after it was begun
    could_go_on: bool  # a longer sentence begins with it


@dataclass(frozen=True)
class _Ready:
    """A grammar, made ready for the search."""

    grammar: Grammar
    graph: PhoneGraph
    scorer: Scorer


class Recogniser:
    """Decodes stretches of speech, one after the other, none of which has an influence on the next.

    :raises PronunciationError: a word of the grammar can be neither found nor pronounced
    """

    def __init__(self, grammar: Grammar, espeak: Espeak | None = None) -> None:
        self._model = us_english()
        self._lexicon = Lexicon(espeak or Espeak())
        self._layouts = Layouts(self._model, Costs())
        self._denoiser = Denoiser(self._model)
        self._loop = PhoneLoop(self._model)
        self.load(grammar)

    @property
    def grammar(self) -> Grammar:
        return self._ready.grammar

    @property
    def engine(self) -> str:
        """Recogniser, model and grammar, for the record."""
        return f"robot-runtime with pocketsphinx {importlib.metadata.version('pocketsphinx')} en-us grammar {self.grammar.hash}"

    def load(self, grammar: Grammar) -> None:
        """Take another grammar, for instance after new names were learnt.

        :raises PronunciationError: a word can be neither found nor pronounced
        """
        graph = PhoneGraph(grammar.automaton, self._lexicon.pronunciations(grammar.words), self._layouts)
        scorer = self._model.scorer([*graph.senones.tolist(), *self._loop.senones])
        self._ready = _Ready(grammar, graph, scorer)

    def stream(self) -> Stream:
        """Begin to listen to somebody."""
        return Stream(self.decode, self._ready)

    def decode(self, samples: NDArray[np.int16]) -> Hypothesis:
        """The best sentence of the grammar for a stretch of speech at 16 kHz, with some silence around it."""
        decoding = Decoding(self, samples)
        return decoding.finish()

    def decoding(self, samples: NDArray[np.int16]) -> Generator[None, None, Hypothesis]:
        """:meth:`decode` in pieces of some milliseconds; what it returns is the hypothesis."""
        ready = self._ready
        powers = without_gaps(band_powers(samples))
        if len(powers) < _LEAST_FRAMES:
            return Hypothesis("", 0.0)
        scores = yield from self._scores(powers, ready.scorer)
        words = len(ready.graph.senones)
        search = Search(ready.graph)
        for begin in range(0, len(scores), _PIECE):
            search.take(scores[begin : begin + _PIECE, :words])
            yield
        score, path = search.best()
        if not path:
            return Hypothesis("", 0.0)
        free = self._loop.scores(scores[:, words:])
        yield
        others = self._others(ready.grammar, search, search.text(path))
        certainty = _certainty(score, path, free, others[0][0].score if others else -math.inf)
        shares = np.exp([(other.score - score) / _SPREAD for other, _ in others])
        rest = (1.0 - certainty) * shares / shares.sum() if others else shares
        alternatives = tuple(Alternative(text, float(share)) for (_, text), share in zip(others, rest, strict=True))
        begun_score, begun = search.beginning()
        begun_fit = (begun_score - float(free[-1])) / max(_LEAST_FRAMES, begun[-1].end - begun[0].begin) if begun else 0.0
        return Hypothesis(search.text(path), certainty, alternatives, search.text(begun), begun_score - score, begun_fit)

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


def _certainty(score: float, path: list[Spoken], free: NDArray[np.float64], next_score: float) -> float:
    """How sure it is that a path is what was said.

    :param free: score of the best phones up to each frame
    :param next_score: of the best sentence with another meaning
    """
    whole = (score - float(free[-1])) / max(_LEAST_FRAMES, path[-1].end - path[0].begin)
    worst = min((word.score - float(free[word.end] - free[word.begin])) / max(_LEAST_FRAMES, word.end - word.begin) for word in path)
    behind = min(_FAR_BEHIND, score - next_score)
    constant, fit, weakest, lead = _CERTAINTY
    return 1.0 / (1.0 + math.exp(-(constant + fit * whole + weakest * worst + lead * behind)))


class Decoding:
    """One stretch of speech on its way to a hypothesis, a little at a time, so that whoever has other things to do can do them."""

    def __init__(self, recogniser: Recogniser, samples: NDArray[np.int16]) -> None:
        frames = len(samples) / STEP
        self._pieces = recogniser.decoding(samples)
        self._expected = 3 * math.ceil(frames / _FRAMES_SCORED) + math.ceil(frames / _PIECE) + 3
        self._done = 0
        self.result: Hypothesis | None = None

    @property
    def pieces_left(self) -> int:
        """About so many pieces are left, and one at least unless the result is there."""
        return max(1, self._expected - self._done) if self.result is None else 0

    def advance(self, pieces: int) -> None:
        """Do so many pieces of it."""
        for _ in range(pieces):
            if self.result is not None:
                return
            self._done += 1
            try:
                next(self._pieces)
            except StopIteration as end:
                self.result = end.value

    def finish(self) -> Hypothesis:
        """Do the rest."""
        while self.result is None:
            self.advance(1)
        return self.result


class Stream:
    """Speech while it is being spoken.

    The partial hypothesis comes from the sound as it is, against the mean of what was heard so far; the final one is that of
    :meth:`Recogniser.decode` for the whole sound, to the last digit.
    """

    def __init__(self, decode: Callable[[NDArray[np.int16]], Hypothesis], ready: _Ready) -> None:
        self._decode = decode
        self._ready = ready
        self._search = Search(ready.graph)
        self._sound: list[NDArray[np.int16]] = []
        self._waiting = np.zeros(0, np.int16)
        self._cepstra = np.zeros((0, len(_FIRST_MEANS)))
        self._sum = _FIRST_MEANS * _FIRST_MEANS_FRAMES
        self._frames = _FIRST_MEANS_FRAMES

    def feed(self, samples: NDArray[np.int16]) -> None:
        """Take in some more sound at 16 kHz."""
        self._sound.append(samples)
        self._waiting = np.concatenate([self._waiting, samples])
        count = (len(self._waiting) - WINDOW) // STEP + 1
        if count <= 0:
            return
        new = cepstra(band_powers(self._waiting[: (count - 1) * STEP + WINDOW]))
        self._waiting = self._waiting[count * STEP :]
        self._sum = self._sum + new.sum(axis=0)
        self._frames += len(new)
        self._cepstra = np.concatenate([self._cepstra, new])
        self._advance()

    def _advance(self) -> None:
        """Search the frames whose neighbours are known, and keep those that the next ones need."""
        done = len(self._cepstra) - 2 * _LOOK_AHEAD
        if done <= 0:
            return
        looked = features(self._cepstra - self._sum / self._frames)[_LOOK_AHEAD : _LOOK_AHEAD + done]
        self._search.take(self._ready.scorer.scores(looked)[:, : len(self._ready.graph.senones)] * np.float32(_SOUND))
        self._cepstra = self._cepstra[done:]

    def partial(self) -> Partial:
        """What was said so far."""
        score, path = self._search.beginning()
        text = self._search.text(path)
        ended, whole = self._search.best()
        automaton = self._ready.grammar.automaton
        state = automaton.walk(text.split())
        could_end = bool(whole) and self._search.text(whole) == text and score - ended < _COULD_END_WITHIN
        return Partial(text, could_end, state is not None and bool(automaton.arcs[state]))

    def finish(self) -> Hypothesis:
        """What was said in all."""
        return self._decode(np.concatenate([np.zeros(0, np.int16), *self._sound]))
