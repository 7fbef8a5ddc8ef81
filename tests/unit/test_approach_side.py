"""Coming to somebody from the side that their style says, where that makes sense."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from robot_runtime.messages import SpeechStyle
from tests.unit.mind_rig import Rig, write_site

STYLE = SpeechStyle(0.0, "leo", "child", 160.0, 1.0, 1.0, 0.3, 1.0, 0.35, "", 0.9)


def called(tmp_path: Path, style: SpeechStyle, *, facing: bool = True, drive_phase: str = "reached", x_m: float = 6.0) -> Rig:
    """Leo, who stands ahead of the robot, has called it."""
    rig = Rig(write_site(tmp_path), style=style, drive_phase=drive_phase)
    rig.people["leo"] = replace(rig.people["leo"], position_m=(x_m, 2.0, 0.0), facing_robot=facing)
    rig.run(0.5).hear("come_here", speaker="leo", person="leo")
    rig.run(4.0)
    return rig


@pytest.mark.parametrize(("angle_rad", "side"), [(0.5, -1), (-0.5, 1)])
def test_it_comes_from_their_side_and_looks_at_them(tmp_path: Path, angle_rad: float, side: int) -> None:
    """Leo faces the robot, which is in the direction of -x from him: his left is towards -y."""
    goal = called(tmp_path, replace(STYLE, approach_angle_rad=angle_rad)).goals[0]
    assert math.dist((goal.x_m, goal.y_m), (6.0, 2.0)) == pytest.approx(1.0)
    assert math.copysign(1, goal.y_m - 2.0) == side and goal.x_m < 6.0
    assert math.atan2(2.0 - goal.y_m, 6.0 - goal.x_m) == pytest.approx(goal.yaw_rad)
    assert (goal.stand_off_m, goal.max_speed_mps) == (0.0, 0.35)


@pytest.mark.parametrize(
    ("style", "facing", "x_m"),
    [
        (STYLE, True, 6.0),
        (replace(STYLE, approach_angle_rad=0.5, person_id="anna"), True, 6.0),
        (replace(STYLE, approach_angle_rad=0.5), False, 6.0),
        (replace(STYLE, approach_angle_rad=0.5), True, 4.4),
    ],
    ids=["no side", "somebody else's style", "how they stand is not known", "near already"],
)
def test_else_it_comes_straight(tmp_path: Path, style: SpeechStyle, facing: bool, x_m: float) -> None:
    goal = called(tmp_path, style, facing=facing, x_m=x_m).goals[0]
    assert (goal.x_m, goal.y_m) == (x_m, 2.0) and goal.stand_off_m >= 1.0


def test_without_a_way_to_that_side_it_comes_straight(tmp_path: Path) -> None:
    goals = called(tmp_path, replace(STYLE, approach_angle_rad=0.5), drive_phase="failed").goals
    kept = [goal for goal in goals if not goal.cancel]
    assert [goal.stand_off_m for goal in kept][:2] == [0.0, 1.0]
