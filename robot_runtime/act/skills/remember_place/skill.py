"""Keep in mind where somebody says that a thing belongs."""

from __future__ import annotations

from robot_runtime.act.notes import belonging, outdated
from robot_runtime.act.skill import Skill, SkillContext, Steps


class RememberPlace(Skill):
    def run(self, context: SkillContext) -> Steps:
        told = belonging(context, context.arguments["thing"], context.arguments["target"])
        for note in outdated(context.situation, told):
            context.note(note, keep=False)
        context.note(told, keep=True)
        yield
