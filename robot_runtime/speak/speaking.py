"""One request on its way out: text that may still be coming, clause by clause into sound, and what of it was heard."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import SpeechRequest
from robot_runtime.speak.clauses import Clause, count_words, timed, whole_sentences
from robot_runtime.speak.engine import NOT_YET, RATE_HZ, Engine, Manner, Piece
from robot_runtime.speak.loudness import limited
from robot_runtime.speak.meter import Figures, Meter


@dataclass(frozen=True)
class Delivery:
    """How it is said now; a new one holds from the next sentence on."""

    manner: Manner
    clause_pause_s: float
    pause_s: float


class Text:
    """What is to be said, sentence by sentence; more may follow until it is complete."""

    def __init__(self, request: SpeechRequest, now_s: float) -> None:
        self.request = request
        self.all = ""
        self._beginning = ""  # of a sentence that has not ended yet
        self._sentences: deque[str] = deque()
        self.add(request, now_s)

    def add(self, request: SpeechRequest, now_s: float) -> None:
        """A further part.  The parts are put together as they are: who sends them sends the spaces too."""
        self.all += request.text
        self.complete, self.changed_s = not request.more, now_s
        ended, self._beginning = whole_sentences(self._beginning + request.text)
        self._sentences.extend(ended)
        if self.complete:
            self.end()

    def end(self) -> None:
        """Nothing more comes."""
        self.complete = True
        if self._beginning.strip():
            self._sentences.append(self._beginning.strip())
        self._beginning = ""

    def next(self) -> str:
        """A sentence that has not been taken yet, "" if there is none now."""
        return self._sentences.popleft() if self._sentences else ""


class _Sound(NamedTuple):
    """What waits to leave, and what is heard once it has."""

    samples: NDArray[np.int16]
    clause: int
    heard: int  # characters of that clause


class Speaking:
    """Frames of one request.

    :param language: of texts that do not say theirs
    :param loudness_db: against normal; asked for as a sentence begins
    """

    def __init__(
        self, text: Text, engine: Engine, language: str, delivery: Callable[[], Delivery], loudness_db: Callable[[Text], float]
    ) -> None:
        self.text = text
        self._engine = engine
        self._language = text.request.language or language
        self._delivery = delivery
        self._loudness_db = loudness_db
        self._clauses: deque[Clause] = deque()
        self._now: Delivery | None = None
        self._gain = 1.0
        self._clause: Clause | None = None  # that is being made into sound
        self._pieces: Iterator[Piece] = iter(())
        self._waiting: deque[_Sound] = deque()
        self._waits = 0  # samples in them
        self._pause_s = 0.0  # before the next clause
        self._begun: list[str] = []  # clauses
        self._place = (0, 0)  # clause, and characters of it, that have left
        self._meter = Meter()
        self._words = 0
        self.frames = 0
        self.starved = 0  # frames of silence for want of text or sound

    def frame(self, count: int) -> NDArray[np.int16] | None:
        """The next ``count`` samples, None when nothing is there: see :attr:`done`.

        The last frame is filled up with silence.

        :raises EngineError: the engine cannot speak
        """
        while self._waits < count and self._more_sound():
            pass
        if not self._waits or (self._waits < count and not self._at_end()):
            return self._starve(count)
        sound, have = np.zeros(count, np.int16), 0
        while self._waiting and (have < count or not len(self._waiting[0].samples)):
            have = self._take(sound, have)
        self._meter.feed(sound[:have])
        self.frames += 1
        return sound

    @property
    def done(self) -> bool:
        """Whether all has left."""
        return self._at_end() and not self._waits

    @property
    def pauses(self) -> bool:
        """Whether what leaves next is a pause between clauses, or the end."""
        return not self._waiting or not self._waiting[0].samples.any()

    @property
    def said(self) -> str:
        """The words that have left whole."""
        clause, characters = self._place
        begun = self._begun[clause][:characters] if characters else ""
        return " ".join(part for part in (*self._begun[:clause], begun) if part)

    def figures(self) -> tuple[Figures, float]:
        """What was measured on the sound, and its words a minute without the pauses between sentences."""
        figures = self._meter.figures()
        return figures, self._words * 60 / figures.speech_s if figures.speech_s > 0 else math.nan

    # ------------------------------------------------------------ parts

    def _at_end(self) -> bool:
        return self._clause is None and not self._clauses and self.text.complete and not self._next_sentence()

    def _more_sound(self) -> bool:
        """Add to what waits; False when nothing can be added now."""
        if self._clause is None and not self._next_clause():
            return False
        piece = next(self._pieces, None)
        if piece is None:
            self._end_clause()
            return True
        if piece is NOT_YET:
            return False
        self._add(piece)
        return True

    def _next_clause(self) -> bool:
        if not self._clauses and not self._next_sentence():
            return False
        assert self._now is not None
        self._clause = clause = self._clauses.popleft()
        if self._pause_s:
            self._add(Piece(np.zeros(round(self._pause_s * RATE_HZ), np.int16), len(self._begun[-1])))
        self._begun.append(clause.text)
        self._words += count_words(clause.text)
        self._pieces = self._engine.say(clause.text, clause.seconds, self._language, self._now.manner)
        return True

    def _next_sentence(self) -> bool:
        while not self._clauses and (sentence := self.text.next()):
            self._now = self._delivery()
            self._gain = 10 ** (self._loudness_db(self.text) / 20)
            self._clauses.extend(timed(sentence, self._now.manner.rate_wpm, self._now.clause_pause_s))
        return bool(self._clauses)

    def _end_clause(self) -> None:
        assert self._clause is not None and self._now is not None
        self._pause_s = self._now.pause_s if self._clause.ends_sentence else self._clause.pause_s
        if self._pause_s:
            self._meter.pause("sentence" if self._clause.ends_sentence else "clause", ahead=self._waits)
        self._clause = None

    def _add(self, piece: Piece) -> None:
        self._waiting.append(_Sound(limited(self._gain * piece.samples), len(self._begun) - 1, piece.heard))
        self._waits += len(piece.samples)

    def _take(self, frame: NDArray[np.int16], have: int) -> int:
        """Move the front of what waits into ``frame`` from ``have`` on; how much it holds then."""
        front = self._waiting.popleft()
        now, rest = front.samples[: len(frame) - have], front.samples[len(frame) - have :]
        frame[have : have + len(now)] = now
        self._waits -= len(now)
        if len(rest):
            self._waiting.appendleft(front._replace(samples=rest))
        else:
            self._place = (front.clause, front.heard)
        return have + len(now)

    def _starve(self, count: int) -> NDArray[np.int16] | None:
        """Silence in the midst of speech, so that the stream goes on; nothing before the first sound and after the last."""
        if not self.frames or self.done:
            return None
        self.starved += 1
        self.frames += 1
        if self._clause is None:
            self._pause_s = max(0.0, self._pause_s - count / RATE_HZ)
        silence = np.zeros(count, np.int16)
        self._meter.feed(silence)
        return silence
