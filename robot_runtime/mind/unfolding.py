"""The steps of a task as the world is when its turn comes."""

from __future__ import annotations

from robot_runtime.act.catalogue import plan_step
from robot_runtime.messages import PlanStep
from robot_runtime.mind.belonging import surface_for
from robot_runtime.mind.known import Known

FIND = "find"
PICK, PUT = "pick", "put"
GETTING = ("approach", PICK)
"""What is left out for a thing that the robot holds already."""


def unfolded(task: PlanStep, known: Known) -> tuple[PlanStep, ...]:
    """A composed task as its simple steps.

    What is not known yet is looked for first, what is in hand is not picked up again, and something else in the hand is put back first.
    """
    skill = known.catalogue.skills[task.skill]
    arguments = {argument.name: argument.value for argument in task.arguments}
    if not skill.steps:
        return (*_first_found(task, known), task)
    held = {known.situation.holding} - {""}
    steps = [step for step in skill.expand(arguments) if not _gets(step, held)]
    return (*_put_back(steps, known), *_first_found(task, known), *steps)


def _put_back(steps: list[PlanStep], known: Known) -> tuple[PlanStep, ...]:
    """The hand is made free for what is to be picked up: a gripper that opens for it would let the other thing fall."""
    held = known.situation.holding
    surface = known.situation.held_from or surface_for(held, known) if held else ""
    full = surface and any(step.skill == PICK for step in steps)
    return (plan_step(PUT, {"object": held, "target": surface}),) if full else ()


def _first_found(task: PlanStep, known: Known) -> tuple[PlanStep, ...]:
    """A look for each thing of which only a description is there."""
    if task.skill == FIND:
        return ()
    specs = known.catalogue.skills[task.skill].arguments
    values = (argument.value for argument in task.arguments if specs[argument.name].type in ("object", "target"))
    things = (value for value in values if value not in known.site.surfaces and known.situation.person(value) is None)
    return tuple(plan_step(FIND, {"object": words}) for words in things if not _is_known(words, known))


def _is_known(words: str, known: Known) -> bool:
    fitting = known.references.objects(words, known.situation.facts)
    return any(thing.confidence >= known.known_confidence for thing in fitting)


def _gets(step: PlanStep, held: set[str]) -> bool:
    return step.skill in GETTING and any(argument.value in held for argument in step.arguments)
