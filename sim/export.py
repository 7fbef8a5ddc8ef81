"""Write what a robot is told of the simulated home: ``map.yaml`` and ``map.pgm`` (nav2 map_server), ``semantic_map.yaml``,
and ``things.yaml``, what the family says of their things.

``python -m sim.export [HOME_FOLDER]``.  A robot in a real place gets the same files from mapping; a test holds the shipped
ones equal to a fresh export.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from sim.description import HomeDescription, Point, Wall, home_folder, load_home
from sim.mjcf import check, object_start, surfaces
from sim.shapes.building import solid_spans
from sim.shapes.furniture import KINDS, footprint_m

RESOLUTION_M = 0.05
MARGIN_M = 0.5
FREE, OCCUPIED, UNKNOWN = 254, 0, 205  # the grey values of map_server's "trinary" mode
TOLD_TO_M = 0.05  # as exact as people are when they say where something is

_HEADER = "# Written by `python -m sim.export` from home.yaml; do not edit.\n"


def export(home: HomeDescription) -> dict[str, bytes]:
    """The site files by name."""
    picture, origin = occupancy(home)
    map_yaml = {
        "image": "map.pgm", "mode": "trinary", "resolution": RESOLUTION_M, "origin": [*origin, 0.0],
        "negate": 0, "occupied_thresh": 0.65, "free_thresh": 0.25,
    }  # fmt: skip
    return {
        "map.pgm": _pgm(picture),
        "map.yaml": _yaml(map_yaml),
        "semantic_map.yaml": _yaml(semantic_map(home)),
        "things.yaml": _yaml(things(home)),
    }


def occupancy(home: HomeDescription) -> tuple[NDArray[np.uint8], Point]:
    """The map as a picture, top row at the largest y, and the map position of its lower left corner."""
    x0, y0, x1, y1 = home.bounds_m()
    origin = (x0 - MARGIN_M, y0 - MARGIN_M)
    shape = (math.ceil((y1 - y0 + 2 * MARGIN_M) / RESOLUTION_M), math.ceil((x1 - x0 + 2 * MARGIN_M) / RESOLUTION_M))
    xs = origin[0] + (np.arange(shape[1], dtype=np.float64) + 0.5) * RESOLUTION_M
    ys = origin[1] + (np.arange(shape[0], dtype=np.float64) + 0.5) * RESOLUTION_M
    grid = np.full(shape, UNKNOWN, dtype=np.uint8)
    for room in home.rooms.values():
        grid[_inside(room.polygon_m, xs, ys)] = FREE
    for outline in obstacles(home):
        grid[_inside(outline, xs, ys)] = OCCUPIED
    return np.flipud(grid).copy(), origin


def obstacles(home: HomeDescription) -> list[list[Point]]:
    """Outlines of everything that stands on the floor: walls between door openings, and furniture."""
    walls = [_wall_outline(wall, a, b, home.wall_thickness_m) for wall in home.walls for a, b in solid_spans(wall, home.wall_thickness_m)]
    pieces = [footprint_m(p.size_m, p.pose.at_m, p.pose.yaw_rad) for p in home.furniture.values() if KINDS[p.kind].footprint]
    return walls + pieces


def _wall_outline(wall: Wall, start_m: float, end_m: float, thickness_m: float) -> list[Point]:
    (ax, ay), (bx, by) = wall.start_m, wall.end_m
    ux, uy = (bx - ax) / wall.length_m, (by - ay) / wall.length_m
    middle = (start_m + end_m) / 2
    return footprint_m((end_m - start_m, thickness_m, 0.0), (ax + ux * middle, ay + uy * middle), math.atan2(uy, ux))


def _inside(outline: list[Point], xs: NDArray[np.float64], ys: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Cells whose centre lies in a polygon, by the even-odd rule; the edge belongs to it."""
    mask = np.zeros((len(ys), len(xs)), dtype=bool)
    gx, gy = np.meshgrid(xs, ys)
    for (ax, ay), (bx, by) in zip(outline, outline[1:] + outline[:1], strict=True):
        if ay != by:
            mask ^= ((ay > gy) != (by > gy)) & (gx < (bx - ax) * (gy - ay) / (by - ay) + ax)
    return mask


def semantic_map(home: HomeDescription) -> dict[str, Any]:
    """Places and surfaces as the runtime reads them (``robot_runtime/world/semantic_map.py``)."""
    places = {
        name: {
            "polygon_m": [list(map(float, corner)) for corner in room.polygon_m],
            "waypoint_m": [*map(float, room.waypoint.at_m), round(room.waypoint.yaw_rad, 4)],
        }
        for name, room in home.rooms.items()
    }
    faces = {
        name: {
            "place": home.room_at(*face.centre_m), "centre_m": [round(v, 4) for v in face.centre_m], "yaw_rad": round(face.yaw_rad, 4),
            "size_m": [round(v, 4) for v in face.size_m], "height_m": round(face.height_m, 4),
        }
        for name, face in surfaces(home).items()
    }  # fmt: skip
    dock = home.robot.dock
    at = {"dock_m": [*map(float, dock.at_m), round(dock.yaw_rad, 4)]} if dock else {}
    named = {"doors": doors(home), "belongs": home.belongs}
    return {"places": places, "surfaces": faces, **at, **{key: value for key, value in named.items() if value}}


def doors(home: HomeDescription) -> dict[str, Any]:
    """The named doors, from one side of the frame to the other."""
    return {
        opening.name: {"start_m": _on(wall, opening.at_m), "end_m": _on(wall, opening.at_m + opening.width_m)}
        for wall in home.walls for opening in wall.openings if opening.name and opening.kind != "window"
    }  # fmt: skip


def _on(wall: Wall, along_m: float) -> list[float]:
    """The point so far from the start of a wall."""
    share = along_m / wall.length_m
    return [round(a + share * (b - a), 4) for a, b in zip(wall.start_m, wall.end_m, strict=True)]


def things(home: HomeDescription) -> dict[str, Any]:
    """What the family told the robot before it saw anything, as the runtime reads it (``robot_runtime/world/told.py``)."""
    return {"things": {id_: _told(home, id_) for id_ in home.objects}}


def _told(home: HomeDescription, object_id: str) -> dict[str, Any]:
    thing, (middle_m, _) = home.objects[object_id], object_start(home, object_id)
    x_m, y_m = (round(round(v / TOLD_TO_M) * TOLD_TO_M, 2) for v in middle_m[:2].tolist())
    colour = {"colour": thing.colour} if thing.colour else {}
    return {"class_name": thing.class_name, **colour, "position_m": [x_m, y_m, round(float(middle_m[2]), 2)]}


def _pgm(picture: NDArray[np.uint8]) -> bytes:
    height, width = picture.shape
    return f"P5\n{width} {height}\n255\n".encode() + picture.tobytes()


def _yaml(content: dict[str, Any]) -> bytes:
    return (_HEADER + yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=140)).encode()


def main(arguments: list[str]) -> int:
    folder = home_folder(arguments[0] if arguments else Path("sim/homes/family_home"))
    home = load_home(folder)
    check(home, str(folder / "home.yaml"))
    for name, content in export(home).items():
        (folder / name).write_bytes(content)
        print(folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
