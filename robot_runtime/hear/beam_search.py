"""The most likely sentences of a grammar for a sound, by a network that writes down what it hears.

Beam search: the best few beginnings are gone on with, by every piece of text that the grammar lets follow.  Beside them one text is
written freely, piece after likeliest piece: what the network would have heard without any grammar.  How far the best sentence lies
below that says how well it fits, since the network's own certainty differs from sound to sound.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.speech_model import END, SpeechModel, Writing
from robot_runtime.hear.spelling import START, Position, Spelling

_WIDTH = 12
_WITHIN = 10.0  # natural logarithms below the best beginning, in which others are gone on with
_ENDS_WITHIN = 6.0  # likewise below the best sentence
_MOST_PIECES = 64
_PIECES_A_S = 6.5  # nobody speaks faster, by the network's authors; more are invented
_FEW_PIECES = 4


@dataclass(frozen=True)
class Scored:
    """A text, and the natural logarithm of its probability."""

    text: str
    score: float


NOTHING = Scored("", -math.inf)


@dataclass(frozen=True)
class Script:
    """What a sound may say."""

    sentences: tuple[Scored, ...]
    """Of the grammar, the best first, each once."""
    begun: Scored
    """The best beginning of a sentence that something must follow."""
    free: Scored
    """As the network would write it without the grammar."""


@dataclass(frozen=True)
class _Beam:
    row: int  # in the writing
    piece: int  # that goes on
    text: str
    score: float
    position: Position


def write(model: SpeechModel, spelling: Spelling, begun: Writing) -> Generator[None, None, Script]:
    """Search, in pieces of some milliseconds, for what a sound says.

    :param begun: one text about the sound, of which nothing is written yet
    """
    writing, found = begun, _Found()
    free = _Free(model.pieces, _FEW_PIECES + int(begun.duration_s * _PIECES_A_S))
    beams = [_Beam(0, 0, "", 0.0, START)]
    free_row = 0
    for _ in range(_MOST_PIECES):
        free.take(writing.log_probabilities[free_row])
        for beam in beams:
            found.take(beam, spelling, float(writing.log_probabilities[beam.row, END]))
        beams = _longer(writing, beams, spelling, found.best)
        if not beams and free.ended:
            break
        writing, beams, free_row = _write(model, writing, beams, free, free_row)
        yield
    return found.script(spelling, free.result)


def _longer(writing: Writing, beams: list[_Beam], spelling: Spelling, best: float) -> list[_Beam]:
    """The best ways to go on, of beams that come best first.  The same letters by other pieces are the same text."""
    longer: dict[tuple[str, Position], _Beam] = {}
    top = -math.inf
    for beam in beams:
        least = max(best - _ENDS_WITHIN, top - _WITHIN)
        for way in islice(_ways_on(beam, writing.log_probabilities[beam.row], spelling, least), _WIDTH):
            key, top = (way.text, way.position), max(top, way.score)
            if key not in longer or longer[key].score < way.score:
                longer[key] = way
    ranked = sorted(longer.values(), key=lambda beam: -beam.score)[:_WIDTH]
    return [beam for beam in ranked if beam.score > ranked[0].score - _WITHIN]


def _ways_on(beam: _Beam, pieces: NDArray[np.float32], spelling: Spelling, least: float) -> Iterator[_Beam]:
    """The ways to go on with a beam, the best first; none that is worse than ``least``, or than the best of them by too much.

    Whether a piece may come is asked of the likeliest first, and of most never: that is little work while the network is sure.

    :param pieces: how likely the network finds each
    """
    if least == -math.inf:
        likely = _allowed(beam, pieces, spelling, beam.score + float(pieces.max()) - _WITHIN)
        least = next((way.score - _WITHIN for way in likely), least)
    return _allowed(beam, pieces, spelling, least)


def _allowed(beam: _Beam, pieces: NDArray[np.float32], spelling: Spelling, least: float) -> Iterator[_Beam]:
    numbers = spelling.perhaps(beam.position, np.flatnonzero(pieces >= least - beam.score))
    for number in numbers[np.argsort(-pieces[numbers])].tolist():
        position = spelling.after(beam.position, number)
        if position is not None:
            yield _Beam(beam.row, number, beam.text + spelling.text(number), beam.score + float(pieces[number]), position)


def _write(model: SpeechModel, writing: Writing, beams: list[_Beam], free: _Free, free_row: int) -> tuple[Writing, list[_Beam], int]:
    rows, pieces = [beam.row for beam in beams], [beam.piece for beam in beams]
    if not free.ended:
        rows.append(free_row)
        pieces.append(free.last)
    written = model.go_on(writing, rows, pieces)
    return written, [_Beam(row, 0, beam.text, beam.score, beam.position) for row, beam in enumerate(beams)], len(rows) - 1


class _Free:
    """The text that is written without the grammar."""

    def __init__(self, pieces: list[str], most: int) -> None:
        self._pieces = pieces
        self._most = most
        self._written: list[int] = []
        self._score = 0.0
        self.ended = False

    @property
    def last(self) -> int:
        return self._written[-1]

    @property
    def result(self) -> Scored:
        return Scored("".join(self._pieces[piece] for piece in self._written).strip(), self._score)

    def take(self, scores: NDArray[np.float32]) -> None:
        if self.ended:
            return
        piece = int(np.argmax(scores))
        self._score += float(scores[piece])
        self.ended = piece == END or len(self._written) >= self._most
        if not self.ended:
            self._written.append(piece)


class _Found:
    """Sentences, and beginnings of some, that have come to an end."""

    def __init__(self) -> None:
        self._sentences: list[tuple[float, str]] = []
        self._begun = (-math.inf, "")
        self.best = -math.inf

    def take(self, beam: _Beam, spelling: Spelling, end_score: float) -> None:
        score = beam.score + end_score
        if spelling.is_sentence(beam.position):
            self._sentences.append((score, beam.text))
            self.best = max(self.best, score)
        elif spelling.is_beginning(beam.position):
            self._begun = max(self._begun, (score, beam.text))

    def script(self, spelling: Spelling, free: Scored) -> Script:
        said: dict[str, float] = {}
        for score, text in sorted(self._sentences, reverse=True):
            said.setdefault(" ".join(spelling.words(text)), score)
        begun_score, begun = self._begun
        words = " ".join(spelling.words(begun)) if begun else ""
        return Script(tuple(Scored(text, score) for text, score in said.items()), Scored(words, begun_score), free)
