"""Tell what is seen and remembered around the robot."""

from __future__ import annotations

from robot_runtime.act.skill import Skill, SkillContext, Steps
from robot_runtime.act.speaking import TELLING, speak


class Describe(Skill):
    def run(self, context: SkillContext) -> Steps:
        yield from speak(context, context.words.survey(context.requester_id), TELLING)
