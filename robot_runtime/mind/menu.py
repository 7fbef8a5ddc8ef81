"""What a planner may choose from now: skills, the values of their arguments, and facts to ask about.

The menu is made anew for each utterance, of what exists (the catalogue, the world, the site) and of what the state of the robot leaves
open (a stop, a low battery, who asks).  It keeps a planner from proposing what cannot be; what may be done is the gate's to say, which
judges every task and every step whatever the menu held.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from robot_runtime.act.catalogue import Skill
from robot_runtime.act.durations import WORDS as DURATIONS
from robot_runtime.mind.facts import FACTS
from robot_runtime.mind.known import Known
from safety.ontology import normalise

LOW_BATTERY_RATIO = 0.12
"""Below it the arm starts nothing new; the rule ``battery-low`` of ``safety/rules/home.yaml`` says the same of what it denies."""

MOVING = frozenset({"base", "arm", "head"})
"""Resources that a latched stop takes away."""

MOST_WORDS_OF_A_THING = 4

Values = tuple[str, ...] | None
"""What an argument may be; None for a free text."""


@dataclass(frozen=True)
class Choice:
    """One skill that can be asked for now."""

    skill: str
    about: str
    values: Mapping[str, Values]  # of each argument, by its name
    expected: tuple[str, ...]  # predicates that its manifest promises, as "given(object, recipient)"


@dataclass(frozen=True)
class Menu:
    choices: Mapping[str, Choice]
    facts: Mapping[str, Mapping[str, tuple[str, ...]]]  # kind of fact → argument → values
    left_out: Mapping[str, str]  # skill → why: "stopped", "battery_low" or "nothing_for_" and the argument


def menu_of(known: Known, requester_id: str, words: str = "") -> Menu:
    """The menu for what somebody says now.

    :param requester_id: "" when it is not known who asks
    :param words: what they say: a kind of thing that it names can be asked for although the robot has never seen one
    """
    values = _values(known, words)
    choices: dict[str, Choice] = {}
    left_out: dict[str, str] = {}
    for skill in known.catalogue.skills.values():
        if not is_for_planners(skill):
            continue
        why = _unavailable(skill, known) or _nothing_for(skill, values)
        if why:
            left_out[skill.name] = why
        else:
            choices[skill.name] = _choice(skill, values)
    askable = {name: {argument: _known_values(values, kind) for argument, kind in spec.arguments.items()} for name, spec in FACTS.items()}
    return Menu(choices, {name: given for name, given in askable.items() if all(given.values())}, left_out)


def is_for_planners(skill: Skill) -> bool:
    """Whether plans may use it: what has an intent, and what other skills are composed of.

    A text that no person says, such as the bearing of ``attend``, is the robot's own affair.
    """
    return bool(skill.intent) or all(spec.type != "text" or spec.values for spec in skill.arguments.values())


def _unavailable(skill: Skill, known: Known) -> str:
    if known.situation.latched and MOVING & set(skill.resources):
        return "stopped"
    low = not math.isnan(known.situation.battery_ratio) and known.situation.battery_ratio < LOW_BATTERY_RATIO
    return "battery_low" if low and "arm" in skill.resources else ""


def _nothing_for(skill: Skill, values: Mapping[str, tuple[str, ...]]) -> str:
    """The first argument for which nothing exists."""
    empty = (name for name, spec in skill.arguments.items() if not spec.values and values.get(spec.type) == ())
    return next((f"nothing_for_{name}" for name in empty), "")


def _choice(skill: Skill, values: Mapping[str, tuple[str, ...]]) -> Choice:
    bound = {name: spec.values or values.get(spec.type) for name, spec in skill.arguments.items()}
    return Choice(skill.name, skill.about, bound, tuple(dict.fromkeys((*skill.effects, skill.success))))


def _known_values(values: Mapping[str, tuple[str, ...]], kind: str) -> tuple[str, ...]:
    return values[kind]


def _values(known: Known, words: str) -> dict[str, tuple[str, ...]]:
    """By the type of an argument.  Types that are not here are free texts."""
    facts, site = known.situation.facts, known.site
    people = tuple(person.id for person in facts.people)
    objects = _distinct([*(thing.id for thing in facts.objects), *things_named(known, words)])
    return {
        "object": objects,
        "person": people,
        "place": tuple(site.places),
        "duration": DURATIONS,
        "surface": tuple(site.surfaces),
        "door": tuple(site.doors),
        "target": _distinct([*objects, *people]),
    }


def things_named(known: Known, words: str) -> tuple[str, ...]:
    """Descriptions in a text, such as "phone" or "green cup", that the ontology knows and no known thing fits."""
    spoken = normalise(words).split()
    found: list[str] = []
    end = len(spoken)
    while end > 0:  # from the right, since the kind of a thing comes last
        span = next((start for start in range(max(0, end - MOST_WORDS_OF_A_THING), end) if _describes(known, spoken[start:end])), None)
        if span is None:
            end -= 1
            continue
        named = " ".join(spoken[span:end])
        if not known.references.objects(named, known.situation.facts):
            found.append(named)
        end = span
    return tuple(reversed(_distinct(found)))


def _describes(known: Known, words: list[str]) -> bool:
    """Whether they are a kind of thing, with at most a colour before it."""
    return known.references.is_description(" ".join(words))


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
