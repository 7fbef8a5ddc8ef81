"""What the model promises by itself, compared with what is really planned."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from robot_runtime.duplex.rules import fit, normal
from robot_runtime.messages import Plan

GRACE_S = 4.0
"""For the mind to plan what the person said, before or after the promise."""

_PLANNED_S = 30.0
_WORD_FRAMES = 6  # without a piece: a word is over

_BEGINNINGS = ("ill", "i will", "let me", "im going to", "i am going to")
VERBS = {
    "bring|get|fetch|grab|give|hand": frozenset({"fetch", "hand_over", "pick"}),
    "put|tidy": frozenset({"put", "tidy"}),
    "come|follow|go|drive|move": frozenset({"go_to", "come_here", "follow", "approach", "guide", "patrol", "dock"}),
    "look|search|find": frozenset({"find", "fetch", "describe", "look_for_person", "patrol"}),
    "lock|unlock|call|order|cook|clean|wash|phone|open|close|switch": frozenset[str](),
}
"""What a verb promises, as skills of which one would keep it; none: no skill can."""


@dataclass(frozen=True)
class Promise:
    words: str
    skills: frozenset[str]
    due_s: float


class Promises:
    """Reads the model's own words and the mind's plans."""

    def __init__(self) -> None:
        self._words: deque[str] = deque(maxlen=6)
        self._word = ""
        self._quiet_frames = 0
        self._open: list[Promise] = []
        self._planned: deque[tuple[float, frozenset[str]]] = deque(maxlen=20)

    def planned(self, plan: Plan) -> None:
        """Something is really going to be done."""
        skills = frozenset({plan.goal.skill, *(step.skill for step in plan.steps)} - {""})
        if skills:
            self._planned.append((plan.stamp_s, skills))

    def read(self, text: str, now_s: float) -> None:
        """The model has written this in one frame: pieces of words, or nothing."""
        for index, piece in enumerate(text.split(" ")):
            if index:
                self._take(now_s)
            self._word += piece
        self._quiet_frames = 0 if text else self._quiet_frames + 1
        if self._quiet_frames >= _WORD_FRAMES:
            self._take(now_s)

    def _take(self, now_s: float) -> None:
        """A word is whole."""
        word, self._word = self._word, ""
        if normal(word):
            self._words.append(normal(word))
        words = list(self._words)
        for beginning in _BEGINNINGS:
            for verbs, skills in VERBS.items():
                phrase = f"{beginning} {verbs}"
                if len(words) >= len(phrase.split()) and fit(phrase, words[-len(phrase.split()) :], False) == "yes":
                    self._open.append(Promise(" ".join(words), skills, now_s + GRACE_S))
                    self._words.clear()
                    return

    def broken(self, now_s: float) -> list[Promise]:
        """Promises whose time for a plan is over without one; each is told once."""
        while self._planned and now_s - self._planned[0][0] > _PLANNED_S:
            self._planned.popleft()
        due = [promise for promise in self._open if now_s >= promise.due_s]
        self._open = [promise for promise in self._open if now_s < promise.due_s]
        return [promise for promise in due if not any(promise.skills & skills for _, skills in self._planned)]
