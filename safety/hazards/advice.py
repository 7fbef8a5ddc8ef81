"""The classifier's part in the gate: one decision for each proposed action, made when it is proposed.

The answer is kept for the life of the action, because the rules, not the model, follow what changes around the robot 50
times a second.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from safety.case import Case
from safety.hazards.around import words_of
from safety.hazards.classifier import RULE_ID, Assessment, Classifier
from safety.hazards.words import Words
from safety.types import ProposedAction, Verdict
from safety.verdicts import Decision, decision, merge, merge_all

KEPT = 256
FRESH_PER_STEP = 2
"""More new actions than this in one step of the gate are not read but denied: reading one takes a good part of a tick."""
BUSY = "classifier-busy"
TOO_LONG = "classifier-too-long"
MOST_CHARS = 1000
"""Nobody says more at once; reading it would take longer than a tick of the gate."""
UNREAD = frozenset({BUSY, TOO_LONG})
"""Rule ids of what is denied without being read."""
KINDS_NOTED = 3


@dataclass(frozen=True, slots=True)
class Note:
    """What the record holds of it: which model read what, and what came of it."""

    model: str  # SHA-256
    read: tuple[Words, ...]
    found: tuple[Assessment, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Kept:
    decision: Decision
    note: Note


class Advice:
    """Decisions by what was proposed.  Without a classifier there is none, and the rules decide alone."""

    def __init__(self, classifier: Classifier | None) -> None:
        self._classifier = classifier
        self._kept: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()
        self._fresh = 0

    def begin_step(self) -> None:
        """A new step of the gate, with time for new readings."""
        self._fresh = 0

    @property
    def model_hash(self) -> str:
        """SHA-256 of the model, "" without one."""
        return self._classifier.hash if self._classifier else ""

    def tightened(self, judged: Decision, action: ProposedAction, case: Case | None) -> Decision:
        """The rules' decision with the classifier's merged in; never a milder one.  What the rules refuse is not read."""
        if self._classifier is None or judged.verdict >= Verdict.DENY:
            return judged
        key, read = _key(action), words_of(action, case)
        if not read:
            return judged
        if sum(len(text) for words in read for text in (*words.steps, *words.facts)) > MOST_CHARS * len(read):
            return merge(judged, decision(Verdict.DENY, TOO_LONG, f"more than {MOST_CHARS} characters to read"))
        if key not in self._kept:
            if self._fresh >= FRESH_PER_STEP:
                return merge(judged, decision(Verdict.DENY, BUSY, f"more than {FRESH_PER_STEP} new actions in one step"))
            self._fresh += 1
            self._kept[key] = self._made(self._classifier, read)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return merge(judged, self._kept[key].decision)

    def note(self, action: ProposedAction) -> Note | None:
        """What to write down of an action; None when the classifier was not asked."""
        kept = self._kept.get(_key(action))
        return kept.note if kept else None

    def forget(self) -> None:
        """Judge everything anew."""
        self._kept.clear()

    def _made(self, classifier: Classifier, read: tuple[Words, ...]) -> _Kept:
        first, *rest = (classifier.decide(words) for words in read)
        whole = merge_all(first, rest)
        found = (classifier.assess(words) for words in read)
        shortened = tuple(replace(one, kinds=one.kinds[:KINDS_NOTED]) for one in found)
        return _Kept(whole, Note(classifier.hash, read, shortened, whole.verdict))


def recorded(judged: Decision, note: Mapping[str, Any] | None) -> Decision:
    """The rules' decision with the classifier's as a record has it; for judging again what has been recorded."""
    return judged if note is None else merge(judged, decision(Verdict(note["verdict"]), RULE_ID, "as recorded"))


def _key(action: ProposedAction) -> tuple[object, ...]:
    return (action.id, action.skill, action.arguments, action.utterance_text, action.requester_id)
