"""Things that are several things at once."""

from __future__ import annotations

from safety.ontology import Ontology, Thing

AND = " + "


class Combined(Ontology):
    """An ontology that also knows "knife + cup": one thing with the properties of both.

    The gate makes such a thing where an object's id, its class and its name disagree (``safety/context.py``); a single name can
    not express all of them.
    """

    def __init__(self, ontology: Ontology) -> None:
        """Everything else is as in ``ontology``."""
        self.__dict__.update(ontology.__dict__)

    def of(self, value: str) -> Thing:
        """As ``Ontology.of``; of several things, known by the class of the last one.

        >>> both = Combined(Ontology.load()).of("knife + frobnicator")
        >>> both.known, "sharp" in both.properties
        (False, True)
        """
        things = [super(Combined, self).of(name) for name in value.split(AND)]
        if len(things) == 1:
            return things[0]
        return Thing(value, things[-1].class_name, frozenset[str]().union(*(thing.properties for thing in things)))
