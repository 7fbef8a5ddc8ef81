"""Why an action cannot begin now, by what its skill's manifest says must hold before."""

from __future__ import annotations

from robot_runtime.act.catalogue import Predicate, Skill
from robot_runtime.act.conditions import CONDITIONS
from robot_runtime.messages import PlanStep
from robot_runtime.mind.services import Services


def unmet(skill: Skill, step: PlanStep, services: Services) -> str:
    """The sentence that says what is missing first, "" when nothing is."""
    given = {argument.name: argument.value for argument in step.arguments}
    for text in skill.preconditions:
        needed = Predicate.parse(text, CONDITIONS)
        condition = CONDITIONS[needed.name]
        values = [given[name] for name in needed.arguments]
        if not condition.holds(values, services.situation, services.site):
            person = services.situation.person(values[0]) if values else None
            held = services.wording.the(services.situation.holding)
            return services.wording.sentence(condition.missing, person=services.wording.called(person.name if person else ""), object=held)
    return ""
