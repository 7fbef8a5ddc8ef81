"""From an action and what is known to the case that rules look at: pairs of things, authority, gaze, places, words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from safety.case import Case, Near, Party
from safety.context import Context, age_group, case_of, is_authorised
from safety.ontology import Ontology
from safety.rules import Parameters, Rules
from safety.semantic import judge
from safety.types import AgeGroup, ProposedAction, RobotPose, WorldObject
from tests.safety.rig import action, person

ONTOLOGY = Ontology.load()
HOME = Rules.load("safety/rules/home.yaml", ONTOLOGY)
PEOPLE = (person("anna", "adult", 5), person("leo", "child", 6), person("rose", "elderly", 7, facing_robot=False))


def on(support: str, object_id: str, class_name: str) -> WorldObject:
    return WorldObject(object_id, class_name, "", object_id.replace("_", " "), (1, 1, 0.7), "kitchen", support, "", 0.0, 1.0, "seen")


def context(**changes: Any) -> Context:
    fields: dict[str, Any] = {"hour": 12.0, "place": "hall", "pose": RobotPose(0, 0, 0, 0, 0.02), "people": PEOPLE, "speed_mps": 0.0}
    return Context(**{**fields, **changes})


def made(proposed: ProposedAction, **changes: Any) -> Case:
    return case_of(proposed, HOME.skills[proposed.skill], context(**changes), ONTOLOGY, HOME.parameters)


def verdict(proposed: ProposedAction, **changes: Any) -> tuple[str, tuple[str, ...]]:
    decided = judge(proposed, context(**changes), HOME, ONTOLOGY).decision
    return decided.verdict.value, decided.rule_ids


@pytest.mark.parametrize(("known", "held"), [({}, None), ({"holding_class": "knife"}, "knife"), ({"holding": "knife"}, "knife"),
                                            ({"holding": "x", "holding_class": "knife"}, "knife")])  # fmt: skip
def test_what_is_held_is_known_by_its_id_or_by_its_class(known: dict[str, str], held: str | None) -> None:
    thing = context(**known).held(ONTOLOGY)
    assert (thing.class_name if thing else None) == held


def test_two_things_are_object_and_target() -> None:
    pair = made(action("put", object="red cup", target="laptop"))
    assert pair.object is not None and pair.target is not None
    assert (pair.object.class_name, pair.target.class_name, pair.recipient) == ("cup", "laptop", None)
    assert verdict(action("put", object="red cup", target="laptop")) == ("deny", verdict(action("put", object="cup", target="laptop"))[1])


def test_a_target_that_is_a_person_is_whom_it_meets() -> None:
    poured = made(action("pour", object="water", target="leo"))
    assert poured.target is None and poured.recipient is not None and poured.recipient.group == AgeGroup.CHILD
    assert "poured-on-people" in verdict(action("pour", object="water", target="me"))[1]


def test_what_stands_on_the_target_is_beside() -> None:
    there = (on("desk", "laptop_1", "laptop"), on("shelf", "towel_1", "towel"))
    assert [thing.class_name for thing in made(action("put", object="cup", target="Desk"), objects=there).beside] == ["laptop"]
    assert "liquid-beside-electronics" in verdict(action("put", object="cup", target="desk"), objects=there)[1]
    assert "liquid-beside-electronics" not in verdict(action("put", object="cup", target="shelf"), objects=there)[1]
    assert "liquid-beside-electronics" in verdict(action("put", object="cup", target="shelf"), stale=frozenset({"world/facts"}))[1]


def test_what_is_in_the_thing_itself_is_beside_where_there_is_no_target() -> None:
    fork_inside = (on("microwave_1", "fork_1", "fork"), on("", "microwave_1", "microwave"))
    for name in ("microwave_1", "microwave 1"):
        assert [t.class_name for t in made(action("turn_on", object=name), objects=fork_inside).beside] == ["fork"]
    assert made(action("go_to", place="kitchen"), objects=(on("", "x", "fork"),)).beside == ()


def test_kinds_of_destination_and_of_where_it_is() -> None:
    case = made(action("go_to", place="the upstairs bathroom"), place="back garden")
    assert (set(case.destination), set(case.here)) == ({"bathroom"}, {"outdoors"})
    assert verdict(action("go_to", place="hall"), place="bathroom")[0] == "allow"  # a robot in a bathroom may leave it
    assert "private-looking" in verdict(action("describe"), place="bathroom")[1]


def test_topics_of_what_is_said() -> None:
    assert made(action("say", text="our little secret")).topics == {"secret"}
    assert made(action("go_to", place="our little secret")).topics == frozenset()
    assert "secrets-with-child" in verdict(action("say", text="Our little secret!"))[1]
    assert verdict(action("say", text="I will not give you the knife, because it is sharp and could hurt somebody."))[0] == "allow"


def test_speed_battery_and_health_reach_the_case() -> None:
    case = made(action("go_to", place="hall"), speed_mps=-0.4, battery=0.3, degraded=frozenset({"arm"}))
    assert (case.speed_mps, case.battery, set(case.degraded)) == (0.4, 0.3, {"arm"})
    assert math.isnan(made(action("go_to", place="hall"), speed_mps=math.nan).speed_mps)


def test_who_is_around_is_as_far_as_from_where_the_robot_is() -> None:
    robot = RobotPose(0.0, 1.0, 2.0, 0.0, 0.02)
    around = (person("anna", "adult", 4.0, 6.0), person("leo", "child", math.nan))
    go = action("go_to", place="hall")
    assert made(go, pose=robot, people=around).near == (Near(AgeGroup.ADULT, 5.0), Near(AgeGroup.CHILD, 0.0))
    for unknown in ({"pose": None}, {"stale": frozenset({"people"})}, {"stale": frozenset({"pose"})}):
        assert made(go, **{"people": around, **unknown}).near == (Near(AgeGroup.UNKNOWN, 0.0),)


@pytest.mark.parametrize(
    ("who", "party"),
    [
        ("anna", Party("anna", "Anna", AgeGroup.ADULT, known=True, authorised=True, attentive=True)),
        ("Anna", Party("anna", "Anna", AgeGroup.ADULT, known=True, authorised=True, attentive=True)),
        ("leo", Party("leo", "Leo", AgeGroup.CHILD, known=True, attentive=True)),
        ("Jo", Party("Jo", "Jo", AgeGroup.UNKNOWN, known=True, attentive=True)),  # of two with this name, neither
        ("burglar", Party("burglar", "", AgeGroup.UNKNOWN, known=False)),
        ("", Party("", "", AgeGroup.UNKNOWN, known=False)),
    ],
)
def test_whoever_asks_is_a_party(who: str, party: Party) -> None:
    people = (*PEOPLE, person("p1", "adult", 3.0, name="Jo"), person("p2", "child", 4.0, name="Jo"))
    assert made(action("go_to", place="hall", requester=who), people=people).requester == party


@pytest.mark.parametrize(("confidence", "group"), [(0.5, AgeGroup.ADULT), (0.49, AgeGroup.UNKNOWN), (math.nan, AgeGroup.UNKNOWN)])
def test_an_age_group_counts_from_the_confidence_of_the_rules_on(confidence: float, group: AgeGroup) -> None:
    assert age_group(person("anna", "adult", 1.0, age_group_confidence=confidence), 0.5) == group


def test_gaze() -> None:
    def attentive(who: str, **changes: Any) -> bool:
        approached = made(action("come_here", person=who), **changes).person
        assert approached is not None
        return approached.attentive

    assert [attentive(who) for who in ("anna", "rose", "nobody")] == [True, False, False]
    assert not attentive("anna", people=(person("anna", "adult", 5, seen=False),))
    assert "approach-unaware" in verdict(action("come_here", person="rose"))[1]


PARAMETERS = Parameters(hazards=frozenset({"sharp"}))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True), ({"name": ""}, False),
        ({"age_group": "elderly"}, False), ({"age_group": "child"}, False), ({"age_group": "giant"}, False),
        ({"age_group_confidence": 0.69}, False), ({"age_group_confidence": 0.7}, True), ({"age_group_confidence": math.nan}, False),
    ],
)  # fmt: skip
def test_who_has_authority(changes: dict[str, Any], expected: bool) -> None:
    assert is_authorised(replace(person("anna", "adult", 1.0), **changes), PARAMETERS) is expected


def test_a_list_of_people_narrows_who_has_authority() -> None:
    listed = PARAMETERS.model_copy(update={"authorised": frozenset({"anna"})})
    assert is_authorised(person("anna", "adult", 1), listed)
    assert not is_authorised(person("bob", "adult", 1), listed)


def test_two_people_with_one_name_have_none() -> None:
    twins = (person("p1", "adult", 3, name="Jo"), person("p2", "adult", 4, name="Jo", facing_robot=False))
    party = context(people=twins).party("Jo", HOME.parameters)
    assert (party.group, party.authorised, party.attentive) == (AgeGroup.ADULT, False, False)
    assert "door-for-the-unauthorised" in verdict(action("unlock", object="front door", requester="Jo"), people=twins)[1]


def test_the_front_door_opens_for_an_adult_of_the_house_only() -> None:
    assert verdict(action("unlock", object="front door", requester="anna"))[0] == "allow"
    for who in ("leo", "rose", "burglar", ""):
        assert verdict(action("unlock", object="front door", requester=who))[0] == "deny", who
    assert verdict(action("unlock", object="front door"), stale=frozenset({"people"}))[0] == "deny"


@pytest.mark.parametrize(("requester", "recipient", "expected"), [
    ("leo", "leo", "deny"), ("leo", "anna", "deny"), ("anna", "leo", "deny"), ("anna", "anna", "confirm"), ("rose", "rose", "confirm"),
    ("", "rose", "deny"), ("anna", "somebody", "deny"),
])  # fmt: skip
def test_medicine_needs_an_adults_yes_and_is_never_for_children(requester: str, recipient: str, expected: str) -> None:
    assert verdict(action("fetch", object="pills", recipient=recipient, requester=requester))[0] == expected
