"""Early response of the home between two cells of half a metre: echoes off walls, and what comes round corners and through walls.

The direct sound is not in it: :mod:`sim.sound.path` delays and weakens that one to the exact place, so that a walker's
voice glides.  A response is a pure function of its cells, so that a cache changes nothing but the time it takes.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim.sound.convolver import Spectra, spectra
from sim.sound.filters import band_weights
from sim.sound.images import ImageFinder, Images, mixing_time_s
from sim.sound.materials import AIR_PER_M, Bands
from sim.sound.rooms import RoomSound, doorways, room_sounds
from sim.sound.tail import FADE_S, fade_in, tail
from sim.sound.units import BANDS_HZ, FRAME, NEAREST_M, RATE_HZ, SPEED_OF_SOUND_MPS, Place, Signal
from sim.sound.ways import Way, Ways

if TYPE_CHECKING:
    from sim.description import HomeDescription

CELL_M = 0.5
YAW_STEP_RAD = math.radians(15)
_MARGIN_M = 0.1  # a cell's point stays so far from walls
_FINER = 2  # arrival times are rounded to this part of a sample
_DOOR_CENTRE_M = 1.2

Cell = tuple[str, int, int, int]
"""Room, and the indices of a cell; the height in steps of 0.1 m."""


class Responses:
    """All responses of one home.

    :param offsets_m: of the microphones from the robot's own, shape (microphones, 3), in the robot's frame
    :param seed: of the diffuse tails
    """

    def __init__(self, home: HomeDescription, rt60_s: dict[str, float], offsets_m: Signal, seed: int) -> None:
        self._home, self._offsets_m = home, offsets_m
        self.rooms = room_sounds(home, rt60_s)
        self.ways = Ways(self.rooms, doorways(home), _wall_pieces(home))
        self._finders = {name: ImageFinder(room) for name, room in self.rooms.items()}
        self._mixing_s = {name: mixing_time_s(room) for name, room in self.rooms.items()}
        tails = {name: tail(room, self._mixing_s[name], offsets_m, (seed, 2, k)) for k, (name, room) in enumerate(self.rooms.items())}
        self.tails: dict[str, Spectra] = {name: spectra(response) for name, response in tails.items()}
        self.tail_parts = max(response.shape[2] for response in self.tails.values())
        diagonal_m = math.dist(*(((b := home.bounds_m())[0], b[1]), (b[2], b[3])))
        self.parts = math.ceil((max(self._mixing_s.values()) + FADE_S + 2 * diagonal_m / SPEED_OF_SOUND_MPS) * RATE_HZ / FRAME)
        self.early = lru_cache(maxsize=600)(self._early)
        """Spectra of the response between two cells; the third argument is the robot's heading in steps of 15°."""
        self._images = lru_cache(maxsize=600)(self._find_images)

    def cell(self, place_m: Place) -> Cell | None:
        """The cell around a place; None outside of all rooms."""
        room = self._home.room_at(place_m[0], place_m[1])
        if not room:
            return None
        return room, math.floor(place_m[0] / CELL_M), math.floor(place_m[1] / CELL_M), round(place_m[2] * 10)

    def _early(self, source: Cell, microphone: Cell, heading: int) -> Spectra | None:
        source_m, microphone_m = self._point(source), self._point(microphone)
        if source_m is None or microphone_m is None:
            return None
        places_m = microphone_m + self._turned(heading * YAW_STEP_RAD)
        if source[0] == microphone[0]:
            response = _Echoes(places_m, self._mixing_s[microphone[0]])
            response.add(self._images(microphone[0], source_m, microphone_m), first_order=1)
        else:
            response = self._from_next_door(source[0], source_m, microphone[0], microphone_m, places_m)
        return spectra(response.sound())

    def _from_next_door(self, room: str, source_m: Place, here: str, microphone_m: Place, places_m: Signal) -> _Echoes:
        source, microphone = source_m[:2], microphone_m[:2]
        way = self.ways.way(source, room, microphone, here)
        before_s = way.before_m / SPEED_OF_SOUND_MPS if way else 0.0
        response = _Echoes(places_m, self._mixing_s[here] + before_s)
        if not self.ways.in_sight(source, microphone):
            response.add_one(source_m, self.ways.through_walls(source, microphone))
            if way is not None:
                response.add_one((*way.door_m, _DOOR_CENTRE_M), self.ways.round_edges(way, source, microphone), way.before_m)
        if way is not None:
            door_m = self._into(here, way)
            response.add(self._images(here, door_m, microphone_m), first_order=1, before_m=way.before_m, strength=way.strength)
        return response

    def _into(self, room: str, way: Way) -> Place:
        """A point of the door that lies within the room."""
        x, y = way.door_m
        around = [(x + dx, y + dy) for dx, dy in ((_MARGIN_M, 0), (-_MARGIN_M, 0), (0, _MARGIN_M), (0, -_MARGIN_M))]
        inside = next((point for point in around if self._home.rooms[room].contains(*point)), (x, y))
        return (*inside, _DOOR_CENTRE_M)

    def _find_images(self, room: str, source_m: Place, microphone_m: Place) -> Images:
        return self._finders[room].images(source_m, microphone_m)

    def _point(self, cell: Cell) -> Place | None:
        """A point of the cell inside the room, as near to its middle as the walls let it be."""
        name, i, j, height = cell
        room, steps = self.rooms[name], np.linspace(0.1, 0.9, 5)
        points = [((i + u) * CELL_M, (j + v) * CELL_M) for u in steps for v in steps]
        inside = [point for point in points if self._home.rooms[name].contains(*point) and _clear_m(room, point) >= _MARGIN_M]
        if not inside:
            return None
        middle = (i + 0.5) * CELL_M, (j + 0.5) * CELL_M
        x, y = min(inside, key=lambda point: math.dist(point, middle))
        return x, y, min(max(height / 10, 0.1), room.height_m - 0.1)

    def _turned(self, yaw_rad: float) -> Signal:
        return turned(self._offsets_m, yaw_rad)


def turned(offsets_m: Signal, yaw_rad: float) -> Signal:
    """Offsets in the robot's frame, in that of the map."""
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    x, y, z = offsets_m.T
    return np.stack((c * x - s * y, s * x + c * y, z), axis=1)


class _Echoes:
    """Collects arrivals at the microphones by band, and makes one response of them."""

    def __init__(self, microphones_m: Signal, mixing_s: float) -> None:
        self._microphones_m, self._mixing_s = microphones_m, mixing_s
        samples = math.ceil((mixing_s + FADE_S) * RATE_HZ / FRAME) * FRAME
        self._bands = np.zeros((len(microphones_m), len(BANDS_HZ), samples * _FINER))

    def add(self, images: Images, first_order: int, before_m: float = 0.0, strength: float = 1.0) -> None:
        """Images of a source; they fade out where the tail takes over."""
        chosen = images.orders >= first_order
        self._add(images.places_m[chosen], images.left[:, chosen] * strength, before_m, fades=True)

    def add_one(self, place_m: Place, left: Bands, before_m: float = 0.0) -> None:
        """A sound that comes straight from a place; its length so far weakens it too."""
        self._add(np.array([place_m]), left[:, None], before_m, fades=False)

    def _add(self, places_m: Signal, left: Signal, before_m: float, fades: bool) -> None:
        for channel, microphone_m in enumerate(self._microphones_m):
            last_m = np.maximum(np.linalg.norm(places_m - microphone_m, axis=1), NEAREST_M)
            way_m = last_m + before_m
            times_s = way_m / SPEED_OF_SOUND_MPS
            weaker = np.sqrt(1 - fade_in(times_s, self._mixing_s) ** 2) / last_m if fades else 1 / way_m
            amplitudes = left * weaker * np.exp(-AIR_PER_M[:, None] / 2 * way_m)
            index = np.rint(times_s * RATE_HZ * _FINER).astype(np.intp)
            fits = index < self._bands.shape[2]
            for band in range(len(BANDS_HZ)):
                self._bands[channel, band] += np.bincount(index[fits], amplitudes[band, fits], self._bands.shape[2])

    def sound(self) -> Signal:
        """Of shape (microphones, samples)."""
        samples = self._bands.shape[2] // _FINER
        spectrum = np.fft.rfft(self._bands, axis=2)[:, :, : samples // 2 + 1]
        return np.fft.irfft(np.einsum("cbf,bf->cf", spectrum, band_weights(samples)), samples, axis=1)


def _wall_pieces(home: HomeDescription) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The walls without their open doors."""
    pieces = []
    for wall in home.walls:
        doors = [opening for opening in wall.openings if opening.kind == "door"]
        starts = [0.0, *(door.at_m + door.width_m for door in doors)]
        ends = [*(door.at_m for door in doors), wall.length_m]
        for start_m, end_m in zip(starts, ends, strict=True):
            pieces.append(
                (_along(wall.start_m, wall.end_m, start_m / wall.length_m), _along(wall.start_m, wall.end_m, end_m / wall.length_m))
            )
    return pieces


def _along(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _clear_m(room: RoomSound, point: tuple[float, float]) -> float:
    """Distance from the nearest wall."""
    sides = zip(room.polygon_m, room.polygon_m[1:] + room.polygon_m[:1], strict=True)
    return min(_from_side_m(point, a, b) for a, b in sides)


def _from_side_m(point: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    length_m = math.dist(a, b)
    share = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / length_m**2
    return math.dist(point, _along(a, b, min(max(share, 0.0), 1.0)))
