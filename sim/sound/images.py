"""Image sources of a room, by pyroomacoustics (R. Scheibler, E. Bezzam, I. Dokmanić, ICASSP 2018; MIT licence).

A box is mirrored up to order six, any other outline up to order three: beyond that their number explodes, and the diffuse tail
takes over (:mod:`sim.sound.tail`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.sound.rooms import RoomSound
from sim.sound.units import BANDS_HZ, RATE_HZ, SPEED_OF_SOUND_MPS, Place

BOX_ORDER, OUTLINE_ORDER = 6, 3


def available() -> bool:
    """Whether pyroomacoustics is installed."""
    return importlib.util.find_spec("pyroomacoustics") is not None


@dataclass(frozen=True)
class Images:
    """Where the mirrored sources are, shape (n, 3), and what the walls leave of each amplitude, shape (bands, n); the source itself too."""

    places_m: NDArray[np.float64]
    left: NDArray[np.float64]
    orders: NDArray[np.int64]


def mixing_time_s(room: RoomSound) -> float:
    """Until when the images are complete; from here the tail takes over."""
    return (BOX_ORDER if room.is_box() else OUTLINE_ORDER) * room.mean_free_path_m / SPEED_OF_SOUND_MPS


class ImageFinder:
    """Finds the images of sources in one room."""

    def __init__(self, room: RoomSound) -> None:
        self._room = room
        self._corner_m = min(x for x, _ in room.polygon_m), min(y for _, y in room.polygon_m)
        self._build = self._box() if room.is_box() else self._outline()

    def images(self, source_m: Place, microphone_m: Place) -> Images:
        """The images that are heard at the microphone; both must be inside the room."""
        room = self._build()
        room.add_source(self._inside(source_m))
        room.add_microphone(self._inside(microphone_m))
        room.image_source_model()
        source, seen = room.sources[0], np.asarray(room.visibility[0][0], bool)
        left = np.broadcast_to(source.damping, (len(BANDS_HZ), source.damping.shape[1]))[:, seen]
        places = source.images[:, seen].T + np.array([*self._corner_m, 0.0])
        return Images(np.asarray(places, float), np.asarray(left, float), np.asarray(source.orders[seen], np.int64))

    def _inside(self, place_m: Place) -> list[float]:
        return [place_m[0] - self._corner_m[0], place_m[1] - self._corner_m[1], place_m[2]]

    def _box(self) -> Callable[[], Any]:
        pra, room = _library(), self._room
        xs, ys = zip(*room.polygon_m, strict=True)
        size = [max(xs) - min(xs), max(ys) - min(ys), room.height_m]
        sides = dict(zip(_directions(room), map(_material, room.walls), strict=True))
        materials = {**sides, "floor": _material(room.floor), "ceiling": _material(room.ceiling)}
        return lambda: pra.ShoeBox(size, fs=RATE_HZ, materials=materials, max_order=BOX_ORDER)

    def _outline(self) -> Callable[[], Any]:
        pra, room = _library(), self._room
        corners = (np.array(room.polygon_m) - self._corner_m).T

        def build() -> Any:
            flat = pra.Room.from_corners(corners, fs=RATE_HZ, materials=list(map(_material, room.walls)), max_order=OUTLINE_ORDER)
            flat.extrude(room.height_m, materials={"floor": _material(room.floor), "ceiling": _material(room.ceiling)})
            return flat

        return build


def _directions(room: RoomSound) -> list[str]:
    """Which wall of a box each side of the outline is."""
    xs, ys = zip(*room.polygon_m, strict=True)
    names = []
    for (ax, ay), (bx, by) in zip(room.polygon_m, room.polygon_m[1:] + room.polygon_m[:1], strict=True):
        if ax == bx:
            names.append("east" if ax == max(xs) else "west")
        else:
            names.append("north" if ay == by == max(ys) else "south")
    return names


def _material(alpha: NDArray[np.float64]) -> Any:
    return _library().Material({"coeffs": alpha.tolist(), "center_freqs": list(BANDS_HZ)})


@cache
def _library() -> Any:
    """Imported only where rooms are asked for: it takes a second."""
    import pyroomacoustics

    return pyroomacoustics
