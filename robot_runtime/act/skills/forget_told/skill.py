"""Forget what somebody has told of a liking."""

from __future__ import annotations

from robot_runtime.act.notes import liking, likings
from robot_runtime.act.skill import Skill, SkillContext, Steps


class ForgetTold(Skill):
    def run(self, context: SkillContext) -> Steps:
        unwanted = liking(context, context.arguments["liking"])
        if unwanted.value not in likings(context.situation, unwanted.person_id):
            raise context.failed("never_told", object=context.arguments["liking"])
        context.note(unwanted, keep=False)
        yield
