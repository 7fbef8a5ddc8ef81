"""Nod, shake the head, or wave."""

from __future__ import annotations

from robot_runtime.act.gestures import joint_of, span_of
from robot_runtime.act.head import look_ahead
from robot_runtime.act.joints import move_joints
from robot_runtime.act.skill import Skill, SkillContext, Steps

TIMES = 2


class Gesture(Skill):
    def run(self, context: SkillContext) -> Steps:
        joint = joint_of(context.arguments["motion"])
        rest = context.situation.joints.get(joint)
        if rest is None:
            raise context.failed("joints_stuck")
        low, high = span_of(joint, rest, context.settings)
        try:
            for _ in range(TIMES):
                yield from move_joints(context, {joint: high})
                yield from move_joints(context, {joint: low})
            yield from move_joints(context, {joint: rest})
        finally:
            look_ahead(context)
