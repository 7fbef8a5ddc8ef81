"""Turn to and fro on the spot, the head the other way."""

from __future__ import annotations

import math

from robot_runtime.act.driving import drive
from robot_runtime.act.head import look_ahead
from robot_runtime.act.skill import Skill, SkillContext, Steps

FIGURE_RAD = (1.2, -1.2, 1.2, 0.0)
"""Headings one after the other, from the one at the start."""


class Dance(Skill):
    def run(self, context: SkillContext) -> Steps:
        start = context.situation.pose
        if start is None:
            raise context.failed("lost_myself")
        try:
            for turn_rad in FIGURE_RAD:
                context.propose_joints({"head_pan": -turn_rad / 2, "head_tilt": 0.0})
                yaw_rad = math.remainder(start.yaw_rad + turn_rad, math.tau)
                yield from drive(context, start.x_m, start.y_m, yaw_rad=yaw_rad, speed_mps=context.settings.careful_speed_mps)
        finally:
            look_ahead(context)
