"""Puts facts into words: things, people, places, lists."""

from __future__ import annotations

from collections.abc import Sequence

from robot_runtime.messages import Person, WorldObject
from robot_runtime.mind.sentences.book import Book
from robot_runtime.world.objects import ROBOT
from robot_runtime.world.situation import Situation

FRESH_S = 3.0
"""A thing seen this recently "is" somewhere; an older one "was last seen" there."""


class Wording:
    """Speaks of the situation as it is when a method is called."""

    def __init__(self, book: Book, situation: Situation) -> None:
        self._book = book
        self._situation = situation

    def sentence(self, key: str, **values: str) -> str:
        return self._book.sentence(key, **values)

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
        return (person.name or person.id) if person else person_id

    def person_has(self, person_id: str, listener_id: str) -> str:
        if person_id == listener_id:
            return self.sentence("you_have")
        return self.sentence("has", person=self.person(person_id, listener_id))

    def where(self, thing: WorldObject, listener_id: str = "") -> str:
        """Where a thing is: whose hands, which surface, which place."""
        if thing.held_by == ROBOT:
            return self.sentence("in_gripper")
        if thing.held_by and thing.held_by == listener_id:
            return self.sentence("in_your_hand")
        if thing.held_by:
            return self.sentence("in_hand", person=self.person(thing.held_by, listener_id))
        if thing.support and thing.place and thing.place not in thing.support:
            return self.sentence("on_support_in", support=thing.support, place=thing.place)
        if thing.support:
            return self.sentence("on_support", support=thing.support)
        return self.sentence("in_place", place=thing.place) if thing.place else self.sentence("somewhere")

    def found(self, things: Sequence[WorldObject], listener_id: str) -> str:
        """Where each of some things is, or was last seen: "The red cup is on the kitchen table"."""
        clauses = [self._is_where(thing, listener_id) for thing in things]
        return capitalised(self.listing(clauses))

    def survey(self, listener_id: str) -> str:
        """Place, things in view and people in view, in two or three short sentences."""
        facts, now_s = self._situation.facts, self._situation.now_s
        seen = [self.sentence("the", name=thing.name) for thing in facts.objects if now_s - thing.last_seen_s <= FRESH_S]
        things = self.sentence("survey_things", things=self.listing(seen[:6])) if seen else self.sentence("survey_nothing")
        here = self.sentence("in_place", place=facts.robot_place) if facts.robot_place else self.sentence("somewhere")
        others = [person for person in facts.people if person.seen and person.id != listener_id]
        return self.sentence("survey", here=here, things=things, people=self._who_is_here(others)).strip()

    def choices(self, things: Sequence[WorldObject]) -> str:
        """Things to choose from, told apart by where they are when their names do not: "the red cup or the blue cup"."""
        names = [thing.name for thing in things]
        if len(set(names)) == len(names):
            return self.listing([self.sentence("the", name=name) for name in names], "or")
        return self.listing([f"{self.sentence('the', name=thing.name)} {self.where(thing)}" for thing in things], "or")

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
        names = [person.name or person.id for person in others]
        if not names:
            return ""
        if len(names) == 1:
            return self.sentence("survey_people", people=self.sentence("is_one", person=names[0]))
        return self.sentence("survey_people", people=self.sentence("are_many", people=self.listing(names)))


def capitalised(text: str) -> str:
    """
    The first letter large, the rest as it is.

    >>> capitalised("the red cup")
    'The red cup'
    """
    return text[:1].upper() + text[1:]
