"""Random homes, in the form of the description that the simulator plays (``sim/description.py``)."""

from __future__ import annotations

import hashlib

import numpy as np

from models.eyes.furnish import Furnisher, block_of
from models.eyes.inhabitants import AGE_GROUPS, draw_person
from models.eyes.plan import WALL_M, Area, Plan, draw_plan, size_m
from models.eyes.tops import Table, described, tops
from sim.description import FLOOR, HomeDescription, HomeObject, Pose2D, RobotStart, Room
from sim.shapes import objects

_OF_EACH_CLASS = 2
_OF_EACH_CLASS_CROWDED = 8
_PEOPLE_OF_EACH_AGE = 2
_COLOURS: dict[str, tuple[str, ...]] = {
    "apple": ("red", "green", "yellow"), "banana": ("yellow", "yellow", "green"), "knife": ("black", "brown", "red", "white", "blue"),
    "remote": ("black", "white", "slate"), "phone": ("black", "white", "blue", "red"), "kettle": ("",), "glass": ("",), "spoon": ("",),
    "pills": ("",), "newspaper": ("",), "teddy bear": ("brown", "white", "black", "orange", "rose"),
    "glasses": ("brown", "black", "red", "blue"),
}  # fmt: skip
_ANY_COLOUR = ("red", "blue", "green", "yellow", "white", "black", "brown", "orange")


def draw_home(name: str, rng: np.random.Generator, crowded: bool = False, of_each_age: int = _PEOPLE_OF_EACH_AGE) -> HomeDescription:
    """Rooms, furniture, two things of every class, or eight, and people of every age; all but these whatever their number is."""
    plan = draw_plan(rng)
    kinds = _kinds_of_rooms(plan, rng)
    furnisher = Furnisher(plan, rng)
    for (room, kind), area in zip(kinds.items(), plan.rooms, strict=True):
        furnisher.furnish(room, kind, area)
    start = Pose2D(at_m=((plan.bounds[0] + plan.bounds[2]) / 2, (plan.bounds[1] + plan.bounds[3]) / 2))
    pieces = furnisher.pieces
    floor = [block_of(piece) for piece in pieces.values() if piece.kind != "rug"]
    people = [f"{age}_{k}" for age in AGE_GROUPS for k in range(of_each_age)]
    return HomeDescription(
        name=name,
        wall_height_m=round(float(rng.uniform(2.3, 2.9)), 2),
        wall_thickness_m=WALL_M,
        rooms={room: _room(area, rng) for room, area in zip(kinds, plan.rooms, strict=True)},
        walls=plan.walls,
        furniture=pieces,
        objects=_things(Table(tops(pieces), floor, plan.bounds, rng), _OF_EACH_CLASS_CROWDED if crowded else _OF_EACH_CLASS, rng),
        people={id_: draw_person(id_, id_.split("_")[0], rng).model_dump() for id_ in people},
        robot=RobotStart(start=start),
    )


def fingerprint(home: HomeDescription) -> str:
    """Tells homes apart by their content."""
    content = home.model_copy(update={"name": ""}).model_dump_json()
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _kinds_of_rooms(plan: Plan, rng: np.random.Generator) -> dict[str, str]:
    """Room → kind; kitchen and living room are always there, and the living room is the largest."""
    plan.rooms.sort(key=lambda area: -size_m(area)[0] * size_m(area)[1])
    rest = [str(kind) for kind in rng.permutation(["bedroom", "hall", "study"])]
    return {kind: kind for kind in ["living room", "kitchen", *rest][: len(plan.rooms)]}


def _room(area: Area, rng: np.random.Generator) -> Room:
    x0, y0, x1, y1 = area
    return Room(
        polygon_m=[(x0, y0), (x1, y0), (x1, y1), (x0, y1)],
        waypoint=Pose2D(at_m=((x0 + x1) / 2, (y0 + y1) / 2)),
        floor=("oak", "tiles", "carpet", "slate")[int(rng.integers(4))],
    )


def _things(table: Table, of_each_class: int, rng: np.random.Generator) -> dict[str, HomeObject]:
    found = {}
    for class_name in objects.KINDS:
        for k in range(of_each_class):
            colour = str(rng.choice(_COLOURS.get(class_name, _ANY_COLOUR)))
            place = table.place(class_name) or (FLOOR, Pose2D(at_m=(0.4, 0.4)))
            found[f"{class_name.replace(' ', '_')}_{k}"] = described(class_name, colour, place)
    return found
