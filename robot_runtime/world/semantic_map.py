"""Named places and surfaces of the site: what the coordinates of the map mean to people."""

from __future__ import annotations

import math
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from robot_runtime.paths import resolve
from safety.files import FileError, load_yaml

FILE_NAME = "semantic_map.yaml"
STANDS_ON_TOLERANCE_M = (-0.05, 0.40)
"""How far an object's centre may be below and above a surface's height and still stand on it; 0.40 m is a tall bottle's."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(_Model):
    polygon_m: tuple[tuple[float, float], ...] = Field(min_length=3, description="outline in the map frame, either turn")
    waypoint_m: tuple[float, float, float] = Field(description="x, y, yaw where the robot halts when it is sent there")

    @field_validator("polygon_m", "waypoint_m")
    @classmethod
    def _finite(cls, value: tuple[object, ...]) -> tuple[object, ...]:
        flat = [x for item in value for x in (item if isinstance(item, tuple) else (item,))]
        if not all(isinstance(x, (int, float)) and math.isfinite(x) for x in flat):
            raise ValueError("expected finite numbers")
        return value

    def contains(self, x_m: float, y_m: float) -> bool:
        """Even-odd rule."""
        inside = False
        previous = self.polygon_m[-1]
        for corner in self.polygon_m:
            (x1, y1), (x2, y2) = previous, corner
            if (y1 > y_m) != (y2 > y_m) and x_m < x1 + (y_m - y1) / (y2 - y1) * (x2 - x1):
                inside = not inside
            previous = corner
        return inside


class Surface(_Model):
    """A flat top on which things stand."""

    place: str
    centre_m: tuple[float, float]
    yaw_rad: float = 0.0
    size_m: tuple[float, float]
    height_m: float = Field(ge=0, le=2.5)

    @property
    def area_m2(self) -> float:
        return self.size_m[0] * self.size_m[1]

    def is_under(self, x_m: float, y_m: float, z_m: float) -> bool:
        """Whether something with this centre stands on it."""
        dx, dy = x_m - self.centre_m[0], y_m - self.centre_m[1]
        along = dx * math.cos(self.yaw_rad) + dy * math.sin(self.yaw_rad)
        across = dy * math.cos(self.yaw_rad) - dx * math.sin(self.yaw_rad)
        low, high = STANDS_ON_TOLERANCE_M
        fits_height = low <= z_m - self.height_m <= high
        return fits_height and abs(along) <= self.size_m[0] / 2 and abs(across) <= self.size_m[1] / 2


class Door(_Model):
    """An opening in a wall that a door can close, from one side of its frame to the other."""

    start_m: tuple[float, float]
    end_m: tuple[float, float]

    @model_validator(mode="after")
    def _has_a_width(self) -> Door:
        if not 0.5 <= self.width_m <= 5.0:
            raise ValueError("expected two points 0.5 to 5 m apart")
        return self

    @property
    def width_m(self) -> float:
        return math.dist(self.start_m, self.end_m)

    def distance_m(self, x_m: float, y_m: float) -> float:
        """From a point to the line between the two sides."""
        (ax, ay), (bx, by) = self.start_m, self.end_m
        share = ((x_m - ax) * (bx - ax) + (y_m - ay) * (by - ay)) / self.width_m**2
        share = min(1.0, max(0.0, share))
        return math.hypot(ax + share * (bx - ax) - x_m, ay + share * (by - ay) - y_m)

    def viewpoints(self, away_m: float) -> tuple[tuple[float, float, float], ...]:
        """x, y, yaw of who stands straight before it, on either side."""
        (ax, ay), (bx, by) = self.start_m, self.end_m
        x_m, y_m = (ax + bx) / 2, (ay + by) / 2
        yaw = math.atan2(bx - ax, ay - by)
        return tuple((x_m - away_m * math.cos(turn), y_m - away_m * math.sin(turn), turn) for turn in (yaw, yaw + math.pi))


class SemanticMap(_Model):
    """Keys of ``places``, ``surfaces`` and ``doors`` are what people call them."""

    places: dict[str, Place] = {}
    surfaces: dict[str, Surface] = {}
    doors: dict[str, Door] = {}
    belongs: dict[str, str] = Field({}, description="kinds of things, with a colour where that matters → the surface where they belong")
    dock_m: tuple[float, float, float] | None = Field(None, description="x, y, yaw of the robot's own place, where it is charged")

    @field_validator("dock_m")
    @classmethod
    def _finite(cls, value: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
        if value is not None and not all(map(math.isfinite, value)):
            raise ValueError("expected finite numbers")
        return value

    def place_at(self, x_m: float, y_m: float) -> str:
        """The name of the place around a point, "" when it lies in none."""
        return next((name for name, place in self.places.items() if place.contains(x_m, y_m)), "")

    def surface_at(self, x_m: float, y_m: float, z_m: float) -> str:
        """The name of the highest surface that something with this centre stands on, "" when there is none."""
        under = [(surface.height_m, name) for name, surface in self.surfaces.items() if surface.is_under(x_m, y_m, z_m)]
        return max(under)[1] if under else ""

    def surfaces_called(self, words: str) -> list[str]:
        """By full name, else by the last word of it: "table" is the kitchen table, and every other."""
        return [words] if words in self.surfaces else [name for name in self.surfaces if name.lower().split()[-1] == words]

    def surfaces_in(self, place: str) -> tuple[str, ...]:
        return tuple(name for name, surface in self.surfaces.items() if surface.place == place)


def load_semantic_map(site: str | Path) -> SemanticMap:
    """The semantic map of a site folder; an empty one when ``site`` is "" (a robot that was told of no place).

    :raises FileError: the file is missing or does not fit
    """
    if site == "":
        return SemanticMap()
    path = resolve(site) / FILE_NAME
    found = load_yaml(path, SemanticMap)
    for name, surface in found.surfaces.items():
        if surface.place not in found.places:
            raise FileError(f"{path}: surfaces.{name}.place: '{surface.place}' is none of the places; known: {', '.join(found.places)}")
    for thing, home in found.belongs.items():
        if home not in found.surfaces:
            raise FileError(f"{path}: belongs.{thing}: '{home}' is none of the surfaces; known: {', '.join(found.surfaces)}")
    return found
