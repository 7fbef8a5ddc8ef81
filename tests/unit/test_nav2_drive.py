"""The decisions of the Nav2 adapter, against an action client that the test plays."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from robot_runtime.messages import NavGoal, NavStatus, RobotPose
from robot_runtime.ros.nav2_drive import Drive, OnEnd, OnFeedback, Pose, target

ROBOT = RobotPose(0.0, 1.0, 1.0, 0.5, 0.1)
GOAL = NavGoal(0.0, "g1", "a1", 4.0, 5.0, math.nan, 0.0, 0.6, False)


class FakeNav2:
    def __init__(self) -> None:
        self.there = True
        self.sent: list[tuple[str, Pose, float]] = []
        self.cancelled = 0

    def ready(self) -> bool:
        return self.there

    def send(self, goal_id: str, pose: Pose, max_speed_mps: float, on_feedback: OnFeedback, on_end: OnEnd) -> None:
        self.sent.append((goal_id, pose, max_speed_mps))
        self.feedback, self.end = on_feedback, on_end

    def cancel(self) -> None:
        self.cancelled += 1


class Rig:
    def __init__(self) -> None:
        self.nav2 = FakeNav2()
        self.told: list[NavStatus] = []
        self.drive = Drive(self.nav2, self.told.append, lambda: 11.0)
        self.drive.on_pose(ROBOT)

    @property
    def story(self) -> list[tuple[str, str]]:
        return [(status.goal_id, status.phase) for status in self.told]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_goal_is_driven_and_reached(rig: Rig) -> None:
    rig.drive.on_goal(GOAL)
    assert rig.nav2.sent == [("g1", (4.0, 5.0, math.atan2(4.0, 3.0)), 0.6)]
    rig.nav2.feedback("g1", 3.5, 0)
    rig.nav2.end("g1", "reached", "")
    assert rig.story == [("g1", "running"), ("g1", "running"), ("g1", "reached")]
    assert (rig.told[1].remaining_m, rig.told[2].remaining_m) == (3.5, 0.0)


def test_velocity_passes_only_while_there_is_a_goal(rig: Rig) -> None:
    assert rig.drive.velocity(0.3, 0.1) is None
    rig.drive.on_goal(GOAL)
    velocity = rig.drive.velocity(0.3, 0.1)
    assert velocity is not None
    assert (velocity.stamp_s, velocity.action_id, velocity.linear_mps, velocity.angular_radps) == (11.0, "a1", 0.3, 0.1)
    rig.nav2.end("g1", "reached", "")
    assert rig.drive.velocity(0.3, 0.1) is None


def test_a_new_goal_replaces_the_old_one_which_is_not_heard_any_more(rig: Rig) -> None:
    rig.drive.on_goal(GOAL)
    rig.drive.on_goal(replace(GOAL, id="g2", action_id="a2"))
    rig.nav2.end("g1", "failed", "aborted")  # Nav2 reports the pre-empted goal late
    assert rig.story == [("g1", "running"), ("g1", "cancelled"), ("g2", "running")]
    velocity = rig.drive.velocity(0.3, 0.0)
    assert velocity is not None
    assert velocity.action_id == "a2"


def test_cancel_stops_at_once_and_only_its_own_goal(rig: Rig) -> None:
    rig.drive.on_goal(GOAL)
    rig.drive.on_goal(replace(GOAL, id="other", cancel=True))
    assert rig.nav2.cancelled == 0
    rig.drive.on_goal(replace(GOAL, cancel=True))
    assert rig.nav2.cancelled == 1
    assert rig.drive.velocity(0.3, 0.0) is None
    rig.nav2.end("g1", "cancelled", "")
    assert rig.story == [("g1", "running"), ("g1", "cancelled")]


def test_a_recovery_is_told_as_blocked(rig: Rig) -> None:
    rig.drive.on_goal(GOAL)
    for recoveries in (0, 1, 1, 2):
        rig.nav2.feedback("g1", 2.0, recoveries)
    assert [phase for _, phase in rig.story[1:]] == ["running", "blocked", "running", "blocked"]


@pytest.mark.parametrize(
    "goal", [replace(GOAL, x_m=math.nan), replace(GOAL, y_m=math.inf), replace(GOAL, stand_off_m=math.nan)], ids=("x", "y", "stand-off")
)
def test_a_place_that_is_none_fails(rig: Rig, goal: NavGoal) -> None:
    rig.drive.on_goal(goal)
    assert rig.nav2.sent == []
    assert rig.told[-1].phase == "failed"
    assert "not a place" in rig.told[-1].detail


def test_a_bad_goal_also_ends_the_one_before(rig: Rig) -> None:
    rig.drive.on_goal(GOAL)
    rig.drive.on_goal(replace(GOAL, id="g2", x_m=math.nan))
    assert rig.nav2.cancelled == 1
    assert rig.drive.velocity(0.3, 0.0) is None


def test_without_nav2_or_pose_a_goal_fails(rig: Rig) -> None:
    rig.nav2.there = False
    rig.drive.on_goal(GOAL)
    assert "navigate_to_pose is not there" in rig.told[-1].detail
    blind = Drive(FakeNav2(), rig.told.append, lambda: 11.0)
    blind.on_goal(GOAL)
    assert (rig.told[-1].phase, rig.told[-1].detail) == ("failed", "the robot's pose is not known yet")


def test_halt_gives_up(rig: Rig) -> None:
    rig.drive.halt()
    assert (rig.nav2.cancelled, rig.told) == (0, [])
    rig.drive.on_goal(GOAL)
    rig.drive.halt()
    assert (rig.nav2.cancelled, rig.story[-1]) == (1, ("g1", "cancelled"))


@pytest.mark.parametrize("bearing_rad", [0.0, 1.0, 2.5, -3.0])
def test_standing_off_is_on_the_way_and_faces_the_goal(bearing_rad: float) -> None:
    goal = replace(GOAL, x_m=ROBOT.x_m + 3 * math.cos(bearing_rad), y_m=ROBOT.y_m + 3 * math.sin(bearing_rad), stand_off_m=1.0)
    x_m, y_m, yaw_rad = target(goal, ROBOT)
    assert math.hypot(goal.x_m - x_m, goal.y_m - y_m) == pytest.approx(1.0)
    assert math.hypot(ROBOT.x_m - x_m, ROBOT.y_m - y_m) == pytest.approx(2.0)
    assert yaw_rad == pytest.approx(bearing_rad)


def test_nearer_than_the_stand_off_only_turns() -> None:
    x_m, y_m, yaw_rad = target(replace(GOAL, x_m=1.0, y_m=1.5, stand_off_m=1.0), ROBOT)
    assert (x_m, y_m) == (1.0, 1.0)
    assert yaw_rad == pytest.approx(math.pi / 2)


def test_a_given_yaw_is_kept() -> None:
    assert target(replace(GOAL, yaw_rad=0.25), ROBOT) == (4.0, 5.0, 0.25)
