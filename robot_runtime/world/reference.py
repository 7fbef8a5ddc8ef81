"""From what a person calls a thing or somebody to what the world knows."""

from __future__ import annotations

from dataclasses import dataclass

from robot_runtime.messages import Person, WorldFacts, WorldObject
from safety.ontology import Ontology, normalise


@dataclass(frozen=True)
class Description:
    """What words say of an object; "" where they say nothing."""

    class_name: str
    colour: str


class References:
    """Understands words for things by the ontology's classes, synonyms and colours."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        self._colours = {word: colour for colour, others in ontology.colours.items() for word in (colour, *others)}
        self._kinds = {normalise(word) for name, kind in ontology.classes.items() for word in (name, *kind.synonyms)}

    def describe(self, words: str) -> Description:
        """The class and colour that words such as "the crimson mug" name."""
        colour = next((self._colours[word] for word in normalise(words).split() if word in self._colours), "")
        return Description(self._ontology.of(words).class_name, colour)

    def is_description(self, words: str) -> bool:
        """Whether words are exactly a kind of thing, with at most one colour before it: "red cup", but not "bring the cup"."""
        spoken = normalise(words).split()
        kind = spoken[1:] if len(spoken) > 1 and spoken[0] in self._colours else spoken
        named = " ".join(kind)
        return any(form in self._kinds for form in (named, named.removesuffix("s"), named.removesuffix("es")))

    def is_plural(self, words: str) -> bool:
        """Whether words are several of a kind, as "red cups"; scissors are one thing."""
        kind = normalise(words).split()[-1:]
        return self.is_description(words) and bool(kind) and kind[0].endswith("s") and not self._is_kind(normalise(words))

    def _is_kind(self, spoken: str) -> bool:
        first, _, rest = spoken.partition(" ")
        return spoken in self._kinds or (first in self._colours and rest in self._kinds)

    def objects(self, words: str, facts: WorldFacts) -> tuple[WorldObject, ...]:
        """All known objects that an id or a description fits, in the world's order."""
        exact = tuple(thing for thing in facts.objects if words == thing.id)
        if exact:
            return exact
        wanted = self.describe(words)
        return tuple(thing for thing in facts.objects if self._fits(thing, wanted, words))

    def person(self, words: str, facts: WorldFacts) -> Person | None:
        """Who has this id or name."""
        spoken = normalise(words)
        return next((person for person in facts.people if spoken in (normalise(person.id), normalise(person.name))), None)

    def kinds_of_place(self, name: str) -> frozenset[str]:
        """Kinds of place that a place's name tells: "the upstairs bathroom" is a bathroom."""
        return self._ontology.kinds_of_place(name)

    def _fits(self, thing: WorldObject, wanted: Description, words: str) -> bool:
        if wanted.colour and thing.colour and self._colours.get(thing.colour, thing.colour) != wanted.colour:
            return False
        if wanted.class_name:
            return wanted.class_name == (self._ontology.of(thing.class_name).class_name or thing.class_name)
        return normalise(words).endswith(normalise(thing.class_name)) if thing.class_name else False
