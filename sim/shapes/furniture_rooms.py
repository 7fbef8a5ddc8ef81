"""Furniture of living room, bedroom and hall.  See :mod:`sim.shapes.furniture` for the frame and the rules."""

from __future__ import annotations

import math

import numpy as np

from sim.shapes.furniture_kitchen import legs
from sim.shapes.meshes import Mesh, lathe, loft, rounded_box, tube
from sim.shapes.palette import PALETTE
from sim.shapes.parts import Material, Part, Vec3, box, capsule, cylinder, ellipsoid, mesh, multiply, rot, sphere


def _soft(lx: float, ly: float, lz: float, at_m: Vec3, material: Material, radius_m: float = 0.06, lean_deg: float = 0.0) -> Part:
    return mesh(rounded_box(lx, ly, lz, radius_m), at_m, material, turn=rot("x", lean_deg))


def sofa(size: Vec3, material: Material) -> list[Part]:
    return _upholstered(size, material, seats=2, cushions=("mustard", "cream"))


def armchair(size: Vec3, material: Material) -> list[Part]:
    return _upholstered(size, material, seats=1, cushions=())


def _upholstered(size: Vec3, material: Material, seats: int, cushions: tuple[str, ...]) -> list[Part]:
    lx, ly, lz = size
    arm, inner = 0.18, lx - 0.36
    width = inner / seats
    parts = [
        box((lx, ly, 0.42), (0, 0, 0.24), None),
        box((lx, 0.22, lz), (0, ly / 2 - 0.11, lz / 2), None),
        _soft(lx - 0.04, ly - 0.06, 0.24, (0, 0, 0.2), material),
        _soft(lx, 0.22, lz - 0.12, (0, ly / 2 - 0.11, 0.1 + (lz - 0.12) / 2), material, 0.09),
    ]
    for side in (-1, 1):
        parts.append(box((arm, ly - 0.1, 0.5), (side * (lx - arm) / 2, -0.03, 0.35), None))
        parts.append(_soft(arm, ly - 0.04, 0.52, (side * (lx - arm) / 2, -0.01, 0.34), material, 0.08))
        parts += [cylinder(0.022, 0.08, (side * (lx / 2 - 0.1), y, 0.04), PALETTE["walnut"]) for y in (-ly / 2 + 0.1, ly / 2 - 0.1)]
    for k in range(seats):
        x = -inner / 2 + (k + 0.5) * width
        parts.append(_soft(width - 0.01, ly - 0.26, 0.16, (x, -0.1, 0.38), material, 0.06))
        parts.append(_soft(width - 0.02, 0.2, 0.42, (x, ly / 2 - 0.25, 0.6), material, 0.09, -10))
    for k, colour in enumerate(cushions):
        x = (-1 if k == 0 else 1) * (inner / 2 - 0.24)
        parts.append(_soft(0.4, 0.14, 0.4, (x, ly / 2 - 0.4, 0.64), PALETTE[colour], 0.07, -22))
    return parts


def coffee_table(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    return [
        box((lx, ly, 0.03), (0, 0, lz - 0.015), None),
        mesh(rounded_box(lx, ly, 0.03, 0.012), (0, 0, lz - 0.015), material),
        box((lx - 0.14, ly - 0.12, 0.015), (0, 0, 0.14), material, solid=False),
        *legs(size, 0.045, lz - 0.03, material),
    ]


def tv_bench(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    black = PALETTE["black"]
    size_of_front, middle = (lx / 3 - 0.02, 0.012, lz - 0.14), 0.08 + (lz - 0.08) / 2
    fronts = [box(size_of_front, (x, -ly / 2 - 0.004, middle), PALETTE["linen"], solid=False) for x in (-lx / 3, 0, lx / 3)]
    return [
        box((lx, ly, lz), (0, 0, lz / 2), None),
        mesh(rounded_box(lx, ly, lz - 0.08, 0.012), (0, 0, 0.08 + (lz - 0.08) / 2), material),
        *fronts,
        *[cylinder(0.02, 0.09, (x, y, 0.045), black) for x in (0.08 - lx / 2, lx / 2 - 0.08) for y in (-0.12, 0.12)],
        box((0.4, 0.2, 0.02), (0, 0.02, lz + 0.01), black, solid=False),
        box((0.06, 0.04, 0.1), (0, 0.05, lz + 0.06), black, solid=False),
        box((1.2, 0.04, 0.68), (0, 0.06, lz + 0.42), black),
        box((1.16, 0.006, 0.64), (0, 0.038, lz + 0.42), PALETTE["screen"], solid=False),
    ]  # fmt: skip


_SPINES = ("#b5483a", "#2f5d8a", "#e0b04c", "#4f7d5c", "#7a5c8e", "#d9d3c4", "#2e3a46", "#c9805a")


def bookshelf(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    rng = np.random.default_rng(7)
    parts = [box(size, (0, 0, lz / 2), None), box((lx, 0.02, lz), (0, ly / 2 - 0.01, lz / 2), material, solid=False)]
    parts += [box((0.03, ly, lz), (x, 0, lz / 2), material, solid=False) for x in (0.015 - lx / 2, lx / 2 - 0.015)]
    levels = [0.06 + k * (lz - 0.08) / 5 for k in range(6)]
    parts += [box((lx - 0.06, ly, 0.025), (0, 0, z), material, solid=False) for z in levels]
    for z in levels[:-1]:
        parts += _book_row(rng, -lx / 2 + 0.05, lx / 2 - 0.06, z + 0.0125)
    parts.append(mesh(_vase(0.06, 0.2), (lx / 2 - 0.14, -0.03, lz), PALETTE["teal"]))
    return parts


def _book_row(rng: np.random.Generator, start_m: float, end_m: float, z: float) -> list[Part]:
    """Books side by side, with a gap somewhere."""
    parts, x = [], start_m
    stop = end_m - rng.uniform(0.1, 0.4)
    while x < stop:
        width, height = rng.uniform(0.035, 0.07), rng.uniform(0.19, 0.27)
        colour = Material(_SPINES[int(rng.integers(len(_SPINES)))], shine=0.1)
        parts.append(box((width - 0.003, 0.2, height), (x + width / 2, -0.02, z + height / 2), colour, solid=False))
        x += width
    return parts


def floor_lamp(size: Vec3, material: Material) -> list[Part]:
    height = size[2]
    shade = lathe([(0.1, height - 0.02), (0.19, height - 0.3), (0.185, height - 0.3), (0.096, height - 0.02)])
    return [
        cylinder(0.15, 0.025, (0, 0, 0.0125), PALETTE["walnut"]),
        cylinder(0.03, height - 0.1, (0, 0, height / 2 - 0.05), None, solid=True),
        cylinder(0.013, height - 0.1, (0, 0, height / 2 - 0.05), PALETTE["walnut"]),
        mesh(shade, (0, 0, 0), Material("#fdeecb", glow=0.55)),
        sphere(0.05, (0, 0, height - 0.18), PALETTE["glow"]),
    ]


def _vase(radius_m: float, height_m: float) -> Mesh:
    r, h = radius_m, height_m
    return lathe([(0, 0), (0.6 * r, 0), (r, 0.35 * h), (0.9 * r, 0.6 * h), (0.45 * r, 0.85 * h), (0.55 * r, h), (0.4 * r, h), (0, 0.8 * h)])


def plant(size: Vec3, material: Material) -> list[Part]:
    """A pot with arching leaves; the leaves are drawn only, the pot stops robots."""
    radius, height = size[0] / 2, size[2]
    pot_height = 0.34 * height
    r = 0.78 * radius
    pot = lathe(
        [
            (0, 0),
            (0.72 * r, 0),
            (r, pot_height - 0.03),
            (1.08 * r, pot_height - 0.03),
            (1.08 * r, pot_height),
            (0.9 * r, pot_height),
            (0.85 * r, pot_height - 0.04),
            (0, pot_height - 0.04),
        ]
    )
    parts = [
        cylinder(r, pot_height, (0, 0, pot_height / 2), None, solid=True),
        cylinder(0.09, height - pot_height, (0, 0, (height + pot_height) / 2), None, solid=True),
        mesh(pot, (0, 0, 0), material),
        cylinder(0.85 * r, 0.01, (0, 0, pot_height - 0.03), PALETTE["soil"]),
    ]
    rng = np.random.default_rng(round(1000 * height))
    for k in range(16):
        turn = k * 2.399963 + rng.uniform(-0.2, 0.2)  # the golden angle spreads leaves evenly
        reach, rise = rng.uniform(0.5, 1.15) * radius, rng.uniform(0.45, 1.0) * (height - pot_height)
        parts.append(_leaf(turn, reach, rise, pot_height - 0.03, PALETTE["leaf" if k % 2 else "dark leaf"]))
    return parts


def _leaf(turn_rad: float, reach_m: float, rise_m: float, base_m: float, material: Material) -> Part:
    steps = np.linspace(0, 1, 7)
    path = [
        (math.cos(turn_rad) * reach_m * t**1.5, math.sin(turn_rad) * reach_m * t**1.5, base_m + rise_m * math.sin(1.9 * t)) for t in steps
    ]
    widths = [0.008, 0.012, 0.024, 0.034, 0.036, 0.026, 0.004]
    return mesh(tube(path, widths, 6), (0, 0, 0), material)


def rug(size: Vec3, material: Material) -> list[Part]:
    return [box((size[0], size[1], 0.008), (0, 0, 0.004), material, solid=False)]


def picture(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    frame = PALETTE["walnut"]
    canvas = box((lx - 0.06, lz - 0.06, 0.01), (0, -ly / 2, lz / 2), material, solid=False, turn=rot("x", 90), upper=True)
    return [Part("box", size, (0, 0, lz / 2), material=frame, upper=True), canvas]


def mirror(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    glass = Material("#cfdde2", shine=1.0, mirror=0.25)
    return [
        Part("box", size, (0, 0, lz / 2), material=material, upper=True),
        box((lx - 0.08, 0.01, lz - 0.08), (0, -ly / 2, lz / 2), glass, solid=False, upper=True),
    ]


def bed(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    wood, linen = PALETTE["oak"], PALETTE["linen"]
    corners = [(x, y) for x in (0.05 - lx / 2, lx / 2 - 0.05) for y in (0.05 - ly / 2, ly / 2 - 0.1)]
    feet = [box((0.07, 0.07, 0.14), (x, y, 0.07), wood, solid=False) for x, y in corners]
    return [
        box((lx, ly, lz), (0, 0, lz / 2), None),
        box((lx + 0.06, 0.06, 1.05), (0, ly / 2 - 0.03, 0.525), None),
        mesh(rounded_box(lx + 0.06, 0.07, 1.05, 0.03), (0, ly / 2 - 0.035, 0.525), wood),
        box((lx, ly - 0.06, 0.16), (0, -0.03, 0.2), wood, solid=False),
        *feet,
        _soft(lx - 0.02, ly - 0.1, 0.22, (0, -0.03, 0.37), linen, 0.07),
        _soft(lx + 0.05, ly * 0.64, 0.16, (0, -0.19 * ly, 0.43), material, 0.07),
        _soft(lx + 0.06, 0.24, 0.17, (0, 0.1 * ly, 0.435), linen, 0.07),
        *[_soft(0.62, 0.4, 0.17, (x, ly / 2 - 0.32, 0.55), linen, 0.08, -18) for x in (-0.37, 0.37)],
    ]  # fmt: skip


def night_table(size: Vec3, material: Material) -> list[Part]:
    lz = size[2]
    return [
        *_chest(size, material, rows=2, columns=1),
        mesh(lathe([(0.05, lz), (0.055, lz + 0.01), (0.012, lz + 0.02), (0.012, lz + 0.2)]), (0.1, 0.1, 0), PALETTE["walnut"]),
        mesh(
            lathe([(0.11, lz + 0.16), (0.07, lz + 0.3), (0.066, lz + 0.3), (0.106, lz + 0.16)]),
            (0.1, 0.1, 0),
            Material("#fdeecb", glow=0.5),
        ),
    ]


def _chest(size: Vec3, material: Material, rows: int, columns: int) -> list[Part]:
    """A chest of drawers on short legs."""
    lx, ly, lz = size
    body = lz - 0.1
    parts = [
        box(size, (0, 0, lz / 2), None),
        mesh(rounded_box(lx, ly, body, 0.012), (0, 0, 0.1 + body / 2), material),
        *[
            cylinder(0.018, 0.1, (x, y, 0.05), PALETTE["walnut"])
            for x in (0.05 - lx / 2, lx / 2 - 0.05)
            for y in (0.05 - ly / 2, ly / 2 - 0.05)
        ],
    ]
    width, height = lx / columns, (body - 0.02) / rows
    for column in range(columns):
        for row in range(rows):
            x, z = -lx / 2 + (column + 0.5) * width, 0.11 + (row + 0.5) * height
            parts.append(mesh(rounded_box(width - 0.03, 0.02, height - 0.02, 0.006), (x, -ly / 2 - 0.004, z), PALETTE["linen"]))
            parts.append(sphere(0.014, (x, -ly / 2 - 0.024, z), PALETTE["walnut"]))
    return parts


def sideboard(size: Vec3, material: Material) -> list[Part]:
    return _chest(size, material, rows=3, columns=2)


def wardrobe(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    width = lx / 3
    parts = [box(size, (0, 0, lz / 2), None), mesh(rounded_box(lx, ly, lz, 0.012), (0, 0, lz / 2), PALETTE["oak"])]
    for x in (-width, 0.0, width):
        parts.append(mesh(rounded_box(width - 0.012, 0.02, lz - 0.1, 0.006), (x, -ly / 2 - 0.008, lz / 2 + 0.03), material))
        parts.append(cylinder(0.008, 0.3, (x + width / 2 - 0.05, -ly / 2 - 0.035, 1.0), PALETTE["dark steel"]))
    return parts


def hall_table(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    bowl = lathe([(0, 0), (0.05, 0), (0.11, 0.05), (0.105, 0.05), (0.045, 0.012), (0, 0.01)])
    return [
        box((lx, ly, 0.03), (0, 0, lz - 0.015), None),
        mesh(rounded_box(lx, ly, 0.03, 0.012), (0, 0, lz - 0.015), material),
        box((lx - 0.1, ly - 0.06, 0.1), (0, 0, lz - 0.08), material, solid=False),
        *legs(size, 0.04, lz - 0.03, material),
        mesh(bowl, (0.0, 0.06, lz), PALETTE["terracotta"]),
        mesh(_vase(0.05, 0.2), (-0.45, 0.06, lz), PALETTE["linen"]),
    ]


def bench(size: Vec3, material: Material) -> list[Part]:
    lx, ly, lz = size
    shoes = []
    for k, colour in enumerate(("#b23a48", "#2f3b4c", "#8a6a4a")):
        for dx in (-0.05, 0.05):
            body = ellipsoid((0.04, 0.12, 0.045), (-0.3 + 0.3 * k + dx, -0.02, 0.045), Material(colour))
            shoes.append(body)
    return [
        box((lx, ly, 0.04), (0, 0, lz - 0.02), None),
        mesh(rounded_box(lx, ly, 0.04, 0.015), (0, 0, lz - 0.02), material),
        _soft(lx - 0.04, ly - 0.02, 0.07, (0, 0, lz - 0.01), PALETTE["cream"], 0.03),
        *legs(size, 0.05, lz - 0.04, material, 0.03),
        *shoes,
    ]


def coat_rack(size: Vec3, material: Material) -> list[Part]:
    height = size[2]
    coat = loft([(0.75, 0.15, 0.09), (1.0, 0.15, 0.09), (1.3, 0.14, 0.08), (1.45, 0.11, 0.06), (1.52, 0.04, 0.03)])
    parts = [cylinder(0.16, 0.03, (0, 0, 0.015), material), cylinder(0.03, height, (0, 0, height / 2), material, solid=True)]
    for k in range(4):
        turn = rot("z", 45 + 90 * k)
        x, y = 0.12 * math.cos(math.radians(45 + 90 * k)), 0.12 * math.sin(math.radians(45 + 90 * k))
        parts.append(capsule((0, 0, height - 0.12), (x, y, height - 0.04), 0.012, material))
        if k in (1, 2):
            colour = PALETTE["indigo" if k == 1 else "mustard"]
            parts.append(mesh(coat, (x, y, 0), colour, turn=multiply(turn, rot("z", 90))))
    return parts
