"""How each kind of furniture is built, and which of its faces things can stand on.

A builder gets the size (length x, depth y, height z) and the colour's material and returns parts around the origin on the
floor; its front looks to -y.  Solid parts are boxes and cylinders only: they are what robots bump into and lidars see.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from sim.shapes import furniture_kitchen, furniture_rooms
from sim.shapes.palette import PALETTE, named
from sim.shapes.parts import Material, Part, Vec3

Builder = Callable[[Vec3, Material], list[Part]]


@dataclass(frozen=True)
class Kind:
    """``top`` gives (x, y, z, lx, ly) of the face that holds things, from the size; ``footprint`` is what a map shows."""

    build: Builder
    top: Callable[[Vec3], tuple[float, float, float, float, float]] | None = None
    footprint: bool = True


def _whole_top(size: Vec3) -> tuple[float, float, float, float, float]:
    return 0.0, 0.0, size[2], size[0], size[1]


def _seat(size: Vec3) -> tuple[float, float, float, float, float]:
    return 0.0, -0.1, 0.45, size[0] - 0.4, size[1] - 0.25


def _mattress(size: Vec3) -> tuple[float, float, float, float, float]:
    return 0.0, -0.25, size[2], size[0] - 0.1, size[1] - 0.6


KINDS: dict[str, Kind] = {
    "table": Kind(furniture_kitchen.table, _whole_top),
    "chair": Kind(furniture_kitchen.chair),
    "fridge": Kind(furniture_kitchen.fridge),
    "counter": Kind(furniture_kitchen.counter, _whole_top),
    "stove": Kind(furniture_kitchen.stove, _whole_top),
    "sink": Kind(furniture_kitchen.sink, _whole_top),
    "wall cupboard": Kind(furniture_kitchen.wall_cupboard, footprint=False),
    "sideboard": Kind(furniture_rooms.sideboard, _whole_top),
    "sofa": Kind(furniture_rooms.sofa, _seat),
    "armchair": Kind(furniture_rooms.armchair, _seat),
    "coffee table": Kind(furniture_rooms.coffee_table, _whole_top),
    "tv bench": Kind(furniture_rooms.tv_bench),
    "bookshelf": Kind(furniture_rooms.bookshelf),
    "floor lamp": Kind(furniture_rooms.floor_lamp),
    "plant": Kind(furniture_rooms.plant),
    "rug": Kind(furniture_rooms.rug, footprint=False),
    "picture": Kind(furniture_rooms.picture, footprint=False),
    "mirror": Kind(furniture_rooms.mirror, footprint=False),
    "bed": Kind(furniture_rooms.bed, _mattress),
    "night table": Kind(furniture_rooms.night_table, _whole_top),
    "wardrobe": Kind(furniture_rooms.wardrobe),
    "hall table": Kind(furniture_rooms.hall_table, _whole_top),
    "bench": Kind(furniture_rooms.bench, _whole_top),
    "coat rack": Kind(furniture_rooms.coat_rack),
}

_TEXTURE_COLOURS = {"hills", "sea", "citrus"}


def build(kind: str, size_m: Vec3, colour: str) -> list[Part]:
    """The parts of one piece of furniture.

    :raises KeyError: unknown kind or colour; :func:`check` says so in words
    """
    if kind == "picture":
        return furniture_rooms.picture(size_m, Material("#ffffff", colour, 0.0, 0.1))
    if kind == "rug":
        return furniture_rooms.rug(size_m, Material("#ffffff", f"rug {colour}", 0.0, 0.0))
    return KINDS[kind].build(size_m, named(colour))


def problem(kind: str, colour: str) -> str:
    """What is wrong with a kind and colour, "" when nothing is."""
    if kind not in KINDS:
        return f"unknown kind '{kind}'; known: {', '.join(sorted(KINDS))}"
    known = _TEXTURE_COLOURS if kind == "picture" else {"cream", "rose", "indigo"} if kind == "rug" else {*PALETTE, ""}
    return "" if colour in known else f"unknown colour '{colour}'; known: {', '.join(sorted(known))}"


def footprint_m(size_m: Vec3, at_m: tuple[float, float], yaw_rad: float) -> list[tuple[float, float]]:
    """The four corners of a piece on the floor, in the map frame."""
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    half_x, half_y = size_m[0] / 2, size_m[1] / 2
    corners = ((-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y))
    return [(at_m[0] + c * x - s * y, at_m[1] + s * x + c * y) for x, y in corners]
