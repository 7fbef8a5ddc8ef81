"""Drive to a named place."""

from __future__ import annotations

from robot_runtime.act.driving import drive
from robot_runtime.act.skill import Skill, SkillContext, Steps


class GoTo(Skill):
    def run(self, context: SkillContext) -> Steps:
        name = context.arguments["place"]
        place = context.site.places.get(name)
        if place is None:
            raise context.failed("unknown_place", place=name)
        x_m, y_m, yaw_rad = place.waypoint_m
        yield from drive(context, x_m, y_m, yaw_rad=yaw_rad, speed_mps=context.settings.cruise_speed_mps)
