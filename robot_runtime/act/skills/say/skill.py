"""Say a text, to its last word."""

from __future__ import annotations

from robot_runtime.act.skill import Skill, SkillContext, Steps
from robot_runtime.act.speaking import speak


class Say(Skill):
    def run(self, context: SkillContext) -> Steps:
        yield from speak(context, context.arguments["text"], "answer")
