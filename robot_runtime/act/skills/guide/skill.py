"""Lead somebody to a place: the head looks back at them, and the base waits where they fall behind."""

from __future__ import annotations

import math

from robot_runtime.act.driving import DriveWatch, distance_m, drive_to_person
from robot_runtime.act.head import look_ahead, look_at
from robot_runtime.act.joints import REPEAT_S
from robot_runtime.act.skill import Skill, SkillContext, Steps
from robot_runtime.act.speaking import speak
from robot_runtime.messages import Person
from robot_runtime.world.semantic_map import Place

_CHEST_M = 1.1
"""At this height the head aims: a small child's face, a grown-up's chest."""


class Guide(Skill):
    def run(self, context: SkillContext) -> Steps:
        name = context.arguments["place"]
        place = context.site.places.get(name)
        if place is None:
            raise context.failed("unknown_place", place=name, places="")
        person = context.person("person")
        if distance_m(context, person.position_m) > context.settings.guide_gap_m:
            yield from drive_to_person(context, person, context.person_distance_m(person.id))
        yield from speak(context, context.words.sentence("come_along", person=person.name), "notice")
        yield from _lead(context, place)
        yield from _await(context, place)


def _lead(context: SkillContext, place: Place) -> Steps:
    """Drive while they are near behind, stand while they are not."""
    x_m, y_m, yaw_rad = place.waypoint_m
    watch = DriveWatch(context)
    goal_id, looked_s, apart_s = "", -math.inf, context.elapsed_s
    try:
        while not (goal_id and watch.has_arrived(goal_id)):
            person = context.person("person")
            if context.elapsed_s - looked_s >= REPEAT_S:
                look_at(context, (*person.position_m[:2], _CHEST_M))
                looked_s = context.elapsed_s
            if _is_near(context, person):
                apart_s = context.elapsed_s
                if not goal_id:
                    watch = DriveWatch(context)
                    goal_id = context.drive_to(x_m, y_m, yaw_rad, 0.0, context.person_speed_mps(person.id))
            elif goal_id:
                context.cancel_drive(goal_id)
                goal_id = ""
            if context.elapsed_s - apart_s > context.settings.guide_wait_s:
                raise context.failed("lost_sight", person=person.name)
            yield
        goal_id, context.driving = "", False
    finally:
        if goal_id:
            context.cancel_drive(goal_id)
        look_ahead(context)


def _await(context: SkillContext, place: Place) -> Steps:
    """They come in behind the robot."""
    until_s, looked_s = context.elapsed_s + context.settings.guide_wait_s, -math.inf
    try:
        while True:
            person = context.person("person")
            if place.contains(*person.position_m[:2]):
                return
            if context.elapsed_s >= until_s:
                raise context.failed("did_not_follow", person=person.name)
            if context.elapsed_s - looked_s >= REPEAT_S:
                look_at(context, (*person.position_m[:2], _CHEST_M))
                looked_s = context.elapsed_s
            yield
    finally:
        look_ahead(context)


def _is_near(context: SkillContext, person: Person) -> bool:
    """A person out of sight counts as near for a moment: the head turns to them while the base turns away."""
    unseen_s = context.situation.now_s - person.last_seen_s
    return unseen_s <= context.settings.guide_unseen_s and distance_m(context, person.position_m) <= context.settings.guide_gap_m
