"""Loudness by distance and noise, the limiter, the noise floor, and the meter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_runtime.speak.loudness import Headroom, Law, NoiseFloor, level_dbfs, limited
from robot_runtime.speak.meter import Meter, PauseKind, active_level_dbfs, pitch_hz

LAW = Law()
RATE_HZ = 16_000
NAN = math.nan


def test_unknown_distance_and_noise_mean_a_normal_voice() -> None:
    assert LAW.gain_db(1.0, NAN, NAN) == 0.0
    assert LAW.gain_db(1.0, 1.0, -60.0) == 0.0


@pytest.mark.parametrize(
    ("volume_ratio", "distance_m", "noise_dbfs", "expected_db"),
    [
        (1.15, NAN, NAN, 1.21),
        (1.0, 2.0, NAN, 3.0),
        (1.0, 4.0, NAN, 6.0),
        (1.0, NAN, -31.0, 5.0),
        (1.0, 2.0, -31.0, 8.0),
        (1.0, 9.0, -20.0, 10.0),
    ],
)
def test_what_is_added_adds_up(volume_ratio: float, distance_m: float, noise_dbfs: float, expected_db: float) -> None:
    assert LAW.gain_db(volume_ratio, distance_m, noise_dbfs) == pytest.approx(expected_db, abs=0.01)


@given(volume=st.floats(0.3, 2.0), near=st.floats(0.1, 20), more_m=st.floats(0, 20), noise=st.floats(-100, 0), more_db=st.floats(0, 60))
def test_farther_or_noisier_is_never_softer_and_all_is_bounded(
    volume: float, near: float, more_m: float, noise: float, more_db: float
) -> None:
    gain_db = LAW.gain_db(volume, near, noise)
    assert LAW.softest_db <= gain_db <= LAW.loudest_db
    assert LAW.gain_db(volume, near + more_m, noise) >= gain_db
    assert LAW.gain_db(volume, near, noise + more_db) >= gain_db


def test_a_robot_that_overloads_its_own_microphone_speaks_softer_but_never_softer_than_normal() -> None:
    headroom, clipped, clear = Headroom(), np.full(320, 32_767, np.int16), np.full(320, 20_000, np.int16)
    headroom.take(clear, 6.0)
    assert headroom.most_db > 10, "as long as nothing is clipped"
    for _ in range(4):
        headroom.take(clipped, 6.0)
    assert headroom.most_db == 4.0
    for _ in range(20):
        headroom.take(clipped, 6.0)
    assert headroom.most_db == 0.0
    for _ in range(3000):
        headroom.take(clear, 0.0)
    assert 1.0 < headroom.most_db < 2.0, "a minute of speech later it may try again"


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_the_limiter_keeps_order_sign_and_range(values: list[float]) -> None:
    sound = np.array(sorted(values))
    result = limited(sound).astype(int)
    assert np.all(np.diff(result) >= 0)
    assert np.abs(result).max() <= 32767
    soft = np.abs(sound) < 0.7 * 32767
    assert np.array_equal(result[soft], np.rint(sound[soft]).astype(int))
    assert np.array_equal(limited(-sound), -limited(sound))


def test_the_loudest_voice_is_hardly_distorted() -> None:
    """A sine at the level of the loudest peaks: what the limiter adds is 25 dB below it."""
    tone = np.sin(2 * np.pi * 250 * np.arange(RATE_HZ) / RATE_HZ)
    spectrum = np.abs(np.fft.rfft(limited(tone * 32767 * 1.1))) ** 2
    assert spectrum[250] > 10**2.5 * (spectrum.sum() - spectrum[250])


def test_the_noise_floor_is_what_lasts() -> None:
    floor, generator = NoiseFloor(), np.random.default_rng(1)
    for index in range(200):
        speech = index % 25 < 17  # syllables and gaps
        frame = generator.standard_normal(320) * (3000 if speech else 100)
        floor.take(frame.astype(np.int16))
        assert index >= 49 or math.isnan(floor.level_dbfs)
    assert floor.level_dbfs == pytest.approx(20 * math.log10(100 / 32768), abs=1.5)


def test_levels() -> None:
    assert level_dbfs(np.zeros(320, np.int16)) == -100
    assert level_dbfs(np.full(320, 3277, np.int16)) == pytest.approx(-20, abs=0.01)
    speech = np.concatenate([np.full(16000, 3277), np.zeros(32000)]).astype(np.int16)
    assert active_level_dbfs(speech) == pytest.approx(-20, abs=0.3)
    assert math.isnan(active_level_dbfs(np.zeros(0, np.int16)))


@pytest.mark.parametrize("voice_hz", [75.0, 110.0, 180.0, 320.0, 450.0])
def test_pitch_of_a_voice(voice_hz: float) -> None:
    time_s = np.arange(640) / RATE_HZ
    sound = np.sum([np.sin(2 * np.pi * voice_hz * k * time_s) / k for k in range(1, 8)], axis=0)
    assert pitch_hz((4000 * sound).astype(np.int16)) == pytest.approx(voice_hz, rel=0.01)


def test_noise_and_silence_have_no_pitch() -> None:
    noise = (3000 * np.random.default_rng(2).standard_normal((20, 640))).astype(np.int16)
    assert sum(not math.isnan(pitch_hz(window)) for window in noise) <= 1
    assert math.isnan(pitch_hz(np.zeros(640, np.int16)))


def test_pauses_are_measured_on_the_sound_and_not_believed() -> None:
    """The meter is told where a pause begins, not how long it is; one that is filled with sound is none."""
    gaps: tuple[tuple[PauseKind, int], ...] = (("clause", 1600), ("sentence", 8000), ("clause", 0))
    meter, word = Meter(), np.full(3200, 2000, np.int16)
    for kind, gap in gaps:
        meter.feed(word)
        meter.pause(kind)
        meter.feed(np.zeros(gap, np.int16))
    meter.feed(word)
    figures = meter.figures()
    assert figures.clause_pause_s == pytest.approx(0.05, abs=0.003)  # of 0.1 and 0
    assert figures.sentence_pause_s == pytest.approx(0.5, abs=0.003)
    assert figures.speech_s == pytest.approx(figures.duration_s - 0.5, abs=0.003)
