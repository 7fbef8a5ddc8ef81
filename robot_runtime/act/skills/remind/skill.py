"""Keep in mind to remind somebody; what happens when it is due is the mind's affair."""

from __future__ import annotations

from robot_runtime.act.durations import seconds
from robot_runtime.act.notes import reminder
from robot_runtime.act.skill import Skill, SkillContext, Steps


class Remind(Skill):
    def run(self, context: SkillContext) -> Steps:
        span_s = seconds(context.arguments["duration"])
        if span_s is None:
            raise context.failed("no_skill")
        context.note(reminder(context, context.arguments["task"], context.situation.now_s + span_s), keep=True)
        yield
