"""Where to stand: at the asked distance, on the right side of walls, not on people's toes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from robot_runtime.act.global_path import Planner, PlannerConfig
from robot_runtime.act.halt import Halt, HaltChooser, HaltConfig
from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.act.planar import Pose2
from robot_runtime.messages import NavGoal
from robot_runtime.world.semantic_map import load_semantic_map
from tests.unit.nav_world import goal

NOBODY = np.zeros((0, 2))


def choose(site: Path, wanted: NavGoal, robot: Pose2, people: np.ndarray = NOBODY) -> Halt | None:
    flat = OccupancyMap.load(site)
    costs = Planner(PlannerConfig(), flat).explore((robot.x_m, robot.y_m), np.zeros(flat.shape, dtype=bool), people)
    assert costs is not None
    return HaltChooser(HaltConfig(), flat, load_semantic_map(site)).choose(wanted, costs, robot, people)


@pytest.mark.parametrize("robot", [Pose2(4.0, 3.4, 0.0), Pose2(0.6, 3.2, 0.0), Pose2(2.3, 5.0, 0.0), Pose2(8.0, 1.0, 0.0)])
def test_something_on_the_table_is_faced_from_beside_the_table(site: Path, robot: Pose2) -> None:
    halt = choose(site, goal(2.4, 3.4, stand_off_m=0.62), robot)
    assert halt is not None and halt.note == ""
    assert math.hypot(halt.x_m - 2.4, halt.y_m - 3.4) == pytest.approx(0.62, abs=0.01)
    assert halt.yaw_rad == pytest.approx(math.atan2(3.4 - halt.y_m, 2.4 - halt.x_m))
    flat = OccupancyMap.load(site)
    assert flat.clearance_m[flat.cell(halt.x_m, halt.y_m)] >= 0.28


def test_it_comes_from_the_near_side(site: Path) -> None:
    halt = choose(site, goal(2.0, 3.35, stand_off_m=0.65), Pose2(2.0, 5.3, -1.5))
    assert halt is not None and halt.y_m > 3.8


def test_too_far_from_the_edge_is_told(site: Path) -> None:
    halt = choose(site, goal(2.0, 3.2, stand_off_m=0.62), Pose2(4.0, 3.2, 0.0))
    assert halt is not None
    away_m = math.hypot(halt.x_m - 2.0, halt.y_m - 3.2)
    assert 0.66 < away_m <= 0.78 and halt.note == f"{away_m:.2f} m away, nothing nearer is free"


def test_never_from_behind_a_wall(site: Path) -> None:
    """The robot is in the next room, half a metre from the target as the crow flies."""
    halt = choose(site, goal(5.3, 2.0, stand_off_m=0.7), Pose2(4.6, 2.0, 0.0))
    assert halt is not None and halt.x_m > 5.1


def test_a_voice_from_beyond_the_outer_wall_is_gone_to_on_this_side_of_it(site: Path) -> None:
    halt = choose(site, goal(4.4, -0.5, stand_off_m=1.0), Pose2(1.0, 1.0, 0.0))
    assert halt is not None and load_semantic_map(site).place_at(halt.x_m, halt.y_m) == load_semantic_map(site).place_at(4.4, 0.5) != ""
    assert math.hypot(halt.x_m - 4.4, halt.y_m) < 1.5
    assert halt.note.startswith("the goal lies outside, taken for 0.")


def test_what_is_far_outside_is_not_gone_to(site: Path) -> None:
    assert choose(site, goal(4.4, -4.0, stand_off_m=1.0), Pose2(1.0, 1.0, 0.0)) is None


def test_who_stands_at_the_distance_stays(site: Path) -> None:
    robot = Pose2(3.5, 1.0, 2.0)
    halt = choose(site, goal(4.4, 1.0, stand_off_m=1.0), robot)
    assert halt == Halt(3.5, 1.0, 0.0, "")


def test_a_wanted_heading_is_kept(site: Path) -> None:
    halt = choose(site, goal(4.0, 1.0, yaw_rad=1.0, stand_off_m=1.0), Pose2(1.0, 1.0, 0.0))
    assert halt is not None and halt.yaw_rad == 1.0


def test_an_occupied_goal_point_is_passed_by(site: Path) -> None:
    halt = choose(site, goal(2.7, 3.2), Pose2(4.0, 1.0, 0.0))
    assert halt is not None and 0.1 < math.hypot(halt.x_m - 2.7, halt.y_m - 3.2) < 0.3 and "beside the goal" in halt.note
    assert choose(site, goal(30.0, 3.2), Pose2(4.0, 1.0, 0.0)) is None


def test_nobody_is_crowded(site: Path) -> None:
    person = np.array([[4.0, 1.0]])
    on_their_spot = choose(site, goal(4.0, 1.0), Pose2(1.0, 1.0, 0.0), person)
    assert on_their_spot is None  # within half a metre there is no room beside them
    near_them = choose(site, goal(3.7, 1.0), Pose2(1.0, 1.0, 0.0), person)
    assert near_them is not None and math.hypot(near_them.x_m - 4.0, near_them.y_m - 1.0) > 0.6


def test_the_person_who_is_the_goal_may_be_approached(site: Path) -> None:
    halt = choose(site, goal(4.0, 1.0, stand_off_m=0.5), Pose2(1.0, 1.0, 0.0), np.array([[4.02, 1.0]]))
    assert halt is not None and halt.x_m == pytest.approx(3.5, abs=0.05)


def test_somebody_on_unmapped_furniture_is_seen_within_the_room_only(site: Path) -> None:
    """Without a surface for the table, its own cells may still lie between a target on it and the robot."""
    (site / "semantic_map.yaml").write_text("places: {west: {polygon_m: [[0, 0], [5, 0], [5, 6], [0, 6]], waypoint_m: [3.8, 4, 0]}}")
    assert choose(site, goal(2.4, 3.4, stand_off_m=0.62), Pose2(4.0, 3.4, 0.0)) is not None
    (site / "semantic_map.yaml").write_text("places: {}")
    assert choose(site, goal(2.4, 3.4, stand_off_m=0.62), Pose2(4.0, 3.4, 0.0)) is None
