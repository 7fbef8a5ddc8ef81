"""What the robot says about a plan: what it will do, and what it has done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from robot_runtime.messages import Argument, Plan, PlanStep, Whereabouts
from robot_runtime.mind.plan_document import Fact
from robot_runtime.mind.sentences.book import OF_OTHERS
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
    return _sentence("accept", plan, fields, services)


def completion(plan: Plan, services: Services) -> str:
    """What the robot says of a goal that was reached; "" when the last step has said it already."""
    return _sentence("done", plan, fields_of(plan, services), services)


def accounts(done: Iterable[PlanStep], plan: Plan, services: Services) -> list[str]:
    """What was done, in a sentence for all things that came to the same place or person; nothing where the steps have told it."""
    told: list[str] = []
    alike: dict[tuple[str, ...], list[PlanStep]] = {}
    for step in done:
        alike.setdefault((step.skill, *(argument.value for argument in step.arguments if argument.name != "object")), []).append(step)
    for steps in alike.values():
        key, fields = f"each_{steps[0].skill}", fields_of(replace(plan, goal=steps[0]), services)
        if services.wording.has(key):
            told.append(services.wording.sentence(key, **{**fields, "object": services.wording.listing(_things(steps, services))}))
        else:
            told += [completion(replace(plan, goal=step), services) for step in steps]
    return list(filter(None, told))


def why_not(step: PlanStep | None, reason: str, services: Services) -> str:
    """That an errand came to nothing, and why."""
    things = _things([step] if step else [], services)
    return services.wording.sentence("errand_failed", object=things[0], reason=reason) if things else reason


def not_yet(ahead: Iterable[PlanStep], services: Services) -> list[str]:
    """What was not even tried, in a sentence if there is anything."""
    things = _things(ahead, services)
    return [services.wording.sentence("errand_not_tried", object=services.wording.listing(things))] if things else []


def _things(steps: Iterable[PlanStep], services: Services) -> list[str]:
    return [services.wording.the(argument.value) for step in steps for argument in step.arguments if argument.name == "object"]


def _sentence(kind: str, plan: Plan, fields: dict[str, str], services: Services) -> str:
    """In other words where it is about somebody else than who asked, if the language has such."""
    key = f"{kind}_{plan.goal.skill}"
    somebody = next((argument.value for argument in plan.goal.arguments if argument.name == "person"), plan.requester_id)
    if somebody != plan.requester_id and services.wording.has(f"{key}{OF_OTHERS}"):
        key += OF_OTHERS
    return services.wording.sentence(key, **fields) if services.wording.has(key) else ""
