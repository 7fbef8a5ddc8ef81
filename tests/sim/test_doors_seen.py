"""The doors of the simulated home, open and closed, as the robot's scanner shows them."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from robot_runtime.messages import RobotPose
from robot_runtime.world.doors import look_at
from robot_runtime.world.semantic_map import load_semantic_map
from sim.description import HomeDescription, Wall, load_home
from sim.export import occupancy, semantic_map
from sim.mjcf import build_model
from sim.sensors import Lidar

FAMILY_HOME = "sim/homes/family_home"
FROM = {"kitchen door": (4.1, 5.7), "hall door": (4.2, 2.5), "bedroom door": (7.1, 4.7), "front door": (8.6, 1.8)}


def with_closed(name: str) -> HomeDescription:
    home = load_home(FAMILY_HOME)
    return home.model_copy(update={"walls": [_wall_with_closed(wall, name) for wall in home.walls]})


def _wall_with_closed(wall: Wall, name: str) -> Wall:
    return wall.model_copy(update={"openings": [opening.model_copy(update={"closed": opening.name == name}) for opening in wall.openings]})


def shown(home: HomeDescription) -> dict[str, bool | None]:
    """Of each door, whether a scan from a place near it shows it open."""
    model, _ = build_model(home, looks=False)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    lidar = Lidar(model, data, 0.01, np.random.default_rng(1))
    found = {}
    for name, door in load_semantic_map(FAMILY_HOME).doors.items():
        looks = [look_at(door, lidar.scan(*FROM[name], yaw, 1.0), RobotPose(1.0, *FROM[name], yaw, 0.02)) for yaw in (0.3, 2.0)]
        found[name] = looks[0].is_open if looks[0] and looks[1] and looks[0].is_open is looks[1].is_open else None
    return found


@pytest.mark.parametrize("closed", ["", "kitchen door", "bedroom door"])
def test_the_scanner_tells_open_doors_from_closed_ones(closed: str) -> None:
    assert shown(with_closed(closed)) == {name: name not in {closed, "front door"} for name in FROM}


def test_a_door_that_is_closed_today_is_no_wall_on_the_map() -> None:
    open_, closed = load_home(FAMILY_HOME), with_closed("kitchen door")
    assert np.array_equal(occupancy(open_)[0], occupancy(closed)[0])
    assert semantic_map(open_) == semantic_map(closed)


def test_two_doors_of_one_name_are_refused() -> None:
    raw = load_home(FAMILY_HOME).model_dump(by_alias=True)
    for wall in raw["walls"]:
        for opening in wall["openings"]:
            opening["name"] = "door" if opening["kind"] != "window" else ""
    with pytest.raises(ValueError, match="two openings have one name"):
        HomeDescription.model_validate(raw)
