"""The parts of a case that vary by themselves, and the values that each can take.

A facet is either one of several choices (the hour) or any number of them at once (who is near).  The choices are made
from what the rule files and the ontology mention, one for each kind that some condition can tell apart; so the list is
finite and nothing is left out.  A step goes from a choice to one that is at least as dangerous.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, get_args

from safety.analysis.calls import WORSE, Call, all_calls
from safety.analysis.combined import AND
from safety.analysis.notation import AnalysisError, Fragment
from safety.conditions import Component, InputName, When
from safety.ontology import Ontology
from safety.rules import Rules
from safety.types import AgeGroup

AROUND = "around"
"""What exists in every case, whatever the call."""

UNKNOWN_NAMES = ("frobnicator", "gizmotron", "whatsit", "thingamajig")
"""The first of these that the ontology has never heard of stands for all things that it does not know."""

GROWN_UPS_STAY = frozenset({"unsupervised"})
"""Conditions that hold until a grown-up comes near: that one who does ends them is what they are for."""


@dataclass(frozen=True, slots=True)
class Step:
    """From a case with one choice to one with another that is at least as dangerous.

    ``before`` is None where the choice ``after`` is added to what is there.
    """

    before: int | None
    after: int
    excused: frozenset[str] = frozenset()  # conditions that may cease to hold by it


@dataclass(frozen=True, slots=True)
class Facet:
    """One part of a case."""

    name: str
    choices: tuple[Fragment, ...]
    many: bool = False  # any number of the choices at once, else exactly one
    may_be_empty: bool = True  # of one that takes many
    part: str = AROUND  # the call must have it, else the facet is empty
    steps: tuple[Step, ...] = ()
    unite: Callable[[Sequence[Fragment]], Fragment] | None = None  # where ``joined`` would not do


@dataclass(frozen=True, slots=True)
class Looks:
    """At which facets a condition looks.

    It holds if it would hold on each of ``always`` at the best values of the others, and on one of ``any_of`` at their
    harmless ones.  ``space.py`` tries whether that is so.
    """

    always: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()


LOOKS: dict[str, Looks] = {
    "skills": Looks(always=("call",)),
    "moves": Looks(always=("call",)),
    "object": Looks(always=("object",)),
    "object_known": Looks(always=("object",)),
    "held": Looks(always=("held",)),
    "target": Looks(always=("target",)),
    "beside": Looks(always=("call",), any_of=("beside", "stale")),
    "recipient": Looks(always=("call",)),
    "requester": Looks(always=("requester",)),
    "person": Looks(always=("call",)),
    "stranger": Looks(always=("call",)),
    "unauthorised": Looks(any_of=("call", "requester")),
    "inattentive": Looks(any_of=("call", "requester")),
    "near": Looks(always=("near",)),
    "unsupervised": Looks(always=("near",)),
    "places": Looks(any_of=("destination", "here")),
    "destination": Looks(always=("destination",)),
    "here": Looks(any_of=("here", "stale")),
    "hours": Looks(always=("hour",)),
    "faster_than_mps": Looks(always=("speed",)),
    "health": Looks(any_of=("battery", "degraded")),
    "topics": Looks(always=("text",)),
    "stale": Looks(always=("stale",)),
}


def check_known() -> None:
    """See to it that every condition a rule may have is one that this module can reason about.

    :raises AnalysisError: it is not
    """
    for name in When.model_fields:
        if name not in LOOKS:
            raise AnalysisError(f"condition '{name}' of rules is unknown to the analysis; enter it in safety/analysis/facets.py: LOOKS")


def facets(files: Sequence[Rules], ontology: Ontology) -> tuple[tuple[Facet, ...], tuple[Call, ...]]:
    """All parts of a case that these rule files can tell apart, and what the choices of the first, the call, are.

    :raises AnalysisError: a condition is unknown here
    """
    check_known()
    whens = [rule.when for rules in files for rule in rules.rules]
    every_call = all_calls(files, ontology)
    beside = _things("beside", whens, ontology)
    return (
        Facet("call", tuple(call.fragment for call in every_call), steps=_call_steps(every_call)),
        _thing_facet("object", _things("object", whens, ontology), part="object"),
        _thing_facet("target", _things("target", whens, ontology), part="target"),
        Facet("beside", tuple({"beside": [name]} for name in beside), many=True, part="things", steps=_adding(len(beside))),
        _thing_facet("held", _things("held", whens, ontology)),
        _requester(),
        _near(whens),
        _places("destination", "place", whens, ontology, part="destination"),
        _places("here", "here", whens, ontology),
        _hours(whens),
        _speeds(whens),
        _battery(whens),
        _listed("degraded", get_args(Component)),
        _topics(whens, ontology),
        _listed("stale", get_args(InputName)),
    ), every_call


def _adding(count: int, **keywords: Any) -> tuple[Step, ...]:
    return tuple(Step(None, index, **keywords) for index in range(count))


def _call_steps(every_call: Sequence[Call]) -> tuple[Step, ...]:
    """The same call of, or about, somebody who needs more care: older or younger, unknown, looking away, without authority."""
    index = {call: i for i, call in enumerate(every_call)}
    return tuple(Step(i, index[worse]) for call, i in index.items() for worse in call.worse() if worse in index)


# ---------------------------------------------------------------- things


def _things(field: str, whens: Iterable[When], ontology: Ontology) -> tuple[str, ...]:
    """A name for every kind of thing that this condition can tell apart, the least dangerous first, the unknown one last."""
    asked = frozenset[str]().union(*(getattr(when, field) for when in whens))
    kinds = {name: asked & entry.properties for name, entry in ontology.classes.items()}
    names: dict[frozenset[str], str] = {}
    for name in sorted(kinds, key=lambda name: (len(kinds[name]), name not in ontology.vocabulary)):
        names.setdefault(kinds[name], name)
    unknown = next((name for name in UNKNOWN_NAMES if not ontology.of(name).known), None)
    if unknown is None:
        raise AnalysisError(f"the ontology knows every one of {', '.join(UNKNOWN_NAMES)}; add another to safety/analysis/facets.py")
    return (*names.values(), unknown)


def _thing_facet(field: str, names: tuple[str, ...], part: str = AROUND) -> Facet:
    """Several things at once are one thing that is all of them (``combined.py``); the unknown one comes last."""
    rank = {name: i for i, name in enumerate(names)}

    def unite(fragments: Sequence[Fragment]) -> Fragment:
        return {field: AND.join(sorted({name for f in fragments for name in f[field].split(AND)}, key=lambda name: rank[name]))}

    choices: tuple[Fragment, ...] = tuple({field: name} for name in names)
    return Facet(field, choices, many=True, may_be_empty=part == AROUND, part=part, steps=_adding(len(names)), unite=unite)


# ---------------------------------------------------------------- people


def _requester() -> Facet:
    """Who asks: their age, whether they look at the robot, whether they have authority, which only adults can have."""
    choices: list[tuple[AgeGroup, bool, bool]] = [
        (group, authorised, attentive) for group in WORSE for authorised in (True, False) for attentive in (True, False)
    ]
    index = {choice: i for i, choice in enumerate(choices)}
    steps = [
        Step(index[choice], index[worse])
        for choice in choices
        for worse in (
            *((group, *choice[1:]) for group in WORSE[choice[0]]),
            (choice[0], False, choice[2]),
            (choice[0], choice[1], False),
        )
        if worse != choice
    ]
    return Facet("requester", tuple(_requester_fragment(*choice) for choice in choices), steps=tuple(steps))


def _requester_fragment(group: AgeGroup, authorised: bool, attentive: bool) -> Fragment:
    fragment: dict[str, Any] = {} if group == AgeGroup.ADULT else {"requester": group.value}
    if not authorised:
        fragment["unauthorised"] = ["requester"]
    if not attentive:
        fragment["inattentive"] = ["requester"]
    return fragment


def _near(whens: Sequence[When]) -> Facet:
    """Somebody of each age group at each distance that a rule mentions, and beyond."""
    asked = [condition.within_m for when in whens for condition in (when.near, when.unsupervised) if condition is not None]
    distances_m = _with_beyond(asked, step=1.0)
    who = [(group, distance_m) for group in WORSE for distance_m in distances_m]
    index = {somebody: i for i, somebody in enumerate(who)}
    steps = [Step(None, i, _excused(group)) for (group, _), i in index.items()]
    for (group, distance_m), i in index.items():
        worse = [(other, distance_m) for other in WORSE[group]]
        worse += [(group, near_m) for near_m, far_m in pairwise(distances_m) if far_m == distance_m]
        steps += [Step(i, index[somebody], _excused(somebody[0])) for somebody in worse]
    return Facet("near", tuple({"near": {group.value: d}} for group, d in who), many=True, steps=tuple(steps))


def _excused(arrives: AgeGroup) -> frozenset[str]:
    return GROWN_UPS_STAY if arrives in (AgeGroup.ADULT, AgeGroup.ELDERLY) else frozenset()


# ---------------------------------------------------------------- places, words, numbers


def _places(name: str, field: str, whens: Iterable[When], ontology: Ontology, part: str = AROUND) -> Facet:
    """A place for each kind, and for each word of a place's name, that a rule asks for."""
    words = sorted({word for when in whens for word in when.places})
    kinds = sorted({kind for when in whens for kind in when.destination | when.here})
    names = dict.fromkeys([*words, *(_name_of_place(kind, ontology) for kind in kinds)])
    return Facet(name, tuple({field: place} for place in names), many=True, part=part, steps=_adding(len(names)), unite=_sentence_of(field))


def _name_of_place(kind: str, ontology: Ontology) -> str:
    """Its own name where that tells the kind and no other."""
    candidates = [word for word in (kind.replace("_", " "), *ontology.place_words[kind]) if kind in ontology.kinds_of_place(word)]
    return min(candidates, key=lambda word: len(ontology.kinds_of_place(word)))


def _topics(whens: Iterable[When], ontology: Ontology) -> Facet:
    """A phrase for each topic that a rule asks for."""
    asked = sorted({topic for when in whens for topic in when.topics})
    phrases = tuple(min(ontology.topic_words[topic], key=lambda phrase: len(ontology.topics_of(phrase))) for topic in asked)
    return Facet(
        "text", tuple({"text": p} for p in phrases), many=True, part="text", steps=_adding(len(phrases)), unite=_sentence_of("text")
    )


def _sentence_of(field: str) -> Callable[[Sequence[Fragment]], Fragment]:
    return lambda fragments: {field: ", ".join(dict.fromkeys(f[field] for f in fragments))}


def _listed(field: str, names: Iterable[str]) -> Facet:
    choices: tuple[Fragment, ...] = tuple({field: [name]} for name in names)
    return Facet(field, choices, many=True, steps=_adding(len(choices)))


def _hours(whens: Iterable[When]) -> Facet:
    """Noon, every edge, and a moment between each two.  An hour that is unknown matches wherever any hour does."""
    edges = sorted({edge % 24 for when in whens if when.hours for edge in (when.hours.from_h, when.hours.until_h)})
    between = [round((a + b) / 2 % 24, 3) for a, b in pairwise([*edges, edges[0] + 24])] if edges else []
    return Facet("hour", ({}, *({"hour": hour} for hour in (*edges, *between))))


def _speeds(whens: Iterable[When]) -> Facet:
    """Standing, each speed that a rule mentions, and beyond; no example is faster than 2 m/s."""
    asked = {when.faster_than_mps for when in whens if when.faster_than_mps is not None}
    speeds = _with_beyond({0.0, *asked}, step=0.1)[1:] if asked else []
    choices: tuple[Fragment, ...] = ({}, *({"speed_mps": min(speed, 2.0)} for speed in speeds))
    return Facet("speed", choices, steps=tuple(_chain(len(choices))))


def _battery(whens: Iterable[When]) -> Facet:
    """Full, and a charge below each that a rule mentions, but not below the next."""
    asked = sorted({when.health.battery_below for when in whens if when.health and when.health.battery_below is not None}, reverse=True)
    choices: tuple[Fragment, ...] = ({}, *({"battery": round((charge + lower) / 2, 6)} for charge, lower in pairwise([*asked, 0.0])))
    return Facet("battery", choices, steps=tuple(_chain(len(choices))))


def _with_beyond(thresholds: Iterable[float], step: float) -> list[float]:
    """Each threshold, which still counts as within it, and a value beyond the largest."""
    ordered = sorted(set(thresholds))
    return [*ordered, round(ordered[-1] + step, 3)] if ordered else []


def _chain(count: int) -> Iterator[Step]:
    """Each choice is at least as dangerous as the one before."""
    return (Step(index, index + 1) for index in range(count - 1))
