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
        target = context.arguments["target"]
        try:
            look_at(context, _where(target, context))
            yield from speak(context, context.words.sentence("picture_now"), "notice")
            context.keep_picture()
            until_s = context.situation.now_s + _ANSWER_S
            while (kept := context.situation.picture_of(context.action_id)) is None:
                if context.situation.now_s >= until_s:
                    raise context.failed("picture_stale")
                yield
            if kept.problem:
                raise context.failed(f"picture_{kept.problem}")
            person = context.situation.person(target)
            if person is not None and target not in kept.in_view:
                raise context.failed("picture_without", person=person.name)
        finally:
            look_ahead(context)


def _where(target: str, context: SkillContext) -> tuple[float, float, float]:
    """The point of the map at which a picture of a person, a piece of furniture or a thing is aimed."""
    person, surface = context.situation.person(target), context.site.surfaces.get(target)
    if person is not None:
        return (*person.position_m[:2], _FACE_M)
    if surface is not None:
        return (*surface.centre_m, surface.height_m)
    return context.object("target").position_m
