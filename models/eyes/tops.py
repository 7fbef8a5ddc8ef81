"""Free places on furniture: where a thing can stand without touching lamps, jars, cushions or other things."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.eyes.rectangles import Block, free
from sim.description import FLOOR, Furniture, HomeObject, Pose2D
from sim.shapes import furniture, objects
from sim.shapes.parts import Part, rotate

_HIDDEN_M = 0.015
"""What rises less than this over a surface does not stop a thing from standing there: hobs, a chopping board."""
_EDGE_M = 0.015


@dataclass(frozen=True)
class Top:
    """The face of a piece of furniture, in the piece's own frame, and what already stands on it."""

    name: str
    centre_m: tuple[float, float]
    size_m: tuple[float, float]
    taken: tuple[Block, ...]

    @property
    def area_m2(self) -> float:
        return self.size_m[0] * self.size_m[1]


def tops(pieces: dict[str, Furniture]) -> list[Top]:
    """Every face that holds things."""
    found = []
    for name, piece in pieces.items():
        face = furniture.KINDS[piece.kind].top
        if face is not None:
            x, y, z, lx, ly = face(piece.size_m)
            found.append(Top(name, (x, y), (lx, ly), tuple(_standing(piece, z))))
    return found


def _standing(piece: Furniture, height_m: float) -> list[Block]:
    """Fixed parts that rise over the face."""
    return [
        Block((x0 + x1) / 2, (y0 + y1) / 2, 0, x1 - x0 + 0.01, y1 - y0 + 0.01)
        for part in furniture.build(piece.kind, piece.size_m, piece.colour)
        if part.material is not None
        for (x0, y0, _), (x1, y1, high) in [_bounds(part)]
        if high > height_m + _HIDDEN_M
    ]


def _bounds(part: Part) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """The box around a part, in the piece's frame."""
    if part.mesh is not None:
        low, high = part.mesh.vertices_m.min(axis=0), part.mesh.vertices_m.max(axis=0)
        corners = [(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
    else:
        a, b, c = _half_sizes(part)
        corners = [(x, y, z) for x in (-a, a) for y in (-b, b) for z in (-c, c)]
    turned = np.array([rotate(part.turn, (float(x), float(y), float(z))) for x, y, z in corners]) + part.at_m
    lowest, highest = turned.min(axis=0).tolist(), turned.max(axis=0).tolist()
    return (lowest[0], lowest[1], lowest[2]), (highest[0], highest[1], highest[2])


def _half_sizes(part: Part) -> tuple[float, float, float]:
    size = part.size_m
    if part.shape == "box":
        return size[0] / 2, size[1] / 2, size[2] / 2
    if part.shape == "sphere":
        return size[0], size[0], size[0]
    if part.shape == "ellipsoid":
        return size[0], size[1], size[2]
    return size[0], size[0], size[1] / 2 + (size[0] if part.shape == "capsule" else 0.0)


class Table:
    """Deals things out over tops and floor, never two on one place."""

    def __init__(self, faces: list[Top], floor: list[Block], area_m: tuple[float, float, float, float], rng: np.random.Generator) -> None:
        self._faces, self._rng, self._area = faces, rng, area_m
        self._taken = {face.name: list(face.taken) for face in faces}
        self._taken[FLOOR] = list(floor)
        weights = np.sqrt([face.area_m2 for face in faces])
        self._weights = weights / weights.sum() if len(faces) else weights

    def place(self, class_name: str, floor_share: float = 0.06) -> tuple[str, Pose2D] | None:
        """A free place for one more thing: what it stands on, and its pose there; None when no free place was found."""
        length, depth, _ = objects.KINDS[class_name].size_m
        on_floor = not self._faces or self._rng.random() < floor_share * (4 if class_name in ("ball", "teddy bear") else 1)
        for _ in range(12):
            yaw = float(self._rng.uniform(-180, 180))
            if on_floor:
                name, at = FLOOR, self._on_floor()
            else:
                face = self._faces[int(self._rng.choice(len(self._faces), p=self._weights))]
                name, at = face.name, self._on_face(face, length, depth, yaw)
            block = Block(*at, yaw, length + 0.02, depth + 0.02, 0.0, 0.3)
            if not math.isnan(at[0]) and free(block, self._taken[name]):
                self._taken[name].append(block)
                return name, Pose2D(at_m=(round(at[0], 3), round(at[1], 3)), yaw_deg=round(yaw, 1))
        return None

    def _on_floor(self) -> tuple[float, float]:
        x0, y0, x1, y1 = self._area
        return float(self._rng.uniform(x0 + 0.3, x1 - 0.3)), float(self._rng.uniform(y0 + 0.3, y1 - 0.3))

    def _on_face(self, face: Top, length_m: float, depth_m: float, yaw_deg: float) -> tuple[float, float]:
        """A point at which the whole thing lies on the face; nan when it is too large."""
        c, s = abs(math.cos(math.radians(yaw_deg))), abs(math.sin(math.radians(yaw_deg)))
        room_x = face.size_m[0] / 2 - (c * length_m + s * depth_m) / 2 - _EDGE_M
        room_y = face.size_m[1] / 2 - (s * length_m + c * depth_m) / 2 - _EDGE_M
        if min(room_x, room_y) < 0:
            return math.nan, math.nan
        return face.centre_m[0] + float(self._rng.uniform(-room_x, room_x)), face.centre_m[1] + float(self._rng.uniform(-room_y, room_y))


def described(class_name: str, colour: str, place: tuple[str, Pose2D]) -> HomeObject:
    return HomeObject.model_validate({"class": class_name, "colour": colour, "stands_on": place[0], "pose": place[1]})
