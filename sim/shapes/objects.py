"""How each class of movable thing looks, how large it is, and how wide a gripper opens for it.

Builders return parts that stand on z = 0; :func:`build` shifts them so that the origin is the middle of the bounding box.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.shapes.meshes import lathe, prism, ring_path, rounded_box, tube
from sim.shapes.palette import PALETTE, named
from sim.shapes.parts import Material, Part, Vec3, box, capsule, cylinder, ellipsoid, mesh, moved, multiply, rot, sphere

Builder = Callable[[Material], list[Part]]


@dataclass(frozen=True)
class Kind:
    build: Builder
    size_m: Vec3  # bounding box in its own frame
    grip_m: float  # gripper opening when it is held
    colour: str = "white"  # when the description gives none


def cup(material: Material) -> list[Part]:
    wall = lathe([(0, 0), (0.03, 0), (0.034, 0.008), (0.04, 0.09), (0.0405, 0.094), (0.037, 0.094), (0.032, 0.012), (0, 0.01)], 28)
    handle = [(x + 0.036, y, z + 0.05) for x, y, z in ring_path(0.027, -1.45, 1.45, 12)]
    return [
        mesh(wall, (0, 0, 0), material),
        mesh(tube(handle, 0.0055), (0, 0, 0), material),
        cylinder(0.034, 0.002, (0, 0, 0.07), PALETTE["brown"]),
    ]


def knife(material: Material) -> list[Part]:
    blade = prism([(0, -0.012), (0.15, -0.014), (0.175, -0.008), (0.19, 0.012), (0, 0.012)], 0.003)
    steel = Material("#dfe3e6", shine=1.0, mirror=0.1)
    rivets = [cylinder(0.003, 0.019, (x, 0, 0.01), steel) for x in (-0.03, -0.06, -0.09)]
    return [mesh(blade, (0, 0, 0.01), steel), mesh(rounded_box(0.115, 0.024, 0.018, 0.008), (-0.057, 0, 0.01), material), *rivets]


def bottle(material: Material) -> list[Part]:
    glass = Material(material.colour, shine=0.9, alpha=0.85)
    body = lathe(
        [
            (0, 0),
            (0.036, 0),
            (0.038, 0.01),
            (0.038, 0.15),
            (0.03, 0.19),
            (0.014, 0.22),
            (0.013, 0.27),
            (0.016, 0.275),
            (0.016, 0.285),
            (0, 0.285),
        ]
    )
    label = lathe([(0.0385, 0.05), (0.039, 0.05), (0.039, 0.12), (0.0385, 0.12)])
    return [
        mesh(body, (0, 0, 0), glass),
        mesh(label, (0, 0, 0), PALETTE["cream"]),
        cylinder(0.0155, 0.02, (0, 0, 0.29), PALETTE["mustard"]),
    ]


def glass(material: Material) -> list[Part]:
    wall = lathe([(0, 0), (0.028, 0), (0.034, 0.12), (0.032, 0.12), (0.026, 0.01), (0, 0.01)])
    return [
        mesh(wall, (0, 0, 0), Material("#d8ecf2", shine=1.0, alpha=0.45)),
        mesh(lathe([(0, 0.012), (0.0265, 0.012), (0.03, 0.07), (0, 0.07)]), (0, 0, 0), Material("#bfe0ea", alpha=0.5)),
    ]


def plate(material: Material) -> list[Part]:
    return [mesh(lathe([(0, 0), (0.07, 0), (0.12, 0.018), (0.118, 0.022), (0.07, 0.006), (0, 0.005)], 32), (0, 0, 0), material),
            cylinder(0.068, 0.001, (0, 0, 0.0062), PALETTE["marble"])]  # fmt: skip


def bowl(material: Material) -> list[Part]:
    return [
        mesh(
            lathe([(0, 0), (0.04, 0), (0.075, 0.035), (0.085, 0.065), (0.08, 0.065), (0.07, 0.037), (0.035, 0.008), (0, 0.006)], 28),
            (0, 0, 0),
            material,
        )
    ]


def apple(material: Material) -> list[Part]:
    body = lathe([(0, 0.008), (0.015, 0.0), (0.032, 0.014), (0.039, 0.038), (0.034, 0.062), (0.018, 0.072), (0.006, 0.066), (0, 0.062)])
    leaf = prism([(0, 0), (0.012, -0.006), (0.026, 0), (0.012, 0.006)], 0.0015)
    return [
        mesh(body, (0, 0, 0), material),
        capsule((0, 0, 0.062), (0.004, 0, 0.082), 0.002, PALETTE["brown"]),
        mesh(leaf, (0.003, 0, 0.08), PALETTE["leaf"], turn=rot("y", -20)),
    ]


def banana(material: Material) -> list[Part]:
    path = [(0.09 * math.sin(a), 0.105 - 0.09 * math.cos(a), 0.018) for a in np.linspace(-0.95, 0.95, 11)]
    radii = [0.006, 0.012, 0.016, 0.018, 0.019, 0.019, 0.018, 0.017, 0.015, 0.01, 0.005]
    centred = [(x, y - 0.035, z) for x, y, z in path]
    tip = capsule(centred[-1], (centred[-1][0] + 0.012, centred[-1][1] + 0.012, 0.02), 0.004, PALETTE["brown"])
    return [mesh(tube(centred, radii, 6), (0, 0, 0), material), tip]


def kettle(material: Material) -> list[Part]:
    steel, black = Material("#cfd4d8", shine=0.9, mirror=0.12), PALETTE["black"]
    body = lathe([(0, 0), (0.075, 0), (0.08, 0.015), (0.072, 0.11), (0.05, 0.16), (0.04, 0.168), (0, 0.172)], 28)
    spout = tube([(0.06, 0, 0.09), (0.09, 0, 0.12), (0.105, 0, 0.155)], [0.018, 0.013, 0.01])
    handle = [(-0.05 + x * 1.1, y, z + 0.1) for x, y, z in ring_path(0.055, 1.7, 4.6, 12)]
    return [
        mesh(body, (0, 0, 0), steel), mesh(spout, (0, 0, 0), steel), mesh(tube(handle, 0.009), (0, 0, 0), black),
        sphere(0.012, (0, 0, 0.18), black), cylinder(0.082, 0.012, (0, 0, 0.006), black),
    ]  # fmt: skip


def book(material: Material) -> list[Part]:
    pages = box((0.142, 0.196, 0.024), (0.002, 0, 0.015), PALETTE["linen"], solid=False)
    covers = [mesh(rounded_box(0.15, 0.21, 0.004, 0.0015), (0, 0, z), material) for z in (0.002, 0.028)]
    spine = mesh(rounded_box(0.006, 0.21, 0.03, 0.002), (-0.073, 0, 0.015), material)
    title = [
        box((0.08, 0.02, 0.001), (0, 0.05, 0.0305), PALETTE["mustard"], solid=False),
        box((0.05, 0.008, 0.001), (0, 0.02, 0.0305), PALETTE["linen"], solid=False),
    ]
    return [pages, *covers, spine, *title]


def phone(material: Material) -> list[Part]:
    lenses = [cylinder(0.004, 0.002, (-0.028, y, 0.009), PALETTE["dark steel"]) for y in (0.055, 0.066)]
    return [
        mesh(rounded_box(0.074, 0.15, 0.009, 0.004), (0, 0, 0.0045), material),
        box((0.068, 0.14, 0.0006), (0, 0, 0.0092), PALETTE["screen"], solid=False),
        *lenses,
    ]


def remote(material: Material) -> list[Part]:
    buttons = [cylinder(0.0045, 0.004, (x, y, 0.018), PALETTE["linen"]) for x in (-0.01, 0.01) for y in (-0.05, -0.03, -0.01, 0.01)]
    return [
        mesh(rounded_box(0.046, 0.17, 0.018, 0.008), (0, 0, 0.009), material),
        cylinder(0.006, 0.004, (0, 0.065, 0.018), PALETTE["red"]),
        cylinder(0.014, 0.003, (0, 0.038, 0.018), PALETTE["dark steel"]),
        *buttons,
    ]


def ball(material: Material) -> list[Part]:
    stripes = [cylinder(0.0806, 0.012, (0, 0, 0.08), PALETTE["white"], turn=turn) for turn in ((1, 0, 0, 0), rot("x", 90))]
    return [sphere(0.08, (0, 0, 0.08), material), *stripes]


def scissors(material: Material) -> list[Part]:
    steel = Material("#dfe3e6", shine=1.0)
    blade = prism([(-0.01, -0.006), (0.09, -0.001), (0.1, 0.003), (-0.01, 0.008)], 0.002)
    parts: list[Part] = []
    for side in (-1, 1):
        ring = [(0.022 * math.cos(a) - 0.055, side * 0.028 + 0.018 * math.sin(a), 0.006) for a in np.linspace(0, 2 * math.pi, 13)]
        turn = multiply(rot("z", 9 * side), rot("x", 0 if side > 0 else 180))
        parts += [
            mesh(blade, (0, 0, 0.006), steel, turn=turn),
            mesh(tube(ring, 0.005), (0, 0, 0), material),
            capsule((0, 0, 0.006), (-0.036, side * 0.02, 0.006), 0.004, material),
        ]
    return [*parts, cylinder(0.005, 0.012, (0, 0, 0.006), PALETTE["dark steel"])]


def pills(material: Material) -> list[Part]:
    body = lathe([(0, 0), (0.024, 0), (0.025, 0.003), (0.025, 0.065), (0.02, 0.07), (0, 0.07)])
    label = lathe([(0.0252, 0.015), (0.0256, 0.015), (0.0256, 0.052), (0.0252, 0.052)])
    cross = [
        box((0.002, 0.018, 0.006), (0.0255, 0, 0.034), PALETTE["red"], solid=False),
        box((0.002, 0.006, 0.018), (0.0255, 0, 0.034), PALETTE["red"], solid=False),
    ]
    return [
        mesh(body, (0, 0, 0), Material("#e98b2a", shine=0.7, alpha=0.9)),
        mesh(label, (0, 0, 0), PALETTE["white"]),
        cylinder(0.024, 0.018, (0, 0, 0.078), PALETTE["white"]),
        *cross,
    ]


def teddy_bear(material: Material) -> list[Part]:
    fur, light, dark = Material(material.colour, "cloth", 0.05, 0.0), Material("#c9a27a", "cloth", 0.05, 0.0), PALETTE["black"]
    limbs = [ellipsoid((0.045, 0.03, 0.03), (0.07, side * 0.05, 0.032), fur) for side in (-1, 1)]
    limbs += [ellipsoid((0.028, 0.028, 0.052), (0.03, side * 0.08, 0.115), fur, turn=rot("x", 28 * side)) for side in (-1, 1)]
    soles = [ellipsoid((0.008, 0.02, 0.02), (0.112, side * 0.05, 0.034), light) for side in (-1, 1)]
    ears = [sphere(0.024, (0.0, side * 0.05, 0.268), fur) for side in (-1, 1)] + [
        sphere(0.016, (0.012, side * 0.05, 0.268), light) for side in (-1, 1)
    ]
    eyes = [sphere(0.007, (0.058, side * 0.022, 0.23), dark) for side in (-1, 1)]
    face = [ellipsoid((0.026, 0.032, 0.024), (0.052, 0, 0.205), light), ellipsoid((0.008, 0.011, 0.008), (0.078, 0, 0.212), dark)]
    return [
        ellipsoid((0.06, 0.07, 0.085), (0, 0, 0.085), fur), ellipsoid((0.03, 0.045, 0.055), (0.036, 0, 0.085), light),
        sphere(0.065, (0, 0, 0.215), fur), *limbs, *soles, *ears, *eyes, *face,
    ]  # fmt: skip


def lighter(material: Material) -> list[Part]:
    return [
        mesh(rounded_box(0.026, 0.013, 0.06, 0.005), (0, 0, 0.03), material),
        box((0.024, 0.012, 0.018), (0, 0, 0.066), PALETTE["chrome"], solid=False),
        cylinder(0.005, 0.008, (0.006, 0, 0.077), PALETTE["dark steel"], turn=rot("x", 90)),
    ]


def spoon(material: Material) -> list[Part]:
    steel = Material("#d9dde0", shine=1.0, mirror=0.1)
    handle = tube([(-0.11, 0, 0.008), (-0.03, 0, 0.006), (0.03, 0, 0.01), (0.05, 0, 0.008)], [0.005, 0.0035, 0.003, 0.006], 6)
    return [mesh(handle, (0, 0, 0), steel), ellipsoid((0.03, 0.02, 0.006), (0.072, 0, 0.007), steel)]


def newspaper(material: Material) -> list[Part]:
    print_ = Material("#ffffff", "newsprint", 0.0, 0.0)
    return [
        mesh(rounded_box(0.21, 0.29, 0.012, 0.005), (0, 0, 0.006), PALETTE["linen"]),
        box((0.2, 0.28, 0.001), (0, 0, 0.0122), print_, solid=False),
    ]


def glasses(material: Material) -> list[Part]:
    frame: list[Part] = []
    for side in (-1, 1):
        ring = [(side * 0.032 + 0.024 * math.cos(a), 0.06, 0.02 + 0.019 * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 17)]
        lens = cylinder(0.021, 0.001, (side * 0.032, 0.06, 0.02), Material("#cfe3ea", shine=1.0, alpha=0.35), turn=rot("x", 90))
        frame += [
            mesh(tube(ring, 0.0022, 6), (0, 0, 0), material),
            lens,
            capsule((side * 0.056, 0.06, 0.024), (side * 0.05, -0.06, 0.006), 0.0018, material),
        ]
    return [*frame, capsule((-0.008, 0.06, 0.024), (0.008, 0.06, 0.024), 0.002, material)]


KINDS: dict[str, Kind] = {
    "cup": Kind(cup, (0.09, 0.08, 0.094), 0.07),
    "knife": Kind(knife, (0.3, 0.026, 0.02), 0.02, "black"),
    "bottle": Kind(bottle, (0.078, 0.078, 0.3), 0.075, "green"),
    "glass": Kind(glass, (0.068, 0.068, 0.12), 0.065),
    "plate": Kind(plate, (0.24, 0.24, 0.022), 0.02),
    "bowl": Kind(bowl, (0.17, 0.17, 0.065), 0.02, "green"),
    "apple": Kind(apple, (0.078, 0.078, 0.08), 0.075, "red"),
    "banana": Kind(banana, (0.18, 0.07, 0.037), 0.035, "yellow"),
    "kettle": Kind(kettle, (0.21, 0.16, 0.19), 0.02),
    "book": Kind(book, (0.15, 0.21, 0.03), 0.03, "blue"),
    "phone": Kind(phone, (0.074, 0.15, 0.01), 0.07, "black"),
    "remote": Kind(remote, (0.046, 0.17, 0.02), 0.045, "black"),
    "ball": Kind(ball, (0.16, 0.16, 0.16), 0.1, "orange"),
    "scissors": Kind(scissors, (0.18, 0.09, 0.012), 0.02, "red"),
    "pills": Kind(pills, (0.052, 0.052, 0.087), 0.05, "orange"),
    "teddy bear": Kind(teddy_bear, (0.17, 0.2, 0.29), 0.06, "brown"),
    "lighter": Kind(lighter, (0.026, 0.014, 0.08), 0.02, "red"),
    "spoon": Kind(spoon, (0.21, 0.04, 0.014), 0.01),
    "newspaper": Kind(newspaper, (0.21, 0.29, 0.013), 0.02),
    "glasses": Kind(glasses, (0.12, 0.125, 0.04), 0.03, "brown"),
}
"""By class name, as in ``safety/ontology.yaml``."""


def build(class_name: str, colour: str) -> list[Part]:
    """The parts of one thing around the middle of its bounding box.

    :raises KeyError: unknown class or colour
    """
    kind = KINDS[class_name]
    return moved(kind.build(named(colour, kind.colour)), (0.0, 0.0, -kind.size_m[2] / 2))
