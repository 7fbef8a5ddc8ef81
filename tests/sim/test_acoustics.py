"""The microphone hears each voice as loud, and as late, as its distance says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame
from sim.acoustics import FRAME, NOISE_DBFS, RATE_HZ, SPEED_OF_SOUND_MPS, Acoustics
from sim.description import load_home

HERE = (0.0, 0.0, 0.0)


@pytest.fixture
def acoustics() -> Acoustics:
    return Acoustics(load_home("sim/homes/family_home"), seed=1)


def tone(seconds: float, amplitude: float = 10_000.0) -> NDArray[np.int16]:
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * 500 * times_s)).astype(np.int16)


def listen(acoustics: Acoustics, frames: int, people: dict[str, tuple[float, float]], start_s: float = 0.0) -> NDArray[np.int16]:
    return np.concatenate([acoustics.mix(start_s + i / 50, HERE, people)[0] for i in range(frames)])


def rms(sound: NDArray[np.int16]) -> float:
    return float(np.sqrt(np.mean(sound.astype(float) ** 2)))


@pytest.mark.parametrize("distance_m", [0.5, 1.0, 2.0, 4.0, 8.0])
def test_level_falls_with_distance(acoustics: Acoustics, distance_m: float) -> None:
    sound = tone(1.0)
    acoustics.person_says("anna", sound)
    heard = listen(acoustics, 40, {"anna": (distance_m, 0.0)})[5 * FRAME :]
    assert rms(heard) == pytest.approx(rms(sound) / distance_m, rel=0.02)


def test_a_mouth_is_never_nearer_than_the_robots_shell(acoustics: Acoustics) -> None:
    acoustics.person_says("anna", tone(0.5, 3000))
    assert rms(listen(acoustics, 20, {"anna": (0.0, 0.0)})) < 3000 / 0.29


@pytest.mark.parametrize("distance_m", [1.0, 3.43, 6.86])
def test_sound_needs_its_time(acoustics: Acoustics, distance_m: float) -> None:
    click = np.zeros(100, np.int16)
    click[0] = 30_000
    acoustics.person_says("leo", click)
    heard = listen(acoustics, 3, {"leo": (0.0, distance_m)})
    assert int(np.argmax(np.abs(heard))) == pytest.approx(distance_m / SPEED_OF_SOUND_MPS * RATE_HZ, abs=1)


def test_nothing_of_a_distant_sound_is_cut_off(acoustics: Acoustics) -> None:
    click = np.zeros(FRAME, np.int16)
    click[-1] = 30_000
    acoustics.person_says("leo", click)
    assert np.max(listen(acoustics, 3, {"leo": (6.86, 0.0)})) > 4000


def test_a_walking_speaker_makes_no_clicks(acoustics: Acoustics) -> None:
    acoustics.person_says("anna", tone(2.0))
    heard = np.concatenate([acoustics.mix(i / 50, HERE, {"anna": (2.0 + i * 0.03, 0.0)})[0] for i in range(90)])[2 * FRAME :]
    steepest = 2 * np.pi * 500 / RATE_HZ * 10_000 / 2.0
    assert np.max(np.abs(np.diff(heard.astype(int)))) < steepest * 1.2 + 200


def test_noise_floor_is_there_and_follows_the_seed() -> None:
    home = load_home("sim/homes/family_home")
    first, again, other = (listen(Acoustics(home, seed), 500, {}) for seed in (1, 1, 2))
    assert 20 * np.log10(rms(first) / 32768) == pytest.approx(NOISE_DBFS, abs=0.3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_who_speaks(acoustics: Acoustics) -> None:
    people = {"anna": (1.0, 0.0), "leo": (0.0, 1.0)}
    assert acoustics.mix(0.0, HERE, people)[1] == ()
    acoustics.person_says("leo", tone(0.1))
    acoustics.person_says("anna", tone(0.05))
    spoke = [acoustics.mix(0.02 * i, HERE, people)[1] for i in range(1, 8)]
    assert spoke == [("anna", "leo")] * 3 + [("leo",)] * 3 + [()]


def test_one_person_says_one_thing_after_the_other(acoustics: Acoustics) -> None:
    for _ in range(2):
        acoustics.person_says("rose", tone(0.1))
    speaking = [acoustics.mix(0.02 * i, HERE, {"rose": (1.0, 0.0)})[1] for i in range(14)]
    assert sum(bool(ids) for ids in speaking) in (11, 12)
    assert speaking[-1] == ()


def test_voices_add_up_without_wrapping_around(acoustics: Acoustics) -> None:
    for person in ("anna", "leo"):
        acoustics.person_says(person, tone(0.2, 30_000))
    heard = listen(acoustics, 9, {"anna": (0.5, 0.0), "leo": (0.5, 0.0)})
    assert np.max(heard) == 32767
    assert np.max(np.abs(np.diff(heard.astype(int)))) < 65_000


def test_frames_left_out_are_missed_and_jitter_is_not(acoustics: Acoustics) -> None:
    acoustics.person_says("anna", tone(0.2))
    people = {"anna": (1.0, 0.0)}
    assert acoustics.mix(0.0, HERE, people)[1] == ("anna",)
    assert acoustics.mix(0.025, HERE, people)[1] == ("anna",)  # 5 ms late
    assert acoustics.mix(0.2, HERE, people)[1] == ("anna",)
    assert acoustics.mix(0.22, HERE, people)[1] == ()


def test_somebody_who_is_not_in_the_home_is_not_heard(acoustics: Acoustics) -> None:
    acoustics.person_says("anna", tone(0.1))
    assert rms(listen(acoustics, 5, {})) < 40
    assert acoustics.mix(0.1, HERE, {})[1] == ()


def test_a_stranger_cannot_speak(acoustics: Acoustics) -> None:
    with pytest.raises(KeyError):
        acoustics.person_says("bob", tone(0.1))


def test_reset_silences_everybody(acoustics: Acoustics) -> None:
    before = acoustics.mix(0.0, HERE, {})[0]
    acoustics.person_says("anna", tone(1.0))
    acoustics.reset()
    again, speaking = acoustics.mix(0.0, HERE, {"anna": (1.0, 0.0)})
    assert speaking == () and np.array_equal(before, again)


def test_loudspeaker_keeps_a_second_and_refuses_other_rates(acoustics: Acoustics) -> None:
    for i in range(70):
        acoustics.robot_plays(AudioFrame(i / 50, "voice", i, RATE_HZ, np.zeros(FRAME, np.int16)))
    assert [frame.sequence for frame in acoustics.loudspeaker] == list(range(20, 70))
    with pytest.raises(ValueError, match="22050 Hz, expected 320 at 16000"):
        acoustics.robot_plays(AudioFrame(0.0, "voice", 0, 22_050, np.zeros(441, np.int16)))
