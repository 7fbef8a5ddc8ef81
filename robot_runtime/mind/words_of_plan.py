"""What the robot says about a plan: what it will do, and what it has done."""

from __future__ import annotations

from robot_runtime.messages import Argument, Plan, Whereabouts
from robot_runtime.mind.plan_document import Fact
from robot_runtime.mind.services import Services
from robot_runtime.mind.wording import capitalised
from robot_runtime.mind.words_of_fact import clause


def fields_of(plan: Plan, services: Services) -> dict[str, str]:
    """Words for a goal's arguments, by the names that sentences use for them."""
    wording, facts, place_at = services.wording, services.situation.facts, services.site.place_at
    given = {argument.name: argument.value for argument in plan.goal.arguments}
    fields = {"place": given.get("place", ""), "object": wording.the(given.get("object", "")), "found": "", "where": ""}
    fields["surface"] = given.get("target", "")
    fields["door"] = given.get("door", "")
    door = services.situation.door(fields["door"])
    fields["door_is"] = (
        capitalised(clause(Fact("door_open", (Argument("door", door.name),)), services.known, so=door.is_open)) if door else ""
    )
    person = given.get("recipient", given.get("person", ""))
    fields["person"] = wording.person(person, plan.requester_id)
    somebody = services.situation.person(person)
    if somebody is not None:
        at = place_at(somebody.position_m[0], somebody.position_m[1])
        fields["where"] = wording.at(Whereabouts(place=at), plan.requester_id)
    if "object" in given:
        fitting = services.references.objects(given["object"], facts)
        sure = [thing for thing in fitting if thing.confidence >= services.config.known_confidence]
        fields["found"] = wording.found(sure, plan.requester_id)
    return fields


def acceptance(plan: Plan, services: Services) -> str:
    """What the robot says when it sets out, "" when the answer itself comes at once."""
    fields = fields_of(plan, services)
    if plan.goal.skill == "find" and fields["found"]:
        return ""
    return _sentence(f"accept_{plan.goal.skill}", fields, services)


def completion(plan: Plan, services: Services) -> str:
    """What the robot says of a goal that was reached; "" when the last step has said it already."""
    return _sentence(f"done_{plan.goal.skill}", fields_of(plan, services), services)


def _sentence(key: str, fields: dict[str, str], services: Services) -> str:
    return services.wording.sentence(key, **fields) if services.wording.has(key) else ""
