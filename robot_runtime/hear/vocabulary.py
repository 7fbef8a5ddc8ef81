"""The robot's own grammar: what its skills understand, over the names of its home."""

from __future__ import annotations

from collections.abc import Iterable

from robot_runtime.act.catalogue import Catalogue, Language
from robot_runtime.act.durations import PATTERNS as DURATIONS
from robot_runtime.hear import pattern
from robot_runtime.hear.grammar import Grammar, Rule
from robot_runtime.world.relations import VESSEL_RADIUS_M
from safety.ontology import Ontology

SPEAKER_WORDS = ("me",)


def robot_grammar(
    catalogue: Catalogue,
    ontology: Ontology,
    places: Iterable[str],
    people: Iterable[str],
    objects: Iterable[str] = (),
    surfaces: Iterable[str] = (),
    doors: Iterable[str] = (),
    language: Language = "en",
) -> Grammar:
    """The grammar of all phrases of the catalogue; those with a slot for which there are no words are left out.

    An object is a class or a synonym of the ontology's vocabulary with at most one colour before it; a place is one of the site's; a
    person is somebody by name, or "me", which is as likely as all names together; a surface may be called by the last word of its
    name ("table").  ``objects`` are names of things that the
    robot knows of: people ask for them, by class or by full name, as often as for all others together.  The order of all
    names is fixed, so that the same names give the same grammar.
    """
    colours = sorted({word for colour, others in ontology.colours.items() for word in (colour, *others)})
    things = sorted({word for name, kind in ontology.vocabulary.items() for word in (name, *kind.synonyms)})
    known = sorted({name.lower() for name in objects} - {""})
    names = sorted({name.lower() for name in people} - {""})
    slots = {
        "object": [f"[{' | '.join(colours)}] ({' | '.join(things)})", *([f"({' | '.join(known)})"] if known else [])],
        "colour": colours,
        "place": sorted(places),
        "person": [*SPEAKER_WORDS, *([f"({' | '.join(names)})"] if names else [])],
        "name": names,
        "surface": sorted({word for name in surfaces for word in (name.lower(), name.lower().split()[-1])}),
        "door": sorted(name.lower() for name in doors),
        "duration": DURATIONS,
        "vessel": sorted(
            {word for name in VESSEL_RADIUS_M if name in ontology.vocabulary for word in (name, *ontology.vocabulary[name].synonyms)}
        ),
    }
    unfilled = {name for name, words in slots.items() if not words}
    rules = [Rule(phrase.intent, phrase.pattern, phrase.values) for phrase in catalogue.phrases(language)]
    return Grammar([rule for rule in rules if not unfilled & set(pattern.slots(pattern.parse(rule.phrase)))], slots)
