"""Random people.

Heights are about those of Europeans and North Americans: children of 4 to 11 years 1.00 to 1.45 m (WHO growth reference 2007,
3rd to 97th percentile), adults 1.52 to 1.95 m, elderly people about 5 cm less (NCD-RisC, *eLife* 5, 2016).
"""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np

from sim.description import PersonDescription, Pose2D

_SKINS = ("#f3cfb3", "#efc09c", "#e8bfa5", "#e0ac8a", "#dba27c", "#c68642", "#b9785a", "#8d5524", "#6b4226", "#4a2f20")
_HAIRS = ("#1f1612", "#3b2417", "#4a2f1d", "#6f4a2c", "#a9743a", "#c79a4b", "#d8b36a", "#8c3b1f")
GREYS = ("#d9d9d6", "#c4c4c0", "#efeeea", "#a5a5a2", "#8e8c88")
GREY_SHARES = {"child": 0.0, "adult": 0.04, "elderly": 0.85}
STOOPS_DEG = {"child": (0, 4), "adult": (0, 4), "elderly": (7, 24)}
AGE_GROUPS = ("child", "adult", "elderly")


def draw_person(id_: str, age_group: str, rng: np.random.Generator) -> PersonDescription:
    """Somebody of an age group: build, posture of the back, hair, clothes."""
    child, elderly = age_group == "child", age_group == "elderly"
    female = bool(rng.random() < 0.5)
    height = rng.uniform(1.0, 1.45) if child else rng.normal(1.64 if female else 1.77, 0.07) - 0.05 * elderly
    grey = rng.random() < GREY_SHARES[age_group]
    values: dict[str, Any] = {
        "id": id_, "name": id_, "age_group": age_group,
        "age_years": int(rng.integers(4, 12) if child else rng.integers(68, 93) if elderly else rng.integers(19, 60)),
        "height_m": round(float(np.clip(height, 1.0 if child else 1.45, 1.95)), 3),
        "start": Pose2D(at_m=(0, 0)),
        "stoop_deg": round(float(rng.uniform(*STOOPS_DEG[age_group])), 1),
        "skin": str(rng.choice(_SKINS)),
        "hair": str(rng.choice(GREYS if grey else _HAIRS)),
        "hair_style": str(rng.choice(["bob", "bun", "short"] if female else ["short", "short", "bob"])),
        "top": cloth_colour(rng), "bottom": cloth_colour(rng), "shoes": cloth_colour(rng),
        "skirt": bool(female and rng.random() < 0.4),
        "glasses": bool(rng.random() < (0.6 if elderly else 0.08 if child else 0.25)),
    }  # fmt: skip
    return PersonDescription(**values)


def complexion(age_group: str, rng: np.random.Generator) -> dict[str, str]:
    """Skin and hair of somebody else of the same age group."""
    hairs = GREYS if rng.random() < GREY_SHARES[age_group] else _HAIRS
    return {"skin": str(rng.choice(_SKINS)), "hair": str(rng.choice(hairs))}


def cloth_colour(rng: np.random.Generator) -> str:
    """Any colour, more often a dull one."""
    red, green, blue = colorsys.hsv_to_rgb(float(rng.random()), float(rng.beta(1.3, 1.6)), float(rng.uniform(0.12, 0.95)))
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def clothes(rng: np.random.Generator) -> dict[str, str]:
    """What somebody may wear today."""
    return {"top": cloth_colour(rng), "bottom": cloth_colour(rng), "shoes": cloth_colour(rng)}
