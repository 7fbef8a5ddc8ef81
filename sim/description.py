"""The one readable description of a simulated home: ``home.yaml`` as typed values.

MuJoCo model, site map, acoustics and the oracle all derive from it.  Lengths in metres, angles in degrees (people edit this
file), coordinates in the map frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from robot_runtime.paths import resolve
from safety.files import FileError, load_yaml, suggestion
from sim.sound.description import SoundDescription

Point = tuple[float, float]
FLOOR = "floor"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pose2D(_Model):
    at_m: Point
    yaw_deg: float = 0.0

    @property
    def yaw_rad(self) -> float:
        return math.radians(self.yaw_deg)

    def place(self, local_m: Point) -> Point:
        """A point given in this pose's own frame, in the map frame."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        return self.at_m[0] + c * local_m[0] - s * local_m[1], self.at_m[1] + s * local_m[0] + c * local_m[1]


class Room(_Model):
    """A named place: what people call it, its outline, and where a robot stands that is sent there."""

    polygon_m: list[Point] = Field(min_length=3)
    waypoint: Pose2D
    floor: Literal["oak", "tiles", "carpet", "slate"] = "oak"

    def contains(self, x_m: float, y_m: float) -> bool:
        """Whether a point lies inside, by the even-odd rule."""
        inside = False
        for (ax, ay), (bx, by) in zip(self.polygon_m, self.polygon_m[1:] + self.polygon_m[:1], strict=True):
            if (ay > y_m) != (by > y_m) and x_m < (bx - ax) * (y_m - ay) / (by - ay) + ax:
                inside = not inside
        return inside


class Opening(_Model):
    """A door or window in a wall, from ``at_m`` to ``at_m + width_m`` along it."""

    kind: Literal["door", "window", "front door"]
    at_m: float = Field(ge=0)
    width_m: float = Field(gt=0)
    name: str = Field("", description="what people call a door; one without a name is a mere passage to the robot")
    closed: bool = Field(False, description="of a door; front doors always are.  Sound passes as if it were open")

    @property
    def is_shut(self) -> bool:
        """Whether nobody gets through."""
        return self.closed or self.kind == "front door"


class Wall(_Model):
    start_m: Point
    end_m: Point
    openings: list[Opening] = []

    @property
    def length_m(self) -> float:
        return math.dist(self.start_m, self.end_m)

    @model_validator(mode="after")
    def _openings_fit(self) -> Wall:
        reached_m = 0.0
        for opening in self.openings:
            if opening.at_m < reached_m or opening.at_m + opening.width_m > self.length_m + 1e-9:
                raise ValueError("openings must lie within the wall, in order, without overlap")
            if opening.kind == "door" and opening.width_m < 0.9:
                raise ValueError("a door opening is at least 0.9 m wide, so that the robot passes")
            reached_m = opening.at_m + opening.width_m
        return self


class Furniture(_Model):
    """One piece; ``kind`` picks how it is built (``sim/shapes/furniture.py``), ``size_m`` is length, depth, height."""

    kind: str
    pose: Pose2D
    size_m: tuple[float, float, float]
    colour: str = ""
    raised_m: float = Field(0.0, ge=0, description="height of its underside over the floor: pictures, wall shelves")


class HomeObject(_Model):
    """A movable thing, on a named piece of furniture (``pose`` in that surface's frame) or on the floor (map frame)."""

    class_name: str = Field(alias="class")
    colour: str = ""
    support: str = Field(alias="stands_on")
    pose: Pose2D

    @property
    def name(self) -> str:
        """What people call it: "red cup"."""
        return f"{self.colour} {self.class_name}".strip()


class Voice(_Model):
    """How a person sounds: an espeak-ng voice variant with its pitch (0 … 99) and rate, from a throat of some size."""

    variant: str = "f1"
    pitch: int = Field(50, ge=0, le=99)
    rate_wpm: int = Field(160, ge=80, le=300)
    throat: float = Field(1.08, ge=0.8, le=1.25, description="length of the vocal tract, relative to the variant's: longer sounds deeper")
    tremor: float = Field(0.0, ge=0, le=1, description="of an old voice: 0 none, 1 strong")


class PersonDescription(_Model):
    id: str
    name: str
    age_group: Literal["child", "adult", "elderly"]
    age_years: int = Field(ge=2, le=110)
    height_m: float = Field(gt=0.7, lt=2.2)
    start: Pose2D
    posture: Literal["standing", "sitting"] = "standing"
    stoop_deg: float = Field(0.0, ge=0, le=45, description="forward lean of the upper body")
    seat_m: float = Field(0.45, description="height of the seat when sitting")
    voice: Voice = Voice()
    skin: str = "#e0ac8a"
    hair: str = "#4a2f1d"
    hair_style: Literal["short", "bob", "bun"] = "short"
    top: str = "#2f6f9f"
    bottom: str = "#34495e"
    shoes: str = "#2b2b2b"
    skirt: bool = False
    glasses: bool = False


class RobotStart(_Model):
    start: Pose2D
    dock: Pose2D | None = Field(None, description="the robot's own place, where it is charged")


class Surface(_Model):
    """Where things can be put: a rectangle at a height."""

    name: str
    centre_m: Point
    yaw_rad: float
    size_m: Point
    height_m: float

    def holds(self, x_m: float, y_m: float, margin_m: float = 0.0) -> bool:
        """Whether a point lies over the surface, at least ``margin_m`` from its edges."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        dx, dy = x_m - self.centre_m[0], y_m - self.centre_m[1]
        along, across = c * dx + s * dy, -s * dx + c * dy
        return abs(along) <= self.size_m[0] / 2 - margin_m and abs(across) <= self.size_m[1] / 2 - margin_m


class HomeDescription(_Model):
    name: str
    wall_height_m: Annotated[float, Field(gt=1.5, lt=4)] = 2.5
    wall_thickness_m: Annotated[float, Field(gt=0.04, lt=0.5)] = 0.12
    rooms: dict[str, Room]
    walls: list[Wall]
    furniture: dict[str, Furniture]
    objects: dict[str, HomeObject]
    people: dict[str, PersonDescription]
    robot: RobotStart
    belongs: dict[str, str] = Field({}, description="what the family says of where kinds of things belong: on which surface")
    sound: SoundDescription = SoundDescription()

    @field_validator("people", mode="before")
    @classmethod
    def _give_ids(cls, people: Any) -> Any:
        """A person's key in the file is their id."""
        return {key: {**value, "id": key} for key, value in people.items()} if isinstance(people, dict) else people

    @model_validator(mode="after")
    def _refers_to_known_things(self) -> HomeDescription:
        for id_, thing in self.objects.items():
            if thing.support != FLOOR and thing.support not in self.furniture:
                known = [*self.furniture, FLOOR]
                raise ValueError(f"objects.{id_}.stands_on: unknown furniture '{thing.support}'{suggestion(thing.support, known)}")
        doors = [opening.name for wall in self.walls for opening in wall.openings if opening.name]
        if len(set(doors)) < len(doors):
            raise ValueError(f"walls: two openings have one name; give each of {', '.join(sorted(doors))} its own")
        problem = next(self.unknown_in(self.sound), "")
        if problem:
            raise ValueError(problem)
        return self

    def unknown_in(self, sound: SoundDescription) -> Iterator[str]:
        """One line for every room and piece of furniture that a description of sound names and that is not here."""
        for name, source in sound.sources.items():
            piece = source.stands_on
            if piece and piece not in self.furniture:
                yield f"sound.sources.{name}.stands_on: unknown furniture '{piece}'{suggestion(piece, list(self.furniture))}"
        for room in sound.rt60_s:
            if room not in self.rooms:
                yield f"sound.rt60_s: unknown room '{room}'{suggestion(room, list(self.rooms))}"

    def room_at(self, x_m: float, y_m: float) -> str:
        """The name of the room around a point, "" when it is in none."""
        return next((name for name, room in self.rooms.items() if room.contains(x_m, y_m)), "")

    def bounds_m(self) -> tuple[float, float, float, float]:
        """Smallest x, smallest y, largest x, largest y of all rooms."""
        corners = _flatten(room.polygon_m for room in self.rooms.values())
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return min(xs), min(ys), max(xs), max(ys)


def _flatten(groups: Iterable[list[Point]]) -> list[Point]:
    return [item for group in groups for item in group]


def home_folder(home: str | Path) -> Path:
    """The folder that holds ``home.yaml``.

    :raises FileError: there is none
    """
    folder = resolve(home)
    if not (folder / "home.yaml").is_file():
        raise FileError(f"{folder}: no home.yaml in this folder; name a folder such as sim/homes/family_home")
    return folder


@lru_cache(maxsize=8)
def _load(path: Path) -> HomeDescription:
    return load_yaml(path, HomeDescription)


def load_home(home: str | Path) -> HomeDescription:
    """Read and check ``home.yaml`` of a home's folder.

    :raises FileError: missing, or a value does not fit; the message names the field
    """
    return _load(home_folder(home) / "home.yaml")
