"""Looks up in the world whether what a skill promises is so: nothing is claimed that this does not confirm."""

from __future__ import annotations

import math
from collections.abc import Mapping

from robot_runtime.act.catalogue import Predicate
from robot_runtime.act.conditions import in_view
from robot_runtime.act.durations import seconds
from robot_runtime.act.gestures import is_seen, joint_of
from robot_runtime.act.head import towards
from robot_runtime.act.joints import arrived
from robot_runtime.act.searching import door_seen, rounds
from robot_runtime.act.skill import SkillContext
from robot_runtime.messages import GripperState
from robot_runtime.world.objects import ROBOT

DANCE_RAD = 4.0
"""To have turned so much to and fro is a dance; the figure asks for 7.2."""

DOCK_M = 0.2
"""So near the middle of its place it stands in it."""


def holds(promise: Predicate, arguments: Mapping[str, str], context: SkillContext) -> bool:
    """Whether the world shows it now; not knowing counts as no."""
    return _CHECKS[promise.name]([arguments[name] for name in promise.arguments], context)


def _robot_in(values: list[str], context: SkillContext) -> bool:
    pose, place = context.situation.pose, context.site.places.get(values[0])
    return pose is not None and place is not None and place.contains(pose.x_m, pose.y_m)


def _robot_near(values: list[str], context: SkillContext) -> bool:
    situation, settings = context.situation, context.settings
    person, thing = situation.person(values[0]), situation.object(values[0])
    if situation.pose is None or (person is None and thing is None):
        return False
    x_m, y_m, _ = person.position_m if person else thing.position_m if thing else (math.nan,) * 3
    limit_m = context.person_distance_m(values[0]) if person else settings.grasp_point_m + settings.arm_max_m
    return math.hypot(x_m - situation.pose.x_m, y_m - situation.pose.y_m) <= limit_m + settings.near_m


def _known(values: list[str], context: SkillContext) -> bool:
    return bool(context.known(values[0]))


def _held_by_robot(values: list[str], context: SkillContext) -> bool:
    gripper = _gripper(context)
    return gripper is not None and gripper.holding == values[0]


def _given(values: list[str], context: SkillContext) -> bool:
    """The gripper is empty, and the world has seen or inferred that the recipient holds the thing."""
    gripper, thing = _gripper(context), context.situation.object(values[0])
    return gripper is not None and gripper.holding == "" and thing is not None and thing.held_by == values[1] != ROBOT


def _told(values: list[str], context: SkillContext) -> bool:
    states = [context.situation.sentence(request_id) for request_id in context.said]
    return bool(states) and all(state is not None and state.phase == "finished" for state in states)


def _looks_to(values: list[str], context: SkillContext) -> bool:
    return arrived(context, towards(context, values[0]))


def _in_view(values: list[str], context: SkillContext) -> bool:
    return in_view(values[0], context.situation)


def _led(values: list[str], context: SkillContext) -> bool:
    """Both are there, and the person was seen there while the robot was on its way or since."""
    person, place = context.situation.person(values[0]), context.site.places.get(values[1])
    if person is None or place is None or not person.last_seen_s >= context.trail.began_s:
        return False
    return _robot_in([values[1]], context) and place.contains(*person.position_m[:2])


def _waited(values: list[str], context: SkillContext) -> bool:
    span_s = seconds(values[0])
    return span_s is not None and context.situation.now_s - context.trail.began_s >= span_s


def _danced(values: list[str], context: SkillContext) -> bool:
    return context.trail.turned_rad >= DANCE_RAD


def _gestured(values: list[str], context: SkillContext) -> bool:
    return is_seen(values[0], context.trail.swing(joint_of(values[0])), context.settings)


def _docked(values: list[str], context: SkillContext) -> bool:
    pose, dock_m = context.situation.pose, context.site.dock_m
    return pose is not None and dock_m is not None and math.hypot(pose.x_m - dock_m[0], pose.y_m - dock_m[1]) <= DOCK_M


def _made_rounds(values: list[str], context: SkillContext) -> bool:
    return set(rounds(context)) <= context.trail.places


def _kept(values: list[str], context: SkillContext) -> bool:
    """The memory holds what it was asked to keep, and nothing that it was asked to let go."""
    ids = {note.id for note in context.situation.notes}
    return bool(context.noted) and all((id_ in ids) == keep for id_, keep in context.noted.items())


def _stands_on(values: list[str], context: SkillContext) -> bool:
    """The gripper has let go of it, and it was seen there since."""
    gripper, thing = _gripper(context), context.situation.object(values[0])
    if gripper is None or gripper.holding or thing is None or thing.held_by:
        return False
    return thing.support == values[1] and thing.provenance == "seen" and thing.last_seen_s >= context.trail.let_go_s


def _door_seen(values: list[str], context: SkillContext) -> bool:
    return door_seen(context, values[0])


def _picture_kept(values: list[str], context: SkillContext) -> bool:
    """The eyes have read it back from the disk, and who was meant is in it."""
    kept = context.situation.picture_of(context.action_id)
    if kept is None or kept.problem or not kept.sha256:
        return False
    return context.situation.person(values[0]) is None or values[0] in kept.in_view


def _gripper(context: SkillContext) -> GripperState | None:
    """Its state, unless that is old."""
    gripper = context.situation.gripper
    fresh = gripper is not None and context.situation.now_s - gripper.stamp_s <= context.settings.gripper_state_max_age_s
    return gripper if fresh else None


_CHECKS = {
    "robot_in": _robot_in,
    "robot_near": _robot_near,
    "known": _known,
    "held_by_robot": _held_by_robot,
    "given": _given,
    "told": _told,
    "looks_to": _looks_to,
    "in_view": _in_view,
    "led": _led,
    "waited": _waited,
    "danced": _danced,
    "gestured": _gestured,
    "docked": _docked,
    "made_rounds": _made_rounds,
    "kept": _kept,
    "stands_on": _stands_on,
    "door_seen": _door_seen,
    "picture_kept": _picture_kept,
}
