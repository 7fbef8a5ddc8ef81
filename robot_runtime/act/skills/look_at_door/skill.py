"""Look whether a door is open: from here, else from before it on either side."""

from __future__ import annotations

import math

from robot_runtime.act.searching import Spot, door_seen, may_enter, search
from robot_runtime.act.skill import Skill, SkillContext, Steps

BEFORE_M = 1.3
"""From there the scanner's rays fall on the whole of an opening, and who opens the door does not hit the robot."""


class LookAtDoor(Skill):
    def run(self, context: SkillContext) -> Steps:
        name = context.arguments["door"]
        door = context.site.doors.get(name)
        if door is None:
            raise context.failed("unknown_door", door=name)
        pose, site = context.situation.pose, context.site
        inside = [Spot(*spot) for spot in door.viewpoints(BEFORE_M) if (place := site.place_at(*spot[:2])) and may_enter(context, place)]
        if pose is not None:
            inside.sort(key=lambda spot: math.dist((spot.x_m, spot.y_m), (pose.x_m, pose.y_m)))
        yield from search(context, lambda: door_seen(context, name), inside)
        if not door_seen(context, name):
            raise context.failed("door_not_seen", door=name)
