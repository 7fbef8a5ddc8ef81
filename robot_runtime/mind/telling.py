"""Puts what the memory answers into sentences: the place, the age of the knowledge, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby

from robot_runtime.messages import Whereabouts
from robot_runtime.mind.ages import ago
from robot_runtime.mind.turn_length import in_sentences
from robot_runtime.mind.wording import FRESH_S, Wording, capitalised
from robot_runtime.world.objects import ROBOT
from robot_runtime.world.queries import Answer, Change

MOST_CHANGES = 3
"""Beside what is new."""


class Telling:
    def __init__(self, wording: Wording, known_confidence: float) -> None:
        self._wording = wording
        self._known_confidence = known_confidence

    def is_doubtful(self, answer: Answer) -> bool:
        """Whether the robot would not rely on it."""
        return answer.missing or answer.confidence < self._known_confidence

    # ------------------------------------------------------------ one thing, one person

    def thing(self, answer: Answer, listener: str) -> str:
        """Where a thing is."""
        if answer.provenance == "told":
            return self._of(answer, "told_missing" if answer.missing else "told_where", listener)
        if answer.missing:
            return self._of(answer, "seen_missing", listener)
        if answer.age_s <= FRESH_S or answer.where.held_by == ROBOT:
            return self._of(answer, "is_where", listener)
        if self.is_doubtful(answer):
            return self._of(answer, "seen_doubtful", listener)
        return self._of(answer, "inferred_where" if answer.provenance == "inferred" else "seen_where", listener)

    def sight(self, answer: Answer, listener: str) -> str:
        """Where and when the robot itself saw a thing last."""
        if answer.missing:
            return self._of(answer, "seen_missing", listener)
        return self._of(answer, "see_now" if answer.age_s <= FRESH_S else "seen_last", listener)

    def somebody(self, answer: Answer, listener: str) -> str:
        """Where somebody is, or was seen last."""
        wording = self._wording
        where = wording.at(answer.where)
        if answer.id == listener:
            return wording.sentence("you_are_where", where=where)
        person = wording.called(answer.name)
        if answer.age_s <= FRESH_S:
            return wording.sentence("person_is_where", person=capitalised(person), where=where)
        return wording.sentence("person_seen_last", person=person, where=where, ago=self._ago(answer))

    def company(self, here: Iterable[Answer], listener: str) -> str:
        """Who is here: those in view, then those of a moment ago; who listens knows of themselves."""
        wording, others = self._wording, [answer for answer in here if answer.id != listener]
        in_view = [wording.called(answer.name) for answer in others if answer.age_s <= FRESH_S]
        seen = [wording.sentence("i_see", people=wording.listing(in_view))] if in_view else []
        text = " ".join([*seen, *(self.somebody(answer, listener) for answer in others if answer.age_s > FRESH_S)])
        return text or wording.sentence("nobody_else" if listener else "nobody_here")

    # ------------------------------------------------------------ what lies somewhere

    def contents(self, there: Sequence[Answer], where: str) -> str:
        """Things in or on something: those in view, those of before, those of which it was told, those that are gone."""
        at = capitalised(where)
        told = [answer for answer in there if answer.provenance == "told" and not answer.missing]
        seen = [answer for answer in there if answer.provenance != "told" and not answer.missing]
        now = [answer for answer in seen if answer.age_s <= FRESH_S]
        before = sorted((answer for answer in seen if answer.age_s > FRESH_S), key=lambda answer: answer.age_s)
        missing = [answer for answer in there if answer.missing]
        parts = (("contents_now", now), ("contents_before", before), ("contents_told", told), ("contents_missing", missing))

        def sentence(things: Sequence[Answer], key: str) -> str:
            names = self._names_by_age(things) if key == "contents_before" else self._names(things)
            return self._wording.sentence(key, at=at, where=where, things=names)

        def told_of(words: int) -> str:
            return " ".join(text for key, answers in parts for text in in_sentences(answers, partial(sentence, key=key), words))

        return self._wording.in_turns(told_of) or self._wording.sentence("contents_none", where=where)

    def _names(self, answers: Sequence[Answer | Change]) -> str:
        return self._wording.listing([self._wording.sentence("the", name=answer.name) for answer in answers])

    def _names_by_age(self, answers: Sequence[Answer]) -> str:
        """Such as "the cup and the book two minutes ago and the ball an hour ago"."""
        return self._wording.listing([f"{self._names(list(same))} {when}" for when, same in groupby(answers, key=self._ago)])

    # ------------------------------------------------------------ what has changed

    def changes(self, changes: Sequence[Change], listener: str) -> str:
        """The newest first; what was seen for the first time comes last, in one sentence."""
        new = [change for change in changes if change.before == Whereabouts() and change.kind not in ("came", "gone", "missing")]
        others = [change for change in changes if change not in new and change.id != listener]
        said = [self._change(change, listener) for change in others[:MOST_CHANGES]]
        if new:
            room_words = self._wording.room_words
            said += in_sentences(new, lambda some: self._wording.sentence("change_new", things=self._names(some)), room_words)
        return " ".join(said) or self._wording.sentence("no_change")

    def _change(self, change: Change, listener: str) -> str:
        wording, when = self._wording, self._ago(change)
        if change.kind in ("came", "gone"):
            key = "change_came" if change.kind == "came" else "person_seen_last"
            return wording.sentence(key, person=wording.called(change.name), where=wording.at(change.after), ago=when)
        key = "change_missing" if change.kind == "missing" else "change_moved" if change.before != change.after else "change_shifted"
        return capitalised(wording.sentence(
            key, object=wording.sentence("the", name=change.name), was=wording.was(change.name), be=wording.be(change.name),
            before=wording.at(change.before, listener), after=wording.at(change.after, listener), ago=when,
        ))  # fmt: skip

    # ------------------------------------------------------------ parts

    def _of(self, answer: Answer, key: str, listener: str) -> str:
        wording = self._wording
        return capitalised(wording.sentence(
            key, object=wording.sentence("the", name=answer.name), where=self._where(answer, listener), ago=self._ago(answer),
            be=wording.be(answer.name), it=wording.it(answer.name),
        ))  # fmt: skip

    def _where(self, answer: Answer, listener: str) -> str:
        """What stands on nothing is found more easily beside something."""
        text = self._wording.at(answer.where, listener)
        if not answer.near or answer.where.support or answer.where.container or answer.where.held_by:
            return text
        beside = self._wording.sentence("next_to", object=self._wording.the(answer.near[0]))
        return f"{text} {beside}"

    def _ago(self, fact: Answer | Change) -> str:
        return ago(fact.age_s, self._wording)
