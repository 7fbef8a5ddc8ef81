"""Driving as a piece of a skill: one goal, from the request to the arrival."""

from __future__ import annotations

import contextlib
import math

from robot_runtime.act.skill import SkillContext, SkillError, Steps
from robot_runtime.messages import NavStatus, Person

_WORTH_A_BOW_M = 0.5
"""Who is nearer than that to where the robot halts is approached straight."""


def drive(context: SkillContext, x_m: float, y_m: float, *, speed_mps: float, yaw_rad: float = math.nan, stand_off_m: float = 0.0) -> Steps:
    """Drive and wait for the arrival.  A goal that is left half-way is cancelled.

    :raises SkillError: the navigation gave up, is silent, or was blocked for too long
    """
    watch = DriveWatch(context)
    limit_mps = context.max_speed_mps
    goal_id = context.drive_to(x_m, y_m, yaw_rad, stand_off_m, speed_mps)
    arrived = False
    try:
        while not arrived:
            if context.max_speed_mps != limit_mps:  # the gate has changed its mind about the speed
                limit_mps = context.max_speed_mps
                context.move_drive(goal_id, x_m, y_m, yaw_rad, stand_off_m, speed_mps)
            yield
            arrived = watch.has_arrived(goal_id)
    finally:
        context.driving = False
        if not arrived:
            context.cancel_drive(goal_id)


def face(context: SkillContext, x_m: float, y_m: float) -> Steps:
    """Turn on the spot towards a point of the map.

    :raises SkillError: as :func:`drive`
    """
    pose = context.situation.pose
    if pose is None:
        raise context.failed("lost_myself")
    yaw = math.atan2(y_m - pose.y_m, x_m - pose.x_m)
    yield from drive(context, pose.x_m, pose.y_m, yaw_rad=yaw, speed_mps=context.settings.careful_speed_mps)


def drive_to_person(context: SkillContext, person: Person, stand_off_m: float) -> Steps:
    """Drive to somebody at the speed that suits them, and again if they have moved meanwhile.

    :raises SkillError: as :func:`drive`, or the person keeps moving away
    """
    for _ in range(3):
        yield from drive(context, *person.position_m[:2], stand_off_m=stand_off_m, speed_mps=context.person_speed_mps(person.id))
        person = context.situation.person(person.id) or person
        if distance_m(context, person.position_m) <= stand_off_m + context.settings.near_m:
            return
    raise context.failed("lost_person", person=person.name)


def come_to_person(context: SkillContext, person: Person, stand_off_m: float) -> Steps:
    """The same, from the side that suits them where it is known how they stand and there is a way; then they need not walk on.

    :raises SkillError: as :func:`drive_to_person`
    """
    beside = _beside(context, person, stand_off_m)
    if beside is not None:
        with contextlib.suppress(SkillError):
            yield from drive(context, *beside[:2], yaw_rad=beside[2], speed_mps=context.person_speed_mps(person.id))
            person = context.situation.person(person.id) or person
            if distance_m(context, person.position_m) <= stand_off_m + context.settings.near_m:
                return
    yield from drive_to_person(context, person, stand_off_m)


def _beside(context: SkillContext, person: Person, stand_off_m: float) -> tuple[float, float, float] | None:
    """Where to halt, and which way to look then.  How somebody stands is known only while they face the robot."""
    pose, angle_rad = context.situation.pose, context.person_side_rad(person.id)
    if pose is None or not angle_rad or not person.facing_robot or distance_m(context, person.position_m) < stand_off_m + _WORTH_A_BOW_M:
        return None
    x_m, y_m, _ = person.position_m
    side_rad = math.atan2(pose.y_m - y_m, pose.x_m - x_m) + angle_rad
    return x_m + stand_off_m * math.cos(side_rad), y_m + stand_off_m * math.sin(side_rad), math.remainder(side_rad + math.pi, math.tau)


def distance_m(context: SkillContext, point_m: tuple[float, float, float]) -> float:
    """From the middle of the base to a point, on the floor; ``inf`` while the pose is unknown."""
    pose = context.situation.pose
    return math.inf if pose is None else math.hypot(point_m[0] - pose.x_m, point_m[1] - pose.y_m)


class DriveWatch:
    """Follows what the navigation says of a drive; counts only time during which the robot was free to move."""

    def __init__(self, context: SkillContext) -> None:
        self._context = context
        self._heard_s = self._free_s = context.elapsed_s
        self._last: NavStatus | None = None

    def has_arrived(self, goal_id: str) -> bool:
        """Whether the navigation reports arrival.

        :raises SkillError: it gave up, is silent, or was blocked for too long
        """
        context = self._context
        status = context.situation.drive(goal_id)
        if status is not None and status is not self._last:
            self._last, self._heard_s = status, context.elapsed_s
        phase = status.phase if status else ""
        if phase == "reached":
            return True
        if phase in ("failed", "cancelled"):
            raise context.failed("no_way")
        if phase != "blocked":
            self._free_s = context.elapsed_s
        if context.elapsed_s - self._free_s > context.settings.nav_blocked_s:
            raise context.failed("way_blocked")
        if context.elapsed_s - self._heard_s > context.settings.nav_silence_s:
            raise context.failed("navigation_silent")
        return False
