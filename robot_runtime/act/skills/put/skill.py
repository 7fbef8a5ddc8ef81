"""Set down what is held: come to a free spot, reach over it, lower, open, rise, draw in, and look at it."""

from __future__ import annotations

import math

from robot_runtime.act.driving import drive, face
from robot_runtime.act.head import look_ahead, look_at
from robot_runtime.act.joints import move_joints, open_gripper
from robot_runtime.act.putting import Spot, free_spot
from robot_runtime.act.skill import Skill, SkillContext, Steps
from robot_runtime.messages import WorldObject
from robot_runtime.world.semantic_map import Surface

TRIES = 2
ABOVE_M = 0.02
"""It is let go of just above: pressed onto the surface it would tip."""


class Put(Skill):
    def run(self, context: SkillContext) -> Steps:
        wanted, name = context.arguments["object"], context.arguments["target"]
        surface = context.site.surfaces.get(name)
        if surface is None:
            raise context.failed("unknown_surface", surface=name)
        if context.situation.holding != wanted:
            raise context.failed("not_holding", object=context.words.the(wanted))
        spot = free_spot(surface, _others(context, wanted), _coming_from(context, surface))
        if spot is None:
            raise context.failed("no_room", surface=name)
        point_m = (*spot, surface.height_m)
        yield from move_joints(context, {"arm": 0.0})
        yield from _line_up(context, spot, name)
        look_at(context, point_m)
        yield from _set_down(context, spot, surface, name)
        yield from _look_for_it(context, wanted, name)
        look_ahead(context)


def _others(context: SkillContext, held: str) -> list[WorldObject]:
    return [thing for thing in context.situation.facts.objects if thing.id != held]


def _coming_from(context: SkillContext, surface: Surface) -> Spot:
    """The middle of the room: furniture that stands at a wall is reached from there."""
    place = context.site.places.get(surface.place)
    return place.waypoint_m[:2] if place else surface.centre_m


def _line_up(context: SkillContext, spot: Spot, surface: str) -> Steps:
    settings = context.settings
    yield from drive(context, *spot, stand_off_m=settings.object_stand_off_m, speed_mps=settings.cruise_speed_mps)
    for _ in range(TRIES):
        if _is_before_the_arm(context, spot):
            return
        yield from face(context, *spot)
    if not _is_before_the_arm(context, spot):
        raise context.failed("surface_out_of_reach", surface=surface)


def _is_before_the_arm(context: SkillContext, spot: Spot) -> bool:
    settings = context.settings
    forward_m, left_m = _in_base(context, spot)
    in_reach = settings.grasp_point_m <= forward_m <= settings.grasp_point_m + settings.arm_max_m
    return in_reach and abs(left_m) <= settings.grasp_lateral_m


def _set_down(context: SkillContext, spot: Spot, surface: Surface, name: str) -> Steps:
    settings = context.settings
    low_m, high_m = settings.lift_range_m
    lift_m = max(surface.height_m + _grip_m(context) + ABOVE_M, low_m)
    over_m = min(lift_m + settings.grasp_clearance_m, high_m)
    if lift_m > high_m:
        raise context.failed("surface_out_of_reach", surface=name)
    yield from move_joints(context, {"lift": over_m})
    yield from move_joints(context, {"arm": min(max(_in_base(context, spot)[0] - settings.grasp_point_m, 0.0), settings.arm_max_m)})
    yield from move_joints(context, {"lift": lift_m})
    yield from open_gripper(context)
    if context.situation.holding:
        raise context.failed("not_released", object=context.words.the(context.arguments["object"]))
    yield from move_joints(context, {"lift": over_m})
    yield from move_joints(context, {"arm": 0.0})


def _grip_m(context: SkillContext) -> float:
    """How far above its foot the thing is held."""
    stood_m = context.situation.grasped_over(context.site)
    return context.settings.put_grip_m if stood_m is None else max(stood_m, 0.0)


def _look_for_it(context: SkillContext, wanted: str, surface: str) -> Steps:
    """Keep the eyes on it until it was seen; whether it was, the executive judges."""
    until_s = context.elapsed_s + context.settings.put_look_s
    while context.elapsed_s < until_s:
        thing = context.situation.object(wanted)
        if thing is not None and thing.support == surface and thing.last_seen_s > context.trail.let_go_s:
            return
        yield


def _in_base(context: SkillContext, spot: Spot) -> tuple[float, float]:
    point = context.situation.in_base(*spot)
    if point is None or not all(map(math.isfinite, point)):
        raise context.failed("lost_myself")
    return point
