"""Places and surfaces: geometry at the borders, and errors that help."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from robot_runtime.world.semantic_map import Place, SemanticMap, Surface, load_semantic_map
from safety.files import FileError
from tests.unit.mind_rig import SITE, write_site

L_SHAPE = Place(polygon_m=((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), waypoint_m=(1, 1, 0))


@pytest.mark.parametrize(
    ("x_m", "y_m", "inside"),
    [(1, 1, True), (3, 1, True), (1, 3, True), (3, 3, False), (2.01, 2.01, False), (1.99, 2.01, True), (-0.01, 1, False), (4.01, 1, False)],
)
def test_place_may_be_concave(x_m: float, y_m: float, inside: bool) -> None:
    assert L_SHAPE.contains(x_m, y_m) is inside


def test_turn_of_the_outline_does_not_matter() -> None:
    turned = Place(polygon_m=tuple(reversed(L_SHAPE.polygon_m)), waypoint_m=(1, 1, 0))
    for x_m, y_m in ((1, 1), (3, 1), (3, 3), (5, 5)):
        assert turned.contains(x_m, y_m) is L_SHAPE.contains(x_m, y_m)


@pytest.mark.parametrize(
    ("along_m", "across_m", "up_m", "on_it"),
    [(0, 0, 0.05, True), (0.99, 0, 0.05, True), (1.01, 0, 0.05, False), (0, 0.49, 0.05, True), (0, 0.51, 0.05, False),
     (0, 0, 0.39, True), (0, 0, 0.41, False), (0, 0, -0.04, True), (0, 0, -0.06, False)],
)  # fmt: skip
def test_surface_is_turned_with_its_yaw(along_m: float, across_m: float, up_m: float, on_it: bool) -> None:
    yaw = math.radians(30)
    surface = Surface(place="hall", centre_m=(1, 2), yaw_rad=yaw, size_m=(2, 1), height_m=0.7)
    x_m = 1 + along_m * math.cos(yaw) - across_m * math.sin(yaw)
    y_m = 2 + along_m * math.sin(yaw) + across_m * math.cos(yaw)
    assert surface.is_under(x_m, y_m, 0.7 + up_m) is on_it


def test_highest_surface_that_fits_is_taken() -> None:
    shelf = {
        "low": Surface(place="hall", centre_m=(0, 0), size_m=(1, 1), height_m=0.4),
        "high": Surface(place="hall", centre_m=(0, 0), size_m=(1, 1), height_m=0.7),
    }
    site = SemanticMap(surfaces=shelf)
    assert site.surface_at(0, 0, 0.75) == "high"
    assert site.surface_at(0, 0, 0.5) == "low"
    assert site.surface_at(0, 0, 2.0) == ""
    assert site.surfaces_in("hall") == ("low", "high")


def test_file_is_read(tmp_path: Path) -> None:
    site = load_semantic_map(write_site(tmp_path))
    assert site.place_at(1, 5) == "kitchen"
    assert site.place_at(9, 9) == ""
    assert site.places["kitchen"].waypoint_m == (3.0, 5.0, 1.57)


def test_no_site_is_an_empty_map() -> None:
    assert load_semantic_map("") == SemanticMap()


def test_shipped_home_is_read() -> None:
    site = load_semantic_map("sim/homes/family_home")
    assert {"kitchen", "living room", "bedroom", "hall"} <= set(site.places)
    assert all(site.place_at(*place.waypoint_m[:2]) == name for name, place in site.places.items())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"places": {"kitchen": {"polygon_m": [[0, 0], [1, 1]], "waypoint_m": [0, 0, 0]}}}, "polygon_m"),
        ({"places": {"kitchen": {"polygon_m": [[0, 0], [1, 1], [0, 1]]}}}, "waypoint_m"),
        ({"places": {"kitchen": {"polygon_m": [[0, 0], [1, 1], [0, float("nan")]], "waypoint_m": [0, 0, 0]}}}, "polygon_m"),
        ({"surfaces": {"table": {"place": "garage", "centre_m": [0, 0], "size_m": [1, 1], "height_m": 1}}}, "garage"),
        ({"surfaces": {"table": {"place": "kitchen", "centre_m": [0, 0], "size_m": [1, 1], "height": 1}}}, "height_m"),
        ({"rooms": {}}, "rooms"),
    ],
)
def test_wrong_file_names_the_field(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    (tmp_path / "semantic_map.yaml").write_text(yaml.safe_dump({**SITE, **change}), encoding="utf-8")
    with pytest.raises(FileError, match=field) as error:
        load_semantic_map(tmp_path)
    assert "semantic_map.yaml" in str(error.value) and "\n" not in str(error.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"semantic_map.yaml: cannot be read"):
        load_semantic_map(tmp_path)
