"""Keep in mind what somebody likes."""

from __future__ import annotations

from robot_runtime.act.notes import liking, likings
from robot_runtime.act.skill import Skill, SkillContext, Steps


class Remember(Skill):
    def run(self, context: SkillContext) -> Steps:
        wanted = liking(context, context.arguments["liking"])
        if wanted.value not in likings(context.situation, wanted.person_id):
            context.note(wanted, keep=True)
        else:
            context.noted[wanted.id] = True  # it is there already, and the world shows it
        yield
