"""Take a picture: the gate has had everybody asked; the shutter is announced, and the eyes say what they kept."""

from __future__ import annotations

from robot_runtime.act.head import look_ahead, look_at
from robot_runtime.act.skill import Skill, SkillContext, Steps
from robot_runtime.act.speaking import speak

_FACE_M = 1.3
"""At this height the head aims: between a child's face and a grown-up's."""

_ANSWER_S = 5.0
"""Longer than the eyes wait for a picture; then nobody answers."""


class TakePicture(Skill):
    def run(self, context: SkillContext) -> Steps:
        x_m, y_m, _ = context.person("person").position_m
        try:
            look_at(context, (x_m, y_m, _FACE_M))
            yield from speak(context, context.words.sentence("picture_now"), "notice")
            context.keep_picture()
            until_s = context.situation.now_s + _ANSWER_S
            while (kept := context.situation.picture_of(context.action_id)) is None:
                if context.situation.now_s >= until_s:
                    raise context.failed("picture_stale")
                yield
            if kept.problem:
                raise context.failed(f"picture_{kept.problem}")
        finally:
            look_ahead(context)
