"""Kitchen furniture.  See :mod:`sim.shapes.furniture` for the frame and the rules."""

from __future__ import annotations

from sim.shapes.meshes import lathe, ring_path, rounded_box, tube
from sim.shapes.palette import PALETTE
from sim.shapes.parts import Material, Part, Vec3, box, cylinder, mesh, rot


def legs(size: Vec3, thickness_m: float, height_m: float, material: Material, inset_m: float = 0.04) -> list[Part]:
    """Four square legs under a top of this size."""
    dx, dy = size[0] / 2 - inset_m - thickness_m / 2, size[1] / 2 - inset_m - thickness_m / 2
    return [box((thickness_m, thickness_m, height_m), (x, y, height_m / 2), material) for x in (-dx, dx) for y in (-dy, dy)]


def table(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    return [
        box((lx, ly, 0.035), (0, 0, lz - 0.0175), None),
        mesh(rounded_box(lx, ly, 0.035, 0.012), (0, 0, lz - 0.0175), material),
        box((lx - 0.16, 0.02, 0.08), (0, ly / 2 - 0.08, lz - 0.075), material, solid=False),
        box((lx - 0.16, 0.02, 0.08), (0, 0.08 - ly / 2, lz - 0.075), material, solid=False),
        *legs(size, 0.06, lz - 0.035, material),
    ]


def chair(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    wood, seat = PALETTE["oak"], 0.45
    back = [cylinder(0.016, lz - seat, (x, ly / 2 - 0.03, (lz + seat) / 2), wood) for x in (0.03 - lx / 2, lx / 2 - 0.03)]
    slats = [mesh(rounded_box(lx - 0.05, 0.018, 0.075, 0.008), (0, ly / 2 - 0.03, z), material) for z in (lz - 0.04, lz - 0.16)]
    return [
        box((lx, ly, 0.04), (0, 0, seat - 0.02), None),
        mesh(rounded_box(lx, ly, 0.04, 0.018), (0, 0, seat - 0.02), material),
        box((lx, 0.03, lz - seat), (0, ly / 2 - 0.03, (lz + seat) / 2), None),
        *back, *slats, *legs(size, 0.035, seat - 0.04, wood, 0.02),
    ]  # fmt: skip


def fridge(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    front = -ly / 2 - 0.012
    split = 0.36 * lz
    return [
        box(size, (0, 0, lz / 2), None),
        mesh(rounded_box(lx, ly, lz, 0.02), (0, 0, lz / 2), material),
        mesh(rounded_box(lx - 0.02, 0.03, lz - split - 0.03, 0.012), (0, front, split + (lz - split) / 2), material),
        mesh(rounded_box(lx - 0.02, 0.03, split - 0.05, 0.012), (0, front, split / 2 + 0.02), material),
        cylinder(0.012, 0.5, (lx / 2 - 0.07, front - 0.04, split + 0.4), PALETTE["dark steel"]),
        cylinder(0.012, 0.3, (lx / 2 - 0.07, front - 0.04, split - 0.2), PALETTE["dark steel"]),
        box((0.1, 0.004, 0.14), (-0.12, front - 0.017, 1.35), PALETTE["yellow"], solid=False),
        box((0.12, 0.004, 0.1), (0.02, front - 0.017, 1.28), PALETTE["white"], solid=False),
        box((0.07, 0.004, 0.07), (-0.06, front - 0.017, 1.18), PALETTE["rose"], solid=False),
    ]


def _cabinet(size: Vec3, material: Material, doors: int) -> list[Part]:
    """A base cupboard under a worktop: plinth, body, doors with bar handles."""
    lx, ly, lz = size
    width = lx / doors
    parts = [
        box((lx, ly, lz), (0, 0, lz / 2), None),
        box((lx, ly - 0.06, 0.1), (0, 0.03, 0.05), PALETTE["dark steel"], solid=False),
        box((lx, ly - 0.03, lz - 0.14), (0, 0.015, 0.1 + (lz - 0.14) / 2), material, solid=False),
    ]
    for k in range(doors):
        x = -lx / 2 + (k + 0.5) * width
        parts.append(mesh(rounded_box(width - 0.012, 0.02, lz - 0.17, 0.006), (x, -ly / 2 + 0.022, 0.11 + (lz - 0.17) / 2), material))
        parts.append(cylinder(0.007, 0.16, (x, -ly / 2 - 0.012, lz - 0.12), PALETTE["chrome"], turn=rot("y", 90)))
    return parts


def _worktop(size: Vec3) -> Part:
    return mesh(rounded_box(size[0], size[1] + 0.01, 0.04, 0.008), (0, 0, size[2] - 0.02), PALETTE["oak"])


def counter(size: Vec3, material: Material) -> list[Part]:
    board = mesh(rounded_box(0.36, 0.24, 0.018, 0.008), (0.3, -0.1, size[2] - 0.004), PALETTE["walnut"])
    return [*_cabinet(size, material, 3), _worktop(size), board, *_jar(-0.6, 0.16, size[2]), *_jar(-0.47, 0.18, size[2])]


def _jar(x: float, y: float, z: float) -> list[Part]:
    body = lathe([(0.0, 0.0), (0.05, 0.0), (0.055, 0.02), (0.055, 0.12), (0.045, 0.14), (0.0, 0.14)])
    lid = lathe([(0.0, 0.14), (0.048, 0.14), (0.048, 0.16), (0.0, 0.165)])
    return [mesh(body, (x, y, z), PALETTE["linen"]), mesh(lid, (x, y, z), PALETTE["oak"])]


def stove(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    front = -ly / 2
    black, chrome = PALETTE["black"], PALETTE["chrome"]
    hobs = [(x, y, r) for x, y, r in ((-0.14, 0.14, 0.08), (0.14, 0.14, 0.1), (-0.14, -0.12, 0.1), (0.14, -0.12, 0.08))]
    rings = [cylinder(r, 0.003, (x, y, lz + 0.001), PALETTE["dark steel"]) for x, y, r in hobs]
    knobs = [cylinder(0.018, 0.03, (x, front - 0.012, lz - 0.07), black, turn=rot("x", 90)) for x in (-0.2, -0.1, 0.1, 0.2)]
    return [
        box(size, (0, 0, lz / 2), None),
        mesh(rounded_box(lx - 0.006, ly, lz - 0.02, 0.01), (0, 0, (lz - 0.02) / 2), material),
        box((lx, ly, 0.02), (0, 0, lz - 0.01), black, solid=False),
        box((lx - 0.1, 0.01, 0.4), (0, front - 0.004, 0.42), black, solid=False),
        box((lx - 0.2, 0.012, 0.26), (0, front - 0.005, 0.42), PALETTE["screen"], solid=False),
        cylinder(0.01, lx - 0.12, (0, front - 0.045, 0.67), chrome, turn=rot("y", 90)),
        *rings, *knobs,
    ]  # fmt: skip


def sink(size: Vec3, material: Material) -> list[Part]:
    lz, chrome = size[2], PALETTE["chrome"]
    arc = [(0.0, 0.2, 0.0), (0.0, 0.2, 0.16), *[(0.0, 0.12 + x, 0.16 + z) for x, _, z in ring_path(0.08, 0.0, 3.14)]]
    return [
        *_cabinet(size, material, 3),
        _worktop(size),
        box((0.56, 0.42, 0.006), (-0.1, -0.02, lz + 0.001), chrome, solid=False),
        box((0.5, 0.36, 0.006), (-0.1, -0.02, lz + 0.002), PALETTE["dark steel"], solid=False),
        mesh(tube(arc, 0.013, 10), (-0.1, 0.02, lz), chrome),
    ]


def wall_cupboard(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    width = lx / 3
    parts = [box(size, (0, 0, lz / 2), material, upper=True)]
    for x in (-width, 0.0, width):
        door = mesh(rounded_box(width - 0.012, 0.02, lz - 0.02, 0.006), (x, -ly / 2 - 0.008, lz / 2), material)
        knob = cylinder(0.01, 0.03, (x + width / 2 - 0.05, -ly / 2 - 0.03, 0.08), PALETTE["chrome"], turn=rot("x", 90))
        parts += [door, knob]
    return parts
