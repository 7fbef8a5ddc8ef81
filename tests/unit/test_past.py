"""What poses and joints were when a picture was taken."""

from __future__ import annotations

import math

import pytest

from robot_runtime.messages import JointPositions, RobotPose
from robot_runtime.perceive.past import Past, PastJoints, PastPoses


def past(*known: tuple[float, float], max_age_s: float = 0.5) -> Past:
    made = Past(max_age_s)
    for stamp_s, value in known:
        made.add(stamp_s, (value,))
    return made


def test_between_two_times_it_is_between_the_values() -> None:
    then = past((0.0, 1.0), (0.2, 2.0)).at(0.05)
    assert then is not None
    assert then.values == pytest.approx((1.25,)) and then.beyond_s == 0.0


def test_after_the_last_it_goes_on_as_it_went_and_says_so() -> None:
    then = past((0.0, 0.0), (0.1, 0.1), (0.2, 0.2)).at(0.3)
    assert then is not None
    assert then.values == pytest.approx((0.3,)) and then.beyond_s == pytest.approx(0.1)


def test_the_jitter_of_the_last_values_is_not_taken_for_speed() -> None:
    then = past((0.0, 0.0), (0.05, 0.0), (0.1, 0.0), (0.15, 0.0), (0.2, 0.03)).at(0.3)
    assert then is not None
    assert then.values[0] < 0.06


@pytest.mark.parametrize("stamp_s", [0.71, -0.6, math.nan, math.inf])
def test_of_times_too_far_away_nothing_is_known(stamp_s: float) -> None:
    assert past((0.0, 0.0), (0.2, 0.2)).at(stamp_s) is None


def test_within_a_long_gap_nothing_is_known() -> None:
    assert past((0.0, 0.0), (1.0, 1.0)).at(0.5) is None


def test_one_value_alone_holds() -> None:
    then = past((1.0, 7.0)).at(1.2)
    assert then is not None and then.values == (7.0,)
    before = past((1.0, 7.0)).at(0.9)
    assert before is not None and before.values == (7.0,)


def test_what_is_not_finite_or_late_is_not_taken() -> None:
    known = past((0.0, 1.0), (0.1, math.nan), (math.nan, 5.0), (0.2, 2.0), (0.15, 9.0))
    then = known.at(0.15)
    assert then is not None and then.values == pytest.approx((1.75,))


def test_time_that_begins_anew_forgets() -> None:
    known = past((100.0, 1.0), (0.0, 2.0))
    then = known.at(0.0)
    assert then is not None and then.values == (2.0,)


def test_memory_stays_flat() -> None:
    known = Past(0.5)
    for k in range(10_000):
        known.add(k / 100, (0.0,))
    assert len(known._known) < 250


def test_a_pose_turns_the_short_way() -> None:
    poses = PastPoses(0.5)
    poses.add(RobotPose(0.0, 0.0, 0.0, math.pi - 0.1, 0.05))
    poses.add(RobotPose(0.2, 1.0, 0.0, -math.pi + 0.1, 0.05))
    found = poses.at(0.1)
    assert found is not None
    assert abs(found[0].yaw_rad) == pytest.approx(math.pi) and found[0].x_m == pytest.approx(0.5)
    assert (found[0].stamp_s, found[0].std_m) == (0.1, 0.05)


def test_a_broken_pose_is_none() -> None:
    poses = PastPoses(0.5)
    poses.add(RobotPose(0.0, 0.0, 0.0, math.inf, 0.05))
    assert poses.at(0.0) is None


def test_joints_are_found_by_name_among_others() -> None:
    joints = PastJoints(("head_pan", ""), 0.3)
    joints.add(JointPositions(0.0, ("lift", "head_pan"), (1.0, 0.5)))
    joints.add(JointPositions(0.1, ("lift",), (1.0,)))  # of another driver
    assert joints.at(0.05) == (0.5, 0.0)
    assert joints.at(0.5) is None


def test_a_fixed_camera_needs_no_joints() -> None:
    assert PastJoints(("", ""), 0.3).at(5.0) == (0.0, 0.0)
