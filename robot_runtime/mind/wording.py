"""Puts facts into words: things, people, places, lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from robot_runtime.messages import Person, Whereabouts, WorldObject
from robot_runtime.mind.sentences.book import Book
from robot_runtime.mind.turn_length import in_sentences
from robot_runtime.speak.clauses import count_words
from robot_runtime.world.objects import ROBOT
from robot_runtime.world.relations import vessels, whereabouts
from robot_runtime.world.situation import Situation

FRESH_S = 3.0
"""A thing seen this recently "is" somewhere; an older one "was last seen" there."""


WORDS = 40
"""In one turn, until a style says otherwise."""

BATTERY_S = 60.0
"""A battery says how full it is every few seconds; an older word of it is none."""


class Wording:
    """Speaks of the situation as it is when a method is called."""

    def __init__(self, book: Book, situation: Situation) -> None:
        self._book = book
        self._situation = situation

    @property
    def language(self) -> str:
        """That of all sentences, as "en"."""
        return self._book.language

    def speak(self, book: Book) -> None:
        """Another language from now on."""
        self._book = book

    def sentence(self, key: str, **values: str) -> str:
        """In the tone of the style of now: other words for the same."""
        style = self._situation.style
        return self._book.sentence(key, (style.verbosity, style.wording_register) if style else (), **values)

    @property
    def turn_words(self) -> int:
        """The most words of one turn."""
        style = self._situation.style
        return style.words_per_turn if style else WORDS

    @property
    def room_words(self) -> int:
        """What of them is left beside asking whether to go on."""
        return self.turn_words - count_words(self.sentence("shall_i_tell_the_rest"))

    def in_turns(self, told: Callable[[int], str]) -> str:
        """A text by the most words of its sentences: as few sentences as can be when all of it is one turn, else such as leave room."""
        whole = told(self.turn_words)
        return whole if count_words(whole) <= self.turn_words else told(self.room_words)

    def has(self, key: str) -> bool:
        """Whether the language has such a sentence."""
        return key in self._book.sentences

    def the(self, value: str) -> str:
        """A thing by its id, or by the words that were spoken: "the red cup"."""
        thing = self._situation.object(value)
        return self.sentence("the", name=thing.name if thing else value.replace("_", " "))

    def person(self, person_id: str, listener_id: str) -> str:
        """Somebody's name, "you" for who listens."""
        if person_id == listener_id:
            return self.sentence("you")
        person = self._situation.person(person_id)
        return self.called(person.name) if person else person_id

    def called(self, name: str) -> str:
        """Somebody by their name, which may not be known."""
        return name or self.sentence("somebody")

    def person_has(self, person_id: str, listener_id: str) -> str:
        if person_id == listener_id:
            return self.sentence("you_have")
        return self.sentence("has", person=self.person(person_id, listener_id))

    def where(self, thing: WorldObject, listener_id: str = "") -> str:
        """Where a thing is: whose hands, which vessel, which surface, which place."""
        return self.at(whereabouts(thing, vessels(self._situation.facts.objects)), listener_id)

    def at(self, where: Whereabouts, listener_id: str = "") -> str:
        """The same of a place that is known in words only."""
        if where.held_by:
            return self._in_hand(where.held_by, listener_id)
        if where.container:
            inside = self.sentence("in_vessel", vessel=self.the(where.container))
            return f"{inside} {self._standing(where)}" if where.support or where.place else inside
        return self._standing(where)

    def _in_hand(self, holder: str, listener_id: str) -> str:
        if holder == ROBOT:
            return self.sentence("in_gripper")
        if holder == listener_id:
            return self.sentence("in_your_hand")
        person = self._situation.person(holder)
        return self.sentence("in_hand", person=self.called(person.name if person else ""))

    def _standing(self, where: Whereabouts) -> str:
        if where.support and where.place and where.place not in where.support:
            return self.sentence("on_support_in", support=where.support, place=where.place)
        if where.support:
            return self.sentence("on_support", support=where.support)
        return self.sentence("in_place", place=where.place) if where.place else self.sentence("somewhere")

    def found(self, things: Sequence[WorldObject], listener_id: str) -> str:
        """Where each of some things is, or was last seen: "The red cup is on the kitchen table"."""
        clauses = [self._is_where(thing, listener_id) for thing in things]
        return capitalised(self.listing(clauses))

    def survey(self, listener_id: str) -> str:
        """Place, things in view and people in view, in short sentences."""
        facts, now_s = self._situation.facts, self._situation.now_s
        here = self.sentence("in_place", place=facts.robot_place) if facts.robot_place else self.sentence("somewhere")
        seen = [self.sentence("the", name=thing.name) for thing in facts.objects if now_s - thing.last_seen_s <= FRESH_S]
        others = [person for person in facts.people if person.seen and person.id != listener_id]
        opening = count_words(self.sentence("survey", here=here, things="", people=""))

        def told(words: int) -> str:
            said = in_sentences(seen, lambda names: self.sentence("survey_things", things=self.listing(names)), words - opening)
            things = " ".join(said) or self.sentence("survey_nothing")
            return self.sentence("survey", here=here, things=things, people=self._who_is_here(others)).strip()

        return self.in_turns(told)

    def status(self) -> str:
        """How the robot is, in short sentences: whether it may move, where it is, what it holds, its battery."""
        situation, facts = self._situation, self._situation.facts
        free = "status_waits" if situation.waits or situation.latched else "status_well"
        here = self.sentence("in_place", place=facts.robot_place) if facts.robot_place else self.sentence("somewhere")
        said = [self.sentence(free), self.sentence("status_where", here=here)]
        if situation.holding:
            said.append(self.sentence("status_holding", object=self.the(situation.holding)))
        return " ".join([*said, self._battery()])

    def _battery(self) -> str:
        battery = self._situation.battery
        known = battery is not None and self._situation.now_s - battery.stamp_s <= BATTERY_S and math.isfinite(battery.charge_ratio)
        if battery is None or not known:
            return self.sentence("status_no_battery")
        return self.sentence("status_battery", percent=str(round(100 * battery.charge_ratio)))

    def indefinite(self, words: str) -> str:
        """Some thing of a kind: "a cup", "an apple", "any pills"."""
        key = "any" if is_many(words) else "an" if words[:1] in "aeiou" else "a"
        return self.sentence(key, name=words)

    def it(self, name: str) -> str:
        return self.sentence("it_many" if is_many(name) else "it_one")

    def be(self, name: str) -> str:
        return self.sentence("be_many" if is_many(name) else "be_one")

    def was(self, name: str) -> str:
        return self.sentence("was_many" if is_many(name) else "was_one")

    def number(self, count: int) -> str:
        """As a word where people do, else in digits."""
        words = self.sentence("numbers").split()
        return words[count - 1] if 1 <= count <= len(words) else str(count)

    def choices(self, things: Sequence[WorldObject]) -> str:
        """Things to choose from, told apart by where they are when their names do not: "the red cup or the blue cup"."""
        names = [thing.name for thing in things]
        if len(set(names)) == len(names):
            return self.listing([self.sentence("the", name=name) for name in names], "or")
        return self.listing([f"{self.sentence('the', name=thing.name)} {self.where(thing)}" for thing in things], "or")

    def which_surface(self, words: str, called: Sequence[str]) -> str:
        """What is said of a name that is not that of one piece of furniture."""
        if not called:
            return self.sentence("unknown_surface", surface=words)
        return self.sentence("which_one", choices=self.listing([self.sentence("the", name=name) for name in called], "or"))

    def listing(self, items: Sequence[str], key: str = "and") -> str:
        """Items as a person lists them: "a, b and c"."""
        if len(items) < 2:
            return "".join(items)
        return self.sentence(key, first=", ".join(items[:-1]), last=items[-1])

    def _is_where(self, thing: WorldObject, listener_id: str) -> str:
        fresh = self._situation.now_s - thing.last_seen_s <= FRESH_S or thing.held_by == ROBOT
        key = "thing_is" if fresh else "thing_told" if thing.provenance == "told" else "thing_was"
        return self.sentence(key, object=self.sentence("the", name=thing.name), where=self.where(thing, listener_id))

    def _who_is_here(self, others: Sequence[Person]) -> str:
        names = [self.called(person.name) for person in others]
        if not names:
            return ""
        if len(names) == 1:
            return self.sentence("survey_people", people=self.sentence("is_one", person=names[0]))
        return self.sentence("survey_people", people=self.sentence("are_many", people=self.listing(names)))


def is_many(name: str) -> bool:
    """Whether a thing's name is a plural.

    >>> is_many("pills"), is_many("glass"), is_many("red cup")
    (True, False, False)
    """
    return name.endswith("s") and not name.endswith("ss")


def capitalised(text: str) -> str:
    """
    The first letter large, the rest as it is.

    >>> capitalised("the red cup")
    'The red cup'
    """
    return text[:1].upper() + text[1:]
