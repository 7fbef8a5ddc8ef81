"""How sound gets from one room to another: through open doors, round their edges, and, weakly, through walls.

Round an edge: Maekawa's formula, 10 lg(3 + 20 N) dB with N twice the detour in wavelengths (Z. Maekawa, Applied Acoustics 1,
1968).  Through a wall: its insulation.  A door passes on the intensity that falls on it, and is a source in the next room.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sim.sound.materials import WALL_INSULATION_DB, Bands
from sim.sound.rooms import Doorway, RoomSound
from sim.sound.units import BANDS_HZ, SPEED_OF_SOUND_MPS

Point = tuple[float, float]
_MIDDLE_BAND = 3  # 1 kHz
_MOST_DOORS = 3


@dataclass(frozen=True)
class Way:
    """The shortest way round from a source to the room of the microphone."""

    door_m: Point  # the last door
    before_m: float  # length of the way up to there
    strength: float  # amplitude at 1 m of what comes out of that door directly, relative to the source
    diffuse: float  # amplitude of the reverberation that it excites, relative to the source in the same room


class Ways:
    """The doors and walls of a home."""

    def __init__(self, rooms: dict[str, RoomSound], doors: tuple[Doorway, ...], walls: list[tuple[Point, Point]]) -> None:
        self._rooms, self._doors, self._walls = rooms, doors, walls

    def in_sight(self, a: Point, b: Point) -> bool:
        """Whether nothing but open doors lies between two points."""
        return not self.walls_between(a, b)

    def walls_between(self, a: Point, b: Point) -> int:
        """How many walls a straight line crosses, open doors not counted."""
        return sum(_crosses(a, b, *wall) for wall in self._walls)

    def through_walls(self, a: Point, b: Point) -> Bands:
        """Share of the amplitude that comes through the walls on the straight way, by band."""
        return np.asarray(10 ** (-WALL_INSULATION_DB * max(1, self.walls_between(a, b)) / 20))

    def way(self, source_m: Point, room: str, microphone_m: Point, microphone_room: str) -> Way | None:
        """Through the doors with the shortest way; None when there is none."""
        best = min(self._routes(room, microphone_room, ()), key=lambda route: _length_m(source_m, route, microphone_m), default=None)
        return None if best is None else self._along(source_m, room, best)

    def round_edges(self, way: Way, source_m: Point, microphone_m: Point) -> Bands:
        """Share of the amplitude that is left of the sound bent through the doors, by band, beside that of its length."""
        length_m = way.before_m + math.dist(way.door_m, microphone_m)
        detour_m = max(0.0, length_m - math.dist(source_m, microphone_m))
        fresnel = 2 * detour_m * np.array(BANDS_HZ) / SPEED_OF_SOUND_MPS
        return np.asarray(10 ** (-np.minimum(10 * np.log10(3 + 20 * fresnel), 25.0) / 20))

    def _routes(self, room: str, goal: str, taken: tuple[Doorway, ...]) -> list[tuple[Doorway, ...]]:
        if room == goal and taken:
            return [taken]
        if len(taken) == _MOST_DOORS:
            return []
        been = {name for door in taken for name in door.rooms}
        onward = [door for door in self._doors if room in door.rooms and door.other(room) not in been]
        return [route for door in onward for route in self._routes(door.other(room), goal, (*taken, door))]

    def _along(self, source_m: Point, room: str, route: tuple[Doorway, ...]) -> Way:
        """Powers relative to that of the source: at 1 m it makes 1 / (4 π) of its power a square metre."""
        first = route[0]
        to_door_m = max(math.dist(source_m, first.middle_m), 0.5)
        direct = first.area_m2 * first.opens_towards(source_m) / (4 * math.pi * to_door_m**2)
        diffuse = direct + first.area_m2 / float(self._rooms[room].absorption_m2[_MIDDLE_BAND])
        at_m, before_m, here = first.middle_m, to_door_m, first.other(room)
        for door in route[1:]:
            step_m = math.dist(at_m, door.middle_m)
            direct *= min(1.0, door.area_m2 * door.opens_towards(at_m) / (2 * math.pi * step_m**2))
            diffuse *= door.area_m2 / float(self._rooms[here].absorption_m2[_MIDDLE_BAND])
            at_m, before_m, here = door.middle_m, before_m + step_m, door.other(here)
        return Way(at_m, before_m, math.sqrt(min(1.0, direct)), math.sqrt(min(1.0, diffuse)))


def _length_m(source_m: Point, route: tuple[Doorway, ...], microphone_m: Point) -> float:
    points = [source_m, *(door.middle_m for door in route), microphone_m]
    return sum(math.dist(a, b) for a, b in pairwise(points))


def _crosses(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the stretches ab and cd cross."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
