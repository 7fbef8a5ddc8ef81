"""Judging actions: arguments, who and what they mean, and what holds around them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from safety.context import Context, age_group
from safety.ontology import Ontology
from safety.rules import Rules
from safety.semantic import judge, verdict_message
from safety.types import AgeGroup, Argument, ProposedAction, RobotPose, WorldObject
from safety.verdicts import Decision
from tests.safety.rig import action, person

ONTOLOGY = Ontology.load()
HOME = Rules.load("safety/rules/home.yaml", ONTOLOGY)
PEOPLE = (person("anna", "adult", 5), person("leo", "child", 6), person("rose", "elderly", 7))


def thing(object_id: str, class_name: str, name: str = "") -> WorldObject:
    return WorldObject(
        object_id, class_name, "", name or object_id.replace("_", " "), (1, 1, 0.7), "kitchen", "table", "", 0.0, 1.0, "seen"
    )


def context(**changes: Any) -> Context:
    fields: dict[str, Any] = {"hour": 12.0, "place": "hall", "pose": RobotPose(0, 0, 0, 0, 0.02), "people": PEOPLE}
    return Context(**{**fields, **changes})


def judged(proposed: ProposedAction, **changes: Any) -> Decision:
    return judge(proposed, context(**changes), HOME, ONTOLOGY).decision


@pytest.mark.parametrize(
    ("proposed", "verdict", "rule"),
    [
        (action("fetch", object="red_cup", recipient="anna"), "allow", "skill-fetch"),
        (action("fetch", object="knife", recipient="leo", requester="leo"), "deny", "sharp-to-child"),
        (action("fetch", object="knife", recipient="anna"), "allow", "skill-fetch"),
        (action("fetch", object="knife", recipient="me"), "allow", "skill-fetch"),
        (action("fetch", object="knife", recipient="me", requester="leo"), "deny", "sharp-to-child"),
        (action("fetch", object="knife", recipient="Anna"), "allow", "skill-fetch"),
        (action("fetch", object="knife", recipient="somebody"), "deny", "sharp-to-child"),
        (action("fetch", object="knife", recipient="anna", requester=""), "deny", "hazard-asked-by-child"),
        (action("FETCH", object="kettle", recipient="leo"), "deny", "hot-to-child"),
        (action("Hand Over", object="knife", recipient="anna"), "limit", "sharp-handover"),
        (action("come_here", person="rose"), "limit", "approach-elderly"),
        (action("approach", target="leo"), "limit", "approach-child"),
        (action("approach", target="red_cup"), "allow", "skill-approach"),
        (action("follow", person="burglar"), "deny", "follow-stranger"),
        (action("go_to", place="the upstairs_BATHROOM"), "deny", "private-rooms"),
        (action("go_to", place="bathrooms r us"), "allow", "skill-go-to"),
        (action("go_to", place="BathRoom"), "deny", "private-rooms"),
        (action("say", text="hello"), "allow", "skill-say"),
    ],
)
def test_actions(proposed: ProposedAction, verdict: str, rule: str) -> None:
    decided = judged(proposed)
    assert (decided.verdict.value, rule in decided.rule_ids) == (verdict, True), decided


def test_plain_words_for_the_child() -> None:
    decided = judged(action("fetch", object="knife", recipient="leo", requester="leo"))
    assert decided.lead.say == "I will not give you the knife, because it is sharp and could hurt somebody. Please ask a grown-up."
    assert "Leo" in judged(action("fetch", object="knife", recipient="leo")).lead.say


@pytest.mark.parametrize(
    ("proposed", "problem"),
    [
        (action("fly", place="moon"), "not in the closed list"),
        (action("fetch", object="cup"), "takes (object, recipient), got (object)"),
        (action("go_to", place="kitchen", speed="9"), "got (place, speed)"),
        (action("go_to", place="  "), "is empty"),
        (action("go_to", place="x" * 201), "at most 200"),
        (action("say", text="x" * 2001), "at most 2000"),
        (ProposedAction(0, "a", "", "go_to", (Argument("place", 5),), "", "", "anna"), "not a text"),  # type: ignore[arg-type]  # as a bad sender might
        (ProposedAction(0, "a", "", "go_to", (Argument("place", "a"), Argument("place", "b")), "", "", "anna"), "got (place, place)"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_closed_list_is_denied(proposed: ProposedAction, problem: str) -> None:
    decided = judged(proposed)
    assert decided.verdict.value == "deny" and decided.lead.say
    assert problem in decided.lead.reason


def test_arguments_may_be_as_long_as_is_told() -> None:
    assert judged(action("go_to", place="x" * 200)).verdict.value == "allow"
    assert judged(action("say", text="x" * 2000)).verdict.value == "allow"


def test_the_class_seen_and_the_name_spoken_both_count() -> None:
    """Whoever calls a knife a spoon, or takes one for the other, does not get it past the gate."""
    seen = (thing("obj_7", "knife", "spoon"), thing("kitchen_knife", "spoon"), thing("cup_1", "cup", "red cup"))
    for value in ("obj_7", "spoon", "kitchen_knife"):
        assert judged(action("fetch", object=value, recipient="leo"), objects=seen).verdict.value == "deny"
    assert judged(action("fetch", object="red cup", recipient="leo"), objects=seen).verdict.value == "allow"


def test_an_id_is_exact_and_a_name_that_several_have_is_of_unknown_age() -> None:
    twins = (person("p-1", "adult", 3, name="Jo"), person("p_1", "child", 4, name="Jo"), person("rose", "elderly", 5))
    assert judged(action("fetch", object="knife", recipient="p-1", requester="p-1"), people=twins).verdict.value == "allow"
    for recipient in ("p_1", "p 1", "Jo", "jo"):
        assert "sharp-to-child" in judged(action("fetch", object="knife", recipient=recipient, requester="p-1"), people=twins).rule_ids
    double = (person("anna", "adult", 3), person("anna", "child", 4))
    assert "sharp-to-child" in judged(action("fetch", object="knife", recipient="anna"), people=double).rule_ids


def test_who_was_known_before_news_of_people_stopped_is_still_a_person() -> None:
    decided = judged(action("approach", target="leo"), stale=frozenset({"people"}))
    assert {"approach-child", "unseen-people-slow"} <= set(decided.rule_ids)


def test_not_knowing_its_place_makes_the_robot_slow() -> None:
    decided = judged(action("go_to", place="kitchen"), stale=frozenset({"world/facts"}))
    assert (decided.verdict.value, decided.limits.max_speed_mps) == ("limit", 0.3)


def test_an_object_without_a_known_class_is_never_for_a_child() -> None:
    decided = judged(action("fetch", object="obj_9", recipient="leo"), objects=(thing("obj_9", "gizmo", "gizmo"),))
    assert decided.lead.rule_id == "unknown-object-to-child"
    assert "gizmo" in decided.lead.say


def test_two_objects_with_one_name_are_none() -> None:
    twins = context(objects=(thing("cup_1", "cup", "red cup"), thing("cup_2", "cup", "red cup")))
    assert twins.object_named("red cup") is None
    assert twins.object_named("cup_2") is not None


@pytest.mark.parametrize("stale", ["people", "pose"])
def test_not_seeing_people_is_somebody_being_there(stale: str) -> None:
    assert judged(action("pick", object="knife"), stale=frozenset({stale})).verdict.value == "deny"
    limited = judged(action("go_to", place="kitchen"), stale=frozenset({stale}))
    assert (limited.verdict.value, limited.limits.max_speed_mps) == ("limit", 0.2)
    carrying = judged(action("go_to", place="kitchen"), stale=frozenset({stale}), holding="knife")
    assert carrying.lead.rule_id == "hazard-carried-near-child"


def test_no_pose_at_all_is_somebody_being_there() -> None:
    assert judged(action("pick", object="knife"), pose=None).verdict.value == "deny"


def test_an_unknown_hand_holds_something_dangerous() -> None:
    near_child = (*PEOPLE, person("mia", "child", 0.7))
    assert judged(action("go_to", place="kitchen"), people=near_child).verdict.value == "allow"
    assert judged(action("go_to", place="kitchen"), people=near_child, stale=frozenset({"gripper/state"})).verdict.value == "deny"


def test_a_child_whose_age_is_doubtful_is_a_child() -> None:
    assert age_group(person("x", "adult", 1, age_group_confidence=0.59), 0.6) == AgeGroup.UNKNOWN
    assert age_group(person("x", "adult", 1, age_group_confidence=math.nan), 0.6) == AgeGroup.UNKNOWN
    assert age_group(person("x", "giant", 1), 0.6) == AgeGroup.UNKNOWN
    doubtful = (person("anna", "adult", 5, age_group_confidence=0.3),)
    assert judged(action("fetch", object="knife", recipient="anna"), people=doubtful).verdict.value == "deny"


def test_somebody_without_a_place_is_near() -> None:
    lost = (*PEOPLE, person("mia", "child", math.nan))
    assert judged(action("pick", object="knife"), people=lost).verdict.value == "deny"


def test_the_message_tells_the_latency() -> None:
    proposed = action("go_to", place="kitchen", stamp_s=1.0)
    decided = judged(proposed)
    assert verdict_message(proposed, decided, HOME, 1.0, 1.25).latency_ms == pytest.approx(250)
    assert verdict_message(proposed, decided, HOME, 1.0, 0.5).latency_ms == 0
    assert math.isnan(verdict_message(proposed, decided, HOME, math.nan, 1.0).latency_ms)
    assert verdict_message(proposed, decided, HOME, 1.0, 1.0).rules_hash == HOME.hash
