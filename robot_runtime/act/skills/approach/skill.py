"""Drive to within reach of an object, or to a person who is about to be handed something."""

from __future__ import annotations

from robot_runtime.act.driving import drive, drive_to_person
from robot_runtime.act.joints import move_joints
from robot_runtime.act.skill import Skill, SkillContext, Steps


class Approach(Skill):
    def run(self, context: SkillContext) -> Steps:
        settings = context.settings
        yield from move_joints(context, {"arm": 0.0})
        person = context.situation.person(context.arguments["target"])
        if person is not None:
            yield from drive_to_person(context, person, settings.hand_over_stand_off_m)
            return
        x_m, y_m, _ = context.object("target").position_m
        yield from drive(context, x_m, y_m, stand_off_m=settings.object_stand_off_m, speed_mps=settings.cruise_speed_mps)
