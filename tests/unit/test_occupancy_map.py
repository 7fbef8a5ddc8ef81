"""The map's files, distances and lines."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from robot_runtime.act.occupancy_map import OccupancyMap, distance_m
from safety.files import FileError
from tests.unit.nav_world import write_site


def edit(site: Path, **changes: object) -> None:
    file = site / "map.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **changes}))


def test_cells_lie_where_the_picture_has_them(tmp_path: Path) -> None:
    flat = OccupancyMap.load(write_site(tmp_path))
    assert flat.occupied[flat.cell(2.0, 3.2)]  # the table, in the upper half: row 0 is the lowest y
    assert flat.free[flat.cell(2.0, 1.0)] and not flat.occupied[flat.cell(2.0, 1.0)]
    outside = flat.cell(-0.3, -0.3)
    assert not flat.free[outside] and not flat.occupied[outside]
    assert flat.contains(5.0, 3.0) and not flat.contains(50.0, 3.0) and not flat.contains(-0.6, 3.0)


def test_centres_and_cells_are_inverse(tmp_path: Path) -> None:
    flat = OccupancyMap.load(write_site(tmp_path))
    rows, columns = np.array([0, 7, 139]), np.array([219, 3, 0])
    back = flat.cells(flat.centres(rows, columns))
    assert np.array_equal(back[0], rows) and np.array_equal(back[1], columns)


def test_distances_are_to_surfaces(tmp_path: Path) -> None:
    flat = OccupancyMap.load(write_site(tmp_path))
    assert flat.clearance_m[flat.cell(3.025, 3.2)] == pytest.approx(3.025 - 2.6, abs=0.02)
    assert flat.clearance_m[flat.cell(2.0, 3.2)] == 0.0
    assert flat.surface_m[flat.cell(2.0, 3.2)] == pytest.approx(-0.4, abs=0.05)
    assert flat.surface_m[flat.cell(3.025, 3.2)] == pytest.approx(0.425, abs=0.02)


def test_distance_without_obstacles_is_infinite() -> None:
    assert np.isinf(distance_m(np.zeros((3, 4), dtype=bool), 0.05)).all()


def test_distance_agrees_with_brute_force() -> None:
    obstacles = np.random.default_rng(3).random((20, 30)) < 0.05
    cells = np.argwhere(np.ones_like(obstacles)).reshape(20, 30, 1, 2)
    plain = np.sqrt(((cells - np.argwhere(obstacles)) ** 2).sum(axis=-1)).min(axis=-1)
    assert np.allclose(distance_m(obstacles, 0.1), np.maximum(plain - 0.5, 0.0) * 0.1, atol=1e-4)


def test_a_line_visits_both_ends_and_has_no_holes(tmp_path: Path) -> None:
    flat = OccupancyMap.load(write_site(tmp_path))
    rows, columns = flat.line((0.32, 0.33), (9.71, 5.72))
    assert (rows[0], columns[0]) == flat.cell(0.32, 0.33) and (rows[-1], columns[-1]) == flat.cell(9.71, 5.72)
    assert max(np.abs(np.diff(rows)).max(), np.abs(np.diff(columns)).max()) <= 1


def test_negate_swaps_black_and_white(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    plain = OccupancyMap.load(site)
    cv2.imwrite(str(site / "map.pgm"), cv2.bitwise_not(np.asarray(cv2.imread(str(site / "map.pgm"), cv2.IMREAD_GRAYSCALE))))
    edit(site, negate=1)
    assert np.array_equal(OccupancyMap.load(site).occupied, plain.occupied)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image": "other.pgm"}, "map.yaml: image: no readable picture at"),
        ({"origin": [0, 0, 0.3]}, "map.yaml: origin: yaw must be 0"),
        ({"resolution": 0}, "map.yaml: resolution:"),
        ({"free_thresh": 0.9}, "map.yaml: free_thresh: must not exceed"),
        ({"mode": "scale"}, "map.yaml: mode:"),
        ({"resolutoin": 0.05}, "did you mean 'resolution'?"),
    ],
)
def test_errors_name_file_and_field(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    site = write_site(tmp_path)
    edit(site, **changes)
    with pytest.raises(FileError, match=r"map\.yaml") as error:
        OccupancyMap.load(site)
    assert said in str(error.value)


def test_a_missing_map_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"map\.yaml: cannot be read"):
        OccupancyMap.load(tmp_path)
