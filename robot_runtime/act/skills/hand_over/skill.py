"""Hold an object out to somebody, let go of it when they are near enough to take it, and draw the arm back."""

from __future__ import annotations

import math

from robot_runtime.act.driving import distance_m, drive_to_person, face
from robot_runtime.act.joints import move_joints, open_gripper
from robot_runtime.act.skill import Skill, SkillContext, Steps
from robot_runtime.act.speaking import speak
from robot_runtime.messages import AgeGroup, Person

FACING_RAD = 0.3
"""The arm points at the person to within 17 degrees: at 0.85 m that is 0.25 m to their side, still before the body."""


class HandOver(Skill):
    def run(self, context: SkillContext) -> Steps:
        settings, wanted = context.settings, context.arguments["object"]
        thing = context.words.the(wanted)
        if context.situation.holding != wanted:
            raise context.failed("not_holding", object=thing)
        yield from _come_near(context)
        person = context.person("recipient")
        is_child = person.age_group == AgeGroup.CHILD.value
        yield from move_joints(context, {"lift": settings.hand_over_height_child_m if is_child else settings.hand_over_height_m})
        yield from move_joints(context, {"arm": _extension_m(context, person)})
        yield from speak(context, context.words.sentence("here_it_is", object=thing), "notice")
        if _reach_m(context, context.person("recipient")) > settings.hand_over_reach_m:
            raise context.failed("hand_over_too_far", object=thing, person=person.name)
        yield from open_gripper(context)
        if context.situation.holding:
            raise context.failed("not_released", object=thing)
        yield from move_joints(context, {"arm": 0.0})


def _come_near(context: SkillContext) -> Steps:
    """They may have walked on since the approach."""
    settings = context.settings
    person = context.person("recipient")
    if distance_m(context, person.position_m) > settings.hand_over_stand_off_m + settings.near_m:
        yield from drive_to_person(context, person, settings.hand_over_stand_off_m)
        person = context.person("recipient")
    point = context.situation.in_base(*person.position_m[:2])
    if point is None:
        raise context.failed("lost_myself")
    if abs(math.atan2(point[1], point[0])) > FACING_RAD:
        yield from face(context, *person.position_m[:2])


def _extension_m(context: SkillContext, person: Person) -> float:
    """The hand comes as near as is handy, and no nearer: how far that is depends on where the base could halt."""
    settings = context.settings
    needed_m = distance_m(context, person.position_m) - settings.grasp_point_m - settings.hand_over_gap_m
    return min(max(needed_m, 0.0), settings.hand_over_arm_m)


def _reach_m(context: SkillContext, person: Person) -> float:
    """From the grasp point to the person, on the floor."""
    point = context.situation.in_base(*person.position_m[:2])
    if point is None:
        raise context.failed("lost_myself")
    grasp_m = context.settings.grasp_point_m + context.situation.joints.get("arm", 0.0)
    return math.hypot(point[0] - grasp_m, point[1])
