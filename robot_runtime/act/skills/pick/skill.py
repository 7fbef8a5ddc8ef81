"""Grasp an object within reach: open, line up, lift, reach out, close, look at what is held, raise, draw in."""

from __future__ import annotations

import math

from robot_runtime.act.driving import drive, face
from robot_runtime.act.head import look_ahead, look_at
from robot_runtime.act.joints import close_gripper, move_joints, open_gripper
from robot_runtime.act.skill import Skill, SkillContext, Steps

TRIES = 2


class Pick(Skill):
    def run(self, context: SkillContext) -> Steps:
        wanted = context.arguments["object"]
        for _ in range(TRIES):
            if context.situation.holding == wanted:  # also when the skill is resumed with the object in hand
                yield from _draw_in(context)
                return
            yield from _grasp(context)
        if context.situation.holding == wanted:
            yield from _draw_in(context)
            return
        yield from open_gripper(context)  # it may have got hold of something else
        yield from move_joints(context, {"arm": 0.0})
        raise context.failed("grasp_missed", object=context.words.the(wanted))


def _grasp(context: SkillContext) -> Steps:
    yield from open_gripper(context)
    look_at(context, context.object("object").position_m)
    yield from _line_up(context)
    x_m, y_m, z_m = context.object("object").position_m
    low, high = context.settings.lift_range_m
    if not low - 0.1 <= z_m <= high + 0.1:
        raise context.failed("out_of_reach", object=context.words.the(context.arguments["object"]))
    forward_m = _in_base(context, x_m, y_m)[0]
    yield from move_joints(context, {"lift": min(max(z_m, low), high)})
    yield from move_joints(context, {"arm": min(max(forward_m - context.settings.grasp_point_m, 0.0), context.settings.arm_max_m)})
    yield from close_gripper(context)


def _line_up(context: SkillContext) -> Steps:
    """Bring the object before the arm: turn to it, and drive up to it again when it is out of reach."""
    settings = context.settings
    for _ in range(TRIES):
        x_m, y_m, _ = context.object("object").position_m
        forward_m, left_m = _in_base(context, x_m, y_m)
        distance_m = math.hypot(forward_m, left_m)
        if not settings.grasp_point_m <= distance_m <= settings.grasp_point_m + settings.arm_max_m:
            yield from move_joints(context, {"arm": 0.0})
            yield from drive(context, x_m, y_m, stand_off_m=settings.object_stand_off_m, speed_mps=settings.careful_speed_mps)
        elif abs(left_m) > settings.grasp_lateral_m or forward_m < 0:
            yield from move_joints(context, {"arm": 0.0})
            yield from face(context, x_m, y_m)
        else:
            return
    forward_m, left_m = _in_base(context, *context.object("object").position_m[:2])
    in_reach = settings.grasp_point_m <= forward_m <= settings.grasp_point_m + settings.arm_max_m
    if not in_reach or abs(left_m) > settings.grasp_lateral_m:
        raise context.failed("out_of_reach", object=context.words.the(context.arguments["object"]))


def _draw_in(context: SkillContext) -> Steps:
    """Clear the surface before the arm comes back over its edge."""
    look_ahead(context)
    settings = context.settings
    raised_m = context.situation.joints.get("lift", settings.lift_range_m[1]) + settings.grasp_clearance_m
    yield from move_joints(context, {"lift": min(raised_m, settings.lift_range_m[1])})
    yield from move_joints(context, {"arm": 0.0})


def _in_base(context: SkillContext, x_m: float, y_m: float) -> tuple[float, float]:
    point = context.situation.in_base(x_m, y_m)
    if point is None:
        raise context.failed("lost_myself")
    return point
