"""Answers to questions about the world: where something is, who is here, what lies where, what has changed.

An answer tells what is known, since when, and how: what was seen, what somebody told, what follows from other facts, and what was
not found again.  Nothing is claimed that the memory does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from robot_runtime.act.notes import liked_by
from robot_runtime.messages import Person, Utterance, WorldObject
from robot_runtime.mind.ages import ago
from robot_runtime.mind.grown_up import is_grown_up
from robot_runtime.mind.known import Known
from robot_runtime.mind.plan_document import PlanDocument
from robot_runtime.mind.planner import Answer, Offer, Question
from robot_runtime.mind.telling import Telling
from robot_runtime.mind.wording import capitalised
from robot_runtime.world import queries

SPEAKER = "me"

NEWS_S = 3600.0
"""What changed earlier is no news any more; the sentences speak of an hour."""

MOST_TOLD = 3
"""Of several things that fit, a listener can keep in mind so many."""


@dataclass(frozen=True)
class Reply:
    text: str
    question: Question | None = None
    offer: Offer | None = None

    @property
    def as_answer(self) -> Answer:
        return Answer(PlanDocument(say=self.text), self.question, self.offer, tells=True)


class Recall:
    def __init__(self, known: Known) -> None:
        self._known = known
        self._telling = Telling(known.wording, known.known_confidence)

    def answer(self, utterance: Utterance) -> Reply:
        """The reply to an utterance whose intent is one of :data:`QUESTIONS`."""
        slots = {slot.name: slot.value for slot in utterance.slots}
        return _ANSWERS[utterance.intent](self, slots, utterance.speaker_id)

    # ------------------------------------------------------------ things and people

    def _where_is(self, slots: Mapping[str, str], listener: str) -> Reply:
        if "name" in slots:
            return self._somebody(slots["name"], listener)
        things = self._fitting(slots.get("object", ""))
        if isinstance(things, Reply):
            return things
        answers = queries.where_are(things, self._known.situation.facts, self._known.situation.events)
        sure = [answer for answer in answers if not self._telling.is_doubtful(answer)]
        told = sorted(sure or answers, key=lambda answer: (answer.missing, answer.age_s, -answer.confidence))[:MOST_TOLD]
        text = " ".join(self._telling.thing(self._ask(answer.id) or answer, listener) for answer in told)
        return Reply(text, offer=None if sure else self._offer_to_look(slots["object"], things))

    def _last_seen(self, slots: Mapping[str, str], listener: str) -> Reply:
        if "name" in slots:
            return self._somebody(slots["name"], listener)
        things = self._fitting(slots.get("object", ""))
        if isinstance(things, Reply):
            return things
        situation = self._known.situation
        found = [queries.last_seen(thing.id, situation.facts, self._known.site, situation.events) for thing in things]
        seen = [answer for answer in found if answer is not None]
        if not seen:
            return self._where_is(slots, listener)  # it was only told of
        return Reply(self._telling.sight(min(seen, key=lambda answer: answer.age_s), listener))

    def _somebody(self, words: str, listener: str) -> Reply:
        person = self._known.references.person(words, self._known.situation.facts)
        answer = self._ask(person.id) if person else None
        if answer is None:
            return self._say("unknown_person", person=capitalised(words))
        return Reply(self._telling.somebody(answer, listener))

    def _who_is_here(self, slots: Mapping[str, str], listener: str) -> Reply:
        facts, site, place = self._known.situation.facts, self._known.site, slots.get("place", "")
        here = queries.who_is_here(facts, site, place)
        if here:
            return Reply(self._telling.company(here, listener))
        if place:
            return self._say("nobody_there", place=place)
        before = queries.who_is_here(facts, site, within_s=NEWS_S)
        last = f" {self._telling.somebody(before[0], listener)}" if before else ""
        return Reply(self._known.wording.sentence("nobody_here") + last)

    # ------------------------------------------------------------ what lies where

    def _what_is_on(self, slots: Mapping[str, str], listener: str) -> Reply:
        words, wording = slots.get("surface", ""), self._known.wording
        meant = self._known.surfaces_called(words)
        if len(meant) != 1:
            return Reply(wording.which_surface(words, meant))
        situation = self._known.situation
        there = queries.what_is_on(meant[0], situation.facts, situation.events)
        return Reply(self._telling.contents(there, wording.sentence("on_support", support=meant[0])))

    def _what_is_in(self, slots: Mapping[str, str], listener: str) -> Reply:
        situation, wording = self._known.situation, self._known.wording
        if "place" in slots:
            inside = queries.what_is_in(slots["place"], situation.facts, situation.events)
            return Reply(self._telling.contents(inside, wording.sentence("in_place", place=slots["place"])))
        vessels = self._fitting(slots.get("vessel", ""))
        if isinstance(vessels, Reply):
            return Reply(vessels.text)
        if len(vessels) > 1:
            return Reply(wording.sentence("which_one", choices=wording.choices(vessels)), Question("vessel", tuple(v.id for v in vessels)))
        inside = queries.what_is_in(vessels[0].id, situation.facts, situation.events)
        return Reply(self._telling.contents(inside, wording.sentence("in_vessel", vessel=wording.the(vessels[0].id))))

    # ------------------------------------------------------------ changes, forgetting

    def _what_changed(self, slots: Mapping[str, str], listener: str) -> Reply:
        situation = self._known.situation
        changes = queries.what_changed(situation.now_s - NEWS_S, situation.now_s, situation.events)
        return Reply(self._telling.changes(changes, listener))

    def _what_liked(self, slots: Mapping[str, str], listener: str) -> Reply:
        """What somebody has told that they like, and when: the newest first."""
        situation, wording = self._known.situation, self._known.wording
        words = slots.get("name", "") or listener
        person = self._known.references.person(words, situation.facts) if words else None
        if person is None:
            return self._say("unknown_person", person=capitalised(words)) if words else self._say("unknown_speaker")
        told = sorted(liked_by(situation, person.id), key=lambda note: -note.told_s)[:MOST_TOLD]
        who, key = wording.person(person.id, listener), "told_liking_you" if person.id == listener else "told_liking"
        said = [
            wording.sentence(key, ago=ago(situation.now_s - note.told_s, wording), person=who, object=wording.indefinite(note.value))
            for note in told
        ]
        return Reply(" ".join(map(capitalised, said)) or wording.sentence("told_no_liking"))

    def _forget(self, slots: Mapping[str, str], listener: str) -> Reply:
        """Everybody may have themselves forgotten; of others, only a grown-up whom the robot sees."""
        facts, words = self._known.situation.facts, slots.get("person", SPEAKER)
        asking = self._known.references.person(listener, facts) if listener else None
        if asking is None:
            return self._say("unknown_speaker")
        person = asking if words == SPEAKER else self._known.references.person(words, facts)
        if person is None:
            return self._say("unknown_person", person=capitalised(words))
        if person.id != asking.id and not (asking.seen and is_grown_up(asking)):
            return self._say("only_grown_up_forgets")
        return self._confirm_forgetting(person, listener)

    def _confirm_forgetting(self, person: Person, listener: str) -> Reply:
        wording = self._known.wording
        question = wording.sentence("forget_really", person=wording.person(person.id, listener))
        return Reply(wording.sentence("forget_what"), offer=Offer(question, "forget", person.id))

    # ------------------------------------------------------------ parts

    def _ask(self, subject: str) -> queries.Answer | None:
        situation = self._known.situation
        return queries.where_is(subject, situation.facts, self._known.site, situation.events)

    def _fitting(self, words: str) -> Sequence[WorldObject] | Reply:
        """Known things that words mean, at least one; or what to say instead."""
        known = self._known
        things = known.references.objects(words, known.situation.facts) if words else ()
        if things:
            return things
        if not words:
            return self._say("not_understood")
        if not known.references.describe(words).class_name:
            return self._say("unknown_thing", object=known.wording.indefinite(words))
        never = known.wording.sentence("never_seen", object=known.wording.indefinite(words))
        return Reply(never, offer=self._offer_to_look(words, ()))

    def _offer_to_look(self, words: str, things: Sequence[WorldObject]) -> Offer:
        it = self._known.wording.it(things[0].name if things else words)
        return Offer(self._known.wording.sentence("shall_i_look", it=it), "find", words)

    def _say(self, key: str, **fields: str) -> Reply:
        return Reply(self._known.wording.sentence(key, **fields))


_ANSWERS: Mapping[str, Callable[[Recall, Mapping[str, str], str], Reply]] = {
    "where_is": Recall._where_is,
    "last_seen": Recall._last_seen,
    "who_is_here": Recall._who_is_here,
    "what_is_on": Recall._what_is_on,
    "what_is_in": Recall._what_is_in,
    "what_changed": Recall._what_changed,
    "what_liked": Recall._what_liked,
    "forget": Recall._forget,
}

QUESTIONS = tuple(_ANSWERS)
"""Intents that the memory answers; an answer moves nothing and disturbs nothing that is being done."""
