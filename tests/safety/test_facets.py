"""Which values of each part of a case the proofs try, and which steps between them go to more danger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from safety.analysis import facets
from safety.analysis.calls import Call
from safety.analysis.facets import Facet
from safety.conditions import When
from safety.ontology import Ontology
from safety.types import AgeGroup

WORSE = {("adult", "elderly"), ("adult", "child"), ("elderly", "unknown"), ("child", "unknown")}


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


def whens(*conditions: dict[str, Any]) -> list[When]:
    return [When.model_validate(condition) for condition in conditions]


def taken(facet: Facet) -> set[tuple[int | None, int]]:
    return {(step.before, step.after) for step in facet.steps}


# ---------------------------------------------------------------- people


def test_people_come_near_come_nearer_or_turn_out_to_need_more_care() -> None:
    facet = facets._near(whens({"near": {"age_groups": ["child"], "within_m": 1}}, {"unsupervised": {"within_m": 3}}, {}))
    who = [next(iter(choice["near"].items())) for choice in facet.choices]
    assert set(who) == {(group.value, at_m) for group in AgeGroup for at_m in (1.0, 3.0, 4.0)} and facet.many
    come = {(None, someone) for someone in who}
    nearer = {((group, far_m), (group, near_m)) for group, _ in who for near_m, far_m in ((1.0, 3.0), (3.0, 4.0))}
    worse = {((one, at_m), (other, at_m)) for one, other in WORSE for at_m in (1.0, 3.0, 4.0)}
    assert {(None if step.before is None else who[step.before], who[step.after]) for step in facet.steps} == come | nearer | worse
    for step in facet.steps:
        assert step.excused == ({"unsupervised"} if who[step.after][0] in ("adult", "elderly") else set())


def test_who_asks_gets_worse_in_one_respect_at_a_time() -> None:
    facet = facets._requester()
    asks = [
        (choice.get("requester", "adult"), "requester" in choice.get("unauthorised", ()), "requester" in choice.get("inattentive", ()))
        for choice in facet.choices
    ]
    assert set(asks) == {(group.value, lacks, away) for group in AgeGroup for lacks in (False, True) for away in (False, True)}
    expected = {
        (asks.index(one), asks.index(other))
        for one in asks
        for other in asks
        if ((one[0], other[0]) in WORSE and one[1:] == other[1:])
        or (one[0] == other[0] and sorted([one[1:], other[1:]]) == [one[1:], other[1:]] and sum(other[1:]) == sum(one[1:]) + 1)
    }
    assert len(expected) == 32 and taken(facet) == expected and facet.choices[0] == {}


def test_a_call_gets_worse_by_who_is_in_it() -> None:
    parts = frozenset({"recipient"})
    groups = {group: Call("fetch", parts, group) for group in AgeGroup}
    adult = groups[AgeGroup.ADULT]
    worse = [
        Call("fetch", parts, AgeGroup.ADULT, stranger=True),
        Call("fetch", parts, AgeGroup.ADULT, authorised=False),
        Call("fetch", parts, AgeGroup.ADULT, attentive=False),
    ]
    every = [*groups.values(), *worse, Call("say", frozenset({"text"}))]
    found = {(every[step.before or 0], every[step.after]) for step in facets._call_steps(every) if step.before != step.after}
    assert found == {(groups[AgeGroup(one)], groups[AgeGroup(other)]) for one, other in WORSE} | {(adult, other) for other in worse}


# ---------------------------------------------------------------- numbers


def test_of_hours_the_edges_and_moments_between_them_are_tried() -> None:
    night, short = whens({"hours": {"from_h": 22, "until_h": 6}}, {"hours": {"from_h": 0, "until_h": 0.0625}})
    assert [choice.get("hour") for choice in facets._hours([night]).choices] == [None, 6, 22, 14, 2]
    assert [choice.get("hour") for choice in facets._hours([short]).choices] == [None, 0, 0.0625, 0.031, 12.031]
    assert facets._hours(whens({})).choices == ({},)
    till_midnight = whens({"hours": {"from_h": 20, "until_h": 24}})
    assert [choice.get("hour") for choice in facets._hours(till_midnight).choices] == [None, 0, 20, 10, 22]


@pytest.mark.parametrize(
    ("asked", "tried"),
    [((), []), ((0.5, 1.95), [0.5, 1.95, 2.0]), ((0.5, 0.5), [0.5, 0.6]), ((0.0,), [0.1]), ((0.0, 0.3), [0.3, 0.4]),
     ((0.12345,), [0.12345, 0.223])],
)  # fmt: skip
def test_the_base_stands_or_has_each_speed_that_is_asked_for_or_more(asked: tuple[float, ...], tried: list[float]) -> None:
    facet = facets._speeds(whens({}, *({"faster_than_mps": speed_mps} for speed_mps in asked)))
    assert facet.choices == ({}, *({"speed_mps": speed_mps} for speed_mps in tried))
    assert taken(facet) == {(i, i + 1) for i in range(len(tried))} and not facet.many


@pytest.mark.parametrize(
    ("asked", "tried"), [((), []), ((0.2, 0.1), [0.15, 0.05]), ((0.2, 0.195), [0.1975, 0.0975]), ((0.2, 0.123457), [0.161728, 0.061728])]
)
def test_the_battery_is_full_or_below_each_charge_that_is_asked_for_but_not_below_the_next(
    asked: tuple[float, ...], tried: list[float]
) -> None:
    facet = facets._battery(whens({}, {"health": {"degraded": ["arm"]}}, *({"health": {"battery_below": charge}} for charge in asked)))
    assert [choice.get("battery", 1.0) for choice in facet.choices] == [1.0, *(pytest.approx(charge, abs=6e-7) for charge in tried)]
    assert all(round(charge, 6) == charge for choice in facet.choices for charge in choice.values())
    assert taken(facet) == {(i, i + 1) for i in range(len(tried))} and not facet.many


# ---------------------------------------------------------------- names


def test_one_thing_stands_for_each_kind_that_can_be_told_apart_and_one_for_what_nobody_knows(ontology: Ontology) -> None:
    asked = whens({"object": ["sharp"]}, {"object": ["hot"]}, {"held": ["living"]})
    names = facets._things("object", asked, ontology)
    kinds = [ontology.of(name).properties & {"sharp", "hot"} for name in names[:-1]]
    assert kinds[0] == set() and sorted(map(sorted, kinds)) == [[], ["hot"], ["sharp"]]  # nothing of a home is both
    assert not ontology.of(names[-1]).known and set(names[:-1]) <= set(ontology.vocabulary)


def test_a_kind_of_place_and_a_topic_are_named_by_what_tells_nothing_else(tmp_path: Path) -> None:
    more = "places: {cellar: {words: [cellar stairs, cellar]}}\ntopics: {gossip: {words: [our secret gossip, gossip]}}\n"
    extended = tmp_path / "ontology.yaml"
    extended.write_text(f"extends: {Path('safety/ontology.yaml').resolve()}\n{more}", encoding="utf-8")
    ontology = Ontology.load(extended)
    asked = whens({"destination": ["cellar"], "topics": ["gossip"]}, {"here": ["entrance", "water"], "places": ["Pool"]})
    places = facets._places("here", "here", asked, ontology)
    assert [choice["here"] for choice in places.choices] == ["Pool", "cellar", "entrance", "pool"]
    assert facets._topics(asked, ontology).choices == ({"text": "gossip"},)
    for facet in (places, facets._topics(asked, ontology), facets._listed("stale", ("pose", "people"))):
        assert facet.many and taken(facet) == {(None, i) for i in range(len(facet.choices))}


def test_several_things_at_once_are_one_and_several_words_a_sentence() -> None:
    thing = facets._thing_facet("object", ("cup", "knife", "zorb"), part="object")
    assert thing.many and not thing.may_be_empty and facets._thing_facet("held", ("cup",)).may_be_empty
    assert thing.unite is not None
    assert thing.unite([{"object": "zorb + cup"}, {"object": "knife"}, {"object": "cup"}]) == {"object": "cup + knife + zorb"}
    assert facets._sentence_of("text")([{"text": "a"}, {"text": "b"}, {"text": "a"}]) == {"text": "a, b"}
