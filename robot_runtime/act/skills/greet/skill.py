"""Turn the head to somebody and say hello to them."""

from __future__ import annotations

from robot_runtime.act.head import look_ahead, look_at
from robot_runtime.act.skill import Skill, SkillContext, Steps
from robot_runtime.act.speaking import speak

_FACE_M = 1.3
"""At this height the head aims: between a child's face and a grown-up's."""


class Greet(Skill):
    def run(self, context: SkillContext) -> Steps:
        person = context.person("person")
        x_m, y_m, _ = person.position_m
        try:
            look_at(context, (x_m, y_m, _FACE_M))
            key = "hello" if person.name else "hello_somebody"
            yield from speak(context, context.words.sentence(key, person=person.name), "answer")
        finally:
            look_ahead(context)
