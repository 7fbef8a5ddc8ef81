"""What somebody told the robot of the things of a site, before it has seen any: ``things.yaml`` in the site folder."""

from __future__ import annotations

import math
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from robot_runtime.messages import WorldObject
from robot_runtime.paths import resolve
from robot_runtime.world.semantic_map import SemanticMap
from safety.files import load_yaml

FILE_NAME = "things.yaml"


class ToldThing(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    class_name: str = Field(description="as in safety/ontology.yaml")
    colour: str = ""
    position_m: tuple[float, float, float] = Field(description="of its middle, in the map frame; a few centimetres do not matter")


class ToldThings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    things: dict[str, ToldThing]


def load_told(site: str | Path, places: SemanticMap, confidence: float) -> tuple[WorldObject, ...]:
    """The things that a site folder tells of; none when it has no such file.

    They were never seen (``last_seen_s`` is minus infinity), so the first look at their place confirms or contradicts them.

    :raises FileError: the file does not fit
    """
    path = resolve(site) / FILE_NAME
    if site == "" or not path.exists():
        return ()
    return tuple(_remembered(name, thing, places, confidence) for name, thing in load_yaml(path, ToldThings).things.items())


def _remembered(name: str, thing: ToldThing, places: SemanticMap, confidence: float) -> WorldObject:
    x_m, y_m, z_m = thing.position_m
    return WorldObject(
        id=name, class_name=thing.class_name, colour=thing.colour, name=f"{thing.colour} {thing.class_name}".strip(),
        position_m=thing.position_m, place=places.place_at(x_m, y_m), support=places.surface_at(x_m, y_m, z_m), held_by="",
        last_seen_s=-math.inf, confidence=confidence, provenance="told",
    )  # fmt: skip
