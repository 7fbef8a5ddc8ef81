"""Every condition of a rule: when it holds, when it does not, and that what is not known holds."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from safety.case import Case, Near, Party
from safety.conditions import Example, Examples, Health, Hours, Model, Nearby, Unsupervised, When
from safety.match import matches
from safety.ontology import Thing
from safety.rule_file import RuleChange
from safety.rule_models import Parameters, Rule, Separation
from safety.types import AgeGroup
from tests.safety.small_rules import SEPARATION, rule

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
    ("nameless recipient", When(recipient=names(ADULT)), case(recipient=replace(somebody(), id="")), "recipient ? is adult"),
    ("nameless stranger", When(stranger=True), case(person=replace(somebody(), id="", name="")), "person ? is a stranger"),
    ("nameless requester", When(unauthorised=names("requester")), case(requester=replace(somebody(authorised=False), id="")),
     "requester ? has no authority"),
    ("two kinds of harm", When(object=names("sharp", "metal", "hot")), case(object=replace(KNIFE, properties=names("sharp", "metal"))),
     "object knife is metal, sharp"),
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


NEARBY: dict[str, Any] = {"age_groups": ["child"], "within_m": 1}
BOUNDS: list[tuple[type[Model], dict[str, Any], str, list[float], list[float]]] = [
    (Nearby, NEARBY, "within_m", [0.1, 20], [0, 20.5]),
    (Unsupervised, {}, "within_m", [0.1, 20], [0, 20.5]),
    (Hours, {"until_h": 7}, "from_h", [0, 23.9], [-0.5, 24]),
    (Hours, {"from_h": 7}, "until_h", [0, 24], [-0.5, 24.5]),
    (Health, {"degraded": ["arm"]}, "battery_below", [0.1, 1], [0, 1.5]),
    (When, {}, "faster_than_mps", [0, 2], [-0.5, 2.5]),
    (Example, {"skill": "say"}, "hour", [0, 23.9], [-0.5, 24]),
    (Example, {"skill": "say"}, "speed_mps", [0, 2], [-0.5, 2.5]),
    (Example, {"skill": "say"}, "battery", [0, 1], [-0.5, 1.5]),
    (RuleChange, {}, "version", [2], [1]),
    (Rule, rule("a", {}), "version", [1], [0]),
    (Separation, SEPARATION, "near_m", [0.1, 10], [0, 10.5]),
    (Separation, SEPARATION, "near_speed_mps", [0.1, 2], [0, 2.5]),
    (Separation, SEPARATION, "walking_mps", [0, 2], [-0.5, 2.5]),
    (Separation, SEPARATION, "keep_m", [0.1, 5], [0, 5.5]),
    (Separation, SEPARATION, "pass_m", [0.5, 3], [0.4, 3.5]),
    (Separation, SEPARATION, "approach_keep_m", [0.6, 5], [0.5, 5.5]),
    (Separation, SEPARATION, "approach_speed_mps", [0.1, 0.25], [0, 0.26]),
    (Parameters, {"hazards": ["sharp"]}, "min_age_confidence", [0, 1], [-0.1, 1.5]),
    (Parameters, {"hazards": ["sharp"]}, "rearm_confidence", [0, 1], [-0.1, 1.5]),
    (Parameters, {"hazards": ["sharp"]}, "authorised_confidence", [0, 1], [-0.1, 1.5]),
    (Parameters, {"hazards": ["sharp"]}, "release_distance_m", [0.1, 3], [0, 3.5]),
]  # fmt: skip


@pytest.mark.parametrize(("model", "rest", "name", "good", "bad"), BOUNDS)
def test_numbers_of_a_rule_file_have_bounds(
    model: type[Model], rest: dict[str, Any], name: str, good: list[float], bad: list[float]
) -> None:
    for value in good:
        assert getattr(model.model_validate({**rest, name: value}), name) == value
    for value in bad:
        with pytest.raises(ValidationError, match=name):
            model.model_validate({**rest, name: value})


ONE = Example(skill="say")


@pytest.mark.parametrize(
    ("model", "content"),
    [
        (Nearby, {**NEARBY, "age_groups": []}), (Examples, {"must": [], "must_not": [ONE]}), (Examples, {"must": [ONE], "must_not": []}),
        (Parameters, {"hazards": []}), (Rule, rule("a", {}, why="")), (Rule, rule("a", {}, source="")),
        (Example, {"skill": "say", "near": {"child": -0.5}}), (Example, {"skill": "say", "sharp": True}),
    ],
)  # fmt: skip
def test_what_says_nothing_or_too_much_is_refused(model: type[Model], content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(content)


def test_what_an_example_and_a_file_leave_out_is_harmless_or_careful() -> None:
    assert (ONE.hour, ONE.speed_mps, ONE.battery, ONE.stranger, ONE.requester) == (12.0, 0.0, 1.0, False, ADULT)
    assert Example(skill="say", near={CHILD: 0.0}).near == {CHILD: 0.0}
    assert Parameters(hazards=names("sharp")).model_dump() == {
        "min_age_confidence": 0.6, "rearm_confidence": 0.7, "rearm_age_groups": {ADULT, ELDERLY}, "authorised": set(),
        "authorised_age_groups": {ADULT}, "authorised_confidence": 0.7, "hazards": {"sharp"}, "release_distance_m": 1.0,
    }  # fmt: skip


def test_nothing_of_a_rule_changes_after_loading() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ALONE.places = names("pool")  # type: ignore[misc]  # what is tried here


def test_the_hours_of_a_day_may_begin_and_end_together() -> None:
    assert not Hours(from_h=9, until_h=9).contain(9)
