"""Come to a person and halt where it suits them."""

from __future__ import annotations

from robot_runtime.act.driving import come_to_person
from robot_runtime.act.skill import Skill, SkillContext, Steps


class ComeHere(Skill):
    def run(self, context: SkillContext) -> Steps:
        person = context.person("person")
        yield from come_to_person(context, person, context.person_distance_m(person.id))
