"""Every condition of a rule: when it holds, when it does not, and that what is not known holds."""

from __future__ import annotations

import math
from typing import Any

import pytest

from safety.case import Case, Near, Party
from safety.conditions import Health, Hours, Nearby, Unsupervised, When
from safety.match import matches
from safety.ontology import Thing
from safety.types import AgeGroup

CHILD, ADULT, ELDERLY, UNKNOWN = AgeGroup.CHILD, AgeGroup.ADULT, AgeGroup.ELDERLY, AgeGroup.UNKNOWN
KNIFE, LAPTOP, ODD = (
    Thing("knife", "knife", frozenset({"sharp"})),
    Thing("laptop", "laptop", frozenset({"electronic"})),
    Thing("zorb", "", frozenset({"hot"})),
)


def somebody(group: AgeGroup = ADULT, **changes: Any) -> Party:
    return Party("x", **{"name": "X", "group": group, "known": True, "authorised": True, "attentive": True, **changes})


def case(**changes: Any) -> Case:
    return Case(changes.pop("skill", "put"), **{"hour": 12.0, "speed_mps": 0.0, **changes})


def names(*words: str) -> frozenset[Any]:
    return frozenset(words)


NEAR_CHILD = When(near=Nearby(age_groups=names(CHILD), within_m=2))
ALONE = When(unsupervised=Unsupervised(within_m=3))
LOW = When(health=Health(battery_below=0.2))
HOLDS: list[tuple[str, When, Case, str | None]] = [
    ("no condition", When(), case(), "always"),
    ("skill", When(skills=names("put")), case(), "skill put"),
    ("other skill", When(skills=names("pick")), case(), None),
    ("moves", When(moves=names("arm", "base")), case(moves=names("arm")), "moves arm"),
    ("moves nothing", When(moves=names("arm")), case(), None),
    ("object", When(object=names("sharp", "hot")), case(object=KNIFE), "object knife is sharp"),
    ("other object", When(object=names("hot")), case(object=KNIFE), None),
    ("no object", When(object=names("hot")), case(), None),
    ("unknown object", When(object_known=False), case(object=ODD), "object zorb is of no known class"),
    ("known object", When(object_known=True), case(object=KNIFE), "object knife is known"),
    ("not that known", When(object_known=False), case(object=KNIFE), None),
    ("nothing to know", When(object_known=False), case(), None),
    ("held", When(held=names("sharp")), case(held=KNIFE), "holds knife is sharp"),
    ("nothing held", When(held=names("sharp")), case(object=KNIFE), None),
    ("target", When(target=names("electronic")), case(object=KNIFE, target=LAPTOP), "target laptop is electronic"),
    ("object is no target", When(target=names("electronic")), case(object=LAPTOP), None),
    ("beside", When(beside=names("sharp")), case(object=LAPTOP, beside=(ODD, KNIFE)), "beside it knife is sharp"),
    ("nothing beside", When(beside=names("sharp")), case(object=LAPTOP, beside=(ODD,)), None),
    ("unknown beside", When(beside=names("sharp")), case(target=LAPTOP, stale=names("world/facts")), "unknown what is beside it"),
    ("beside nothing", When(beside=names("sharp")), case(stale=names("world/facts")), None),
    ("recipient", When(recipient=names(ADULT)), case(recipient=somebody()), "recipient x is adult"),
    ("age in doubt is a child", When(recipient=names(CHILD)), case(recipient=somebody(UNKNOWN)), "recipient x is of unknown age"),
    ("age in doubt is no adult", When(recipient=names(ADULT)), case(recipient=somebody(UNKNOWN)), None),
    ("nobody gets it", When(recipient=names(CHILD)), case(), None),
    ("requester", When(requester=names(CHILD)), case(requester=somebody(CHILD)), "requester x is child"),
    ("other requester", When(requester=names(CHILD)), case(requester=somebody()), None),
    ("nobody is approached", When(person=names(CHILD)), case(), None),
    ("person", When(person=names(ELDERLY)), case(person=somebody(ELDERLY)), "person x is elderly"),
    ("stranger", When(stranger=True), case(person=somebody(name="")), "person x is a stranger"),
    ("unseen stranger", When(stranger=True), case(person=somebody(known=False)), "person x is a stranger"),
    ("friend", When(stranger=True), case(person=somebody()), None),
    ("known by name", When(stranger=False), case(person=somebody()), "person x is known by name"),
    ("no stranger", When(stranger=True), case(), None),
    ("unauthorised", When(unauthorised=names("requester")), case(requester=somebody(authorised=False)), "requester x has no authority"),
    ("authorised", When(unauthorised=names("requester", "person")), case(requester=somebody()), None),
    ("looks elsewhere", When(inattentive=names("person")), case(person=somebody(attentive=False)), "person x does not look"),
    ("looks", When(inattentive=names("person", "recipient")), case(person=somebody(), recipient=somebody()), None),
    ("one of two", When(inattentive=names("person", "recipient")), case(person=somebody(), recipient=somebody(attentive=False)),
     "recipient x does not look"),
    ("child near", NEAR_CHILD, case(near=(Near(ADULT, 1), Near(CHILD, 2.0))), "child within 2 m"),
    ("child far", NEAR_CHILD, case(near=(Near(CHILD, 2.01),)), None),
    ("unknown near", NEAR_CHILD, case(near=(Near(UNKNOWN, 0.0),)), "unknown within 2 m"),
    ("nobody watches", ALONE, case(), "no grown-up within 3 m"),
    ("only children", ALONE, case(near=(Near(CHILD, 1), Near(UNKNOWN, 1))), "no grown-up within 3 m"),
    ("grown-up far", ALONE, case(near=(Near(ADULT, 3.01),)), "no grown-up within 3 m"),
    ("grown-up", ALONE, case(near=(Near(CHILD, 1), Near(ELDERLY, 3.0))), None),
    ("place", When(places=names("Pool")), case(places=names("pool house")), "place pool house"),
    ("part of a word", When(places=names("pool")), case(places=names("liverpool")), None),
    ("destination", When(destination=names("water")), case(destination=names("water"), here=names("kitchen")), "goes to water"),
    ("comes from there", When(destination=names("water")), case(here=names("water")), None),
    ("here", When(here=names("water")), case(here=names("water")), "is in water"),
    ("goes there", When(here=names("water")), case(destination=names("water")), None),
    ("who knows where", When(here=names("water")), case(stale=names("world/facts")), "unknown where it is"),
    ("night", When(hours=Hours(from_h=22, until_h=6)), case(hour=23), "between 22 and 6 h"),
    ("day", When(hours=Hours(from_h=22, until_h=6)), case(hour=12), None),
    ("who knows when", When(hours=Hours(from_h=22, until_h=6)), case(hour=math.nan), "between 22 and 6 h"),
    ("fast", When(faster_than_mps=0.3), case(speed_mps=0.31), "faster than 0.3 m/s"),
    ("slow", When(faster_than_mps=0.3), case(speed_mps=0.3), None),
    ("who knows how fast", When(faster_than_mps=0.3), case(speed_mps=math.nan), "faster than 0.3 m/s"),
    ("battery low", LOW, case(battery=0.19), "battery below 20%"),
    ("battery full", LOW, case(battery=0.2), None),
    ("who knows the battery", LOW, case(battery=math.nan), "battery below 20%"),
    ("no battery", LOW, case(battery=None), None),
    ("degraded", When(health=Health(degraded=names("arm", "lidar"))), case(degraded=names("arm")), "degraded arm"),
    ("healthy", When(health=Health(battery_below=0.2, degraded=names("arm"))), case(battery=1.0, degraded=names("base")), None),
    ("topic", When(topics=names("secret")), case(topics=names("secret", "insult")), "speaks of secret"),
    ("other topic", When(topics=names("secret")), case(topics=names("insult")), None),
    ("stale", When(stale=names("pose", "people")), case(stale=names("pose")), "stale pose"),
    ("fresh", When(stale=names("pose")), case(), None),
    ("all of them", When(skills=names("put"), object=names("sharp")), case(object=KNIFE), "skill put, object knife is sharp"),
    ("one of them not", When(skills=names("put"), object=names("hot")), case(object=KNIFE), None),
]  # fmt: skip


@pytest.mark.parametrize(("when", "situation", "evidence"), [pytest.param(w, c, e, id=i) for i, w, c, e in HOLDS])
def test_conditions(when: When, situation: Case, evidence: str | None) -> None:
    assert matches(when, situation) == evidence


def test_every_condition_is_tried_with_both_outcomes() -> None:
    for name in When.model_fields:
        outcomes = {evidence is None for _, when, _, evidence in HOLDS if when.given == (name,)}
        assert outcomes == {True, False}, name
