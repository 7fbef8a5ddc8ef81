"""What stands in which room: kinds of furniture with ranges of size, colours, and how likely they are."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]

_WOOD = ("oak", "walnut", "white", "black", "slate", "brown", "sage")
_FRONTS = ("sage", "white", "oak", "slate", "teal", "cream", "black", "blue", "red", "walnut")
_CLOTH = ("teal", "mustard", "lavender", "cream", "linen", "rose", "indigo", "brown", "slate", "red", "green", "black")


@dataclass(frozen=True)
class Entry:
    """``size_m`` are ranges of length, depth, height; builders have fixed details, so some hardly vary."""

    kind: str
    size_m: tuple[Range, Range, Range]
    colours: tuple[str, ...]
    chance: float = 0.8
    raised_m: Range = (0.0, 0.0)


_PICTURE = Entry("picture", ((0.4, 1.3), (0.03, 0.03), (0.4, 0.9)), ("hills", "sea", "citrus"), 0.6, (1.1, 1.45))
_PLANT = Entry("plant", ((0.32, 0.45), (0.32, 0.45), (0.7, 1.4)), ("terracotta", "white", "slate", "black", "blue", "mustard"), 0.5)
_SHELF = Entry("bookshelf", ((0.8, 1.5), (0.3, 0.36), (1.4, 2.0)), _WOOD, 0.5)
_SIDEBOARD = Entry("sideboard", ((0.9, 1.6), (0.36, 0.5), (0.7, 0.95)), _WOOD, 0.7)
_LAMP = Entry("floor lamp", ((0.36, 0.38), (0.36, 0.38), (1.4, 1.7)), ("cream",), 0.5)
_ARMCHAIR = Entry("armchair", ((0.8, 0.95), (0.8, 0.95), (0.8, 0.95)), _CLOTH, 0.6)
_HALL_TABLE = Entry("hall table", ((1.05, 1.3), (0.33, 0.42), (0.74, 0.88)), _WOOD, 0.8)
_BENCH = Entry("bench", ((0.9, 1.3), (0.34, 0.42), (0.42, 0.48)), _WOOD, 0.6)
_COATS = Entry("coat rack", ((0.4, 0.42), (0.4, 0.42), (1.6, 1.8)), _WOOD, 0.5)

TABLE = Entry("table", ((1.0, 1.8), (0.75, 1.0), (0.7, 0.78)), _WOOD)
CHAIR = Entry("chair", ((0.4, 0.46), (0.42, 0.48), (0.8, 0.98)), ("white", "oak", "black", "red", "teal", "sage", "mustard", "blue"))
COFFEE_TABLE = Entry("coffee table", ((0.8, 1.25), (0.5, 0.65), (0.36, 0.46)), _WOOD)
RUG = Entry("rug", ((1.4, 2.8), (0.9, 1.9), (0.01, 0.01)), ("cream", "rose", "indigo"))

ROOMS: dict[str, tuple[Entry, ...]] = {
    "kitchen": (
        Entry("counter", ((1.4, 1.8), (0.6, 0.66), (0.86, 0.94)), _FRONTS, 1.0),
        Entry("sink", ((1.5, 1.7), (0.6, 0.66), (0.86, 0.94)), _FRONTS, 1.0),
        Entry("stove", ((0.6, 0.62), (0.6, 0.64), (0.86, 0.94)), ("steel", "white", "black", "dark steel"), 1.0),
        Entry("fridge", ((0.6, 0.75), (0.6, 0.7), (1.5, 2.0)), ("steel", "white", "red", "sage", "black"), 0.9),
        Entry("wall cupboard", ((1.2, 1.6), (0.3, 0.36), (0.5, 0.7)), _FRONTS, 0.7, (1.45, 1.6)), _SIDEBOARD, _PLANT, _PICTURE,
    ),
    "living room": (
        Entry("sofa", ((1.7, 2.4), (0.85, 1.0), (0.75, 0.9)), _CLOTH, 1.0),
        Entry("tv bench", ((1.5, 2.0), (0.38, 0.46), (0.42, 0.52)), _WOOD, 0.7),
        _ARMCHAIR, _SIDEBOARD, _SHELF, _LAMP, _PLANT, _PLANT, _PICTURE, _PICTURE,
    ),
    "bedroom": (
        Entry("bed", ((1.4, 1.8), (2.0, 2.2), (0.48, 0.52)), _CLOTH, 1.0),
        Entry("night table", ((0.42, 0.5), (0.4, 0.45), (0.45, 0.55)), _WOOD, 0.9),
        Entry("wardrobe", ((1.2, 2.0), (0.55, 0.65), (1.8, 2.1)), _FRONTS, 0.8),
        _SIDEBOARD, _ARMCHAIR, _PICTURE, _PLANT,
        Entry("mirror", ((0.5, 0.9), (0.03, 0.03), (0.7, 1.1)), _WOOD, 0.4, (0.9, 1.2)),
    ),
    "hall": (
        _HALL_TABLE, _BENCH, _COATS, _PLANT, _SHELF, _PICTURE,
        Entry("mirror", ((0.5, 0.9), (0.03, 0.03), (0.7, 1.1)), _WOOD, 0.5, (1.0, 1.2)),
    ),
    "study": (_HALL_TABLE, _SHELF, _SHELF, _ARMCHAIR, _SIDEBOARD, _LAMP, _PLANT, _PICTURE),
}  # fmt: skip
"""By kind of room, most important first: when space runs out, the rest stays away."""
