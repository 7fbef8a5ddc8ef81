"""Four microphones hear voices at different times, and their signals tell the direction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.acoustics import Acoustics
from sim.sound.field import ARRAY_RADIUS_M, microphone_offsets_m
from sim.sound.finder import STD_RAD, EstimatedFinder, SignalFinder, direction_finder
from sim.sound.units import RATE_HZ, SPEED_OF_SOUND_MPS
from sim.voices import render
from tests.sim.home_runner import HomeRunner
from tests.sim.sound_rig import ROBOT, home, listen


def test_the_nearer_microphone_hears_first() -> None:
    acoustics = Acoustics(home(microphones=4), 1)
    noise = np.random.default_rng(1).normal(0, 3000, RATE_HZ).astype(np.int16)
    acoustics.person_says("anna", noise)
    heard = listen(acoustics, 40, {"anna": (ROBOT[0] + 2.0, ROBOT[1])})[:, 3200:].astype(float)
    front, back = heard[0], heard[1]  # left of the axis; the front one is ahead by a side of the square
    lags = np.arange(-8, 9)
    match = [float(np.dot(back[16:-16], np.roll(front, lag)[16:-16])) for lag in lags]
    expected = math.sqrt(2) * ARRAY_RADIUS_M / SPEED_OF_SOUND_MPS * RATE_HZ
    assert lags[int(np.argmax(match))] == pytest.approx(expected, abs=0.6)
    assert np.linalg.norm(microphone_offsets_m(4), axis=1) == pytest.approx(ARRAY_RADIUS_M)


def errors_deg(bearing_deg: float, distance_m: float, yaw_rad: float, reverberation: bool) -> list[float]:
    description = home(microphones=4, reverberation=reverberation, noise_dbfs=-65)
    acoustics, finder = Acoustics(description, 1), SignalFinder(-65)
    acoustics.person_says("anna", render("please bring me the big red cup from the kitchen table", description.people["anna"]))
    robot = (2.9, 2.2, yaw_rad)
    angle = yaw_rad + math.radians(bearing_deg)
    anna = (robot[0] + distance_m * math.cos(angle), robot[1] + distance_m * math.sin(angle))
    errors = []
    for frame in range(120):
        acoustics.mix(frame / 50, robot, {"anna": anna})
        found = finder.hear(frame / 50, robot, acoustics, {})
        if found is not None:
            errors.append(abs(math.degrees(math.remainder(found.bearing_rad - math.radians(bearing_deg), math.tau))))
    return errors


@pytest.mark.parametrize("bearing_deg", [0.0, 75.0, 180.0, -120.0])
def test_a_voice_is_found_in_the_free_field(bearing_deg: float) -> None:
    errors = errors_deg(bearing_deg, 1.5, 0.4, reverberation=False)
    assert len(errors) > 10
    assert np.median(errors) < 3.0


def test_and_in_a_room_about_as_well_as_it_says() -> None:
    pytest.importorskip("pyroomacoustics")
    errors = np.concatenate([errors_deg(bearing, 1.5, 0.4, reverberation=True) for bearing in (20.0, 140.0, -60.0)])
    sound = errors[errors < 3 * math.degrees(STD_RAD)]
    assert len(sound) > 0.6 * len(errors)
    assert math.sqrt(float(np.mean(sound**2))) < 1.2 * math.degrees(STD_RAD)


def test_silence_and_the_robots_own_voice_have_no_direction() -> None:
    description = home(microphones=4, own_voice={}, noise_dbfs=-65)
    acoustics, finder = Acoustics(description, 1), SignalFinder(-65)
    words = render("i am on my way", description.people["anna"])
    for frame in range(50):
        listen(acoustics, 1, plays=words[frame * 320 : (frame + 1) * 320])
        assert finder.hear(frame / 50, ROBOT, acoustics, {}) is None


def test_one_microphone_takes_an_estimate_and_four_take_their_signals() -> None:
    assert isinstance(direction_finder(home(), 1), EstimatedFinder)
    assert isinstance(direction_finder(home(microphones=4), 1), SignalFinder)


def test_audio_in_stays_one_channel() -> None:
    runner = HomeRunner()
    runner.home._acoustics = Acoustics(home(microphones=4), 1)
    runner.step()
    assert runner.last("audio/in").samples.shape == (320,)
