"""What every planner takes and gives, and the check that each plan passes before it counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from robot_runtime.act.durations import seconds
from robot_runtime.messages import EncodedImage, Plan, PlanStep, Utterance
from robot_runtime.mind.conversation import Turn
from robot_runtime.mind.facts import FACTS
from robot_runtime.mind.known import Known
from robot_runtime.mind.menu import Menu
from robot_runtime.mind.plan_document import DEPTH, Fact, PlanDocument, depth, facts, tasks
from robot_runtime.mind.plan_json import as_json
from robot_runtime.mind.unfolding import unfolded
from robot_runtime.mind.vlm.settings import VlmConfig

NO_GOAL = PlanStep("", ())


class PlanError(ValueError):
    """A plan that cannot be carried out: its text says which step and why."""


@dataclass(frozen=True)
class Request:
    """What a planner is asked: an utterance, and what it may be answered with."""

    utterance: Utterance
    menu: Menu
    now_s: float
    turns: tuple[Turn, ...] = ()  # what this person said before, oldest first
    picture: EncodedImage | None = None  # the newest of the camera, for planners that look at it


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
    document: PlanDocument = field(default_factory=PlanDocument)
    question: Question | None = None
    offer: Offer | None = None
    heard: str = ""  # of words that are no plan: what was understood of them, to ask for the rest
    about: tuple[str, ...] = ()  # the things that were spoken of, so that "it" has a meaning in the next turn
    tells: bool = False  # it answers a question about the world, and may be told in turns
    planner: str = ""  # who made it, when that was not the planner that was asked


@dataclass(frozen=True)
class Progress:
    """How far a planner is that takes its time."""

    say: str = ""  # whole sentences that are sure by now, and were not handed out before; the answer's ``say`` leaves them out
    answer: Answer | None = None  # None while it is still at it


class Thinking(Protocol):
    """A plan that is being made elsewhere.  Both methods return at once."""

    def poll(self, now_s: float) -> Progress: ...

    def cancel(self) -> None: ...


class Planner(Protocol):
    """Makes a plan from an utterance: at once when it can, else it hands back what goes on."""

    name: str  # backend and model or prompt hash

    def plan(self, request: Request) -> Answer | Thinking: ...

    def close(self) -> None:
        """Let go of threads and processes; a later request may start them again."""
        ...


PlannerFactory = Callable[[Known, VlmConfig], Planner]


def said(text: str) -> Answer:
    """An answer in words only."""
    return Answer(PlanDocument(say=text))


def check(document: PlanDocument, known: Known) -> PlanDocument:
    """The document itself, when each of its tasks is one of the catalogue's with arguments that exist.

    :raises PlanError: it is not
    """
    if document.body is None:
        if not document.say:
            raise PlanError("a plan without a task says something")
        return document
    if depth(document.body) > DEPTH:
        raise PlanError(f"a plan is at most {DEPTH} deep")
    for task in tasks(document.body):
        problem = known.catalogue.problem(task.step) or _argument_problem(task.step, known)
        if problem:
            raise PlanError(problem)
    strange = next((problem for fact in facts(document.body) if (problem := _fact_problem(fact))), "")
    if strange:
        raise PlanError(strange)
    return document


def published(document: PlanDocument, plan_id: str, utterance: Utterance, planner: str, known: Known, now_s: float) -> Plan:
    """The message for the record: the first task as its goal, and all steps as they would come if everything works."""
    all_tasks = list(tasks(document.body))
    goal = all_tasks[0].step if all_tasks else NO_GOAL
    steps = tuple(step for task in all_tasks for step in unfolded(task.step, known))
    written = json.dumps(as_json(document), ensure_ascii=False) if all_tasks else ""
    return Plan(now_s, plan_id, utterance.id, utterance.speaker_id, planner, goal, steps, document.say, written)


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
            "surface": argument.value in known.site.surfaces,
            "door": argument.value in known.site.doors,
            "duration": seconds(argument.value) is not None,
        }.get(spec.type, True)
        if not fits:
            return f"{step.skill}: {argument.name}: '{argument.value}' is no {spec.type} that is known"
    return ""


def _fact_problem(fact: Fact) -> str:
    spec = FACTS.get(fact.name)
    if spec is None:
        return f"'{fact.name}' is no fact that can be looked up"
    given = sorted(argument.name for argument in fact.arguments)
    return "" if given == sorted(spec.arguments) else f"{fact.name} takes ({', '.join(spec.arguments)}), not ({', '.join(given)})"
