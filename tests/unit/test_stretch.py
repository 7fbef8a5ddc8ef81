"""The time-stretch: length, pitch, independence of blocks, bounded lag, and no drift."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from robot_runtime.speak.stretch import LAG_SAMPLES, RATE_HZ, RATIOS, REACH, Stretch, stretched

FRAME = 320


def vowel(pitch_hz: float, seconds: float) -> NDArray[np.int16]:
    """Ten harmonics, softer the higher they are."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound = sum(np.sin(2 * np.pi * pitch_hz * k * time_s) / k for k in range(1, 11))
    return np.asarray(4000 * sound, np.int16)


def babble(seconds: float, seed: int = 1) -> NDArray[np.int16]:
    """Noise that swells and fades as syllables do."""
    count = int(seconds * RATE_HZ)
    swell = np.sin(np.linspace(0, 12 * seconds, count)) ** 2
    return np.asarray(3000 * swell * np.random.default_rng(seed).standard_normal(count), np.int16)


def pitch_hz(sound: NDArray[np.int16]) -> float:
    middle = sound[len(sound) // 2 - 2000 : len(sound) // 2 + 2000].astype(float)
    correlation = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    shortest, longest = RATE_HZ // 400, RATE_HZ // 60
    return RATE_HZ / (shortest + int(correlation[shortest:longest].argmax()))


def in_blocks(stretch: Stretch, sound: NDArray[np.int16], sizes: list[int]) -> NDArray[np.int16]:
    out, place, turn = [], 0, 0
    while place < len(sound):
        size = sizes[turn % len(sizes)]
        out.append(stretch.push(sound[place : place + size]))
        place, turn = place + size, turn + 1
    return np.concatenate([*out, stretch.finish()])


@pytest.mark.parametrize("ratio", [0.6, 0.8, 0.97, 1.0, 1.03, 1.25, 1.6])
@pytest.mark.parametrize("voice_hz", [85.0, 120.0, 210.0, 300.0])
def test_length_changes_and_pitch_does_not(ratio: float, voice_hz: float) -> None:
    sound = vowel(voice_hz, 1.5)
    result = stretched(sound, ratio)
    assert len(result) == round(len(sound) * ratio)
    assert pitch_hz(result) == pytest.approx(voice_hz, rel=0.01)
    inner = slice(2000, -2000)
    assert result[inner].astype(float).std() == pytest.approx(sound[inner].astype(float).std(), rel=0.03)


def test_a_vowel_stays_smooth() -> None:
    """What leaks between the harmonics of a steady vowel is 25 dB below them."""
    result = stretched(vowel(125.0, 2.0), 1.3)[4000:36000].astype(float)
    spectrum = np.abs(np.fft.rfft(result * np.hanning(len(result)))) ** 2
    bins = np.arange(len(spectrum)) * RATE_HZ / len(result)
    near = np.abs((bins + 62.5) % 125.0 - 62.5) < 25.0
    speech = (bins > 60) & (bins < 1300)
    assert spectrum[speech & near].sum() > 10**2.5 * spectrum[speech & ~near].sum()


def test_ratio_one_changes_nothing() -> None:
    sound = babble(1.0)
    assert np.array_equal(stretched(sound, 1.0), sound)


@settings(max_examples=40, deadline=None)
@given(ratio=st.floats(*RATIOS), sizes=st.lists(st.integers(1, 1500), min_size=1, max_size=5))
def test_it_does_not_matter_how_the_input_is_cut(ratio: float, sizes: list[int]) -> None:
    sound = babble(0.6)
    assert np.array_equal(in_blocks(Stretch(ratio), sound, sizes), stretched(sound, ratio))


@settings(max_examples=25, deadline=None)
@example(ratios=[1.515625, 0.61328125], size=100)  # a change within a hop
@given(ratios=st.lists(st.floats(*RATIOS), min_size=1, max_size=6), size=st.integers(1, 700))
def test_changes_while_it_runs_hold_from_their_place_in_the_input(ratios: list[float], size: int) -> None:
    sound, part = babble(0.9), 2400
    results = []
    for block in (size, part):
        stretch, out = Stretch(ratios[0]), []
        for turn in range(6):
            stretch.set_ratio(ratios[turn % len(ratios)])
            piece = sound[turn * part : (turn + 1) * part]
            out += [stretch.push(piece[begin : begin + block]) for begin in range(0, part, block)]
        results.append(np.concatenate([*out, stretch.finish()]))
    assert np.array_equal(results[0], results[1])
    wanted = sum(part * ratios[turn % len(ratios)] for turn in range(6))
    assert len(results[0]) == pytest.approx(wanted, abs=1)


@settings(max_examples=25, deadline=None)
@given(ratios=st.lists(st.floats(*RATIOS), min_size=1, max_size=8))
def test_the_lag_is_bounded(ratios: list[float]) -> None:
    stretch, sound = Stretch(), babble(0.8)
    for turn in range(40):
        stretch.set_ratio(ratios[turn % len(ratios)])
        stretch.push(sound[turn * FRAME : (turn + 1) * FRAME])
        assert stretch.lag_samples <= LAG_SAMPLES


def test_an_hour_does_not_drift() -> None:
    ratio = 0.7
    stretch, block = Stretch(ratio), np.zeros(20 * RATE_HZ, np.int16)
    block[::RATE_HZ] = 20000  # a click a second
    out = received = 0
    for _ in range(180):
        out += len(stretch.push(block))
        received += len(block)
        assert abs(out - received * ratio) <= LAG_SAMPLES + 240
        assert len(stretch._input) <= 2 * LAG_SAMPLES
    assert abs(out + len(stretch.finish()) - received * ratio) <= 1


def test_clicks_come_out_where_they_belong() -> None:
    sound = np.zeros(RATE_HZ * 3, np.int16)
    sound[RATE_HZ::RATE_HZ] = 20000
    clicks = np.flatnonzero(stretched(sound, 1.5) > 9000)
    for place in (1.5 * RATE_HZ, 3.0 * RATE_HZ):
        assert np.abs(clicks - place).min() <= 1.6 * (REACH + 240)


def test_the_loudest_sound_does_not_wrap() -> None:
    square = np.where(np.arange(RATE_HZ) // 57 % 2, 32767, -32768).astype(np.int16)
    result = stretched(square, 1.21).astype(int)
    assert np.abs(np.diff(result)).max() <= 65535 and np.abs(result).max() >= 32000


@pytest.mark.parametrize("ratio", [0.5, 1.7, float("nan")])
def test_a_ratio_out_of_range_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="not within"):
        Stretch(ratio)
    stretch = Stretch()
    with pytest.raises(ValueError, match="not within"):
        stretch.set_ratio(ratio)


@pytest.mark.parametrize("count", [0, 1, 100, 700])
def test_short_sounds_have_their_length_too(count: int) -> None:
    assert len(stretched(babble(0.1)[:count], 1.5)) == round(count * 1.5 + 1e-9)
