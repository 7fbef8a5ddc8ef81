"""A part: one primitive or mesh with a place and a material.  Everything in the home is a list of parts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.shapes.meshes import Mesh

Vec3 = tuple[float, float, float]
Quat = tuple[float, float, float, float]  # w, x, y, z


@dataclass(frozen=True)
class Material:
    """How a surface looks.  ``texture`` names a picture of ``sim/shapes/textures.py``, repeated every ``tile_m``."""

    colour: str  # "#rrggbb"; multiplies the texture
    texture: str = ""
    tile_m: float = 1.0  # 0 stretches the picture over the face once
    shine: float = 0.2
    glow: float = 0.0
    alpha: float = 1.0
    mirror: float = 0.0

    def rgba(self) -> tuple[float, float, float, float]:
        r, g, b = (int(self.colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
        return r, g, b, self.alpha


@dataclass(frozen=True)
class Part:
    """``size_m`` is: box full lengths; sphere (r,); ellipsoid radii; cylinder and capsule (r, full straight length); mesh ().

    ``solid`` parts stop robots and light rays; ``material`` None makes an undrawn stand-in for a mesh.
    """

    shape: str
    size_m: tuple[float, ...]
    at_m: Vec3 = (0.0, 0.0, 0.0)
    turn: Quat = (1.0, 0.0, 0.0, 0.0)
    material: Material | None = None
    mesh: Mesh | None = None
    solid: bool = False
    upper: bool = False  # above the cut of the doll's-house view


def box(size_m: Vec3, at_m: Vec3, material: Material | None, *, solid: bool = True, turn: Quat = (1, 0, 0, 0), upper: bool = False) -> Part:
    return Part("box", size_m, at_m, turn, material, solid=solid, upper=upper)


def cylinder(
    radius_m: float, length_m: float, at_m: Vec3, material: Material | None, *, solid: bool = False, turn: Quat = (1, 0, 0, 0)
) -> Part:
    return Part("cylinder", (radius_m, length_m), at_m, turn, material, solid=solid)


def sphere(radius_m: float, at_m: Vec3, material: Material | None, *, solid: bool = False) -> Part:
    return Part("sphere", (radius_m,), at_m, (1, 0, 0, 0), material, solid=solid)


def ellipsoid(radii_m: Vec3, at_m: Vec3, material: Material | None, *, solid: bool = False, turn: Quat = (1, 0, 0, 0)) -> Part:
    return Part("ellipsoid", radii_m, at_m, turn, material, solid=solid)


def capsule(start_m: Vec3, end_m: Vec3, radius_m: float, material: Material | None, *, solid: bool = False) -> Part:
    """A rod with round ends between two points."""
    a, b = np.asarray(start_m, dtype=float), np.asarray(end_m, dtype=float)
    mid = (a + b) / 2
    return Part("capsule", (radius_m, float(np.linalg.norm(b - a))), (mid[0], mid[1], mid[2]), align_z(b - a), material, solid=solid)


def mesh(shape: Mesh, at_m: Vec3, material: Material, *, turn: Quat = (1, 0, 0, 0)) -> Part:
    """A drawn-only surface; give its stand-in as a solid part beside it where robots must not pass."""
    return Part("mesh", (), at_m, turn, material, shape)


def align_z(direction: NDArray[np.float64]) -> Quat:
    """The rotation that turns z into ``direction``."""
    d = direction / np.linalg.norm(direction)
    if d[2] < -0.999999:
        return 0.0, 1.0, 0.0, 0.0
    w = 1.0 + d[2]
    norm = math.sqrt(w * w + d[1] * d[1] + d[0] * d[0])
    return w / norm, -d[1] / norm, d[0] / norm, 0.0


def rot(axis: str, angle_deg: float) -> Quat:
    """A rotation about one axis.

    >>> [round(v, 3) for v in rot("z", 90)]
    [0.707, 0.0, 0.0, 0.707]
    """
    half = math.radians(angle_deg) / 2
    s = math.sin(half)
    return math.cos(half), s * (axis == "x"), s * (axis == "y"), s * (axis == "z")


def multiply(a: Quat, b: Quat) -> Quat:
    """First ``b``, then ``a``."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def rotate(q: Quat, v: Vec3) -> Vec3:
    """A vector turned by a rotation."""
    w, x, y, z = q
    tx, ty, tz = 2 * (y * v[2] - z * v[1]), 2 * (z * v[0] - x * v[2]), 2 * (x * v[1] - y * v[0])
    return v[0] + w * tx + y * tz - z * ty, v[1] + w * ty + z * tx - x * tz, v[2] + w * tz + x * ty - y * tx


def moved(parts: Iterable[Part], at_m: Vec3, turn: Quat = (1, 0, 0, 0)) -> list[Part]:
    """The same parts, turned and then shifted together."""
    result = []
    for part in parts:
        x, y, z = rotate(turn, part.at_m)
        result.append(replace(part, at_m=(x + at_m[0], y + at_m[1], z + at_m[2]), turn=multiply(turn, part.turn)))
    return result


def clothed(parts: Iterable[Part], **changes: object) -> list[Part]:
    """The same parts with some fields replaced."""
    return [replace(part, **changes) for part in parts]  # type: ignore[arg-type]  # field names are checked by replace
