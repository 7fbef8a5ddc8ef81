"""Say a text, to its last word."""

from __future__ import annotations

from robot_runtime.act.skill import Skill, SkillContext, Steps
from robot_runtime.act.speaking import speak


class Say(Skill):
    def run(self, context: SkillContext) -> Steps:
        text = context.words.sentence("say_text", text=context.arguments["text"])
        yield from speak(context, text, "answer")
