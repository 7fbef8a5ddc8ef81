"""The shipped site files equal a fresh export, and say what is true."""

from __future__ import annotations

import numpy as np
import pytest

from robot_runtime.world.semantic_map import load_semantic_map
from robot_runtime.world.told import load_told
from sim.description import FLOOR, home_folder, load_home
from sim.export import FREE, OCCUPIED, RESOLUTION_M, TOLD_TO_M, UNKNOWN, export, occupancy
from sim.mjcf import object_start
from tests.sim.home_runner import FAMILY_HOME


@pytest.mark.parametrize("name", ["map.yaml", "map.pgm", "semantic_map.yaml", "things.yaml"])
def test_the_shipped_file_is_a_fresh_export(name: str) -> None:
    assert (home_folder(FAMILY_HOME) / name).read_bytes() == export(load_home(FAMILY_HOME))[name], "run `python -m sim.export`"


@pytest.mark.parametrize(
    ("x_m", "y_m", "value"),
    [
        (4.3, 2.9, FREE), (4.2, 4.4, FREE), (5.8, 2.1, FREE), (7.1, 3.6, FREE),  # open floor and the three doors
        (2.0, 4.4, OCCUPIED), (5.8, 6.0, OCCUPIED), (2.1, 5.75, OCCUPIED), (8.3, 6.5, OCCUPIED), (9.98, 1.5, OCCUPIED),
        (2.2, 2.6, FREE),  # a rug is no obstacle
        (-0.3, 4.0, UNKNOWN), (10.3, 8.3, UNKNOWN),
    ],
)  # fmt: skip
def test_the_map_knows_walls_doors_and_furniture(x_m: float, y_m: float, value: int) -> None:
    picture, (x0, y0) = occupancy(load_home(FAMILY_HOME))
    row = picture.shape[0] - 1 - int((y_m - y0) / RESOLUTION_M)
    assert picture[row, int((x_m - x0) / RESOLUTION_M)] == value


def test_rooms_are_connected_for_a_robot() -> None:
    from scipy.ndimage import binary_erosion, label

    picture, (x0, y0) = occupancy(load_home(FAMILY_HOME))
    disc = np.hypot(*np.mgrid[-5:6, -5:6]) * RESOLUTION_M <= 0.25
    regions, _ = label(binary_erosion(np.flipud(picture) == FREE, disc))
    home = load_home(FAMILY_HOME)
    points = [room.waypoint.at_m for room in home.rooms.values()] + [home.robot.start.at_m]
    found = {regions[int((y - y0) / RESOLUTION_M), int((x - x0) / RESOLUTION_M)] for x, y in points}
    assert len(found) == 1 and 0 not in found


def test_every_file_is_checked_above() -> None:
    assert set(export(load_home(FAMILY_HOME))) == {"map.yaml", "map.pgm", "semantic_map.yaml", "things.yaml"}


def test_the_family_knows_its_things() -> None:
    home, site = load_home(FAMILY_HOME), load_semantic_map(FAMILY_HOME)
    told = {thing.id: thing for thing in load_told(FAMILY_HOME, site, confidence=0.5)}
    assert set(told) == set(home.objects)
    for id_, described in home.objects.items():
        thing, (middle_m, _) = told[id_], object_start(home, id_)
        assert (thing.name, thing.support) == (described.name, "" if described.support == FLOOR else described.support)
        assert np.abs(np.subtract(thing.position_m, middle_m)).max() <= TOLD_TO_M


def test_the_runtime_reads_the_semantic_map() -> None:
    site = load_semantic_map(FAMILY_HOME)
    assert set(site.places) == {"kitchen", "living room", "bedroom", "hall"}
    assert site.surface_at(2.6, 5.87, 0.8) == "kitchen table"
    assert site.place_at(8.3, 6.0) == "bedroom"
