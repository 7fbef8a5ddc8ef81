"""Tell how the robot is."""

from __future__ import annotations

from robot_runtime.act.skill import Skill, SkillContext, Steps
from robot_runtime.act.speaking import TELLING, speak


class ReportStatus(Skill):
    def run(self, context: SkillContext) -> Steps:
        yield from speak(context, context.words.status(), TELLING)
