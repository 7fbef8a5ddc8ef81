"""Asking what somebody said when it was heard, but not surely: "Did you say: find the white plate?", "the red cup or the blue cup?"

A command that was half heard is neither done nor lost: done, it may be another one than was meant; lost, the person has to say it again
into the same noise.  What is asked is said again by the robot, so that a yes is to what everybody heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from robot_runtime.messages import Argument, Guess, Utterance
from robot_runtime.mind.dialogue import Waiting
from robot_runtime.mind.recall import QUESTIONS
from robot_runtime.mind.services import Services

CHOSEN_SLOT = "object"
"""The only slot that an answer may fill by itself ("the red one"): see the intent ``choose``."""
_AS_LIKELY = 0.5
"""A guess this much as likely as the best is named beside it."""
_MOST_CHOICES = 3
_FROM_THE_CHOICES = 0.15
"""Confidence in an answer that names one of two or three things that were just offered: little else is said then."""


@dataclass(frozen=True)
class _Open:
    utterance: Utterance
    guesses: tuple[Guess, ...]  # one: it was asked whether that was said; more: which of them


class Doubt:
    """At most one open question: what was said."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._open: Waiting[_Open] = Waiting(services)

    @property
    def is_open(self) -> bool:
        return self._open.asked is not None

    def drop(self) -> None:
        self._open.drop()

    def question(self, utterance: Utterance) -> str:
        """What to ask of words that were not surely understood; "" when nothing likely enough was heard.  It is open from now on."""
        guesses = self._to_ask(utterance)
        if not guesses:
            return ""
        self._open.ask(_Open(utterance, guesses))
        wording = self._services.wording
        if len(guesses) == 1:
            return wording.sentence("did_you_say", words=guesses[0].text)
        things = [wording.sentence("the", name=_chosen(guess)) for guess in guesses]
        return wording.sentence("which_did_you_say", choices=wording.listing(things, "or"))

    def accept(self, yes: Utterance) -> Utterance | None:
        """What was asked about, as if it had been said well; None when nothing is open, it was another's, or one of several is meant."""
        asked = self._asked_of(yes)
        if asked is None or len(asked.guesses) > 1:
            return None
        return self._settled(asked, asked.guesses[0], yes)

    def choose(self, answer: Utterance) -> Utterance | None:
        """The same with the thing that an answer names; it need not be one of those that were offered."""
        asked = self._asked_of(answer)
        if asked is None or len(asked.guesses) < 2:
            return None
        if answer.intent == "choose":
            named = _fitting(asked.guesses, answer.slots) or _anew(asked.guesses[0], answer.slots)
        else:
            named = next((g for guess in answer.guesses if (g := _again(asked.guesses, guess))), None)
        return self._settled(asked, named, answer) if named else None

    # ------------------------------------------------------------ the question

    def _to_ask(self, utterance: Utterance) -> tuple[Guess, ...]:
        heard = [guess for guess in _all(utterance) if self._may_be_asked(guess)]
        if not heard or self._services.situation.latched:
            return ()
        alike = [guess for guess in heard if _differ_in_the_thing(heard[0], guess)]
        if sum(guess.confidence for guess in alike) < self._services.config.minimum_confidence:
            return ()
        close = [guess for guess in alike if guess.confidence >= _AS_LIKELY * heard[0].confidence][:_MOST_CHOICES]
        if len(close) > 1:
            return tuple(close)
        return (heard[0],) if heard[0].confidence >= self._services.config.minimum_confidence else ()

    def _may_be_asked(self, guess: Guess) -> bool:
        """Yes and no, and what ends something, are never put into anybody's mouth."""
        return guess.intent in QUESTIONS or guess.intent not in self._services.catalogue.dialogue

    # ------------------------------------------------------------ the answer

    def _asked_of(self, answer: Utterance) -> _Open | None:
        """The open question, unless it was somebody else who was asked."""
        asked, who = self._open.asked, answer.speaker_id
        others = asked is not None and asked.utterance.speaker_id and who and asked.utterance.speaker_id != who
        return None if others else asked

    def _settled(self, asked: _Open, guess: Guess, answer: Utterance) -> Utterance:
        self._open.drop()
        return replace(
            answer,
            intent=guess.intent,
            slots=guess.slots,
            text=f"{guess.text}; {answer.text}",
            confidence=max(answer.confidence, guess.confidence),
            speaker_id=asked.utterance.speaker_id or answer.speaker_id,
            free_text="",
            guesses=(),
        )


def _all(utterance: Utterance) -> Sequence[Guess]:
    """Everything that the utterance may be, the likeliest first."""
    if not utterance.intent:
        return utterance.guesses
    return (Guess(utterance.text, utterance.intent, utterance.slots, utterance.confidence), *utterance.guesses)


def _chosen(guess: Guess) -> str:
    return next((slot.value for slot in guess.slots if slot.name == CHOSEN_SLOT), "")


def _others(guess: Guess) -> tuple[Argument, ...]:
    return tuple(slot for slot in guess.slots if slot.name != CHOSEN_SLOT)


def _differ_in_the_thing(one: Guess, other: Guess) -> bool:
    """Whether they want the same with one thing or another; so does each with itself."""
    same = one.intent == other.intent and _others(one) == _others(other)
    return other == one or (same and _chosen(one) != "" != _chosen(other))


def _anew(guess: Guess, slots: Sequence[Argument]) -> Guess | None:
    """The guess with the thing that somebody names in its place."""
    thing = next((slot for slot in slots if slot.name == CHOSEN_SLOT), None)
    return replace(guess, slots=(*_others(guess), thing)) if thing else None


def _fitting(guesses: Sequence[Guess], slots: Sequence[Argument]) -> Guess | None:
    """The only one of the guesses whose thing has all the words of an answer: of "the red one" the red cup."""
    words = {word for slot in slots for word in slot.value.split()}
    fitting = [guess for guess in guesses if words and words <= set(_chosen(guess).split())]
    return fitting[0] if len(fitting) == 1 else None


def _again(guesses: Sequence[Guess], heard: Guess) -> Guess | None:
    """The guess that names the same thing as an answer which was not surely heard either."""
    thing = _chosen(heard)
    likely = thing and heard.confidence >= _FROM_THE_CHOICES
    return next((guess for guess in guesses if likely and _chosen(guess) == thing), None)
