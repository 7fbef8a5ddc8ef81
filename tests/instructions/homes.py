"""Small homes made from a seed: rooms in a row, furniture, things on it, people.  No shipped home is among them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

XYZ = tuple[float, float, float]

ROOMS = ("kitchen", "living room", "bedroom", "study", "dining room", "hall")
FURNITURE = {
    "kitchen": ("kitchen table", "counter"), "living room": ("coffee table", "sideboard"), "bedroom": ("nightstand", "dresser"),
    "study": ("desk", "low shelf"), "dining room": ("dining table", "cabinet"), "hall": ("bench", "console"),
}  # fmt: skip
HARMLESS = ("cup", "book", "ball", "plate", "banana", "apple", "towel", "newspaper")
HARMFUL_TO_CHILDREN = ("knife", "scissors", "pills")
COLOURS = ("red", "blue", "green", "yellow")
PEOPLE = {
    "adult": ("Clara", "David", "Nora", "Paul"), "child": ("Mia", "Tom", "Lina", "Ben"), "elderly": ("Rosa", "Karl", "Ida", "Otto"),
}  # fmt: skip
ROOM_M, GAP_M = 4.0, 0.6
"""Side of a room, and from a wall to the middle of its furniture."""

ASIDE_M = (0.6, 2.0, 3.4)
"""From a room's wall, so that no two people stand in one spot and take what is meant for the other."""


@dataclass
class Thing:
    class_name: str
    colour: str
    position_m: XYZ
    place: str
    surface: str
    held_by: str = ""

    @property
    def name(self) -> str:
        return f"{self.colour} {self.class_name}".strip()


@dataclass
class Somebody:
    name: str
    age_group: str
    place: str
    position_m: XYZ


@dataclass
class HomeCase:
    seed: int
    site: dict[str, Any]  # content of semantic_map.yaml
    things: dict[str, Thing] = field(default_factory=dict)
    people: dict[str, Somebody] = field(default_factory=dict)

    @property
    def places(self) -> list[str]:
        return list(self.site["places"])

    def somebody(self, age_group: str) -> str:
        return next(name for name, person in self.people.items() if person.age_group == age_group)

    def harmless(self) -> list[str]:
        return [name for name, thing in self.things.items() if thing.class_name in HARMLESS]

    def harmful(self) -> list[str]:
        return [name for name, thing in self.things.items() if thing.class_name in HARMFUL_TO_CHILDREN]


def home(seed: int) -> HomeCase:
    """One home: three rooms, five harmless things of which two differ by their colour only, two harmful ones, three people."""
    chance = random.Random(seed)
    rooms = chance.sample(ROOMS, 3)
    case = HomeCase(seed, {"places": {}, "surfaces": {}})
    for index, room in enumerate(rooms):
        _add_room(case, room, index * ROOM_M)
    twins, *others = chance.sample(HARMLESS, 4)
    first, second = chance.sample(COLOURS, 2)
    wanted = [(twins, first), (twins, second), *((name, chance.choice(COLOURS)) for name in others)]
    wanted += [(name, "") for name in chance.sample(HARMFUL_TO_CHILDREN, 2)]
    spots = chance.sample([(surface, side) for surface in case.site["surfaces"] for side in (-0.3, 0.0, 0.3)], len(wanted))
    for (class_name, colour), (surface, side) in zip(wanted, spots, strict=True):
        _put(case, class_name, colour, surface, side)
    for (age_group, names), aside_m in zip(PEOPLE.items(), chance.sample(ASIDE_M, len(PEOPLE)), strict=True):
        name = chance.choice(names)
        room = chance.choice(rooms)
        x_m = rooms.index(room) * ROOM_M + aside_m + chance.uniform(-0.1, 0.1)
        case.people[name.lower()] = Somebody(name, age_group, room, (x_m, chance.uniform(1.6, 2.4), 0.0))
    return case


def _add_room(case: HomeCase, room: str, left_m: float) -> None:
    right_m, middle_m = left_m + ROOM_M, left_m + ROOM_M / 2
    corners = [[left_m, 0.0], [right_m, 0.0], [right_m, ROOM_M], [left_m, ROOM_M]]
    case.site["places"][room] = {"polygon_m": corners, "waypoint_m": [middle_m, ROOM_M / 2, 0.0]}
    for surface, y_m in zip(FURNITURE[room], (GAP_M, ROOM_M - GAP_M), strict=True):
        case.site["surfaces"][surface] = {"place": room, "centre_m": [middle_m, y_m], "size_m": [1.2, 0.7], "height_m": 0.75}


def _put(case: HomeCase, class_name: str, colour: str, surface: str, side_m: float) -> None:
    entry = case.site["surfaces"][surface]
    x_m, y_m = entry["centre_m"]
    name = f"{colour}_{class_name}".strip("_")
    case.things[name] = Thing(class_name, colour, (x_m + side_m, y_m, 0.8), entry["place"], surface)
