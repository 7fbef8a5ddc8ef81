"""Drive to the robot's own place."""

from __future__ import annotations

from robot_runtime.act.driving import drive
from robot_runtime.act.skill import Skill, SkillContext, Steps


class Dock(Skill):
    def run(self, context: SkillContext) -> Steps:
        if context.site.dock_m is None:
            raise context.failed("no_dock")
        x_m, y_m, yaw_rad = context.site.dock_m
        yield from drive(context, x_m, y_m, yaw_rad=yaw_rad, speed_mps=context.settings.cruise_speed_mps)
