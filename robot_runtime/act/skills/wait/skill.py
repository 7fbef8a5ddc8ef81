"""Stand still for a while."""

from __future__ import annotations

from robot_runtime.act.durations import seconds
from robot_runtime.act.skill import Skill, SkillContext, Steps


class Wait(Skill):
    def run(self, context: SkillContext) -> Steps:
        span_s = seconds(context.arguments["duration"])
        if span_s is None:
            raise context.failed("no_skill")
        while context.situation.now_s - context.trail.began_s < span_s:
            yield
