"""Bodies of people: segment lengths from stature, and how each segment looks.

Lengths are the ratios of Drillis and Contini (1966), as given in D. A. Winter, *Biomechanics and Motor Control of Human
Movement*, 4th ed., fig. 4.1.  Children have larger heads: about a sixth of stature at six years (Snyder et al. 1977,
*Anthropometry of Infants, Children, and Youths to Age 18*, UM-HSRI-77-17), so trunk and legs take the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.description import PersonDescription
from sim.shapes.meshes import Section, loft, ring_path, rounded_box, tube
from sim.shapes.parts import Material, Part, box, capsule, cylinder, ellipsoid, mesh, rot, sphere

SEGMENTS = (
    "torso", "head", "upper_arm_l", "upper_arm_r", "forearm_l", "forearm_r", "thigh_l", "thigh_r", "shin_l", "shin_r",
)  # fmt: skip
"""Each is one moving body.  Frames: x forward, y left, z up; a limb hangs down from its origin, the joint nearer the trunk;
the torso rises from the middle of the hips, the head from the base of the skull."""


@dataclass(frozen=True)
class Proportions:
    """Segment lengths in metres."""

    height: float
    head: float  # chin to crown
    hip: float  # height of the hip joints over the floor
    shoulder: float  # of the shoulder joints over the hips
    neck: float  # of the base of the skull over the hips
    thigh: float
    shin: float  # knee to ankle
    ankle: float  # ankle over the sole
    foot: float
    upper_arm: float
    forearm: float
    hand: float
    shoulder_half: float
    hip_half: float
    girth: float  # scales widths; 1 for a slim adult


def proportions(person: PersonDescription) -> Proportions:
    h = person.height_m
    child = person.age_group == "child"
    head = h / 6.0 if child else 0.130 * h
    leg = 0.49 * h if child else 0.530 * h
    ankle = 0.039 * h
    thigh = (leg - ankle) * 0.245 / 0.491  # Winter: thigh 0.245 H, shank 0.246 H
    chin = h - head
    neck = chin + 0.22 * head - leg
    shoulder = (0.785 if child else 0.818) * h - leg
    return Proportions(
        height=h, head=head, hip=leg, shoulder=shoulder, neck=neck, thigh=thigh, shin=leg - ankle - thigh, ankle=ankle,
        foot=0.152 * h, upper_arm=0.186 * h, forearm=0.146 * h, hand=0.108 * h, shoulder_half=0.104 * h, hip_half=0.050 * h,
        girth=h / 1.7 * (1.12 if child else 1.06 if person.age_group == "elderly" else 1.0),
    )  # fmt: skip


@dataclass(frozen=True)
class _Clothes:
    skin: Material
    hair: Material
    top: Material
    bottom: Material
    shoes: Material

    @classmethod
    def of(cls, person: PersonDescription) -> _Clothes:
        shine = {"skin": 0.12, "hair": 0.2, "top": 0.04, "bottom": 0.04, "shoes": 0.3}
        return cls(**{name: Material(getattr(person, name), shine=value) for name, value in shine.items()})


def build(person: PersonDescription) -> dict[str, list[Part]]:
    """Parts of every segment, in the segment's frame."""
    p, wear = proportions(person), _Clothes.of(person)
    parts = {"torso": _torso(p, wear, person.skirt), "head": _head(p, wear, person)}
    for side in ("l", "r"):
        parts[f"upper_arm_{side}"] = _limb(p.upper_arm, 0.047 * p.girth, 0.039 * p.girth, wear.top)
        parts[f"forearm_{side}"] = _forearm(p, wear)
        parts[f"thigh_{side}"] = _limb(p.thigh, 0.072 * p.girth, 0.052 * p.girth, wear.skin if person.skirt else wear.bottom)
        parts[f"shin_{side}"] = _shin(p, wear, person.skirt)
    return parts


def _limb(length_m: float, top_m: float, end_m: float, material: Material) -> list[Part]:
    """A tapered limb with round joints, hanging from the origin."""
    mid = 0.55 * top_m + 0.45 * end_m
    skin = loft(
        [(-length_m, end_m, end_m), (-0.5 * length_m, mid, mid * 1.02), (-0.12 * length_m, top_m, top_m), (0, 0.97 * top_m, 0.97 * top_m)],
        14,
    )
    return [
        mesh(skin, (0, 0, 0), material), sphere(0.98 * top_m, (0, 0, 0), material), sphere(end_m, (0, 0, -length_m), material),
        capsule((0, 0, 0), (0, 0, -length_m), mid, None, solid=True),
    ]  # fmt: skip


def _forearm(p: Proportions, wear: _Clothes) -> list[Part]:
    radius, wrist = 0.038 * p.girth, 0.026 * p.girth
    palm = -p.forearm - 0.4 * p.hand
    finger = capsule((0.012, 0, palm - 0.1 * p.hand), (0.022, 0, palm - 0.45 * p.hand), 0.016 * p.girth, wear.skin)
    thumb = capsule((0.02, 0, palm + 0.15 * p.hand), (0.045 * p.girth, 0, palm - 0.15 * p.hand), 0.011 * p.girth, wear.skin)
    return [
        *_limb(0.62 * p.forearm, radius, 0.033 * p.girth, wear.top),
        mesh(loft([(-p.forearm, wrist, 0.85 * wrist), (-0.6 * p.forearm, 0.031 * p.girth, 0.03 * p.girth)], 12), (0, 0, 0), wear.skin),
        ellipsoid((0.032 * p.girth, 0.018 * p.girth, 0.4 * p.hand), (0, 0, palm), wear.skin), finger, thumb,
    ]  # fmt: skip


def _shin(p: Proportions, wear: _Clothes, bare: bool) -> list[Part]:
    length, foot = p.shin, p.foot
    sole = -length - p.ankle
    upper = loft(
        [
            (0.0, foot * 0.5, 0.2 * foot),
            (0.03, foot * 0.5, 0.2 * foot),
            (0.055, 0.42 * foot, 0.17 * foot, -0.04 * foot),
            (0.09, 0.2 * foot, 0.13 * foot, -0.22 * foot),
        ],
        18,
        2.5,
    )
    return [
        *_limb(length, 0.055 * p.girth, 0.036 * p.girth, wear.skin if bare else wear.bottom),
        mesh(upper, (0.27 * foot, 0, sole + 0.01), wear.shoes),
        mesh(rounded_box(foot, 0.4 * foot, 0.02, 0.009), (0.27 * foot, 0, sole + 0.01), Material("#e8e4dc")),
    ]  # fmt: skip


def _torso(p: Proportions, wear: _Clothes, skirt: bool) -> list[Part]:
    """Shirt over trousers or skirt; the shirt's hem is wider than what it covers."""
    g, s = p.girth, p.shoulder
    depth, width = 0.1 * g, p.shoulder_half
    hips = p.hip_half + 0.074 * g  # just wider than the thighs
    shirt: list[Section] = [
        (-0.06 * s, 1.06 * depth, hips + 0.006), (0.1 * s, 1.04 * depth, hips), (0.36 * s, 0.94 * depth, 0.88 * hips),
        (0.62 * s, 1.06 * depth, 0.93 * width), (0.8 * s, 1.02 * depth, 1.0 * width), (0.91 * s, 0.88 * depth, 1.02 * width),
        (0.99 * s, 0.68 * depth, 0.86 * width), (1.05 * s, 0.52 * depth, 0.52 * width), (1.1 * s, 0.42 * depth, 0.33 * width),
    ]  # fmt: skip
    trousers: list[Section] = [
        (-0.2 * s, 0.6 * depth, 0.8 * hips),
        (-0.1 * s, 0.95 * depth, 0.99 * hips),
        (0.06 * s, 0.98 * depth, 0.98 * hips),
    ]
    if skirt:
        hem = -(p.thigh + 0.3 * p.shin)
        trousers = [
            (hem, 1.9 * depth, 1.55 * hips),
            (0.5 * hem, 1.5 * depth, 1.28 * hips),
            (-0.12 * s, 1.02 * depth, 1.03 * hips),
            (0.1 * s, 0.96 * depth, 0.96 * hips),
        ]
    collar = [(x, y, 1.085 * s) for x, y, _ in _circle(0.4 * depth, 0.33 * width)]
    return [
        mesh(loft(shirt, 24, 2.3), (0, 0, 0), wear.top),
        mesh(loft(trousers, 24, 2.3), (0, 0, 0), wear.bottom),
        mesh(tube(collar, 0.011 * g, 6), (0, 0, 0), wear.top),
        capsule((-0.01, 0, 1.0 * s), (0.012, 0, p.neck + 0.02), 0.026 * p.height if p.height > 1.4 else 0.027 * p.height, wear.skin),
        box((1.5 * depth, 1.6 * width, 1.1 * s), (0, 0, 0.5 * s), None),
    ]


def _circle(rx: float, ry: float, count: int = 17) -> list[tuple[float, float, float]]:
    return [(rx * math.cos(a), ry * math.sin(a), 0.0) for a in np.linspace(0, 2 * math.pi, count)]


def _head(p: Proportions, wear: _Clothes, person: PersonDescription) -> list[Part]:
    """Origin at the base of the skull; the face looks along x."""
    h = p.head
    rx, ry, rz = 0.42 * h, 0.35 * h, 0.5 * h
    centre = rz - 0.22 * h
    cx = 0.06 * h
    skull = loft([
        (-0.505 * h, 0.06 * h, 0.06 * h, 0.2 * h), (-0.485 * h, 0.14 * h, 0.13 * h, 0.17 * h), (-0.43 * h, 0.23 * h, 0.2 * h, 0.11 * h),
        (-0.33 * h, 0.3 * h, 0.255 * h, 0.065 * h), (-0.18 * h, 0.365 * h, 0.31 * h, 0.025 * h),
        (0.0, 0.41 * h, 0.345 * h), (0.2 * h, 0.41 * h, 0.345 * h, -0.01 * h), (0.36 * h, 0.32 * h, 0.28 * h, -0.02 * h),
        (0.46 * h, 0.18 * h, 0.16 * h, -0.02 * h), (0.5 * h, 0.05 * h, 0.04 * h, -0.02 * h),
    ], 24)  # fmt: skip
    face_x = cx + 0.385 * h
    brow = Material(person.hair, shine=0.1)
    smile = [(face_x - (0.015 + 0.9 * t * t) * h, t * h, centre + (2.6 * t * t - 0.285) * h) for t in np.linspace(-0.12, 0.12, 9)]
    parts = [
        mesh(skull, (cx, 0, centre), wear.skin),
        ellipsoid((rx * 0.9, ry * 0.9, rz * 0.9), (cx, 0, centre), None, solid=True),
        ellipsoid((0.07 * h, 0.05 * h, 0.09 * h), (face_x + 0.02 * h, 0, centre - 0.1 * h), wear.skin),
        mesh(tube(smile, 0.014 * h, 6), (0, 0, 0), Material("#b0524e", shine=0.3)),
    ]
    for side in (-1, 1):
        y = side * 0.15 * h
        parts += [
            ellipsoid((0.045 * h, 0.07 * h, 0.05 * h), (face_x - 0.035 * h, y, centre + 0.02 * h), Material("#ffffff", shine=0.6)),
            ellipsoid((0.02 * h, 0.036 * h, 0.038 * h), (face_x + 0.0 * h, y, centre + 0.018 * h), Material("#3a2a1d", shine=0.9)),
            ellipsoid((0.02 * h, 0.085 * h, 0.016 * h), (face_x - 0.01 * h, y, centre + 0.11 * h), brow, turn=rot("x", -5 * side)),
            ellipsoid((0.06 * h, 0.03 * h, 0.085 * h), (cx - 0.02 * h, side * 0.345 * h, centre - 0.04 * h), wear.skin),
        ]
    parts += _hair(h, cx, centre, person.hair_style, wear.hair)
    if person.glasses:
        parts += _spectacles(h, face_x, centre)
    return parts


def _hair(h: float, cx: float, centre: float, style: str, hair: Material) -> list[Part]:
    cap = loft([
        (0.12 * h, 0.36 * h, 0.38 * h, -0.1 * h), (0.24 * h, 0.42 * h, 0.375 * h, -0.045 * h), (0.36 * h, 0.37 * h, 0.32 * h, -0.03 * h),
        (0.47 * h, 0.25 * h, 0.22 * h, -0.03 * h), (0.54 * h, 0.08 * h, 0.07 * h, -0.03 * h),
    ], 22)  # fmt: skip
    parts = [mesh(cap, (cx, 0, centre), hair), ellipsoid((0.3 * h, 0.36 * h, 0.34 * h), (cx - 0.17 * h, 0, centre + 0.06 * h), hair)]
    if style == "bob":
        parts += [ellipsoid((0.17 * h, 0.1 * h, 0.42 * h), (cx - 0.06 * h, side * 0.33 * h, centre - 0.08 * h), hair) for side in (-1, 1)]
        parts.append(ellipsoid((0.2 * h, 0.36 * h, 0.46 * h), (cx - 0.27 * h, 0, centre - 0.12 * h), hair))
        parts.append(ellipsoid((0.14 * h, 0.3 * h, 0.09 * h), (cx + 0.27 * h, -0.04 * h, centre + 0.33 * h), hair, turn=rot("x", 10)))
    elif style == "bun":
        parts.append(sphere(0.2 * h, (cx - 0.4 * h, 0, centre + 0.28 * h), hair))
        parts.append(ellipsoid((0.1 * h, 0.3 * h, 0.1 * h), (cx + 0.26 * h, 0, centre + 0.31 * h), hair))
    else:
        tufts = [(0.27, 0.06, 0.35), (0.27, -0.1, 0.34)]
        parts += [
            ellipsoid((0.16 * h, 0.18 * h, 0.09 * h), (cx + x * h, y * h, centre + z * h), hair, turn=rot("y", 35)) for x, y, z in tufts
        ]
    return parts


def _spectacles(h: float, face_x: float, centre: float) -> list[Part]:
    frame = Material("#5b4636", shine=0.6)
    parts: list[Part] = []
    for side in (-1, 1):
        circle = [(x, z) for x, _, z in ring_path(0.115 * h, 0.0, 6.2832, 17)]
        path = [(face_x + 0.055 * h, side * 0.155 * h + a, centre + 0.02 * h + b) for a, b in circle]
        parts.append(mesh(tube(path, 0.012 * h, 6), (0, 0, 0), frame))
        parts.append(
            cylinder(
                0.11 * h,
                0.002,
                (face_x + 0.055 * h, side * 0.155 * h, centre + 0.02 * h),
                Material("#dcebf0", shine=1.0, alpha=0.3),
                turn=rot("y", 90),
            )
        )
        parts.append(
            capsule(
                (face_x + 0.05 * h, side * 0.27 * h, centre + 0.04 * h),
                (face_x - 0.4 * h, side * 0.36 * h, centre + 0.04 * h),
                0.01 * h,
                frame,
            )
        )
    parts.append(
        capsule((face_x + 0.06 * h, -0.045 * h, centre + 0.03 * h), (face_x + 0.06 * h, 0.045 * h, centre + 0.03 * h), 0.01 * h, frame)
    )
    return parts
