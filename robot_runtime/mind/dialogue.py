"""The threads of a conversation: a question that is open, and how often the robot has not understood."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from robot_runtime.language.language import language_of
from robot_runtime.messages import Argument, SpeechState, Utterance, WorldObject
from robot_runtime.mind.clauses import whole, without_courtesy
from robot_runtime.mind.meant import Discourse, things_meant
from robot_runtime.mind.mentions import Mentions
from robot_runtime.mind.planner import Offer, Question
from robot_runtime.mind.services import Services
from robot_runtime.speak.clauses import rest

What = TypeVar("What")


class Waiting(Generic[What]):
    """At most one thing that an answer is waited for, as long as ``clarify_timeout_s`` says."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._what: What | None = None
        self._until_s = 0.0

    def ask(self, what: What) -> None:
        self._what, self._until_s = what, self._services.situation.now_s + self._services.config.clarify_timeout_s

    @property
    def asked(self) -> What | None:
        """None when nothing is waited for, or not any more."""
        if self._services.situation.now_s >= self._until_s:
            self._what = None
        return self._what

    def drop(self) -> None:
        self._what = None


@dataclass
class _Open:
    """A question that waits for its answer."""

    utterance: Utterance  # the one that was ambiguous
    question: Question
    repeated: bool = False


class Clarification:
    """At most one open question: which of several things was meant."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._open: Waiting[_Open] = Waiting(services)

    def ask(self, utterance: Utterance, question: Question) -> None:
        """Remember what was asked; the planner has put it into words."""
        self._open.ask(_Open(utterance, question))

    @property
    def is_open(self) -> bool:
        """Whether an answer is still waited for."""
        return self._open.asked is not None

    def drop(self) -> None:
        self._open.drop()

    def answer(self, utterance: Utterance) -> Utterance | None:
        """The first utterance with the chosen thing in its place; None when the answer chooses none, or several.

        The first such answer is asked again, with the choices; after the second the question is dropped.
        """
        asked = self._open.asked
        if asked is None:
            return None
        chosen = self._chosen(asked.question, utterance)
        if len(chosen) == 1:
            self._open.drop()
            return _completed(asked, chosen[0].id, utterance)
        if asked.repeated:
            self._open.drop()
        else:
            asked.repeated = True
            things = [thing for thing in map(self._services.situation.object, asked.question.candidates) if thing]
            text = self._services.wording.sentence("no_such_choice", choices=self._services.wording.choices(things))
            self._services.say(text, utterance.speaker_id, "question")
        return None

    def answer_freely(self, utterance: Utterance) -> Utterance | None:
        """The same of words that are no sentence of the grammar, as "the one on the table"; nothing is asked again."""
        asked, known = self._open.asked, self._services.known
        if asked is None:
            return None
        language = language_of(utterance.language)
        words, mentions = without_courtesy(language.words(utterance.free_text), language), Mentions(known, language)
        words, candidates = words[language.at(words, 0, "leads") :], asked.question.candidates
        without = bool(words) and words[0] == language.joining.not_
        for mention in whole(words[without:], mentions):
            meant = [t.id for t in things_meant(mention, known, Discourse(utterance.speaker_id, [*candidates])) if t.id in candidates]
            chosen = [id_ for id_ in candidates if id_ not in meant] if without else meant
            if len(chosen) == 1:
                self._open.drop()
                return _completed(asked, chosen[0], utterance)
        return None

    def _chosen(self, question: Question, utterance: Utterance) -> list[WorldObject]:
        facts = self._services.situation.facts
        slots = {slot.name: slot.value for slot in utterance.slots}
        candidates = [thing for thing in facts.objects if thing.id in question.candidates]
        if "object" in slots:
            fitting = {thing.id for thing in self._services.references.objects(slots["object"], facts)}
            return [thing for thing in candidates if thing.id in fitting]
        colour = self._services.references.describe(slots.get("colour", "")).colour
        return [thing for thing in candidates if colour and thing.colour == colour]


class Offers:
    """At most one open offer: what the robot does if somebody says yes now.

    To having a person forgotten only who asked for it may say yes; what else is offered passes the gate like any request.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._open: Waiting[tuple[Utterance, Offer]] = Waiting(services)

    def make(self, utterance: Utterance, offer: Offer) -> None:
        """Remember what was offered in answer to an utterance."""
        self._open.ask((utterance, offer))

    @property
    def is_open(self) -> bool:
        return self._open.asked is not None

    def drop(self) -> None:
        self._open.drop()

    def accept(self, yes: Utterance) -> Utterance | None:
        """The accepted offer as if it had been asked for; None when nothing is offered, or not to this person."""
        if self._open.asked is None:
            return None
        asked, offer = self._open.asked
        if offer.intent == "forget" and yes.speaker_id != asked.speaker_id:
            return None
        self._open.drop()
        slot = Argument("person" if offer.intent == "forget" else "object", offer.value)
        return replace(yes, intent=offer.intent, slots=(slot,), text=f"{asked.text}; {yes.text}")


class CutShort:
    """What the robot was saying when somebody took the floor.  It is said on only if nothing came of that, or if they ask for it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._cut: SpeechState | None = None

    def hear(self, state: SpeechState) -> None:
        """The voice on a sentence."""
        if state.phase == "cancelled" and state.said:
            self._cut = state
        elif state.phase == "started":
            self._cut = None

    def drop(self) -> None:
        self._cut = None

    def go_on(self, addressee_id: str) -> bool:
        """Say what of it was not heard; False when there is nothing."""
        cut, self._cut = self._cut, None
        if cut is None or self._services.situation.now_s - cut.stamp_s > self._services.config.cut_short_s:
            return False
        left = rest(cut.text, cut.said)
        self._services.say(left, addressee_id, "answer")
        return bool(left)


class NotUnderstood:
    """Says so, more helpfully the second time, and then keeps quiet for a while: silence is better than a loop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._said_s: deque[float] = deque(maxlen=2)

    def one_at_a_time(self) -> None:
        """Several spoke at once, and so nothing can be done."""
        self._say(self._services.wording.sentence("one_at_a_time"), "")

    def say(self, utterance: Utterance, heard: str = "") -> bool:
        """Ask again; ``heard`` is what was understood all the same, and a question for the rest.  Whether that was said."""
        key = "not_understood_again" if self._recent() else "not_understood"
        return self._say(heard or self._services.wording.sentence(key), utterance.speaker_id)

    def understood(self) -> None:
        self._said_s.clear()

    def _say(self, text: str, addressee_id: str) -> bool:
        if self._recent() >= 2:
            return False
        self._said_s.append(self._services.situation.now_s)
        self._services.say(text, addressee_id, "question")
        return True

    def _recent(self) -> int:
        now_s, patience_s = self._services.situation.now_s, self._services.config.patience_s
        while self._said_s and now_s - self._said_s[0] > patience_s:
            self._said_s.popleft()
        return len(self._said_s)


def _completed(asked: _Open, object_id: str, answer: Utterance) -> Utterance:
    """The ambiguous utterance as if it had named the thing; both texts stay, for the gate and the record."""
    slots = tuple(s for s in asked.utterance.slots if s.name != asked.question.slot)
    slots += (Argument(asked.question.slot, object_id),)
    return replace(asked.utterance, id=answer.id, slots=slots, text=f"{asked.utterance.text}; {answer.text}", stamp_s=answer.stamp_s)
