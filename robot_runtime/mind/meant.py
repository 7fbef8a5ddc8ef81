"""What a mention means in the world: which thing, person or place, by its name, by where it is, or by what was spoken of before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from robot_runtime.messages import AgeGroup, Person, WorldObject
from robot_runtime.mind.known import Known
from robot_runtime.mind.mentions import ALL, Mention
from robot_runtime.world.relations import container_of, is_near, vessels


@dataclass
class Discourse:
    """What was spoken of so far, in this sentence and in this person's turns before it."""

    speaker_id: str
    things: list[str] = field(default_factory=list)  # ids or descriptions, the last named last
    people: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    together: tuple[str, ...] = ()  # things of the turn before: what "them" may mean


def things_meant(mention: Mention, known: Known, discourse: Discourse) -> list[WorldObject]:
    """Every known thing that may be meant, the world's order; sure places only."""
    return [thing for thing in _fitting(mention, known, discourse) if thing.confidence >= known.known_confidence]


def _fitting(mention: Mention, known: Known, discourse: Discourse) -> list[WorldObject]:
    facts, before = known.situation.facts, _before(known, discourse, many=mention.article == ALL)
    last = before[0] if len(before) == 1 else None
    if mention.pronoun == "it":
        return before
    if mention.pronoun == "every":
        return _placed(facts.objects, mention, known)
    if mention.pronoun == "one":
        kind = last.class_name if last else ""
        found = [thing for thing in facts.objects if kind in ("", thing.class_name)]
        if mention.colour:
            found = [thing for thing in found if known.references.describe(thing.colour).colour == mention.colour]
            found = found or [t for t in facts.objects if known.references.describe(t.colour).colour == mention.colour]
        if mention.where is not None and not _placed(found, mention, known):
            found = list(facts.objects)
    else:
        found = list(known.references.objects(mention.named, facts))
    if mention.other and last:
        found = [thing for thing in found if thing.id != last.id]
    return _placed(found, mention, known)


def person_meant(mention: Mention, known: Known, discourse: Discourse) -> Person | None:
    facts = known.situation.facts
    if mention.pronoun == "me":
        return known.references.person(discourse.speaker_id, facts) if discourse.speaker_id else None
    if mention.pronoun == "them":
        return known.situation.person(discourse.people[-1]) if discourse.people else None
    named = known.situation.person(mention.named)
    if named is not None:
        return named
    children = [person for person in facts.people if person.age_group == AgeGroup.CHILD.value]
    return children[0] if len(children) == 1 else None


def place_meant(mention: Mention, discourse: Discourse) -> str:
    """The name of a place, "" when "there" means none."""
    if mention.pronoun == "there":
        return discourse.places[-1] if discourse.places else ""
    return mention.named


def surfaces_meant(mention: Mention, known: Known) -> list[str]:
    """Furniture of that name; of several those in the place that is told, else the one where the robot is."""
    called = known.site.surfaces_called(mention.named)
    if mention.where is None or called == [mention.named]:
        return known.surfaces_called(mention.named)
    return [name for name in called if known.site.surfaces[name].place == mention.where.named]


def is_furniture(mention: Mention, known: Known) -> bool:
    """Whether furniture is meant where things and people may be as well: "table" is also a kind of thing."""
    return mention.kind == "surface" or (mention.kind == "object" and bool(known.site.surfaces_called(mention.named)))


def _before(known: Known, discourse: Discourse, *, many: bool) -> list[WorldObject]:
    """What was spoken of last, as far as it is known: none of a phone that nobody has seen."""
    last = discourse.things[-1:]
    named = discourse.together if many and set(last) <= set(discourse.together) else last
    return list({thing.id: thing for words in named for thing in known.references.objects(words, known.situation.facts)}.values())


def _placed(things: Sequence[WorldObject], mention: Mention, known: Known) -> list[WorldObject]:
    """Those that are where the mention says."""
    where = mention.where
    if where is None:
        return list(things)
    if where.kind == "place":
        return [thing for thing in things if thing.place == where.named]
    if where.kind == "surface":
        found = [thing for thing in things if thing.support in surfaces_meant(where, known)]
        if found or where.where is not None:
            return found
        return [thing for thing in things if thing.support in known.site.surfaces_called(where.named)]
    landmarks = known.references.objects(where.named, known.situation.facts)
    if mention.relation in ("in", "at", "on"):
        inside = {landmark.id for landmark in landmarks}
        return [thing for thing in things if container_of(thing, vessels(known.situation.facts.objects)) in inside]
    return [t for t in things if any(is_near(t, landmark) for landmark in landmarks if landmark.id != t.id)]
