"""One request on its way out: text that may still be coming, clause by clause into sound, and what of it was heard."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import SpeechMeasured, SpeechRequest
from robot_runtime.speak.clauses import Clause, count_words, timed, whole_sentences
from robot_runtime.speak.engine import NOT_YET, RATE_HZ, Engine, Piece
from robot_runtime.speak.loudness import NOMINAL_DBFS, limited
from robot_runtime.speak.meter import Figures, Meter
from robot_runtime.speak.pacing import Pacing
from robot_runtime.speak.spoken import Delivery, Sentences, Spoken

_EARLY_S = 0.06
"""So much of the pause after a sentence waits behind it at once: when the next one is asked for, all of the last one has left and is
measured.  The rest of the pause is time in which a slow engine gets on with the next."""


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

    @property
    def waits(self) -> bool:
        """Whether a sentence is there to be taken."""
        return bool(self._sentences)

    def next(self) -> str:
        """A sentence that has not been taken yet, "" if there is none now."""
        return self._sentences.popleft() if self._sentences else ""


class _Sound(NamedTuple):
    """What waits to leave, and what is heard once it has."""

    samples: NDArray[np.int16]
    clause: int
    heard: int  # characters of that clause
    sentence: Spoken


class Speaking:
    """Frames of one request.  Whoever takes one tells by :meth:`left` what became of it.

    :param voices: a name of the engine's voices, under which is kept what is learnt of them
    :param language: of texts that do not say theirs
    :param loudness_db: against normal; asked for as a sentence begins
    """

    def __init__(
        self,
        text: Text,
        engine: Engine,
        voices: str,
        language: str,
        pacing: Pacing,
        delivery: Callable[[], Delivery],
        loudness_db: Callable[[Text], float],
    ) -> None:
        self.text = text
        self._engine = engine
        self._language = text.request.language or language
        self._delivery = delivery
        self._loudness_db = loudness_db
        self._clauses: deque[Clause] = deque()
        self._now: Spoken | None = None
        self._gain = 1.0
        self._clause: Clause | None = None  # that is being made into sound
        self._pieces: Iterator[Piece] = iter(())
        self._waiting: deque[_Sound] = deque()
        self._waits = 0  # samples in them
        self._leaving: Spoken | None = None
        self._pause_s = 0.0  # before the next clause
        self._begun: list[str] = []  # clauses
        self._place = (0, 0)  # clause, and characters of it, that have left
        self._word: list[_Sound] = []  # what has left since then
        self._meter = Meter()
        self._sentences = Sentences(text.request.id, f"{voices} {self._language}", pacing, self._meter)
        self._words = 0
        self._samples = 0  # of the frames that were given
        self._last = 0  # of these, in the last one
        self.frames = 0
        self.starved = 0  # frames of silence for want of text or sound

    def frame(self, count: int) -> NDArray[np.int16] | None:
        """The next ``count`` samples, None when nothing is there: see :attr:`done`.

        The last frame is filled up with silence.

        :raises EngineError: the engine cannot speak
        """
        if not self.has(count) and (not self._waits or not self._at_end()):
            return self._starve(count)
        sound, have = np.zeros(count, np.int16), 0
        while self._waiting and (have < count or not len(self._waiting[0].samples)):
            have = self._take(sound, have)
        self._samples, self._last = self._samples + have, have
        self.frames += 1
        return sound

    def has(self, count: int) -> bool:
        """Whether so many samples are there to be taken at once.

        :raises EngineError: the engine cannot speak
        """
        while self._waits < count and self._more_sound():
            pass
        return self._waits >= count

    def left(self, sound: NDArray[np.int16], now_s: float, *, whole: bool) -> list[SpeechMeasured]:
        """The last frame as it left, and the sentences that have been measured since.

        :param whole: it left as it was given, not softer
        """
        if not whole:
            self._sentences.disturb("ducked")
        known = self._meter.samples - (self._samples - self._last)  # what is said again is not measured again
        self._meter.feed(sound[known : self._last])
        return self._sentences.told(now_s)

    def go_back(self) -> None:
        """To where the word begins of which not all has left: what is said next follows what :attr:`said` tells."""
        again = sum(len(part.samples) for part in self._word)
        self._waiting.extendleft(reversed(self._word))
        self._word.clear()
        self._waits, self._samples, self._last = self._waits + again, self._samples - again, 0

    def over(self, now_s: float, how: str) -> list[SpeechMeasured]:
        """Nothing more leaves: it is "finished" or "cut"."""
        return self._sentences.told(now_s, how)

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
            self._add_pause(self._pause_s)
        self._begun.append(clause.text)
        self._words += count_words(clause.text)
        self._pieces = self._engine.say(clause.text, self._now.seconds(clause), self._language, self._now.manner)
        return True

    def _next_sentence(self) -> bool:
        while not self._clauses and (sentence := self.text.next()):
            delivery, loudness_db = self._delivery(), self._loudness_db(self.text)
            clauses = timed(sentence, delivery.manner.rate_wpm, delivery.clause_pause_s)
            if clauses:
                range_st = self._engine.pitch_range_st(self._language)
                self._now = self._sentences.next(sentence, clauses, delivery, range_st, NOMINAL_DBFS + loudness_db)
                self._gain = 10 ** ((loudness_db + self._now.correction.level_db) / 20)
                self._clauses.extend(clauses)
        return bool(self._clauses)

    def _end_clause(self) -> None:
        clause, now = self._clause, self._now
        assert clause is not None and now is not None
        self._clause = None
        if clause.ends_sentence:
            self._sentences.ends(now, self._samples + self._waits)
        self._pause_s = now.pause_s if clause.ends_sentence else now.clause_pause_s(clause)
        if self._pause_s:
            self._meter.pause("sentence" if clause.ends_sentence else "clause", ahead=self._ahead)
        if clause.ends_sentence and self.text.waits:
            early_s = min(_EARLY_S, self._pause_s)
            self._add_pause(early_s)
            self._pause_s -= early_s

    @property
    def _ahead(self) -> int:
        """Samples from what was measured to what is added next."""
        return self._samples - self._meter.samples + self._waits

    def _add(self, piece: Piece) -> None:
        assert self._now is not None
        self._waiting.append(_Sound(limited(self._gain * piece.samples), len(self._begun) - 1, piece.heard, self._now))
        self._waits += len(piece.samples)

    def _add_pause(self, seconds: float) -> None:
        """It belongs to the clause before it."""
        silence = np.zeros(round(seconds * RATE_HZ), np.int16)
        spoken = self._waiting[-1].sentence if self._waiting else self._leaving
        assert spoken is not None
        self._waiting.append(_Sound(silence, len(self._begun) - 1, len(self._begun[-1]), spoken))
        self._waits += len(silence)

    def _take(self, frame: NDArray[np.int16], have: int) -> int:
        """Move the front of what waits into ``frame`` from ``have`` on; how much it holds then."""
        front = self._waiting.popleft()
        if front.sentence is not self._leaving:
            self._leaving = front.sentence
            if self._leaving.begin < 0:
                self._leaving.begin = self._samples + have
        now, rest = front.samples[: len(frame) - have], front.samples[len(frame) - have :]
        frame[have : have + len(now)] = now
        self._waits -= len(now)
        clause, heard = self._place
        self._word.append(_Sound(now, clause, heard, front.sentence))
        if len(rest):
            self._waiting.appendleft(front._replace(samples=rest))
        elif self._place != (front.clause, front.heard):
            self._place = (front.clause, front.heard)
            self._word.clear()
        return have + len(now)

    def _starve(self, count: int) -> NDArray[np.int16] | None:
        """Silence in the midst of speech, so that the stream goes on; nothing before the first sound and after the last."""
        if not self.frames or self.done:
            return None
        self.starved += 1
        self.frames += 1
        if self._clause is None:
            self._pause_s = max(0.0, self._pause_s - count / RATE_HZ)
        self._sentences.disturb("waited")
        self._samples, self._last = self._samples + count, count
        return np.zeros(count, np.int16)
