"""The navigator in the loop with a kinematic robot: it arrives, it waits, it touches nothing, and it says what it does."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robot_runtime.act.navigator import Navigator
from robot_runtime.messages import NavGoal, NavStatus
from safety.files import FileError
from safety.types import Odometry, RobotPose
from tests.unit.nav_world import NavWorld, Walker, goal, world_in


def test_it_drives_through_doors_to_a_pose(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    status = world.drive(goal(8.0, 1.5, -1.57))
    assert status.phase == "reached" and world.phases("g1") == ["running", "reached"]
    assert math.hypot(world.x_m - 8.0, world.y_m - 1.5) < 0.06
    assert abs(world.yaw_rad + 1.57) < 0.08
    assert world.least_clearance_m > 0.05


def test_it_halts_before_the_table_and_faces_the_thing(site: Path) -> None:
    world = world_in(site, 4.0, 1.0)
    assert world.drive(goal(2.4, 3.4, stand_off_m=0.62)).phase == "reached"
    assert math.hypot(world.x_m - 2.4, world.y_m - 3.4) == pytest.approx(0.62, abs=0.06)
    facing = math.atan2(3.4 - world.y_m, 2.4 - world.x_m)
    assert abs((world.yaw_rad - facing + math.pi) % (2 * math.pi) - math.pi) < 0.12
    assert world.least_clearance_m > 0.0, "the table is seen as legs only, but the map has all of it"


@pytest.mark.parametrize("seed", range(4))
def test_it_touches_nothing_on_random_drives(site: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    world = world_in(site, 1.0, 1.0, seed=seed)
    box_x, box_y = rng.uniform(2.5, 4.0), rng.uniform(0.6, 2.0)
    world.boxes = [(box_x, box_y, box_x + 0.3, box_y + 0.4)]
    world.walkers = [Walker("anna", [(4.5, 5.5), (4.5, 0.8), (0.8, 0.8)], 0.5, float(rng.uniform(0, 5)))]
    world.odom_scale, world.odom_turn_scale = 1.0 + rng.normal(0, 0.02), 1.0 + rng.normal(0, 0.02)
    for number, (x_m, y_m) in enumerate(((8.5, 4.5), (8.0, 1.0), (0.8, 5.0))):
        assert world.drive(goal(x_m, y_m, float(rng.uniform(-3, 3)), id=f"g{number}"), 120.0).phase == "reached"
    assert world.least_clearance_m > 0.0
    assert world.least_person_m > 0.42  # centre to centre; while it moves
    assert world.worst_error_m < 0.05


def test_it_waits_for_a_person_in_the_door_and_goes_on(site: Path) -> None:
    world = world_in(site, 3.0, 4.5)
    world.walkers = [Walker("anna", [(5.0, 4.55), (6.0, 4.55), (6.0, 5.6)], 0.8, start_s=9.0)]
    world.wait(0.2)
    assert world.drive(goal(8.0, 4.5, 0.0)).phase == "reached"
    assert world.phases("g1") == ["running", "blocked", "running", "reached"]
    blocked = next(status for status in world.statuses if status.phase == "blocked")
    assert blocked.detail == "waiting for a person in the way"
    assert world.least_person_m > 0.6


def test_it_stops_for_somebody_who_steps_in_and_goes_around_one_who_stays(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.walkers = [Walker("anna", [(3.4, 2.6), (3.4, 1.0)], 1.0, start_s=1.5)]
    assert world.drive(goal(4.5, 1.0, 0.0)).phase == "reached"
    waited_s = [status.stamp_s for status in world.statuses if status.phase == "blocked"]
    assert waited_s[-1] - waited_s[0] > 3.0, "first it waits"
    assert world.least_person_m > 0.42


def test_somebody_known_to_stand_there_is_passed_without_waiting(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.walkers = [Walker("anna", [(3.0, 1.0)])]
    world.wait(0.2)
    assert world.drive(goal(4.5, 1.0, 0.0)).phase == "reached"
    assert world.phases("g1") == ["running", "reached"] and world.least_person_m > 0.6


def test_a_person_who_never_leaves_makes_it_give_up(site: Path) -> None:
    world = world_in(site, 3.0, 4.5, give_up_s=12.0)
    world.walkers = [Walker("anna", [(5.0, 4.55)])]
    status = world.drive(goal(8.0, 4.5))
    assert status.phase == "failed" and "stayed blocked for 12 s" in status.detail
    assert world.v == pytest.approx(0.0, abs=0.05)


def test_it_goes_around_a_parked_thing(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.boxes = [(2.8, 0.7, 3.2, 1.3)]
    assert world.drive(goal(4.5, 1.0, 0.0)).phase == "reached"
    assert world.least_clearance_m > 0.03
    assert world.now_s < 20.0, "it does not wait for a thing"


def test_without_eyes_it_is_slow_and_waits_for_things(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.people_work = False
    world.walkers = [Walker("anna", [(3.4, 2.6), (3.4, 1.0)], 1.0, start_s=1.5)]
    assert world.drive(goal(4.5, 1.0, 0.0)).phase == "reached"
    assert max(v for _, _, v in world.trail) <= 0.31
    assert any("perhaps a person" in status.detail for status in world.statuses)


def test_it_follows_a_moving_goal_without_stopping(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.walkers = [Walker("anna", [(2.4, 1.0), (4.2, 1.2), (4.2, 4.55), (8.5, 4.55)], 0.4)]
    speeds = []
    for _ in range(40):
        x_m, y_m, _, _ = world.walkers[0].at(world.now_s)
        world.step((goal(x_m, y_m, stand_off_m=1.0),))
        world.wait(0.45)
        speeds.append(world.v)
    x_m, y_m, _, _ = world.walkers[0].at(world.now_s)
    assert math.hypot(x_m - world.x_m, y_m - world.y_m) < 1.9
    assert min(speeds[6:]) > 0.1, "no stop-and-go"
    assert world.least_person_m > 0.9 and world.least_clearance_m > 0.0
    assert "failed" not in world.phases("g1") and "cancelled" not in world.phases("g1")


def test_a_held_back_base_is_reported_and_then_driven_on(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.step((goal(4.5, 1.0, 0.0),))
    world.wait(2.0)
    world.cap_mps, world.mode = 0.0, "protective_stop"
    world.wait(3.0)
    assert world.statuses[-1].phase == "blocked" and world.statuses[-1].detail == "held back: test"
    assert world.proposals[-1].linear_mps > 0.0, "it keeps asking, so that the gate can let it go"
    world.cap_mps, world.mode = 10.0, "running"
    world.wait(2.0)
    assert world.v > 0.3
    jumps = np.abs(np.diff([v for _, _, v in world.trail]))
    assert jumps.max() < 0.1


def test_a_latched_stop_is_no_failure_and_asks_for_nothing(site: Path) -> None:
    world = world_in(site, 1.0, 1.0, give_up_s=5.0, stale_fail_s=2.0)
    world.step((goal(4.5, 1.0, 0.0),))
    world.wait(1.5)
    world.mode = "rearm_required"
    world.wait(15.0)
    assert world.statuses[-1].phase == "blocked" and world.statuses[-1].detail == "rearm_required: test"
    assert world.proposals[-1].linear_mps == world.proposals[-1].angular_radps == 0.0
    world.mode = "running"
    while world.statuses[-1].phase != "reached":
        world.step()
        assert world.now_s < 40.0


@pytest.mark.parametrize(("sensor", "said"), [("scan_works", "scan is stale"), ("odom_works", "odom is stale")])
def test_a_stale_sensor_stops_it_then_fails_it(site: Path, sensor: str, said: str) -> None:
    world = world_in(site, 1.0, 1.0)
    world.step((goal(4.5, 1.0, 0.0),))
    world.wait(2.0)
    setattr(world, sensor, False)
    world.wait(0.6)
    assert world.statuses[-1].phase == "blocked" and world.statuses[-1].detail == said
    assert world.proposals[-1].linear_mps == 0.0
    world.wait(5.5)
    assert world.statuses[-1].phase == "failed" and world.statuses[-1].detail == said
    count = len(world.proposals)
    world.wait(1.0)
    assert len(world.proposals) == count, "no goal, no proposals"


def test_a_sensor_that_comes_back_lets_it_go_on(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.step((goal(4.5, 1.0, 0.0),))
    world.wait(1.0)
    world.scan_works = False
    world.wait(2.0)
    world.scan_works = True
    while world.statuses[-1].phase != "reached":
        world.step()
        assert world.now_s < 30.0


def test_without_odometry_there_is_no_pose(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.odom_works = False
    world.wait(0.5)
    assert not any(topic == "pose" for _ in range(20) for topic, _ in world.step())


def test_before_anything_is_heard_it_asks_for_nothing(site: Path) -> None:
    navigator = Navigator(Navigator.Config(site=str(site)))
    outbox = dict(navigator.step({"nav/goal": [goal(4.5, 1.0)]}, 0.0))
    assert outbox["nav/status"].phase == "blocked" and outbox["nav/status"].detail == "no odom yet"
    assert outbox["cmd_vel/proposed"].linear_mps == 0.0


def test_nan_odometry_ages_into_a_stop(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.odom_works = False
    for tick in range(20):
        now_s = world.now_s + 0.05 * tick
        out = dict(world.navigator.step({"odom": [Odometry(now_s, math.nan, 0.0, 0.0, 0.0, 0.0)], "nav/goal": [goal(4.5, 1.0)]}, now_s))
    assert out["cmd_vel/proposed"].linear_mps == 0.0 and "pose" not in out


def test_cancel_ends_with_one_zero(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.step((goal(4.5, 1.0),))
    world.wait(1.5)
    outbox = world.step((goal(0.0, 0.0, cancel=True),))
    topics = [topic for topic, _ in outbox if topic != "pose"]
    assert topics == ["cmd_vel/proposed", "nav/status"]
    assert world.proposals[-1].linear_mps == 0.0 and world.proposals[-1].action_id == "action-g1"
    assert world.statuses[-1].phase == "cancelled"
    assert [topic for topic, _ in world.step() if topic != "pose"] == []


def test_cancelling_something_else_changes_nothing(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.step((goal(4.5, 1.0),))
    world.step((goal(0.0, 0.0, id="other", cancel=True),))
    assert ("other", "cancelled") in [(status.goal_id, status.phase) for status in world.statuses]
    world.wait(1.0)
    assert world.statuses[-1].goal_id == "g1" and world.statuses[-1].phase == "running"


def test_a_new_goal_replaces_the_old_one(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.step((goal(4.5, 1.0),))
    world.wait(1.0)
    assert world.drive(goal(1.0, 2.0, id="g2")).phase == "reached"
    old = [status for status in world.statuses if status.goal_id == "g1"][-1]
    assert old.phase == "cancelled" and old.detail == "replaced by g2"
    assert math.hypot(world.x_m - 1.0, world.y_m - 2.0) < 0.06


def test_new_coordinates_of_the_same_goal_are_driven_to(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.step((goal(4.5, 1.0),))
    world.wait(1.5)
    world.step((goal(3.0, 2.0),))
    lowest = min(world.v for _ in range(20) if world.step() is not None)
    assert lowest > 0.2, "it does not stop to think"
    world.wait(15.0)
    assert math.hypot(world.x_m - 3.0, world.y_m - 2.0) < 0.06
    assert world.phases("g1") == ["running", "reached"]


@pytest.mark.parametrize("bad", [{"x_m": math.nan}, {"y_m": math.inf}, {"stand_off_m": math.nan}, {"stand_off_m": -1.0},
                                 {"max_speed_mps": 0.0}, {"max_speed_mps": math.nan}])  # fmt: skip
def test_a_senseless_goal_fails_at_once(site: Path, bad: dict[str, float]) -> None:
    world = world_in(site, 1.0, 1.0)
    wanted: NavGoal = replace(goal(4.5, 1.0), **bad)  # type: ignore[arg-type]  # the dictionary's keys are float fields
    assert world.drive(wanted).phase == "failed"
    assert not world.proposals


@pytest.mark.parametrize("where", [(2.0, 3.2), (20.0, 20.0), (9.0, -0.2)])
def test_a_place_without_a_way_fails_with_a_reason(site: Path, where: tuple[float, float]) -> None:
    world = world_in(site, 1.0, 1.0, beside_m=0.3)
    status = world.drive(goal(*where))
    assert status.phase == "failed" and status.detail.startswith("the map has no way to")


def test_speed_obeys_the_goal(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.drive(goal(4.5, 1.0, max_speed_mps=0.25))
    assert 0.2 < max(proposal.linear_mps for proposal in world.proposals) <= 0.25


def test_it_does_not_oscillate_on_a_straight_way(site: Path) -> None:
    world = world_in(site, 0.8, 1.0)
    world.drive(goal(4.5, 1.0, 0.0))
    turning = np.array([p.angular_radps for p in world.proposals if p.linear_mps > 0.2])
    assert np.abs(turning).max() < 0.35
    assert max(abs(y - 1.0) for _, y, _ in world.trail) < 0.08


def test_status_comes_on_change_and_five_times_a_second(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    world.step((goal(4.5, 1.0),))
    world.wait(2.0)
    running: list[NavStatus] = [status for status in world.statuses if status.phase == "running"]
    gaps = np.diff([status.stamp_s for status in running])
    assert np.allclose(gaps, 0.2)
    assert running[0].remaining_m > running[-1].remaining_m > 2.0


def test_pose_comes_ten_times_a_second(site: Path) -> None:
    world = world_in(site, 1.0, 1.0)
    poses = [message for _ in range(40) for topic, message in world.step() if topic == "pose"]
    assert len(poses) == 20 and all(isinstance(pose, RobotPose) and 0.0 < pose.std_m < 0.12 for pose in poses)


def run(world: NavWorld) -> list[object]:
    world.walkers = [Walker("anna", [(3.4, 2.6), (3.4, 1.0), (0.5, 1.0)], 1.0, start_s=1.5)]
    world.drive(goal(4.5, 1.0, 0.0))
    return [*world.proposals, *world.statuses]


def test_the_same_seed_gives_the_same_run_to_the_bit(site: Path) -> None:
    first, second = (run(world_in(site, 1.0, 1.0, seed=5)) for _ in range(2))
    assert repr(first) == repr(second)


def test_reset_makes_it_new(site: Path) -> None:
    world = world_in(site, 1.0, 1.0, seed=5)
    fresh = repr(run(world))
    again = world_in(site, 1.0, 1.0, seed=5)
    used = NavWorld(world.navigator, 1.0, 1.0, 0.0, 5)
    used.navigator.reset()
    used.wait(0.2)
    assert repr(run(used)) == fresh == repr(run(again))


def test_a_missing_site_is_named() -> None:
    with pytest.raises(FileError, match="navigator: site: missing"):
        Navigator(Navigator.Config())
