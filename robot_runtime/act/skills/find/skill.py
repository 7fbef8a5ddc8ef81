"""Find an object: remember it, look around, go to where it was last, then visit the other places."""

from __future__ import annotations

import math
from dataclasses import dataclass

from robot_runtime.act.driving import drive
from robot_runtime.act.head import look_ahead
from robot_runtime.act.skill import Skill, SkillContext, SkillError, Steps


@dataclass(frozen=True)
class _Spot:
    """A place to look from."""

    x_m: float
    y_m: float
    yaw_rad: float
    stand_off_m: float


class Find(Skill):
    def run(self, context: SkillContext) -> Steps:
        wanted = context.arguments["object"]
        yield from _look_around(context, wanted)
        for spot in _likely_spots(context, wanted):
            if context.known(wanted):
                return
            yield from _visit(context, spot, wanted)
        if not context.known(wanted):
            raise context.failed("not_found", object=context.words.the(wanted))


def _likely_spots(context: SkillContext, wanted: str) -> list[_Spot]:
    """Before where such a thing was last, then every place, the nearest first, looking both ways from its way-point."""
    doubtful = [
        _Spot(thing.position_m[0], thing.position_m[1], math.nan, 1.0)
        for thing in context.references.objects(wanted, context.situation.facts)
    ]
    pose = context.situation.pose
    here = (pose.x_m, pose.y_m) if pose else (0.0, 0.0)
    waypoints = sorted((place.waypoint_m for place in context.site.places.values()), key=lambda point: math.dist(point[:2], here))
    return doubtful + [_Spot(x, y, yaw + turn, 0.0) for x, y, yaw in waypoints for turn in (0.0, math.pi)]


def _visit(context: SkillContext, spot: _Spot, wanted: str) -> Steps:
    """Drive there and look around; ends on the way when the object comes into view."""
    speed_mps = context.settings.cruise_speed_mps
    way = drive(context, spot.x_m, spot.y_m, yaw_rad=spot.yaw_rad, stand_off_m=spot.stand_off_m, speed_mps=speed_mps)
    try:
        for _ in way:
            if context.known(wanted):
                return
            yield
    except SkillError:
        return  # one place that cannot be reached is no reason to give up the others
    finally:
        way.close()
    yield from _look_around(context, wanted)


def _look_around(context: SkillContext, wanted: str) -> Steps:
    """Left, right and ahead, a moment each; ends as soon as the object is known."""
    settings = context.settings
    if context.known(wanted):
        return
    for pan_rad in (settings.look_pan_rad, -settings.look_pan_rad, 0.0):
        if context.known(wanted):
            break
        context.propose_joints({"head_pan": pan_rad, "head_tilt": settings.look_tilt_rad})
        until_s = context.elapsed_s + settings.look_s
        while context.elapsed_s < until_s and not context.known(wanted):
            yield
    look_ahead(context)
