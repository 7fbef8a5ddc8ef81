"""Nod to somebody who speaks, with the head turned to them.  It stays there, unless the nod is broken off."""

from __future__ import annotations

from robot_runtime.act.head import look_ahead, towards
from robot_runtime.act.joints import move_joints
from robot_runtime.act.skill import Skill, SkillContext, Steps


class Nod(Skill):
    def run(self, context: SkillContext) -> Steps:
        upright = towards(context, context.arguments["bearing_deg"])
        try:
            yield from move_joints(context, upright)
            yield from move_joints(context, {**upright, "head_tilt": upright["head_tilt"] + context.settings.nod_rad})
            yield from move_joints(context, upright)
        except GeneratorExit:
            look_ahead(context)
            raise
