"""What each room of the home does to sound, by octave band: its surfaces, its reverberation time, its openings.

Reverberation time by Eyring's formula with the absorption of air (H. Kuttruff, Room Acoustics, chapter 5).  Furniture and
rugs count as part of the floor that they stand on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.sound.materials import ABSORPTION, AIR_PER_M, FLAT, SOFT, Bands
from sim.sound.units import SPEED_OF_SOUND_MPS

if TYPE_CHECKING:
    from sim.description import HomeDescription, Point, Room, Wall

DOOR_HEIGHT_M, WINDOW_HEIGHT_M = 2.05, 1.25  # as sim/shapes/building.py builds them
_SABINE = 24 * math.log(10) / SPEED_OF_SOUND_MPS  # 0.161 s/m
_MIDDLE = slice(2, 4)  # the bands 500 Hz and 1 kHz, by which a room's reverberation time is named
_MOST = 0.95


@dataclass(frozen=True)
class Doorway:
    """An open door between two rooms."""

    rooms: tuple[str, str]
    middle_m: tuple[float, float]
    along: tuple[float, float]  # unit vector of the wall
    width_m: float

    @property
    def area_m2(self) -> float:
        return self.width_m * DOOR_HEIGHT_M

    def other(self, room: str) -> str:
        """The room on the other side."""
        return self.rooms[1] if room == self.rooms[0] else self.rooms[0]

    def opens_towards(self, at_m: Point) -> float:
        """Cosine of the angle between the way to a point and straight through the door."""
        dx, dy = at_m[0] - self.middle_m[0], at_m[1] - self.middle_m[1]
        length_m = math.hypot(dx, dy)
        return abs(dx * self.along[1] - dy * self.along[0]) / length_m if length_m > 0 else 1.0


@dataclass(frozen=True)
class RoomSound:
    """One room; absorption by band of each wall (one for each side of the outline), floor and ceiling."""

    name: str
    polygon_m: tuple[tuple[float, float], ...]
    height_m: float
    walls: tuple[Bands, ...]
    floor: Bands
    ceiling: Bands

    @cached_property
    def floor_m2(self) -> float:
        return _area_m2(self.polygon_m)

    @property
    def volume_m3(self) -> float:
        return self.floor_m2 * self.height_m

    @cached_property
    def surface_m2(self) -> float:
        return 2 * self.floor_m2 + self.height_m * sum(math.dist(a, b) for a, b in _sides(self.polygon_m))

    @property
    def mean_free_path_m(self) -> float:
        return 4 * self.volume_m3 / self.surface_m2

    @property
    def rt60_s(self) -> Bands:
        """Reverberation time of each band."""
        return _SABINE * self.volume_m3 / self.absorption_m2

    @cached_property
    def absorption_m2(self) -> Bands:
        """Equivalent absorption area of each band, air included, by which sound dies away."""
        walls = sum(self.height_m * math.dist(a, b) * alpha for (a, b), alpha in zip(_sides(self.polygon_m), self.walls, strict=True))
        mean = (walls + self.floor_m2 * (self.floor + self.ceiling)) / self.surface_m2
        return np.asarray(-self.surface_m2 * np.log(1 - mean) + 4 * AIR_PER_M * self.volume_m3)

    def asked(self, rt60_s: float) -> RoomSound:
        """The same room with all its surfaces so much softer or harder that it has this reverberation time at 500 Hz to 1 kHz."""
        low, high = 1e-3, 1e3
        for _ in range(60):
            factor = math.sqrt(low * high)
            longer = float(np.mean(self._scaled(factor).rt60_s[_MIDDLE])) > rt60_s
            low, high = (factor, high) if longer else (low, factor)
        return self._scaled(math.sqrt(low * high))

    def _scaled(self, factor: float) -> RoomSound:
        def scale(alpha: Bands) -> Bands:
            return np.asarray(np.minimum(1 - (1 - np.minimum(alpha, _MOST)) ** factor, _MOST))

        return RoomSound(self.name, self.polygon_m, self.height_m, tuple(map(scale, self.walls)), scale(self.floor), scale(self.ceiling))

    def is_box(self) -> bool:
        """Whether its outline is a rectangle along the axes of the map."""
        xs, ys = zip(*self.polygon_m, strict=True)
        return len(self.polygon_m) == 4 and len(set(xs)) == len(set(ys)) == 2


def room_sounds(home: HomeDescription, rt60_s: dict[str, float]) -> dict[str, RoomSound]:
    """All rooms, by name.

    :param rt60_s: reverberation times of rooms that shall not have that of their materials
    """
    rooms = {name: _room_sound(home, name, room) for name, room in home.rooms.items()}
    return {name: room.asked(rt60_s[name]) if name in rt60_s else room for name, room in rooms.items()}


def doorways(home: HomeDescription) -> tuple[Doorway, ...]:
    """The open doors between rooms."""
    found = []
    for wall in home.walls:
        ux, uy = _along(wall)
        for opening in wall.openings:
            x, y = (wall.start_m[k] + (ux, uy)[k] * (opening.at_m + opening.width_m / 2) for k in (0, 1))
            sides = home.room_at(x - 0.3 * uy, y + 0.3 * ux), home.room_at(x + 0.3 * uy, y - 0.3 * ux)
            if opening.kind == "door" and all(sides) and sides[0] != sides[1]:
                found.append(Doorway(sides, (x, y), (ux, uy), opening.width_m))
    return tuple(found)


def _room_sound(home: HomeDescription, name: str, room: Room) -> RoomSound:
    polygon = tuple((float(x), float(y)) for x, y in room.polygon_m)
    if _signed_area_m2(polygon) < 0:
        polygon = polygon[::-1]
    walls = tuple(_wall(home, a, b) for a, b in _sides(polygon))
    return RoomSound(name, polygon, home.wall_height_m, walls, _floor(home, room, _area_m2(polygon)), ABSORPTION["plaster"])


def _wall(home: HomeDescription, a: Point, b: Point) -> Bands:
    """Plaster, with the windows and doors of the walls of the home that run along this side of a room."""
    area_m2 = math.dist(a, b) * home.wall_height_m
    total = ABSORPTION["plaster"] * area_m2
    for wall in home.walls:
        ux, uy = _along(wall)
        if any(abs((p[0] - wall.start_m[0]) * uy - (p[1] - wall.start_m[1]) * ux) > home.wall_thickness_m for p in (a, b)):
            continue
        ends = sorted((p[0] - wall.start_m[0]) * ux + (p[1] - wall.start_m[1]) * uy for p in (a, b))
        for opening in wall.openings:
            width_m = min(ends[1], opening.at_m + opening.width_m) - max(ends[0], opening.at_m)
            if width_m > 0:
                material, height_m = _OPENINGS[opening.kind]
                total = total + (ABSORPTION[material] - ABSORPTION["plaster"]) * width_m * height_m
    return np.asarray(np.clip(total / area_m2, 0.005, _MOST))


_OPENINGS = {"door": ("open", DOOR_HEIGHT_M), "front door": ("wood", DOOR_HEIGHT_M), "window": ("window", WINDOW_HEIGHT_M)}


def _floor(home: HomeDescription, room: Room, area_m2: float) -> Bands:
    total = ABSORPTION[room.floor] * area_m2
    for piece in home.furniture.values():
        if not room.contains(*piece.pose.at_m):
            continue
        length_m, depth_m, height_m = piece.size_m
        if piece.kind == "rug":
            total = total + (ABSORPTION["rug"] - ABSORPTION[room.floor]) * length_m * depth_m
        elif piece.kind not in FLAT:
            material = "cloth" if piece.kind in SOFT else "shelves" if piece.kind == "bookshelf" else "wood"
            exposed_m2 = length_m * depth_m + 2 * (length_m + depth_m) * height_m * 0.5  # the half that does not face a wall
            total = total + ABSORPTION[material] * exposed_m2
    return np.asarray(np.clip(total / area_m2, 0.005, _MOST))


def _along(wall: Wall) -> tuple[float, float]:
    return (wall.end_m[0] - wall.start_m[0]) / wall.length_m, (wall.end_m[1] - wall.start_m[1]) / wall.length_m


def _sides(polygon: tuple[Point, ...]) -> list[tuple[Point, Point]]:
    return list(zip(polygon, polygon[1:] + polygon[:1], strict=True))


def _signed_area_m2(polygon: tuple[Point, ...]) -> float:
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in _sides(polygon)) / 2


def _area_m2(polygon: tuple[Point, ...]) -> float:
    return abs(_signed_area_m2(polygon))
