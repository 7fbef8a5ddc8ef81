"""Random floor plans: a rectangle cut into rooms, with doors between them and windows to the outside."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from models.eyes.rectangles import Block
from sim.description import Opening, Wall

WALL_M = 0.12
_SMALLEST_SIDE_M = 2.5
_DOOR_ROOM_M = 0.75
"""Kept free before and behind a door."""

Area = tuple[float, float, float, float]  # x0, y0, x1, y1


@dataclass
class Plan:
    """``doors`` are the places that stay free; ``windows`` stand in the way of what is tall."""

    bounds: Area
    rooms: list[Area]
    walls: list[Wall] = field(default_factory=list)
    doors: list[Block] = field(default_factory=list)
    windows: list[Block] = field(default_factory=list)


def draw_plan(rng: np.random.Generator) -> Plan:
    """A home of two to five rooms, every one of which can be reached from every other."""
    bounds = (0.0, 0.0, round(float(rng.uniform(6.5, 11.5)), 2), round(float(rng.uniform(5.5, 9.0)), 2))
    plan = Plan(bounds, [bounds])
    wanted = int(rng.integers(2, 6))
    for _ in range(12):
        if len(plan.rooms) < wanted:
            _cut(plan, rng)
    _outer_walls(plan, rng)
    return plan


def size_m(area: Area) -> tuple[float, float]:
    return area[2] - area[0], area[3] - area[1]


def _cut(plan: Plan, rng: np.random.Generator) -> None:
    """Cut the largest room across its longer side, where the new wall meets no door."""
    plan.rooms.sort(key=lambda area: -size_m(area)[0] * size_m(area)[1])
    x0, y0, x1, y1 = plan.rooms[0]
    upright = x1 - x0 > y1 - y0
    low, high = (x0, x1) if upright else (y0, y1)
    if high - low < 2 * _SMALLEST_SIDE_M:
        return
    at = round(float(low + (high - low) * rng.uniform(0.36, 0.64)), 2)
    if min(at - low, high - at) < _SMALLEST_SIDE_M - 0.3:
        return
    ends = ((at, y0), (at, y1)) if upright else ((x0, at), (x1, at))
    if any(door.distance_m(*end) < 0.2 for door in plan.doors for end in ends):
        return
    plan.rooms[:1] = [(x0, y0, at, y1), (at, y0, x1, y1)] if upright else [(x0, y0, x1, at), (x0, at, x1, y1)]
    length = (y1 - y0) if upright else (x1 - x0)
    width = round(float(rng.uniform(0.95, min(1.7, length - 0.9))), 2)
    start = round(float(rng.uniform(0.35, length - width - 0.35)), 2)
    plan.walls.append(Wall(start_m=ends[0], end_m=ends[1], openings=[Opening(kind="door", at_m=start, width_m=width)]))
    mid = start + width / 2
    x, y = (at, y0 + mid) if upright else (x0 + mid, at)
    plan.doors.append(Block(x, y, 90 if upright else 0, width + 0.1, 2 * _DOOR_ROOM_M))


def _outer_walls(plan: Plan, rng: np.random.Generator) -> None:
    """Counter-clockwise; each with up to three windows, one with the front door."""
    x0, y0, x1, y1 = plan.bounds
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    entrance = int(rng.integers(4))
    for side, (start, end) in enumerate(zip(corners, corners[1:] + corners[:1], strict=True)):
        wall = Wall(start_m=start, end_m=end)
        openings = _openings(plan, wall, rng, with_door=side == entrance)
        plan.walls.append(Wall(start_m=start, end_m=end, openings=openings))


def _openings(plan: Plan, wall: Wall, rng: np.random.Generator, *, with_door: bool) -> list[Opening]:
    """One try for each window in its own stretch of the wall, never where another wall meets this one."""
    (ax, ay), (bx, by) = wall.start_m, wall.end_m
    ux, uy = (bx - ax) / wall.length_m, (by - ay) / wall.length_m
    meets = [(x - ax) * ux + (y - ay) * uy for other in plan.walls for x, y in (other.start_m, other.end_m)]
    stretches = int(rng.integers(1, 4))
    door_in = int(rng.integers(stretches)) if with_door else -1
    found: list[Opening] = []
    for k in range(stretches):
        is_door = k == door_in
        room = wall.length_m / stretches
        width = 1.0 if is_door else float(rng.uniform(0.9, 1.9))
        if room < width + 0.8 or (not is_door and rng.random() < 0.25):
            continue
        start = round(float(k * room + rng.uniform(0.35, room - width - 0.35)), 2)
        width = round(width, 2)
        if any(start - 0.25 < at < start + width + 0.25 for at in meets):
            continue
        found.append(Opening(kind="front door" if is_door else "window", at_m=start, width_m=width))
        mid = start + width / 2
        yaw = float(np.degrees(np.arctan2(uy, ux)))
        block = Block(ax + ux * mid, ay + uy * mid, yaw, width + 0.1, 2 * _DOOR_ROOM_M if is_door else 1.0)
        (plan.doors if is_door else plan.windows).append(block)
    return found
