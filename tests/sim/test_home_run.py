"""The home as a stage: rates, people, lidar, determinism, redraw."""

from __future__ import annotations

import math

import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame, PersonCommand
from sim.mjcf import load_model
from sim.people import Walker
from sim.sensors import RAYS
from sim.shapes.human import SEGMENTS
from sim.state import redraw
from tests.sim.home_runner import FAMILY_HOME, HomeRunner


def test_every_topic_comes_at_its_rate() -> None:
    runner = HomeRunner()
    runner.idle(2.0)
    assert {topic: len(messages) for topic, messages in runner.sent.items()} == {
        "odom": 100, "scan": 20, "joint_states": 50, "gripper/state": 20, "audio/in": 100, "sim/state": 40,
    }  # fmt: skip
    assert [frame.sequence for frame in runner.sent["audio/in"]] == list(range(100))


def test_two_runs_with_one_seed_are_equal_to_the_bit_and_another_seed_differs() -> None:
    def run(seed: int) -> HomeRunner:
        runner = HomeRunner(seed=seed)
        runner.direct("anna", path_m=(3.6, 3.4, 4.2, 5.6), speed_mps=0.9)
        runner.drive(1.0, 0.3, 0.4)
        runner.aim(1.0, lift=0.9, head_pan=0.5)
        return runner

    first, second, other = run(1), run(1), run(2)
    for topic, messages in first.sent.items():
        assert [_plain(m) for m in messages] == [_plain(m) for m in second.sent[topic]], topic
    assert [_plain(m) for m in first.sent["scan"]] != [_plain(m) for m in other.sent["scan"]]
    assert [_plain(m) for m in first.sent["odom"]] != [_plain(m) for m in other.sent["odom"]]


def test_a_reset_starts_the_same_run_again() -> None:
    runner = HomeRunner()
    runner.drive(0.5, 0.3)
    before = [_plain(m) for m in runner.sent["sim/state"]]
    runner.home.reset()
    again = HomeRunner()
    again.home = runner.home
    again.drive(0.5, 0.3)
    assert [_plain(m) for m in again.sent["sim/state"]] == before


def _plain(message: object) -> list[object]:
    values = [getattr(message, name) for name in message.__slots__]  # type: ignore[attr-defined]  # dataclasses with slots
    return [value.tobytes() if isinstance(value, np.ndarray) else value for value in values]


def test_a_state_puts_another_process_copy_into_the_same_pose() -> None:
    runner = HomeRunner()
    runner.direct("leo", path_m=(3.4, 2.4))
    runner.drive(0.6, 0.2, 0.5)
    while runner.last("sim/state").stamp_s != pytest.approx(runner.now_s - 0.02):
        runner.drive(0.02, 0.2, 0.5)
    model, _ = load_model(FAMILY_HOME, looks=False)
    copy = mujoco.MjData(model)
    redraw(model, copy, runner.last("sim/state"))
    truth = runner.home.data
    mujoco.mj_kinematics(model, truth)
    assert np.array_equal(copy.xpos, truth.xpos)
    assert np.array_equal(copy.geom_xmat, truth.geom_xmat)


def test_a_state_of_another_home_is_refused() -> None:
    runner = HomeRunner()
    runner.step()
    model = mujoco.MjModel.from_xml_string("<mujoco/>")
    with pytest.raises(ValueError, match="another home"):
        redraw(model, mujoco.MjData(model), runner.last("sim/state"))


def test_the_lidar_measures_the_known_walls() -> None:
    runner = HomeRunner(lidar_std_m=0.0)
    runner.place_robot(7.4, 3.2, 0.0)
    runner.idle(0.2)
    ranges = runner.last("scan").ranges_m
    x, y, _ = runner.home.robot.pose()
    ahead, left, behind = ranges[RAYS // 2], ranges[3 * RAYS // 4], ranges[0]
    assert ahead == pytest.approx(9.94 - x, abs=0.01)
    assert behind == pytest.approx(x - 5.86, abs=0.01)
    assert left > 3.54 - y + 0.5  # through the open bedroom door
    assert ranges[RAYS // 4] == pytest.approx(y - 0.06, abs=0.01)


def test_lidar_noise_has_the_stated_size() -> None:
    runner = HomeRunner(lidar_std_m=0.02)
    runner.idle(6.0)
    column = np.array([scan.ranges_m[0] for scan in runner.sent["scan"]])
    assert np.std(column) == pytest.approx(0.02, rel=0.4)


def test_a_person_is_seen_by_the_lidar() -> None:
    runner = HomeRunner(lidar_std_m=0.0)
    runner.place_robot(7.0, 1.75, 0.0)
    anna = runner.home.walkers["anna"]
    anna.x_m, anna.y_m, anna.yaw_rad = 8.2, 1.75, math.pi
    runner.idle(0.3)
    ahead = runner.last("scan").ranges_m[RAYS // 2 - 12 : RAYS // 2 + 13]
    assert np.min(ahead) == pytest.approx(1.2, abs=0.15)


@pytest.mark.parametrize(("person", "speed"), [("anna", 1.2), ("leo", 0.8), ("rose", 0.5)])
def test_people_walk_at_the_commanded_speed(person: str, speed: float) -> None:
    runner = HomeRunner()
    runner.place_robot(9.0, 2.5, 0.0)
    walker = runner.home.walkers[person]
    walker.x_m, walker.y_m, walker.yaw_rad = 0.9, 4.75, 0.0
    runner.direct(person, path_m=(4.9, 4.75), speed_mps=speed)
    runner.idle(1.0)
    begin = walker.x_m
    runner.idle(2.0)
    assert (walker.x_m - begin) / 2.0 == pytest.approx(speed, rel=0.02)
    runner.idle(10.0)
    assert (walker.x_m, walker.y_m) == pytest.approx((4.9, 4.75), abs=1e-6)
    assert not walker.walking


def test_feet_stay_on_the_floor_and_do_not_skate() -> None:
    """While it carries the body, a foot moves backwards about as fast as the body moves forwards."""
    runner = HomeRunner()
    runner.place_robot(9.0, 2.5, 0.0)
    walker = runner.home.walkers["anna"]
    walker.x_m, walker.y_m, walker.yaw_rad = 0.9, 4.75, 0.0
    runner.direct("anna", path_m=(4.9, 4.75), speed_mps=1.2)
    runner.idle(1.0)
    slides = []
    before: list[NDArray[np.float64]] | None = None
    for _ in range(60):
        runner.step()
        feet = _ankles(walker, runner.now_s)
        lowest = min(foot[2] for foot in feet)
        assert lowest == pytest.approx(walker.body.ankle, abs=0.012)
        if before is not None:
            standing = int(feet[1][2] < feet[0][2])
            slides.append(abs(feet[standing][0] - before[standing][0]) / 0.02)
        before = feet
    assert np.median(slides) < 0.2 * 1.2


def _ankles(walker: Walker, now_s: float) -> list[NDArray[np.float64]]:
    position, turn = walker.pose(now_s)
    ankles = []
    for side in ("l", "r"):
        index = SEGMENTS.index(f"shin_{side}")
        w, x, y, z = turn[index]
        down = -np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
        ankles.append(position[index] + walker.body.shin * down)
    return ankles


def test_a_person_does_not_walk_into_the_robot() -> None:
    runner = HomeRunner()
    runner.place_robot(7.6, 1.75, math.pi)
    anna = runner.home.walkers["anna"]
    anna.x_m, anna.y_m, anna.yaw_rad = 6.4, 1.75, 0.0
    runner.direct("anna", path_m=(9.0, 1.75), speed_mps=1.0)
    runner.idle(4.0)
    assert 0.4 < 7.6 - anna.x_m < 0.7
    runner.place_robot(7.6, 3.0, math.pi)  # the way is free again
    runner.idle(4.0)
    assert anna.x_m == pytest.approx(9.0)


def test_an_empty_command_stops_a_walk_and_words_do_not() -> None:
    runner = HomeRunner()
    runner.direct("anna", path_m=(4.0, 3.6, 4.2, 5.5))
    runner.idle(0.5)
    assert runner.home.walkers["anna"].walking
    runner.direct("anna")
    runner.idle(0.1)
    assert not runner.home.walkers["anna"].walking


def test_bodies_have_human_proportions() -> None:
    runner = HomeRunner()
    for walker in runner.home.walkers.values():
        body = walker.body
        crown = body.hip + body.neck - 0.22 * body.head + body.head
        assert crown == pytest.approx(walker.person.height_m, abs=0.01)
        assert body.thigh + body.shin + body.ankle == pytest.approx(body.hip)
    child, adult = (runner.home.walkers[name].body for name in ("leo", "anna"))
    assert child.head / child.height > adult.head / adult.height


def test_the_microphone_gets_a_frame_every_step() -> None:
    runner = HomeRunner()
    runner.idle(0.1)
    frame = runner.last("audio/in")
    assert isinstance(frame, AudioFrame)
    assert frame.samples.shape == (320,)
    assert frame.samples.dtype == np.int16


def test_who_talks_to_it_from_outside_is_heard_alone() -> None:
    """With ``demo --mic`` the microphone's frames and the home's own would be one stream of both."""
    runner = HomeRunner(audio_in="device")
    runner.idle(0.1)
    assert "audio/in" not in runner.sent
    assert runner.sent["odom"]


@pytest.mark.parametrize("command", [{"person": "nobody", "say": "hello"}, {"person": "anna", "say": "no_such_recording.wav"}])
def test_a_direction_that_cannot_be_followed_is_told_and_ignored(command: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    runner = HomeRunner()
    runner.step(sim__people=[PersonCommand(0.0, command["person"], command["say"], (), 0.0)])
    runner.idle(0.1)
    assert command["person"] in caplog.text
    assert all(state.speaking == () for state in runner.sent["sim/state"])
