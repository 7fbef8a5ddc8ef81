"""The robot hears its own voice, late and loud, and its motors by their speed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame
from robot_runtime.speak.loudness import NOMINAL_DBFS as SPOKEN_DBFS
from sim.acoustics import Acoustics
from sim.sound.own_voice import BODY_DELAY_S, DISTANCE_M, USUAL_DBFS
from sim.sound.units import NOMINAL_DBFS, NOMINAL_SPL_DB, RATE_HZ, SPEED_OF_SOUND_MPS
from sim.voices import active_rms, render
from tests.sim.sound_rig import click, home, level_dbfs, listen

WORDS = render("i am bringing you the red cup", home().people["anna"])


def active_dbfs(sound: NDArray[np.int16]) -> float:
    return 20 * float(np.log10(active_rms(sound.astype(float)) / 32768))


def test_it_speaks_as_loud_as_is_assumed() -> None:
    assert USUAL_DBFS == SPOKEN_DBFS


@pytest.mark.parametrize("level_db", [6.0, 10.0])
@pytest.mark.parametrize("reverberation", [False, True])
def test_its_voice_is_as_much_louder_than_a_person_as_asked(level_db: float, reverberation: bool) -> None:
    acoustics = Acoustics(home(own_voice={"level_db": level_db}, reverberation=reverberation), 1)
    heard = listen(acoustics, 120, plays=WORDS)[0]
    assert active_dbfs(WORDS) == pytest.approx(USUAL_DBFS, abs=0.2)
    assert active_dbfs(heard) == pytest.approx(NOMINAL_DBFS + level_db, abs=1.5)


@pytest.mark.parametrize("latency_s", [0.0, 0.06, 0.1])
def test_it_comes_after_the_sound_card_has_played_it(latency_s: float) -> None:
    acoustics = Acoustics(home(own_voice={"latency_s": latency_s, "body_db": -60.0}), 1)
    heard = listen(acoustics, 20, plays=click())[0].astype(float)
    late = int(np.argmax(np.abs(heard))) - latency_s * RATE_HZ
    assert late == pytest.approx(DISTANCE_M / SPEED_OF_SOUND_MPS * RATE_HZ, abs=1.5)


def test_a_voice_that_gives_its_first_frames_at_once_is_heard_as_one_that_began_earlier() -> None:
    def heard(frames_at: list[int]) -> list[NDArray[np.int16]]:
        acoustics, sounds, frames = Acoustics(home(own_voice={}), 1), [], iter(range(6))
        for step, count in enumerate(frames_at):
            for number in [next(frames) for _ in range(count)]:
                samples = WORDS[320 * (number + 10) : 320 * (number + 11)]
                acoustics.robot_plays(AudioFrame(step * 0.02, "voice", number, RATE_HZ, samples))
            sounds.append(acoustics.mix(step * 0.02, (2.0, 2.0, 0.0), {})[0])
        return sounds

    one_by_one, at_once = heard([0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]), heard([0, 0, 0, 3, 1, 1, 1, 0, 0, 0, 0])
    assert np.array_equal(one_by_one, at_once) and np.any(at_once)


def test_the_body_brings_it_within_milliseconds() -> None:
    acoustics = Acoustics(home(own_voice={"latency_s": 0.0, "body_db": 10.0, "level_db": 6.0}), 1)
    heard = np.abs(listen(acoustics, 20, plays=click())[0].astype(float))
    energy = np.cumsum(heard**2) / np.sum(heard**2)
    assert BODY_DELAY_S / 2 < int(np.argmax(energy > 0.5)) / RATE_HZ < 4 * BODY_DELAY_S


def test_a_room_answers_it_and_the_free_field_does_not() -> None:
    pytest.importorskip("pyroomacoustics")
    dry, wet = (listen(Acoustics(home(own_voice={}, reverberation=on), 1), 40, plays=click())[0] for on in (False, True))
    assert level_dbfs(dry[3200:]) < level_dbfs(wet[3200:]) - 15
    assert level_dbfs(wet[3200:6400]) < level_dbfs(wet[:3200]) - 5


def test_a_loud_tone_is_distorted_a_little() -> None:
    times_s = np.arange(RATE_HZ) / RATE_HZ
    tone = (0.5 * 32768 * np.sin(2 * np.pi * 500 * times_s)).astype(np.int16)
    shares = []
    for distortion in (0.0, 0.05):
        acoustics = Acoustics(home(own_voice={"distortion": distortion, "level_db": 0.0, "body_db": -60.0}), 1)
        spectrum = np.abs(np.fft.rfft(listen(acoustics, 50, plays=tone)[0][4800:12800].astype(float) * np.hanning(8000)))
        lines = [float(np.max(spectrum[k * 250 - 3 : k * 250 + 4])) for k in (1, 2, 3)]
        shares.append(math.hypot(*lines[1:]) / lines[0])
    assert shares[0] < 0.002
    assert shares[1] == pytest.approx(0.05, rel=0.4)


def test_who_is_not_asked_to_hear_it_does_not() -> None:
    assert level_dbfs(listen(Acoustics(home(), 1), 30, plays=WORDS)[0]) < -90


# ------------------------------------------------ motors


def drive(mps: float, seed: int = 1, **motors: float) -> NDArray[np.int16]:
    return np.asarray(listen(Acoustics(home(motors=motors), seed), 150, speed=(mps, 0.0))[0][3200:])


def test_motors_are_as_loud_as_stated_and_louder_when_faster() -> None:
    stated = NOMINAL_DBFS - NOMINAL_SPL_DB
    assert level_dbfs(drive(0.0, fan_db=40)) == pytest.approx(stated + 40, abs=0.7)
    assert level_dbfs(drive(0.5, fan_db=0, drive_db=50)) == pytest.approx(stated + 50, abs=1.0)
    levels = [level_dbfs(drive(speed)) for speed in (0.0, 0.1, 0.3, 0.5, 0.8)]
    assert levels == sorted(levels) and levels[-1] - levels[1] > 12


def test_their_tones_rise_with_the_speed() -> None:
    peaks = []
    for speed in (0.25, 0.5):
        spectrum = np.abs(np.fft.rfft(drive(speed, fan_db=0)[:32000] * np.hanning(32000)))
        peaks.append(int(np.argmax(spectrum)) / 2)
    assert peaks[1] == pytest.approx(2 * peaks[0], rel=0.02)


def test_motors_follow_the_seed() -> None:
    assert np.array_equal(drive(0.4), drive(0.4))
    assert not np.array_equal(drive(0.4), drive(0.4, seed=2))
