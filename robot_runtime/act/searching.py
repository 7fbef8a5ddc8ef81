"""Looking for something or somebody: left, right and ahead, then at likely places, until it is found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from robot_runtime.act.driving import drive
from robot_runtime.act.head import look_ahead
from robot_runtime.act.skill import SkillContext, SkillError, Steps

Found = Callable[[], bool]

NOT_ENTERED = frozenset({"bathroom", "stairs", "edge", "water"})
"""Kinds of place into which the robot does not look uninvited, or from which it falls.  The gate has rules of its own for them."""


@dataclass(frozen=True)
class Spot:
    """A place to look from; a ``nan`` yaw means "towards it"."""

    x_m: float
    y_m: float
    yaw_rad: float = math.nan
    stand_off_m: float = 0.0


def search(context: SkillContext, found: Found, spots: Iterable[Spot]) -> Steps:
    """Look around here, then from each spot; ends as soon as it is found.  The caller asks whether it was."""
    yield from look_around(context, found)
    for spot in spots:
        if found():
            return
        yield from _visit(context, spot, found)


def rounds(context: SkillContext) -> dict[str, Spot]:
    """All places that may be entered, the nearest first, with the way-point of each."""
    pose = context.situation.pose
    here = (pose.x_m, pose.y_m) if pose else (0.0, 0.0)
    found = {name: Spot(*place.waypoint_m) for name, place in context.site.places.items() if may_enter(context, name)}
    return dict(sorted(found.items(), key=lambda item: math.dist((item[1].x_m, item[1].y_m), here)))


def may_enter(context: SkillContext, place: str) -> bool:
    """Whether the robot goes there to look without having been sent there."""
    return not context.references.kinds_of_place(place) & NOT_ENTERED


def waypoints(context: SkillContext) -> list[Spot]:
    """Those of all places that may be entered, the nearest first, looking both ways from each."""
    return [Spot(spot.x_m, spot.y_m, spot.yaw_rad + turn) for spot in rounds(context).values() for turn in (0.0, math.pi)]


def door_seen(context: SkillContext, name: str) -> bool:
    """Whether the robot has seen since the skill began whether a door is open."""
    door = context.situation.door(name)
    return door is not None and door.last_seen_s >= context.trail.began_s


def look_from(context: SkillContext, spot: Spot) -> Steps:
    """Drive to a spot and look around there, whatever is found; a spot that cannot be reached is left out."""
    yield from _visit(context, spot, lambda: False)


def look_around(context: SkillContext, found: Found) -> Steps:
    """Left, right and ahead, a moment each; ends as soon as it is found."""
    settings = context.settings
    if found():
        return
    for pan_rad in (settings.look_pan_rad, -settings.look_pan_rad, 0.0):
        if found():
            break
        context.propose_joints({"head_pan": pan_rad, "head_tilt": settings.look_tilt_rad})
        until_s = context.elapsed_s + settings.look_s
        while context.elapsed_s < until_s and not found():
            yield
    look_ahead(context)


def _visit(context: SkillContext, spot: Spot, found: Found) -> Steps:
    """Drive there and look around; ends on the way when it comes into view."""
    speed_mps = context.settings.cruise_speed_mps
    way = drive(context, spot.x_m, spot.y_m, yaw_rad=spot.yaw_rad, stand_off_m=spot.stand_off_m, speed_mps=speed_mps)
    try:
        for _ in way:
            if found():
                return
            yield
    except SkillError:
        return  # one place that cannot be reached is no reason to give up the others
    finally:
        way.close()
    yield from look_around(context, found)
