"""The simulated array finds the loudest sound as exactly as it says, and nothing in silence."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame, VoiceDirection
from sim.acoustics import FRAME, NOISE_DBFS, RATE_HZ
from sim.microphone_array import LEAST_SNR_DB, REFLECTION_SHARE, RESOLUTION_RAD, MicrophoneArray, std_rad
from tests.sim.home_runner import HomeRunner

ROBOT = (0.0, 0.0, 0.0)
LOUD = 1000.0**2
QUIET = 32768.0**2 * 10 ** (NOISE_DBFS / 10)


def estimates(
    places: Mapping[str, tuple[float, float]],
    count: int = 200,
    robot: tuple[float, float, float] = ROBOT,
    seed: int = 1,
    arriving: Mapping[str, float] | None = None,
) -> list[VoiceDirection]:
    array, powers = MicrophoneArray(seed), dict.fromkeys(places, LOUD) if arriving is None else arriving
    heard = (array.hear(frame / 50, robot, powers, places) for frame in range(5 * count))
    return [direction for direction in heard if direction is not None]


def errors_rad(found: list[VoiceDirection], true_rad: float) -> NDArray[np.float64]:
    return np.array([math.remainder(direction.bearing_rad - true_rad, math.tau) for direction in found])


@pytest.mark.parametrize("distance_m", [0.5, 2.0, 6.0])
def test_errors_are_as_large_as_it_says(distance_m: float) -> None:
    found = estimates({"anna": (0.0, distance_m)}, 4000)
    assert len(found) == 4000
    assert {direction.std_rad for direction in found} == {std_rad(distance_m)}
    errors = errors_rad(found, math.pi / 2)
    wild = np.abs(errors) > 5 * std_rad(distance_m)
    assert np.std(errors[~wild]) == pytest.approx(std_rad(distance_m), rel=0.1)
    assert abs(np.mean(errors[~wild])) < 0.15 * std_rad(distance_m)
    assert 0.3 * REFLECTION_SHARE < np.mean(wild) < 1.3 * REFLECTION_SHARE


def test_errors_are_a_few_degrees_in_a_room() -> None:
    """2 degrees on average close by, as measured of such arrays; within a table's breadth of who speaks at 4 m."""
    close = np.abs(errors_rad(estimates({"anna": (0.3, 0.0)}, 2000), 0.0))
    assert math.degrees(float(np.median(close))) == pytest.approx(1.7, abs=0.4)
    assert 4.0 * math.sin(std_rad(4.0)) < 0.5


def test_errors_last_for_a_while() -> None:
    """So that averaging half a second does not make them vanish."""
    errors = errors_rad(estimates({"anna": (2.0, 0.0)}, 4000), 0.0)
    errors = errors[np.abs(errors) < 5 * std_rad(2.0)]
    assert 0.3 < np.corrcoef(errors[:-1], errors[1:])[0, 1] < 0.6


@pytest.mark.parametrize("yaw_rad", [0.0, 1.0, -2.5, 3.1])
def test_bearings_turn_with_the_robot(yaw_rad: float) -> None:
    found = estimates({"anna": (1.0, 3.0)}, robot=(1.0, 1.0, yaw_rad))
    assert np.median(errors_rad(found, math.pi / 2 - yaw_rad)) == pytest.approx(0.0, abs=2 * RESOLUTION_RAD)
    assert all(-math.pi <= direction.bearing_rad <= math.pi for direction in found)
    steps = np.array([direction.bearing_rad for direction in found]) / RESOLUTION_RAD
    assert np.allclose(steps, np.round(steps))


def test_one_seed_gives_the_same_and_another_does_not() -> None:
    place = {"anna": (2.0, 1.0)}
    assert estimates(place) == estimates(place) != estimates(place, seed=2)
    array = MicrophoneArray(1)
    first = [array.hear(frame / 50, ROBOT, {"anna": LOUD}, place) for frame in range(50)]
    array.reset()
    assert [array.hear(frame / 50, ROBOT, {"anna": LOUD}, place) for frame in range(50)] == first


@pytest.mark.parametrize(("snr_db", "heard"), [(LEAST_SNR_DB - 0.5, False), (LEAST_SNR_DB + 0.5, True)])
def test_what_hardly_stands_out_of_the_noise_is_not_found(snr_db: float, heard: bool) -> None:
    assert bool(estimates({"anna": (2.0, 0.0)}, arriving={"anna": QUIET * 10 ** (snr_db / 10)})) is heard


def test_of_two_the_louder_is_found() -> None:
    found = estimates({"anna": (2.0, 0.0), "leo": (0.0, 2.0)}, arriving={"anna": LOUD, "leo": 2 * LOUD})
    assert np.median(errors_rad(found, math.pi / 2)) == pytest.approx(0.0, abs=0.03)


def test_the_level_is_that_of_the_sound() -> None:
    (found,) = estimates({"anna": (2.0, 0.0)}, 1)
    assert found.level_dbfs == pytest.approx(20 * math.log10(1000 / 32768), abs=0.1)


# ------------------------------------------------ in the home


@pytest.fixture
def runner() -> HomeRunner:
    runner = HomeRunner()
    runner.place_robot(7.6, 1.75, math.pi)
    anna = runner.home.walkers["anna"]
    anna.x_m, anna.y_m = 7.6, 0.75  # to the left of a robot that looks towards -x
    return runner


def test_a_home_tells_ten_times_a_second_where_a_voice_comes_from(runner: HomeRunner) -> None:
    runner.direct("anna", say="please bring me the big red cup from the kitchen table")
    runner.idle(2.0)
    found = runner.sent["audio/direction"]
    assert 14 <= len(found) <= 20  # but for pauses
    assert np.median(errors_rad(found, math.pi / 2)) == pytest.approx(0.0, abs=2 * std_rad(1.0))
    stamps = {round(direction.stamp_s * 50) for direction in found}
    assert all(later - earlier >= 5 for earlier, later in zip(sorted(stamps), sorted(stamps)[1:], strict=False))


def test_in_silence_and_of_the_robots_own_voice_it_tells_nothing(runner: HomeRunner) -> None:
    tone = (8000 * np.sin(np.arange(FRAME) * 2 * np.pi * 500 / RATE_HZ)).astype(np.int16)
    runner.idle(1.0)
    for sequence in range(50):
        runner.step(audio__out=[AudioFrame(runner.now_s, "voice", sequence, RATE_HZ, tone)])
    assert "audio/direction" not in runner.sent


def test_it_finds_what_is_no_speech_too(runner: HomeRunner) -> None:
    clatter = np.random.default_rng(3).normal(0, 3000, RATE_HZ // 2).astype(np.int16)
    runner.home._acoustics.person_says("anna", clatter)
    runner.idle(1.0)
    assert 4 <= len(runner.sent["audio/direction"]) <= 7
