"""home.yaml: what it must hold, and how mistakes in it are told."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from safety.files import FileError
from sim.description import Wall, home_folder, load_home
from sim.export import FREE, RESOLUTION_M, occupancy
from sim.mjcf import load_model, object_start
from sim.shapes import objects
from sim.shapes.parts import Part
from tests.sim.home_runner import FAMILY_HOME

_TEXT = (home_folder(FAMILY_HOME) / "home.yaml").read_text(encoding="utf-8")


def _home_with(folder: Path, old: str, new: str) -> str:
    assert old in _TEXT
    (folder / "home.yaml").write_text(_TEXT.replace(old, new, 1), encoding="utf-8")
    return str(folder)


def test_it_holds_what_the_scenarios_need() -> None:
    home = load_home(FAMILY_HOME)
    assert set(home.rooms) == {"kitchen", "living room", "bedroom", "hall"}
    assert len({thing.class_name for thing in home.objects.values()}) >= 16
    assert {(p.id, p.age_group) for p in home.people.values()} == {("anna", "adult"), ("leo", "child"), ("rose", "elderly")}
    assert home.room_at(*home.robot.start.at_m) == "living room"
    assert all(home.room_at(*room.waypoint.at_m) == name for name, room in home.rooms.items())


def _standing_room(clearance_m: float) -> tuple[NDArray[np.bool_], tuple[float, float]]:
    """Cells (row 0 at the smallest y) on which a disc of this radius touches nothing, and the origin of the grid."""
    picture, origin = occupancy(load_home(FAMILY_HOME))
    free = np.flipud(picture) == FREE
    reach = math.ceil(clearance_m / RESOLUTION_M)
    room = free.copy()
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if math.hypot(dx, dy) * RESOLUTION_M <= clearance_m:
                room &= np.roll(free, (dy, dx), (0, 1))
    return room, origin


@pytest.mark.parametrize("object_id", list(load_home(FAMILY_HOME).objects))
def test_the_robot_can_stand_within_arm_reach_of_every_object(object_id: str) -> None:
    room, origin = _standing_room(0.23)
    (x, y, z), _ = object_start(load_home(FAMILY_HOME), object_id)
    rows, columns = np.nonzero(room)
    away = np.hypot(origin[0] + (columns + 0.5) * RESOLUTION_M - x, origin[1] + (rows + 0.5) * RESOLUTION_M - y)
    assert away.min() <= 0.72
    assert z <= 1.15


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: fridge", "kind: frige", "furniture.fridge: unknown kind 'frige'"),
        ("colour: teal", "colour: tael", "furniture.sofa: unknown colour 'tael'"),
        ("class: knife", "class: sword", "objects.knife.class: unknown 'sword'"),
        ("stands_on: counter", "stands_on: countr", "did you mean 'counter'?"),
        ("stands_on: counter", "stands_on: wardrobe", "nothing can stand on 'wardrobe'"),
        ("age_group: child", "age_group: kid", "people.leo.age_group"),
        ("height_m: 1.70", "height: 1.70", "did you mean 'height_m'?"),
    ],
)
def test_a_mistake_is_named_with_its_field(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(FileError) as error:
        load_model(_home_with(tmp_path, old, new), looks=False)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_folder_says_what_to_name() -> None:
    with pytest.raises(FileError, match=r"no home\.yaml"):
        load_home("sim/homes/nowhere")


def test_doors_are_wide_enough_for_the_robot() -> None:
    doors = [o for wall in load_home(FAMILY_HOME).walls for o in wall.openings if o.kind == "door"]
    assert len(doors) >= 3
    with pytest.raises(ValueError, match=r"at least 0\.9 m"):
        Wall.model_validate({"start_m": [0, 0], "end_m": [3, 0], "openings": [{"kind": "door", "at_m": 1, "width_m": 0.8}]})


def test_the_model_with_looks_and_the_one_without_share_their_layout() -> None:
    (bare, bare_layout), (drawn, drawn_layout) = (load_model(FAMILY_HOME, looks=looks) for looks in (False, True))
    assert (bare.nq, bare.nmocap) == (drawn.nq, drawn.nmocap)
    assert bare_layout.objects == drawn_layout.objects
    assert bare_layout.segments == drawn_layout.segments
    assert [bare.joint(k).name for k in range(bare.njnt)] == [drawn.joint(k).name for k in range(drawn.njnt)]


@pytest.mark.parametrize("class_name", list(objects.KINDS))
def test_every_kind_of_object_fits_its_stated_size(class_name: str) -> None:
    """The oracle's boxes and the resting heights rely on it."""
    points = np.vstack([_extent(part) for part in objects.build(class_name, "")])
    half = np.asarray(objects.KINDS[class_name].size_m) / 2
    assert points[:, 2].min() == pytest.approx(-half[2], abs=0.006)
    assert points[:, 2].max() == pytest.approx(half[2], abs=0.012)
    assert (np.abs(points[:, :2]).max(axis=0) <= 1.35 * half[:2] + 0.012).all()


def _extent(part: Part) -> NDArray[np.float64]:
    """Points that span a part, in the object's frame."""
    if part.mesh is not None:
        local = part.mesh.vertices_m
    else:
        radii = _radii(part)
        local = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * radii
        if part.shape in ("sphere", "ellipsoid", "capsule"):
            local = np.vstack([np.diag(radii), -np.diag(radii)])
    w, x, y, z = part.turn
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    return np.asarray(local @ turn.T + np.asarray(part.at_m))


def _radii(part: Part) -> NDArray[np.float64]:
    """Half lengths of a primitive."""
    size = part.size_m
    if part.shape == "box":
        return np.asarray(size) / 2
    if part.shape == "ellipsoid":
        return np.asarray(size)
    straight_m = size[1] / 2 if part.shape in ("cylinder", "capsule") else size[0]
    return np.array([size[0], size[0], straight_m + (size[0] if part.shape == "capsule" else 0.0)])
