"""Moving joints as a piece of a skill: propose, watch, arrive or say so."""

from __future__ import annotations

import math
from collections.abc import Mapping

from robot_runtime.act.skill import SkillContext, Steps

REPEAT_S = 0.2
"""Targets are proposed again at this period: the gate forgets them while it holds the robot still, and they age."""


def move_joints(context: SkillContext, targets: Mapping[str, float]) -> Steps:
    """Bring joints to their targets.

    :raises SkillError: they do not arrive in time, or where they are is not known
    """
    started_s = context.elapsed_s
    proposed_s = -math.inf
    while not arrived(context, targets):
        if context.elapsed_s - started_s > context.settings.joint_timeout_s:
            raise context.failed("joints_stuck")
        if context.elapsed_s - proposed_s >= REPEAT_S:
            context.propose_joints(targets)
            proposed_s = context.elapsed_s
        yield


def arrived(context: SkillContext, targets: Mapping[str, float]) -> bool:
    """Whether fresh joint positions show all targets reached."""
    situation, settings = context.situation, context.settings
    if situation.now_s - situation.joints_stamp_s > settings.joint_states_max_age_s:
        return False
    return all(abs(situation.joints.get(name, math.nan) - target) <= settings.joint_tolerance for name, target in targets.items())


def close_gripper(context: SkillContext) -> Steps:
    """Close until the gripper reports that it holds something, or for as long as that may take."""
    yield from _move_gripper(context, 0.0, until_holding=True)


def open_gripper(context: SkillContext) -> Steps:
    """Open until the gripper reports that it is empty, or for as long as that may take."""
    yield from _move_gripper(context, context.settings.gripper_open_m, until_holding=False)


def _move_gripper(context: SkillContext, opening_m: float, *, until_holding: bool) -> Steps:
    """The fingers' position does not tell: they halt on what they grasp.  So the caller looks at what is held."""
    started_s = context.elapsed_s
    proposed_s = -math.inf
    while bool(context.situation.holding) != until_holding or not _has_moved(context, opening_m, until_holding):
        if context.elapsed_s - started_s > context.settings.grasp_timeout_s:
            return
        if context.elapsed_s - proposed_s >= REPEAT_S:
            context.propose_joints({"gripper": opening_m})
            proposed_s = context.elapsed_s
        yield


def _has_moved(context: SkillContext, opening_m: float, until_holding: bool) -> bool:
    return until_holding or arrived(context, {"gripper": opening_m})
