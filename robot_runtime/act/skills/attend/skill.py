"""Look to where a voice came from, for a moment, so that perception can tell whose it is."""

from __future__ import annotations

from robot_runtime.act.head import look_ahead, towards
from robot_runtime.act.joints import move_joints
from robot_runtime.act.skill import Skill, SkillContext, Steps


class Attend(Skill):
    def run(self, context: SkillContext) -> Steps:
        try:
            yield from move_joints(context, towards(context, context.arguments["bearing_deg"]))
            while context.elapsed_s < context.settings.attend_s:
                yield
        finally:
            look_ahead(context)
