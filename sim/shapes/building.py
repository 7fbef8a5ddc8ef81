"""Floors, walls, doors and windows of a home as parts in the map frame."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from sim.description import HomeDescription, Opening, Room, Wall
from sim.shapes.palette import PALETTE
from sim.shapes.parts import Material, Part, box, cylinder, moved, rot, sphere

CUT_M = 1.15
"""Walls are drawn in two pieces, so that the view from above can leave the upper one out."""

DOOR_M, SILL_M, WINDOW_TOP_M = 2.05, 0.85, 2.1

_PLASTER = Material("#f4eee2", shine=0.02)
_CAP = Material("#8f8576", shine=0.0)
_TRIM = Material("#fbf9f5", shine=0.2)
_FLOORS = {
    "oak": Material("#f3e6d5", "oak planks", 1.6, 0.2),
    "tiles": Material("#f6f3ee", "tiles", 1.6, 0.3),
    "carpet": Material("#cfc4b6", "carpet", 0.5, 0.0),
    "slate": Material("#c9cfd2", "slate", 1.2, 0.25),
}


def floors(home: HomeDescription) -> list[Part]:
    """One drawn slab for each room; its top is z = 0."""
    return [_slab(room) for room in home.rooms.values()]


def _slab(room: Room) -> Part:
    xs, ys = [x for x, _ in room.polygon_m], [y for _, y in room.polygon_m]
    size = (max(xs) - min(xs), max(ys) - min(ys), 0.04)
    return box(size, ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2, -0.02), _FLOORS[room.floor], solid=False)


def ceiling(home: HomeDescription) -> Part:
    x0, y0, x1, y1 = home.bounds_m()
    return box(
        (x1 - x0, y1 - y0, 0.05),
        ((x0 + x1) / 2, (y0 + y1) / 2, home.wall_height_m + 0.025),
        Material("#faf8f4", glow=0.35),
        solid=False,
        upper=True,
    )


def solid_spans(wall: Wall, thickness_m: float) -> Iterator[tuple[float, float]]:
    """Stretches (from, to) along a wall that always stop a robot: all but the door openings; the ends reach round the corners."""
    start = -thickness_m / 2
    for opening in wall.openings:
        if opening.kind == "door":
            yield start, opening.at_m
            start = opening.at_m + opening.width_m
    yield start, wall.length_m + thickness_m / 2


def wall_solids(home: HomeDescription) -> list[Part]:
    """What stops robots and rays."""
    parts: list[Part] = []
    for wall in home.walls:
        spans = [
            _panel(a, b, 0.0, home.wall_height_m, home.wall_thickness_m, None, solid=True)
            for a, b in solid_spans(wall, home.wall_thickness_m)
        ]
        leaves = [_leaf(opening, solid=True) for opening in wall.openings if opening.kind == "door" and opening.closed]
        parts += _along(wall, [*spans, *leaves])
    return parts


def wall_looks(home: HomeDescription) -> list[Part]:
    """What is drawn, split at the cut of the doll's-house view."""
    parts: list[Part] = []
    for wall in home.walls:
        parts += _along(wall, [piece for part in _wall_pieces(wall, home) for piece in _split(part)])
    return parts


def _along(wall: Wall, parts: list[Part]) -> list[Part]:
    (ax, ay), (bx, by) = wall.start_m, wall.end_m
    return moved(parts, (ax, ay, 0.0), rot("z", math.degrees(math.atan2(by - ay, bx - ax))))


def _panel(a: float, b: float, low: float, high: float, thickness_m: float, material: Material | None, *, solid: bool = False) -> Part:
    return box((b - a, thickness_m, high - low), ((a + b) / 2, 0.0, (low + high) / 2), material, solid=solid)


def _split(part: Part) -> list[Part]:
    """Cut an upright box at ``CUT_M``; other shapes go where their middle is."""
    low, high = part.at_m[2] - part.size_m[-1] / 2, part.at_m[2] + part.size_m[-1] / 2
    if part.shape != "box" or high <= CUT_M + 1e-6:
        return [part]
    if low >= CUT_M - 1e-6:
        return [replace(part, upper=True)]
    x, y, _ = part.at_m
    lower = replace(part, size_m=(*part.size_m[:2], CUT_M - low), at_m=(x, y, (low + CUT_M) / 2))
    upper = replace(part, size_m=(*part.size_m[:2], high - CUT_M), at_m=(x, y, (high + CUT_M) / 2), upper=True)
    cap = box((part.size_m[0] - 0.004, part.size_m[1] - 0.004, 0.012), (x, y, CUT_M), _CAP, solid=False)
    return [lower, upper, cap] if part.material is _PLASTER else [lower, upper]


def _wall_pieces(wall: Wall, home: HomeDescription) -> Iterator[Part]:
    thick, height = home.wall_thickness_m, home.wall_height_m
    start = -thick / 2
    for opening in wall.openings:
        yield from _plain(start, opening.at_m, thick, height)
        yield from _opening(opening, thick, height)
        start = opening.at_m + opening.width_m
    yield from _plain(start, wall.length_m + thick / 2, thick, height)


def _plain(a: float, b: float, thick: float, height: float) -> Iterator[Part]:
    yield _panel(a, b, 0.0, height, thick, _PLASTER)
    yield _panel(a, b, 0.0, 0.07, thick + 0.024, _TRIM)  # skirting board


def _opening(opening: Opening, thick: float, height: float) -> Iterator[Part]:
    a, b = opening.at_m, opening.at_m + opening.width_m
    if opening.kind == "window":
        yield from _window(a, b, thick, height)
        return
    yield _panel(a, b, DOOR_M, height, thick, _PLASTER)
    for x in (a + 0.02, b - 0.02):
        yield _panel(x - 0.025, x + 0.025, 0.0, DOOR_M, thick + 0.04, _TRIM)
    yield _panel(a, b, DOOR_M - 0.05, DOOR_M, thick + 0.04, _TRIM)
    if opening.is_shut:
        yield replace(_leaf(opening, solid=False), material=PALETTE["teal" if opening.kind == "front door" else "oak"])
        for side in (-1, 1):
            yield cylinder(0.012, 0.12, (b - 0.14, side * 0.06, 1.02), PALETTE["chrome"], turn=rot("y", 90))
            yield sphere(0.016, (b - 0.08, side * 0.05, 1.02), PALETTE["chrome"])


def _leaf(opening: Opening, *, solid: bool) -> Part:
    a, b = opening.at_m + 0.04, opening.at_m + opening.width_m - 0.04
    return _panel(a, b, 0.0, DOOR_M - 0.05, 0.06, None, solid=solid)


def _window(a: float, b: float, thick: float, height: float) -> Iterator[Part]:
    mid = (a + b) / 2
    yield _panel(a, b, 0.0, SILL_M, thick, _PLASTER)
    yield _panel(a, b, 0.0, 0.07, thick + 0.024, _TRIM)
    yield _panel(a, b, WINDOW_TOP_M, height, thick, _PLASTER)
    yield _panel(a - 0.05, b + 0.05, SILL_M - 0.015, SILL_M + 0.015, thick + 0.12, _TRIM)
    pane = Material("#ffffff", "sky", 0.0, 0.5, glow=0.75)
    yield box(
        (b - a, WINDOW_TOP_M - SILL_M, 0.02), (mid, 0.0, (SILL_M + WINDOW_TOP_M) / 2), pane, solid=False, turn=rot("x", 90), upper=True
    )
    for x in (a + 0.025, mid, b - 0.025):
        yield _panel(x - 0.025, x + 0.025, SILL_M, WINDOW_TOP_M, 0.07, _TRIM)
    for z in (SILL_M + 0.03, WINDOW_TOP_M - 0.025):
        yield _panel(a, b, z - 0.025, z + 0.025, 0.07, _TRIM)
