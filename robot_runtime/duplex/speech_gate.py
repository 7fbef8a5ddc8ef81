"""Cuts what a speech rule forbids before it is heard.

The words of the inner monologue come no later than their sound.  So sound is held for :data:`LEAD_FRAMES`, and longer only while the
words so far may become a forbidden phrase, from the first of these words on; never longer than :data:`MOST_FRAMES`.  Once the phrase
is there, all of it that is still held is dropped, and so is the rest of the sentence.

The word that completes a phrase is never heard.  Its first words are not either, unless the phrase takes longer than the hold.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from robot_runtime.duplex.frames import FRAME_S
from robot_runtime.duplex.rules import Situation, SpeechRule, fit, in_force, normal
from robot_runtime.duplex.wire import Step

LEAD_FRAMES = 2
"""160 ms: always, so that the first piece of a word is read before its sound leaves."""

MOST_FRAMES = 12
"""0.96 s: with suspicion, at most."""

MOST_DELAY_S = MOST_FRAMES * FRAME_S

_SENTENCE_FRAMES = 15  # without a word: the next one begins a new sentence
_WORD_FRAMES = 4  # without a piece: a word is over
_MOST_CUT_FRAMES = 75  # six seconds: a sentence without end
_MOST_WORDS = 12


@dataclass(frozen=True)
class Cutting:
    """A sentence that was cut."""

    rule: SpeechRule
    words: str  # up to the one that completed the phrase


@dataclass
class _Word:
    text: str
    frame: int


class SpeechGate:
    """One step of the engine in; what may be heard now, oldest first, out."""

    def __init__(self, rules: tuple[SpeechRule, ...]) -> None:
        self._rules = rules
        self.reset()

    def reset(self) -> None:
        """Forget words and sound that is held."""
        self._held: deque[tuple[int, Step]] = deque()
        self._words: list[_Word] = []
        self._frame = 0
        self._last_piece = 0
        self._ended = False
        self._cut_until: int | None = None
        self.longest_held = 0  # frames, since the start

    @property
    def cutting(self) -> bool:
        """The rest of a forbidden sentence is being dropped."""
        return self._cut_until is not None

    def push(self, step: Step, situation: Situation) -> tuple[list[Step], Cutting | None]:
        """Take a frame; the frames that may be heard, and what was cut just now."""
        self._frame += 1
        self._held.append((self._frame, step))
        self._read(step)
        if self.cutting:
            return self._dropped(step), None
        cut, suspicious_from = (None, None) if step.told else self._judged(situation)
        if cut is not None:
            self._cut_until = self._frame + _MOST_CUT_FRAMES
            released = self._released(suspicious_from)
            self._held.clear()
            return released, cut
        return self._released(suspicious_from), None

    def _read(self, step: Step) -> None:
        if step.told:
            self._words, self._ended = [], False
        if not step.text or step.told:
            return
        if self._ended or self._frame - self._last_piece > _SENTENCE_FRAMES:
            self._words, self._ended = [], False
        self._last_piece = self._frame
        for index, piece in enumerate(step.text.split(" ")):
            if index or not self._words:
                self._words.append(_Word("", self._frame))
            self._words[-1].text += piece
        self._words = self._words[-_MOST_WORDS:]
        self._ended = step.text.rstrip().endswith((".", "?", "!"))

    def _judged(self, situation: Situation) -> tuple[Cutting | None, int | None]:
        """What is forbidden, and the frame from which on the words are, or may become it."""
        words = [word for word in self._words if normal(word.text)]
        texts = [normal(word.text) for word in words]
        unfinished = not self._ended and self._frame - self._last_piece < _WORD_FRAMES
        suspicious: int | None = None
        for rule in in_force(self._rules, situation):
            for first in range(len(words)):
                answers = {fit(phrase, texts[first:], unfinished) for phrase in rule.phrases}
                if "yes" in answers:
                    return Cutting(rule, " ".join(word.text for word in words)), words[first].frame
                if "maybe" in answers and not self._ended:
                    suspicious = min(suspicious or self._frame, words[first].frame)
        return None, suspicious

    def _released(self, suspicious_from: int | None) -> list[Step]:
        """Frames that have waited long enough and are above suspicion, or have waited as long as any may."""
        free_until = self._frame - LEAD_FRAMES
        if suspicious_from is not None and self._frame - self._last_piece <= _SENTENCE_FRAMES:
            free_until = min(free_until, suspicious_from - 1)
        free_until = max(free_until, self._frame - MOST_FRAMES)
        released = []
        while self._held and self._held[0][0] <= free_until:
            frame, step = self._held.popleft()
            self.longest_held = max(self.longest_held, self._frame - frame)
            released.append(step)
        return released

    def _dropped(self, step: Step) -> list[Step]:
        """Nothing is heard until the sentence is over, or something is said that was told to the model."""
        over = self._ended or self._frame - self._last_piece > _SENTENCE_FRAMES or self._frame >= (self._cut_until or 0)
        self._held.clear()
        if step.told:
            self._cut_until = None
            self._held.append((self._frame, step))
        elif over:
            self._cut_until = None
            self._words, self._ended = [], False
        return []
