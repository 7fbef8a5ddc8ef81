"""What every planner takes and gives, and the check that each plan passes before it counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from robot_runtime.act.catalogue import Catalogue
from robot_runtime.act.durations import seconds
from robot_runtime.messages import Plan, PlanStep, Utterance
from robot_runtime.mind.wording import Wording
from robot_runtime.world.reference import References
from robot_runtime.world.semantic_map import SemanticMap
from robot_runtime.world.situation import Situation

NO_GOAL = PlanStep("", ())


class PlanError(ValueError):
    """A plan that cannot be carried out: its text says which step and why."""


@dataclass(frozen=True)
class Known:
    """What a planner may consult, built once."""

    catalogue: Catalogue
    site: SemanticMap
    references: References
    wording: Wording
    situation: Situation
    known_confidence: float  # below it the place of an object is not relied on


@dataclass(frozen=True)
class Question:
    """The plan asks which of several things is meant: the answer's id goes into ``slot`` of the utterance."""

    slot: str
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Offer:
    """What the robot will do after a yes; it is asked once the plan's own sentence is said."""

    text: str  # the question
    intent: str  # of what the yes leads to: "find" or "forget"
    value: str  # words of the thing, or the person's id


@dataclass(frozen=True)
class Answer:
    plan: Plan
    question: Question | None = None
    offer: Offer | None = None


class Planner(Protocol):
    """Makes a plan from an utterance; pure, and quick enough for the mind's step."""

    name: str  # backend and model or prompt hash

    def plan(self, utterance: Utterance, plan_id: str, now_s: float) -> Answer: ...


PlannerFactory = Callable[[Known], Planner]


def check(plan: Plan, known: Known) -> Plan:
    """The plan itself, when each of its steps is one of the catalogue's with arguments that exist.

    :raises PlanError: it is not
    """
    if plan.goal == NO_GOAL:
        if plan.steps or not plan.say:
            raise PlanError("a plan without a goal says something and has no steps")
        return plan
    if not plan.steps:
        raise PlanError(f"{plan.goal.skill}: a goal needs steps")
    for step in (plan.goal, *plan.steps):
        problem = known.catalogue.problem(step) or _argument_problem(step, known)
        if problem:
            raise PlanError(problem)
    composed = next((step.skill for step in plan.steps if known.catalogue.skills[step.skill].steps), "")
    if composed:
        raise PlanError(f"{composed} is composed of others and cannot be a step")
    return plan


def _argument_problem(step: PlanStep, known: Known) -> str:
    facts = known.situation.facts
    people = {person.id for person in facts.people}
    for argument in step.arguments:
        spec = known.catalogue.skills[step.skill].arguments[argument.name]
        is_thing = bool(known.references.objects(argument.value, facts)) or known.references.describe(argument.value).class_name != ""
        fits = {
            "person": argument.value in people,
            "place": argument.value in known.site.places,
            "object": is_thing,
            "target": is_thing or argument.value in people,
            "text": True,
            "duration": seconds(argument.value) is not None,
        }[spec.type]
        if not fits:
            return f"{step.skill}: {argument.name}: '{argument.value}' is no {spec.type} that is known"
    return ""


def spoken(plan_id: str, utterance: Utterance, planner: str, text: str, now_s: float) -> Plan:
    """A plan that only says something."""
    return Plan(now_s, plan_id, utterance.id, utterance.speaker_id, planner, NO_GOAL, (), text)


def to_do(plan_id: str, utterance: Utterance, planner: str, goal: PlanStep, steps: Sequence[PlanStep], now_s: float) -> Plan:
    """A plan that does something."""
    return Plan(now_s, plan_id, utterance.id, utterance.speaker_id, planner, goal, tuple(steps), "")
