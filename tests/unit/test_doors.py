"""Doors are open or closed as far as they were seen to be, and a robot that does not know goes to look."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from robot_runtime.messages import DoorFact, RobotPose, Utterance
from robot_runtime.world.doors import Doors, Look, look_at
from robot_runtime.world.semantic_map import Door
from tests.unit.door_rig import a_scan
from tests.unit.mind_rig import SITE, Rig

DOOR = Door(start_m=(2.0, 4.0), end_m=(3.0, 4.0))
BEFORE = RobotPose(1.0, 2.5, 2.5, 0.7, 0.02)


def seen(is_open: bool, pose: RobotPose = BEFORE, door: Door = DOOR) -> Look | None:
    return look_at(door, a_scan({"door": door}, {"door": is_open}, pose), pose)


@pytest.mark.parametrize("yaw_rad", [0.0, 1.5, -3.0])
@pytest.mark.parametrize(("x_m", "y_m"), [(2.5, 2.5), (1.6, 2.9), (3.4, 5.3)])
def test_a_door_is_seen_from_either_side(x_m: float, y_m: float, yaw_rad: float) -> None:
    pose = RobotPose(1.0, x_m, y_m, yaw_rad, 0.02)
    for door in (DOOR, Door(start_m=DOOR.end_m, end_m=DOOR.start_m)):
        open_, closed = seen(True, pose, door), seen(False, pose, door)
        assert open_ is not None and open_.is_open and open_.sureness > 0.7
        assert closed is not None and not closed.is_open and closed.sureness > 0.7


@pytest.mark.parametrize("pose", [(2.5, -0.5), (-1.4, 3.5), (2.5, 3.99)], ids=["far", "along the wall", "in it"])
def test_what_cannot_be_told_is_not_told(pose: tuple[float, float]) -> None:
    assert seen(False, RobotPose(1.0, *pose, 0.0, 0.02)) is None


def with_gap(from_m: float, to_m: float, behind_m: float) -> Look | None:
    """A closed door, but for a stretch along it from which rays come back that much behind it, or before it."""
    scan = a_scan({"door": DOOR}, {"door": False}, BEFORE)
    bearings = scan.angle_min_rad + scan.angle_increment_rad * np.arange(360) + BEFORE.yaw_rad
    at_m = BEFORE.x_m + scan.ranges_m * np.cos(bearings) - DOOR.start_m[0]
    gap = (at_m >= from_m) & (at_m <= to_m)
    return look_at(DOOR, replace(scan, ranges_m=np.where(gap, scan.ranges_m + behind_m, scan.ranges_m)), BEFORE)


def test_ajar_is_open_and_who_stands_before_it_hides_it() -> None:
    ajar = with_gap(0.2, 0.5, 3.0)
    assert ajar is not None and ajar.is_open
    assert with_gap(0.2, 0.5, -0.8) is None  # somebody before it: what is behind them is not known
    partly = with_gap(0.2, 0.32, -0.8)
    assert partly is not None and not partly.is_open and partly.sureness < 1.0
    assert with_gap(0.45, 0.5, 3.0) is None  # one slice: a slip of the pose, or a slit


def test_broken_rays_tell_nothing_and_rays_without_end_go_through() -> None:
    scan = a_scan({"door": DOOR}, {"door": True}, BEFORE)
    assert look_at(DOOR, replace(scan, ranges_m=np.full(360, math.nan, dtype=np.float32)), BEFORE) is None
    found = look_at(DOOR, replace(scan, ranges_m=np.full(360, math.inf, dtype=np.float32)), BEFORE)
    assert found is not None and found.is_open


def looked(doors: Doors, is_open: bool, *stamps_s: float, std_m: float = 0.02, late_s: float = 0.0) -> list[bool]:
    for stamp_s in stamps_s:
        pose = replace(BEFORE, stamp_s=stamp_s, std_m=std_m)
        doors.look(replace(a_scan({"door": DOOR}, {"door": is_open}, pose), stamp_s=stamp_s + late_s), pose)
    return [fact.is_open for fact in doors.facts(stamps_s[-1])]


def test_three_looks_make_a_fact_which_fades() -> None:
    doors = Doors({"door": DOOR}, half_life_s=300.0)
    assert looked(doors, True, 1.0, 1.2) == []
    assert looked(doors, True, 1.4) == [True]
    assert looked(doors, False, 2.0, 2.2) == [True]  # a blur of two scans
    assert looked(doors, True, 2.4) == [True]
    assert looked(doors, False, 3.0, 3.2, 3.4) == [False]
    [now], [later] = doors.facts(3.4), doors.facts(603.4)
    assert (now.provenance, now.last_seen_s, later.last_seen_s) == ("seen", 3.4, 3.4)
    assert now.confidence > 0.9 and later.confidence == pytest.approx(now.confidence / 4)


def test_a_doubtful_pose_or_a_late_scan_tells_nothing() -> None:
    for std_m, late_s in ((0.3, 0.0), (math.nan, 0.0), (0.02, 0.3), (0.02, math.nan)):
        assert looked(Doors({"door": DOOR}, 300.0), True, 1.0, 1.2, 1.4, std_m=std_m, late_s=late_s) == []


def test_where_the_robot_itself_stands_it_is_open() -> None:
    doors, pose = Doors({"door": DOOR}, 300.0), RobotPose(1.0, 2.5, 4.1, 0.0, 0.02)
    doors.look(a_scan({"door": DOOR}, {}, pose), pose)
    assert doors.facts(1.0) == (DoorFact("door", True, 1.0, 1.0, "inferred"),)


# ------------------------------------------------------------ what the mind makes of it


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """The kitchen door is in view from where the robot begins, the garden door on the far side of the kitchen is not."""
    doors = {"kitchen door": {"start_m": [2.5, 4.0], "end_m": [3.5, 4.0]}, "garden door": {"start_m": [2.0, 8.0], "end_m": [3.0, 8.0]}}
    (tmp_path / "semantic_map.yaml").write_text(yaml.safe_dump({**SITE, "doors": doors}), encoding="utf-8")
    return Rig(str(tmp_path), doors={"kitchen door": True, "garden door": False}).run(1.0)


DRIVE = ["I am going to the living room.", "I am in the living room."]


def say(rig: Rig, words: str) -> Rig:
    return rig.send("speech/heard", Utterance(rig.now_s, "u", words, "", (), 0.9, 0.0, 0.0, "anna", "en", "test", free_text=words))


@pytest.mark.parametrize(("state", "done"), [("open", True), ("closed", False), ("not open", False), ("not closed", True)])
def test_a_condition_on_a_door_in_view_is_looked_up(rig: Rig, state: str, done: bool) -> None:
    say(rig, f"if the kitchen door is {state} go to the kitchen").run(4.0)
    assert rig.proposed[:1] == (["go_to(kitchen)"] if done else [])
    assert rig.said[-1] == ("I am in the kitchen." if done else "The kitchen door is open, so I leave that.")


@pytest.mark.parametrize(("state", "done"), [("closed", True), ("open", False)])
def test_a_door_that_is_not_in_view_is_looked_at_first(rig: Rig, state: str, done: bool) -> None:
    say(rig, f"if the garden door is {state} go to the living room").run(12.0)
    assert rig.proposed[0] == "look_at_door(garden door)"
    left = ["The garden door is shut, so I leave that."]
    assert rig.said == ["I will look at the garden door.", *(["The garden door is shut.", *DRIVE] if done else left)]
    assert [round(value, 2) for value in (rig.goals[0].x_m, rig.goals[0].y_m)] == [2.5, 6.7]  # not from the garden


def test_a_door_that_cannot_be_seen_is_neither_open_nor_closed(rig: Rig) -> None:
    rig.drive_phase = "failed"
    say(rig, "if the garden door is closed go to the living room").run(8.0)
    assert rig.said[-1] == "I could not see whether the garden door is open."
    assert "go_to(living room)" not in rig.proposed


def test_asked_for_a_door_it_looks_and_tells(rig: Rig) -> None:
    rig.hear("look_at_door", words="is the kitchen door open", door="kitchen door").run(4.0)
    assert rig.said[-1] == "The kitchen door is open."
    rig.hear("look_at_door", words="is the cellar door open", door="cellar door").run(1.0)
    assert rig.said[-1] == "I do not know where the cellar door is."
