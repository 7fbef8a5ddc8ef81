"""Follow a person at the distance that suits them, until cancelled, lost, or the skill's time is over.

The head stays turned to the person, so that who walks round a corner or past the robot is not lost for having left the view
ahead.  Who is out of sight all the same is looked for to both sides of where they were last.
"""

from __future__ import annotations

import math

from robot_runtime.act.driving import distance_m
from robot_runtime.act.head import look_ahead, look_at
from robot_runtime.act.joints import REPEAT_S
from robot_runtime.act.skill import Skill, SkillContext, Steps
from robot_runtime.messages import Person

STIRRED_M = 0.25
"""A new goal is given once the person has moved this far: fewer would be jerky, more would restart the path for nothing."""

_CHEST_M = 1.1
"""At this height the head aims: a small child's face, a grown-up's chest."""


class Follow(Skill):
    def run(self, context: SkillContext) -> Steps:
        goal_id, goal_m, given_s, looked_s = "", (math.inf, math.inf, 0.0), -math.inf, -math.inf
        try:
            while context.elapsed_s < context.timeout_s - 1.0:
                person = _in_sight(context)
                if context.elapsed_s - looked_s >= REPEAT_S:
                    _look_for(context, person)
                    looked_s = context.elapsed_s
                stirred = not math.dist(person.position_m, goal_m) <= STIRRED_M
                if stirred and _is_far(context, person) and context.elapsed_s - given_s >= context.settings.follow_period_s:
                    goal_id = _go_after(context, person, goal_id)
                    goal_m, given_s = person.position_m, context.elapsed_s
                yield
        finally:
            if goal_id:
                context.cancel_drive(goal_id)
            look_ahead(context)


def _in_sight(context: SkillContext) -> Person:
    person = context.person("person")
    if context.situation.now_s - person.last_seen_s > context.settings.follow_lost_s:
        raise context.failed("lost_sight", person=person.name)
    return person


def _look_for(context: SkillContext, person: Person) -> None:
    """Turn the head to somebody; when they are not to be seen there, to one side and the other in turn."""
    unseen_s, look_s = context.situation.now_s - person.last_seen_s, context.settings.look_s
    side = 0 if not unseen_s >= look_s else 1 if int(unseen_s / look_s) % 2 else -1
    x_m, y_m, _ = person.position_m
    look_at(context, (x_m, y_m, _CHEST_M), side * context.settings.look_pan_rad)


def _is_far(context: SkillContext, person: Person) -> bool:
    return distance_m(context, person.position_m) > context.person_distance_m(person.id) + context.settings.near_m


def _go_after(context: SkillContext, person: Person, goal_id: str) -> str:
    """Move the drive that is under way, or begin one; returns its id."""
    x_m, y_m, _ = person.position_m
    where = (x_m, y_m, math.nan, context.person_distance_m(person.id), context.settings.cruise_speed_mps)
    status = context.situation.drive(goal_id)
    if not goal_id or (status is not None and status.phase in ("reached", "failed", "cancelled")):
        return context.drive_to(*where)
    context.move_drive(goal_id, *where)
    return goal_id
