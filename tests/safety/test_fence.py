"""Geofences: the base halts before it crosses one, whatever it is told, and comes back only inwards."""

from __future__ import annotations

import math
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from safety.caps import Caps, Permit, Surroundings
from safety.config import GateConfig
from safety.fence import Fence, Fences, load_fences
from safety.files import FileError
from safety.kinematic import Kinematic
from safety.ontology import Ontology
from safety.polygon import Corners
from safety.rules import Rules
from tests.safety.profile import examples
from tests.safety.rig import Rig

ROOM: Corners = ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0))
NEXT: Corners = ((4.0, 1.0), (6.0, 1.0), (6.0, 4.0), (4.0, 4.0))  # shares a piece of its side with ROOM
STAIRS: Corners = ((1.8, 1.0), (2.2, 1.0), (2.2, 1.4), (1.8, 1.4))
RULES = Rules.load("safety/rules/home.yaml", Ontology.load())
HOME = "sim/homes/family_home"


def fences(*keep_in: Corners, keep_out: Corners | None = None) -> Fences:
    table = {f"in{index}": Fence(kind="keep_in", polygon_m=corners) for index, corners in enumerate(keep_in)}
    if keep_out:
        table["stairs"] = Fence(kind="keep_out", polygon_m=keep_out, why="one falls down there")
    return load_fences(table, "")


def free_m(where: Fences, x: float, y: float, yaw: float = 0.0, v: float = 0.5, w: float = 0.0, radius: float = 0.25) -> float:
    return where.free_m((x, y, yaw), v, w, radius, 3.0)[0]


def test_the_way_ends_at_the_fence() -> None:
    room = fences(ROOM)
    assert free_m(room, 1.0, 1.5) == pytest.approx(4.0 - 0.3 - 1.0, abs=0.001)
    assert free_m(room, 3.0, 1.5, v=-0.5) == pytest.approx(2.7, abs=0.001)
    assert free_m(room, 0.5, 1.5, yaw=0.0, v=0.5) == math.inf  # further than asked for
    assert free_m(room, 3.0, 1.0, v=0.5, w=1.0) == math.inf  # it turns away in time …
    assert 0.3 < free_m(room, 3.3, 1.0, v=0.5, w=1.0) < 0.6  # … and here it does not
    assert free_m(fences(keep_out=STAIRS), 0.5, 1.2) == pytest.approx(1.0, abs=0.001)
    assert free_m(fences(keep_out=STAIRS), 0.5, 2.5) == math.inf


def test_adjoining_areas_are_one() -> None:
    both = fences(ROOM, NEXT)
    assert free_m(both, 3.0, 2.0) == pytest.approx(6.0 - 0.3 - 3.0, abs=0.001)
    assert free_m(both, 3.0, 0.5) == pytest.approx(0.7, abs=0.001)  # beside the opening there is a wall
    assert free_m(fences(ROOM, ROOM), 3.0, 1.5) == pytest.approx(0.7, abs=0.001)


def test_overlapping_areas_are_one() -> None:
    wide: Corners = ((3.0, 1.0), (6.0, 1.0), (6.0, 2.0), (3.0, 2.0))
    assert free_m(fences(ROOM, wide), 3.0, 1.5) == pytest.approx(2.7, abs=0.001)


@pytest.mark.parametrize("turn_rad", [0.3, 1.0, -2.2, math.pi / 4, -math.pi / 4])
def test_a_map_may_be_drawn_at_any_angle(turn_rad: float) -> None:
    """Adjoining, overlapping and forbidden areas, turned about and shifted with the base: the same ways are free."""
    cosine, sine = math.cos(turn_rad), math.sin(turn_rad)

    def moved(x: float, y: float) -> tuple[float, float]:
        return 5.0 + cosine * x - sine * y, -3.0 + sine * x + cosine * y

    def drawn(corners: Corners) -> Corners:
        return tuple(moved(x, y) for x, y in corners)

    wide: Corners = ((3.0, 2.2), (5.0, 0.8), (6.0, 2.0), (4.0, 3.5))
    for areas, stairs in (((ROOM, NEXT), None), ((ROOM, NEXT, wide), STAIRS), ((ROOM, wide), STAIRS), ((ROOM, ROOM), None)):
        straight = fences(*areas, keep_out=stairs)
        turned = fences(*(drawn(area) for area in areas), keep_out=drawn(stairs) if stairs else None)
        for x, y, yaw in ((3.0, 2.0, 0.0), (3.0, 0.5, 0.0), (1.0, 1.2, 0.0), (4.5, 2.0, 1.5), (2.0, 2.4, -0.3), (3.0, 1.5, -1.0)):
            for w in (0.0, 0.7):
                expected = free_m(straight, x, y, yaw, w=w)
                assert free_m(turned, *moved(x, y), yaw + turn_rad, w=w) == pytest.approx(
                    expected, abs=0.02
                )  # half a step: where a sample falls is a matter of rounding


def test_the_border_of_areas_that_overlap_askew_is_that_of_their_union() -> None:
    """Against trying points all around: the nearest that is in none of them, or in one of them, is as far as it says."""
    wide: Corners = ((3.0, 2.2), (5.0, 0.8), (6.0, 2.0), (4.0, 3.5))
    union = fences(ROOM, NEXT, wide)
    border = union._borders[0]
    turns = np.linspace(0.0, 2 * math.pi, 721)
    for x, y in ((3.5, 2.0), (4.0, 2.0), (3.9, 0.9), (4.3, 3.2), (5.2, 1.6), (4.0, 3.2), (4.6, 0.7), (3.9, 2.9)):
        clear_m = float(border.clearance_m(np.array([x]), np.array([y]))[0])
        inside = clear_m > 0.0
        for share, same in ((0.99, True), (1.01, False)):
            ring_x, ring_y = x + share * abs(clear_m) * np.cos(turns), y + share * abs(clear_m) * np.sin(turns)
            assert bool(np.all((border.clearance_m(ring_x, ring_y) > 0.0) == inside)) is same


def test_the_widest_margin_of_the_areas_counts_and_the_first_fence_that_is_crossed_is_named() -> None:
    table = {
        "near": Fence(kind="keep_in", polygon_m=ROOM, margin_m=0.1),
        "wide": Fence(kind="keep_in", polygon_m=NEXT, margin_m=0.3),
        "stairs": Fence(kind="keep_out", polygon_m=STAIRS, margin_m=0.0),
        "rug": Fence(kind="keep_out", polygon_m=((2.4, 1.0), (2.8, 1.0), (2.8, 1.4), (2.4, 1.4))),
    }
    where = load_fences(table, "")
    free, ahead, across = where.free_m((1.0, 2.0, math.pi), 0.5, 0.0, 0.25, 3.0)
    assert (ahead, across) == ("the area it may be in", "") and free == pytest.approx(0.45)
    free, ahead, across = where.free_m((1.0, 1.2, 0.0), 0.5, 0.0, 0.25, 3.0)
    assert (ahead, across) == ("stairs", "") and free == pytest.approx(0.55)
    assert where.free_m((2.3, 1.2, 0.0), 0.5, 0.0, 0.25, 3.0) == (0.0, "rug", "stairs")
    assert where.free_m((2.3, 1.2, math.pi / 2), 0.5, 0.0, 0.06, 3.0)[2] == "rug"


@pytest.mark.parametrize("yaw", [0.0, math.pi / 2, math.pi, -math.pi / 2])
def test_a_room_around_the_origin_of_the_map_has_four_walls(yaw: float) -> None:
    room: Corners = ((-2.0, -2.0), (2.0, -2.0), (2.0, 2.0), (-2.0, 2.0))
    assert free_m(fences(room), 0.0, 0.0, yaw) == pytest.approx(1.7, abs=0.001)
    diamond: Corners = ((2.0, 0.0), (0.0, 2.0), (-2.0, 0.0), (0.0, -2.0))
    assert free_m(fences(diamond), 0.0, 0.0, yaw + math.pi / 4) == pytest.approx(math.sqrt(2.0) - 0.3, abs=0.001)


def test_a_base_that_comes_back_over_one_fence_and_has_another_ahead_is_told_of_both() -> None:
    """Out of the nursery, towards the stairs."""
    table = {
        "nursery": Fence(kind="keep_out", polygon_m=((0.0, 0.0), (1.0, 0.0), (1.0, 2.0), (0.0, 2.0))),
        "stairs": Fence(kind="keep_out", polygon_m=((1.7, 0.0), (3.0, 0.0), (3.0, 2.0), (1.7, 2.0))),
    }
    free, ahead, across = load_fences(table, "").free_m((1.1, 1.0, 0.0), 0.3, 0.0, 0.25, 3.0)
    assert (ahead, across) == ("stairs", "nursery") and free == pytest.approx(0.3)
    caps = Caps(GateConfig(fences=table), RULES.separation, load_fences(table, ""))
    said = [cap.text for cap in caps.of(0.3, 0.0, Surroundings(pose=(1.2, 1.0, 0.0)), Permit())]
    assert "across the fence: nursery" in said and "fence 0.23 m ahead: stairs" in said


def test_a_fence_at_the_very_end_of_the_way_is_found() -> None:
    room = fences(ROOM)
    for horizon_m in (0.41, 0.5, 0.54, 1.0):
        assert room.free_m((3.3, 1.5, 0.0), 0.5, 0.0, 0.25, horizon_m)[0] == pytest.approx(0.4)
    assert room.free_m((3.69, 1.5, 0.0), 0.5, 0.0, 0.25, 1.0)[0] == pytest.approx(0.01)


@pytest.mark.parametrize(("margin_m", "sound"), [(0.0, True), (5.0, True), (-0.01, False), (5.1, False)])
def test_a_margin_has_a_range(margin_m: float, sound: bool) -> None:
    if sound:
        assert Fence(kind="keep_in", place="hall", margin_m=margin_m).margin_m == margin_m
        return
    with pytest.raises(ValidationError, match="margin_m"):
        Fence(kind="keep_in", place="hall", margin_m=margin_m)


def test_a_fence_keeps_five_centimetres() -> None:
    assert Fence(kind="keep_in", place="hall").margin_m == 0.05


def test_across_a_fence_only_the_way_back_is_free() -> None:
    room = fences(ROOM)
    assert room.free_m((3.95, 1.5, 0.0), 0.3, 0.0, 0.25, 2.0) == (0.0, "the area it may be in", "the area it may be in")
    assert room.free_m((3.95, 1.5, 0.0), -0.3, 0.0, 0.25, 2.0) == (math.inf, "", "the area it may be in")
    assert room.free_m((3.95, 1.5, math.pi / 2), 0.3, 0.0, 0.25, 2.0)[0] == 0.0  # along it is not back
    stairs = fences(keep_out=STAIRS)
    assert stairs.free_m((1.7, 1.2, 0.0), 0.3, 0.0, 0.25, 2.0) == (0.0, "stairs: one falls down there", "stairs: one falls down there")
    assert stairs.free_m((1.7, 1.2, 0.0), -0.3, 0.0, 0.25, 2.0)[0] == math.inf


@given(st.floats(0.4, 3.6), st.floats(0.4, 2.6), st.floats(-3, 3), st.floats(-1.5, 1.5), st.floats(0.2, 0.6), st.floats(0, 0.5))
def test_more_uncertainty_or_another_fence_never_lengthens_the_way(x: float, y: float, yaw: float, w: float, r: float, more: float) -> None:
    room, both = fences(ROOM), fences(ROOM, keep_out=STAIRS)
    inside = room.free_m((x, y, yaw), 0.5, w, r + more, 2.0)
    if not inside[2]:
        assert inside[0] <= room.free_m((x, y, yaw), 0.5, w, r, 2.0)[0] + 1e-9
    found = both.free_m((x, y, yaw), 0.5, w, r, 2.0)
    if not found[2]:
        assert found[0] <= room.free_m((x, y, yaw), 0.5, w, r, 2.0)[0]


CONFIG = GateConfig.model_validate(
    {
        "fences": {
            "room": {"kind": "keep_in", "polygon_m": ROOM},
            "next": {"kind": "keep_in", "polygon_m": NEXT},
            "stairs": {"kind": "keep_out", "polygon_m": STAIRS},
        }
    }
)
CAPS = Caps(CONFIG, RULES.separation, load_fences(CONFIG.fences, ""))


@examples(25)
@given(
    st.sampled_from([(0.6, 0.5), (3.0, 2.0), (5.0, 2.0), (1.2, 2.4)]),
    st.floats(-math.pi, math.pi),
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-2, 2)), min_size=1, max_size=3),
    st.floats(0, 2 * math.pi),
)
def test_a_base_with_latency_and_a_vague_pose_never_crosses_a_fence(
    start: tuple[float, float], yaw: float, wishes: list[tuple[float, float]], off_to: float
) -> None:
    """The base obeys 0.1 s late and brakes at 1 m/s²; its pose is off by as much as it says, and it is told anything."""
    kinematic, told = Kinematic(CONFIG, CAPS), deque([(0.0, 0.0)] * 5)
    (x, y), v, w = start, 0.0, 0.0
    off_x, off_y = 0.08 * math.cos(off_to), 0.08 * math.sin(off_to)
    for tick in range(50 * len(wishes)):
        around = Surroundings(pose=(x + off_x, y + off_y, yaw), pose_uncertainty_m=0.08, pose_age_s=0.0, linear_mps=v, angular_radps=w)
        motion = kinematic.step(wishes[tick // 50], Permit(), around, tick * 0.02)
        told.append((motion.linear_mps, motion.angular_radps))
        wanted, w = told.popleft()
        v = wanted if abs(wanted) > abs(v) else math.copysign(max(abs(wanted), abs(v) - 1.0 * 0.02), v)
        yaw += w * 0.02
        x, y = x + v * math.cos(yaw) * 0.02, y + v * math.sin(yaw) * 0.02
        for border in CAPS._fences._borders if tick % 5 == 0 else ():
            assert float(border.clearance_m(np.array([x]), np.array([y]))[0]) >= CONFIG.base_radius_m


def fence_caps(around: Surroundings, linear: float = 0.5) -> list[Any]:
    return [cap for cap in CAPS.of(linear, 0.0, around, Permit()) if cap.key in ("fence", "back")]


def test_the_gate_by_its_fences() -> None:
    assert fence_caps(Surroundings(pose=(1.0, 2.4, 0.0))) == []
    assert 0.0 < fence_caps(Surroundings(pose=(5.5, 2.4, 0.0)))[0].speed_mps < 0.8
    unknown = fence_caps(Surroundings())
    assert unknown[0].speed_mps == 0.0 and "not known" in unknown[0].text
    assert fence_caps(Surroundings(), linear=0.0) == []
    back = fence_caps(Surroundings(pose=(5.9, 2.4, 0.0)), linear=-0.2)
    assert [(cap.key, cap.speed_mps) for cap in back] == [("back", CONFIG.fence_return_mps)]
    out = fence_caps(Surroundings(pose=(5.9, 2.4, 0.0)))
    assert [(cap.key, cap.speed_mps) for cap in out] == [("back", CONFIG.fence_return_mps), ("fence", 0.0)]


def test_places_of_the_site_are_fences() -> None:
    table = {name.replace(" ", "_"): Fence(kind="keep_in", place=name) for name in ("kitchen", "living room")}
    assert free_m(load_fences(table, HOME), 3.0, 3.5, yaw=math.pi / 2, v=0.5) == math.inf  # from one into the other
    assert free_m(load_fences(table, HOME), 4.5, 2.0) < 2.0


@pytest.mark.parametrize(
    ("place", "site", "message"),
    [("kitchen", "", "fences.x.place: needs the folder"), ("kichen", HOME, "unknown place 'kichen', did you mean 'kitchen'?")],
)
def test_a_place_that_is_not_known_is_refused(place: str, site: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        load_fences({"x": Fence(kind="keep_in", place=place)}, site)


def test_a_broken_site_is_refused(tmp_path: Path) -> None:
    (tmp_path / "semantic_map.yaml").write_text("places: {kitchen: {polygon_m: [[0, 0], [1, 1]]}}", encoding="utf-8")
    with pytest.raises(FileError, match=r"places.kitchen.polygon_m: a polygon has 3 to 64 corners"):
        load_fences({"x": Fence(kind="keep_in", place="kitchen")}, str(tmp_path))


@pytest.mark.parametrize("area", [{}, {"place": "hall", "polygon_m": ROOM}])
def test_a_fence_has_one_area(area: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="either polygon_m or place"):
        Fence.model_validate({"kind": "keep_in", **area})


@pytest.mark.parametrize("linear", [5e-324, -5e-324, 1e-12])
def test_a_bend_without_end_is_turning_in_place(linear: float) -> None:
    assert fences(ROOM).free_m((3.5, 1.5, 0.0), linear, 1.5, 0.25, 2.0) == (math.inf, "", "")


def test_what_is_no_number_is_no_way() -> None:
    assert fences(ROOM).free_m((3.5, 1.5, 0.0), 0.5, math.nan, 0.25, 2.0)[0] <= 0.2


def test_without_fences_there_is_nothing_to_keep_to() -> None:
    assert not Fences({}) and fences(ROOM)


def test_the_whole_gate_halts_before_the_stairs() -> None:
    rig = Rig(fences={"stairs": {"kind": "keep_out", "polygon_m": [[1.0, -1.0], [2.0, -1.0], [2.0, 1.0], [1.0, 1.0]]}}).ready()
    rig.drive(0.6, ticks=250)
    assert rig.velocity.linear_mps == 0.0 and 0.5 < rig.x_m <= 1.0 - 0.22 - 0.05 - 2 * 0.02
    assert rig.mode == "protective_stop" and "stairs" in rig.state.causes[0]  # type: ignore[union-attr]  # mode has seen to it


def test_a_pose_that_is_stale_holds_the_base_where_there_are_fences() -> None:
    rig = Rig(fences={"room": {"kind": "keep_in", "polygon_m": [[-5.0, -5.0], [9.0, -5.0], [9.0, 5.0], [-5.0, 5.0]]}}).ready()
    assert rig.drive(0.3, ticks=30).linear_mps > 0.2
    rig.silent.add("pose")
    assert rig.drive(0.3, ticks=40).linear_mps == 0.0
    assert rig.state is not None and "it is not known where the fences are" in rig.state.causes


def test_sides_that_run_along_each_other_far_from_the_origin_are_cut_where_one_ends() -> None:
    low: Corners = ((2.0, 3.0), (4.0, 3.0), (4.0, 5.0), (2.0, 5.0))
    high: Corners = ((4.0, 3.0), (6.0, 3.0), (6.0, 9.0), (4.0, 9.0))
    both = fences(low, high)
    assert free_m(both, 5.0, 4.0, yaw=math.pi, v=0.5, radius=0.1) == pytest.approx(2.85, abs=0.01)  # through where they touch
    assert free_m(both, 5.0, 7.5, yaw=math.pi, v=0.5, radius=0.1) == pytest.approx(0.85, abs=0.01)  # above it there is a border
