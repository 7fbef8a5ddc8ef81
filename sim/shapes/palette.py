"""Named materials: what ``colour:`` in home.yaml may say."""

from __future__ import annotations

from sim.shapes.parts import Material

PALETTE: dict[str, Material] = {
    # furniture
    "oak": Material("#ffffff", "oak", 0.9, 0.25),
    "walnut": Material("#ffffff", "walnut", 0.9, 0.3),
    "steel": Material("#c3c8cc", shine=0.7, mirror=0.05),
    "dark steel": Material("#4c5257", shine=0.6),
    "sage": Material("#a9b89f", shine=0.25),
    "teal": Material("#3f7f86", "cloth", 0.25, 0.05),
    "mustard": Material("#d9a441", "cloth", 0.25, 0.05),
    "lavender": Material("#a9a4cf", "cloth", 0.25, 0.05),
    "cream": Material("#f1e6d2", "cloth", 0.25, 0.05),
    "linen": Material("#f6f2ea", "cloth", 0.25, 0.05),
    "terracotta": Material("#c46f4a", shine=0.1),
    "slate": Material("#6c757b", shine=0.2),
    "leaf": Material("#4f8a4c", shine=0.2),
    "dark leaf": Material("#356b3b", shine=0.2),
    "soil": Material("#4a3527", shine=0.0),
    "chrome": Material("#d9dde0", shine=0.9, mirror=0.1),
    "marble": Material("#eceae6", shine=0.5),
    "glow": Material("#fff4d6", glow=0.8),
    "screen": Material("#ffffff", "screen", 0.0, 0.8, mirror=0.08),
    "rose": Material("#d99a9a", "cloth", 0.25, 0.05),
    "indigo": Material("#3f4e78", "cloth", 0.25, 0.05),
    # the colours that people name
    "red": Material("#d0312d", shine=0.45),
    "blue": Material("#2a62c9", shine=0.45),
    "green": Material("#2f9e44", shine=0.45),
    "yellow": Material("#f2c522", shine=0.45),
    "white": Material("#f5f4f0", shine=0.35),
    "black": Material("#26272b", shine=0.4),
    "brown": Material("#8a5a34", shine=0.15),
    "orange": Material("#f07f1f", shine=0.4),
}


def named(colour: str, otherwise: str = "white") -> Material:
    """The material of a colour's name; ``otherwise`` names the one for the empty string.

    :raises KeyError: nobody has defined this colour
    """
    return PALETTE[colour or otherwise]
