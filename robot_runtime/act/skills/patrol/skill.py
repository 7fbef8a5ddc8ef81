"""Visit every place that may be entered and look around there."""

from __future__ import annotations

from robot_runtime.act.searching import look_from, rounds
from robot_runtime.act.skill import Skill, SkillContext, Steps


class Patrol(Skill):
    def run(self, context: SkillContext) -> Steps:
        missed: list[str] = []
        for name, spot in rounds(context).items():
            yield from look_from(context, spot)
            if name not in context.trail.places:
                missed.append(name)
        if missed:
            raise context.failed("missed_place", place=missed[0])
