"""Where things belong, by what people told and what the site's map says, and what follows for putting them somewhere."""

from __future__ import annotations

from collections.abc import Mapping

from robot_runtime.act.catalogue import Skill
from robot_runtime.act.notes import belongings
from robot_runtime.messages import WorldObject
from robot_runtime.mind.known import Known
from robot_runtime.mind.meant import surfaces_meant
from robot_runtime.mind.mentions import Mention
from robot_runtime.mind.wording import capitalised
from robot_runtime.world.objects import ROBOT
from robot_runtime.world.reference import Description


def surface_for(value: str, known: Known) -> str:
    """The surface where a thing belongs: by its kind and colour, else by its kind; "" if nothing says so.

    What people told counts more than the map, and the newest of it most.

    :param value: an object's id, or a description
    """
    thing = known.situation.object(value)
    wanted = _of_thing(thing, known) if thing else known.references.describe(value)
    for source in (belongings(known.situation), known.site.belongs.items()):
        said = [(known.references.describe(words), surface) for words, surface in source if surface in known.site.surfaces]
        fitting = [(kind, surface) for kind, surface in said if _fits(kind, wanted)]
        if fitting:
            return min(fitting, key=lambda one: one[0].colour == "")[1]
    return ""


def surface_named(mention: Mention | None, arguments: Mapping[str, str], known: Known) -> tuple[str, str]:
    """What fills a skill's surface: the one that was named, else where its object belongs; and the sentence about why not, "" if it is."""
    wording, thing = known.wording, arguments.get("object", "")
    if mention is None:
        surface = surface_for(thing, known)
        return surface, "" if surface else wording.sentence("belongs_unknown", object=wording.the(thing))
    if mention.kind == "place":
        surface = _surface_in(mention.named, thing, known)
        return surface, "" if surface else wording.sentence("no_surface_in", place=mention.named)
    meant = surfaces_meant(mention, known)
    return (meant[0], "") if len(meant) == 1 else ("", wording.which_surface(mention.named or mention.words, meant))


def obstacle(skill: Skill, arguments: Mapping[str, str], known: Known, listener_id: str) -> str:
    """Why a thing is not put there: it is there, or somebody has it in their hands; "" when nothing is known against it."""
    surface = next((arguments[name] for name, spec in skill.arguments.items() if spec.type == "surface"), "")
    thing = known.situation.object(arguments.get("object", ""))
    if not surface or thing is None:
        return ""
    wording = known.wording
    if thing.held_by not in ("", ROBOT):
        has = wording.person_has(thing.held_by, listener_id)
        return wording.sentence("other_has", person_has=capitalised(has), object=wording.the(thing.id))
    if thing.support == surface and not thing.held_by:
        return wording.sentence("stands_already", object=capitalised(wording.the(thing.id)), surface=surface)
    return ""


def _surface_in(place: str, value: str, known: Known) -> str:
    """In a room a thing comes to where it belongs there, else to where most things stand, else to where most room is; "" without any."""
    inside, home = known.site.surfaces_in(place), surface_for(value, known)
    supports = [thing.support for thing in known.situation.facts.objects]
    return home if home in inside else max(inside, key=lambda name: (supports.count(name), known.site.surfaces[name].area_m2), default="")


def _of_thing(thing: WorldObject, known: Known) -> Description:
    named = known.references.describe(thing.class_name)
    return Description(named.class_name or thing.class_name, thing.colour)


def _fits(told: Description, wanted: Description) -> bool:
    return bool(told.class_name) and told.class_name == wanted.class_name and told.colour in ("", wanted.colour)
