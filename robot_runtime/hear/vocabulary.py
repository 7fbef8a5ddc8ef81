"""The robot's own grammar: what its skills understand, over the names of its home."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from robot_runtime.act.catalogue import Catalogue
from robot_runtime.act.durations import PATTERNS as DURATIONS
from robot_runtime.hear import pattern
from robot_runtime.hear.grammar import Grammar, Rule
from robot_runtime.language.language import REFERENCE, Language, load_language
from robot_runtime.world.relations import VESSEL_RADIUS_M
from safety.ontology import Ontology

SPEAKER = "me"


def robot_grammar(
    catalogue: Catalogue,
    ontology: Ontology,
    places: Iterable[str],
    people: Iterable[str],
    objects: Iterable[str] = (),
    surfaces: Iterable[str] = (),
    languages: Sequence[str] = (REFERENCE,),
    doors: Iterable[str] = (),
) -> Grammar:
    """The grammar of all phrases of the catalogue; those with a slot for which there are no words are left out.

    An object is a class or a synonym of the ontology's vocabulary with at most one colour before it; a place is one of the site's; a
    person is somebody by name, or "me", which is as likely as all names together; a surface may be called by the last word of its
    name ("table").  ``objects`` are names of things that the
    robot knows of: people ask for them, by class or by full name, as often as for all others together.  The order of all
    names is fixed, so that the same names give the same grammar.

    :param languages: that are spoken; the grammar of the first holds those of the others beside it.  In another language than English
        things have the names that its file knows, and the slots of a meaning hold the English ones
    """
    names = _Names(
        sorted(places),
        sorted({name.lower() for name in people} - {""}),
        sorted({name.lower() for name in objects} - {""}),
        sorted({word for name in surfaces for word in (name.lower(), name.lower().split()[-1])}),
        sorted(name.lower() for name in doors),
    )
    first, *others = [load_language(language) for language in languages]
    return _grammar(first, catalogue, ontology, names, [_grammar(other, catalogue, ontology, names) for other in others])


@dataclass(frozen=True)
class _Names:
    """Of what there is, in English, sorted."""

    places: list[str]
    people: list[str]
    known: list[str]
    surfaces: list[str]
    doors: list[str]


def _grammar(language: Language, catalogue: Catalogue, ontology: Ontology, names: _Names, also: Sequence[Grammar] = ()) -> Grammar:
    things = sorted({word for name, kind in ontology.vocabulary.items() for word in (name, *kind.synonyms)})
    vessels = {word for name in VESSEL_RADIUS_M if name in ontology.vocabulary for word in (name, *ontology.vocabulary[name].synonyms)}
    slots = (_in_english if language.is_reference else _in_another)(language, ontology, names, things, sorted(vessels))
    unfilled = {name for name, words in slots.items() if not words}
    phrases = catalogue.phrases(language.language)
    listed = {(phrase.intent, slot): values for phrase in phrases for slot, values in phrase.values.items()}

    def meant(intent: str, slot: str, words: str) -> str:
        return listed.get((intent, slot), {}).get(words) or _meant(language, slot, words)

    rules = [Rule(phrase.intent, phrase.pattern, {slot: tuple(values) for slot, values in phrase.values.items()}) for phrase in phrases]
    sayable = [rule for rule in rules if not unfilled & set(pattern.slots_of(rule.phrase))]
    return Grammar(sayable, slots, language, meant, also)


def _in_english(
    language: Language, ontology: Ontology, names: _Names, things: list[str], vessels: list[str]
) -> Mapping[str, Sequence[str]]:
    colours = sorted({word for colour, others in ontology.colours.items() for word in (colour, *others)})
    return {
        "object": [f"[{' | '.join(colours)}] ({' | '.join(things)})", *_one_of(names.known)],
        "colour": colours,
        "place": names.places,
        "person": [SPEAKER, *_one_of(names.people)],
        "name": names.people,
        "surface": names.surfaces,
        "door": names.doors,
        "duration": DURATIONS,
        "vessel": vessels,
    }


def _in_another(
    language: Language, ontology: Ontology, names: _Names, things: list[str], vessels: list[str]
) -> Mapping[str, Sequence[str]]:
    return {
        "object": [*language.things(things, coloured=True), *language.things(names.known)],
        "colour": language.colour_words(),
        "place": language.things(names.places),
        "person": [f"({' | '.join(language.mentioning.me)})", *_one_of(names.people)],
        "name": names.people,
        "surface": language.things(names.surfaces),
        "door": language.things(names.doors),
        "duration": list(language.spans()),
        "vessel": language.things(vessels),
    }


def _meant(language: Language, slot: str, words: str) -> str:
    if language.is_reference or slot == "name":
        return words
    if slot == "person":
        return SPEAKER if words in language.mentioning.me else words
    if slot == "duration":
        return language.spans()[words]
    return language.colour(words) if slot == "colour" else language.english(words)


def _one_of(names: Sequence[str]) -> list[str]:
    return [f"({' | '.join(names)})"] if names else []
