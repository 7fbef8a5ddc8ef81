"""Look for somebody: around here, where they were last, then at the other places."""

from __future__ import annotations

from robot_runtime.act.conditions import in_view
from robot_runtime.act.searching import Spot, search, waypoints
from robot_runtime.act.skill import Skill, SkillContext, Steps


class LookForPerson(Skill):
    def run(self, context: SkillContext) -> Steps:
        person = context.person("person")

        def found() -> bool:
            return in_view(person.id, context.situation)

        last = Spot(*person.position_m[:2], stand_off_m=context.person_distance_m(person.id))
        yield from search(context, found, [last, *waypoints(context)])
        if not found():
            raise context.failed("lost_person", person=person.name)
