"""Small smooth meshes made by arithmetic, so that the home needs no model files.

Every function returns a closed surface with outward faces, centred as its docstring says, in metres.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha1

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Mesh:
    vertices_m: NDArray[np.float64]  # shape (n, 3)
    faces: NDArray[np.int32]  # shape (m, 3), counter-clockwise from outside
    name: str = field(default="")

    def __post_init__(self) -> None:
        digest = sha1(self.vertices_m.round(6).tobytes() + self.faces.tobytes(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "name", f"mesh_{digest[:12]}")


def _grid_faces(rings: int, around: int) -> list[tuple[int, int, int]]:
    """Triangles between neighbouring rings of a surface whose rings are closed."""
    faces = []
    for ring in range(rings - 1):
        for k in range(around):
            a, b = ring * around + k, ring * around + (k + 1) % around
            faces += [(a, b, b + around), (a, b + around, a + around)]
    return faces


def _close(rings: NDArray[np.float64]) -> Mesh:
    """Stack rings (r, k, 3), ordered upwards and counter-clockwise, into a surface with flat ends."""
    count, around, _ = rings.shape
    faces = _grid_faces(count, around)
    bottom, top = count * around, count * around + 1
    last = (count - 1) * around
    faces += [(bottom, (k + 1) % around, k) for k in range(around)]
    faces += [(top, last + k, last + (k + 1) % around) for k in range(around)]
    vertices = np.vstack([rings.reshape(-1, 3), rings[0].mean(axis=0), rings[-1].mean(axis=0)])
    return Mesh(vertices, np.asarray(faces, dtype=np.int32))


Section = tuple[float, float, float] | tuple[float, float, float, float]
"""Height, half width along x, half width along y, and optionally how far forward (x) its centre lies."""


def loft(sections: Sequence[Section], around: int = 20, power: float = 2.0) -> Mesh:
    """A skin over stacked ellipses, bottom first: bodies, cups, bottles, limbs.

    ``power`` above 2 squares the outline off (a superellipse).
    """
    angles = np.linspace(0, 2 * math.pi, around, endpoint=False)
    c, s = np.cos(angles), np.sin(angles)
    c, s = np.sign(c) * np.abs(c) ** (2 / power), np.sign(s) * np.abs(s) ** (2 / power)
    rings = [np.stack([row[1] * c + (row[3] if len(row) == 4 else 0.0), row[2] * s, np.full(around, row[0])], axis=1) for row in sections]
    return _close(np.asarray(rings))


def lathe(profile: Sequence[tuple[float, float]], around: int = 24) -> Mesh:
    """A body of revolution about z from (radius, height) pairs; going down again on the inside makes it hollow."""
    return loft([(height, radius, radius) for radius, height in profile], around)


@lru_cache(maxsize=256)
def rounded_box(lx: float, ly: float, lz: float, radius: float, steps: int = 3) -> Mesh:
    """A box of outer size (lx, ly, lz) with rounded edges, centred: cushions, mattresses, appliances."""
    radius = min(radius, lx / 2, ly / 2, lz / 2) * 0.999
    core = np.array([lx / 2 - radius, ly / 2 - radius, lz / 2 - radius])
    tilts = np.linspace(-math.pi / 2, math.pi / 2, 2 * steps)
    turns = np.concatenate([np.linspace(q * math.pi / 2, (q + 1) * math.pi / 2, steps) for q in range(4)])
    signs = [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    corner = np.repeat(np.asarray(signs, dtype=float), steps, axis=0)
    rings = []
    for tilt in tilts:
        out = radius * math.cos(tilt)
        x = corner[:, 0] * core[0] + out * np.cos(turns)
        y = corner[:, 1] * core[1] + out * np.sin(turns)
        z = np.full_like(x, math.copysign(core[2], tilt) + radius * math.sin(tilt))
        rings.append(np.stack([x, y, z], axis=1))
    return _close(np.asarray(rings))


def tube(path_m: Sequence[tuple[float, float, float]], radius_m: float | Sequence[float], around: int = 8) -> Mesh:
    """A bent rod along way-points: handles, spouts, bananas; one radius, or one for each way-point."""
    points = np.asarray(path_m, dtype=float)
    radii = np.broadcast_to(np.asarray(radius_m, dtype=float), (len(points),))
    tangents = np.gradient(points, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    side = np.cross(tangents[0], [0.31, 0.17, 0.93])
    rings = []
    for point, tangent, radius in zip(points, tangents, radii, strict=True):
        side = side - tangent * float(side @ tangent)  # carried along the rod, so that it does not twist
        side /= np.linalg.norm(side)
        up = np.cross(tangent, side)
        angles = np.linspace(0, 2 * math.pi, around, endpoint=False)
        rings.append(point + radius * (np.cos(angles)[:, None] * side + np.sin(angles)[:, None] * up))
    return _close(np.asarray(rings))


def ring_path(radius_m: float, start_rad: float, end_rad: float, count: int = 12) -> list[tuple[float, float, float]]:
    """Way-points of an arc in the x-z plane, for handles."""
    return [(radius_m * math.cos(a), 0.0, radius_m * math.sin(a)) for a in np.linspace(start_rad, end_rad, count)]


def prism(outline_m: Sequence[tuple[float, float]], thickness_m: float) -> Mesh:
    """A flat plate with a counter-clockwise outline in the x-y plane, centred in z: blades, leaves."""
    outline = np.asarray(outline_m, dtype=float)
    half = np.full(len(outline), thickness_m / 2)
    return _close(np.stack([np.column_stack([outline, -half]), np.column_stack([outline, half])]))
