"""Half an hour with crystals 200 ppm off on both sides, calls that come late and steps that come later: nothing grows, nothing is lost."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame
from robot_runtime.sense import sound_stream
from robot_runtime.sense.device_source import DeviceSource
from robot_runtime.sense.frame_clock import FrameClock, Offset
from robot_runtime.sense.rate import Converter
from robot_runtime.sense.sound_source import FRAME_S
from robot_runtime.sense.sound_stream import Wish
from robot_runtime.speak.device_sink import DeviceSink
from sim.sound.cards import Device, Sounds, at_once, snr_db, tone_hz

OFFSET_S = 1000.0
TONE_HZ = 1000
SAMPLES = np.arange(320) / 16_000


@dataclass
class Run:
    """A microphone that hears a tone, and a speaker that plays one without a pause, for some minutes."""

    microphone_ppm: float
    speaker_ppm: float
    rate_hz: int
    step_frames: int = 1
    ahead_s: float = 0.04
    stamps_s: list[float] = field(default_factory=list)
    sound: list[NDArray[np.int16]] = field(default_factory=list)
    latency_s: list[float] = field(default_factory=list)
    waiting_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inside = Device("In", self.rate_hz, outputs=0, ppm=self.microphone_ppm, sound=tone_hz(TONE_HZ))
        self.outside = Device("Out", self.rate_hz, inputs=0, ppm=self.speaker_ppm)
        self.sounds = Sounds(self.inside, self.outside, jitter_s=0.002, seed=1)
        shared: dict[str, Any] = {"sounddevice": self.sounds, "clock": self.sounds, "start": at_once}
        self.source = DeviceSource(Wish("input", "", 1.0), **shared)
        self.sink = DeviceSink(Wish("output", "", 5 * self.ahead_s), self.ahead_s, **shared)
        self._chance = np.random.default_rng(2)
        self._sent = 0

    def go(self, seconds: float) -> None:
        start_s, step_s = self.sounds.now_s - self._sent * FRAME_S, self.step_frames * FRAME_S
        for step in range(round(seconds / step_s)):
            late_s = 2 * self.ahead_s if step % 997 == 996 else min(0.015, float(self._chance.exponential(0.002)))
            self.sounds.run(max(0.0, start_s + self._sent * FRAME_S + step_s + late_s - self.sounds.now_s))
            self._step(start_s)

    def _step(self, start_s: float) -> None:
        now_s = self.sounds.now_s + OFFSET_S
        for stamp_s, samples in self.source.read({}, now_s):
            self.stamps_s.append(stamp_s)
            self.sound = [*self.sound[-24:], samples]
            self.latency_s.append(now_s - stamp_s - FRAME_S)
        while (stamp_s := start_s + self._sent * FRAME_S) <= self.sounds.now_s:
            samples = (16_000 * np.sin(2 * np.pi * TONE_HZ * (SAMPLES + self._sent * FRAME_S))).astype(np.int16)
            self.sink.write(AudioFrame(stamp_s + OFFSET_S, "voice", self._sent, 16_000, samples), now_s)
            self.waiting_s.append(self.sink._level_s)
            self._sent += 1
        self.sink.tick(now_s)
        del self.outside.played[:-50]

    def heard_snr_db(self) -> float:
        """Of the last half second, against the tone of the room at the times of the stamps."""
        times_s = self.stamps_s[-1] + FRAME_S - OFFSET_S - np.arange(len(self.sound) * 320, 0, -1) / 16_000
        return snr_db(np.concatenate(self.sound), times_s, TONE_HZ)

    def played_snr_db(self) -> float:
        sound = np.concatenate([samples for _, samples in self.outside.played])
        times_s = self.outside.played[0][0] + np.arange(len(sound)) / (self.rate_hz * (1 + 1e-6 * self.speaker_ppm))
        return snr_db(sound, times_s, TONE_HZ)


MINUTES = int(os.environ.get("SOUND_MINUTES", "4"))
"""Of the long case; SOUND_MINUTES=30 makes it half an hour."""

CASES = {
    "long": (200.0, MINUTES, 16_000, 20, 10, 0.3),  # in steps and calls ten times as long as usual, for the sake of time
    "as on a robot": (-200.0, 3, 48_000, 100, 1, 0.04),
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("ppm", "minutes", "rate_hz", "calls_a_second", "step_frames", "ahead_s"),
    [pytest.param(*CASES["long"], id="long"), pytest.param(*CASES["as on a robot"], id="as on a robot", marks=pytest.mark.long)],
)
def test_nothing_grows_and_nothing_is_lost(
    ppm: float, minutes: int, rate_hz: int, calls_a_second: int, step_frames: int, ahead_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_stream, "CALLS_A_SECOND", calls_a_second)
    run = Run(ppm, -ppm, rate_hz, step_frames, ahead_s)
    run.go(60.0)
    heard_db, played_db = [], []
    for _ in range(minutes - 1):
        run.go(60.0)
        heard_db.append(run.heard_snr_db())
        played_db.append(run.played_snr_db())
    heard, played = dict(run.source.diagnose()[1]), dict(run.sink.diagnose()[1])
    assert len(run.stamps_s) == pytest.approx((run.sounds.now_s - 50.0) / FRAME_S, abs=5 + step_frames), "as many as there is time for"
    assert np.diff(run.stamps_s) == pytest.approx(FRAME_S, abs=1e-9)
    assert heard["lost frames"] == "0" and heard["overruns"].startswith("0 samples here")
    assert float(heard["clock"].split()[0]) == pytest.approx(ppm, abs=2)
    assert float(played["clock"].split()[0]) == pytest.approx(-ppm, abs=2)
    assert played["overruns"] == "0 samples"
    assert int(played["underruns"]) <= minutes * 3000 // step_frames // 997 + 1, "only the steps that come later than sound waits for"
    step_s, block_s = step_frames * FRAME_S, 1 / calls_a_second
    assert np.quantile(run.latency_s[3000:], 0.98) < step_s + block_s + 0.04
    assert np.mean(run.latency_s[-2500:]) == pytest.approx(np.mean(run.latency_s[3000:5500]), abs=0.004 * step_frames), "no growth"
    assert np.quantile(run.waiting_s, 0.02) > 0.5 * ahead_s
    assert np.quantile(run.waiting_s, 0.99) < 5 * ahead_s
    assert min(heard_db) > 60
    assert sorted(played_db)[len(played_db) // 2] > 60, "but for a hole that a late step has left"


# ---------------------------------------------------------------- the clock


@pytest.mark.parametrize("ppm", [-200.0, 0.0, 200.0])
def test_the_clock_finds_rate_and_offset_among_late_calls(ppm: float) -> None:
    clock, chance = FrameClock(48_000), np.random.default_rng(4)
    rate_hz = 48_000 * (1 + 1e-6 * ppm)
    for call in range(1, 6001):
        clock.observe(480 * call, 7.0 + 480 * call / rate_hz + chance.exponential(0.005))
    assert clock.ppm == pytest.approx(ppm, abs=3)
    assert clock.time_of(0) == pytest.approx(7.0, abs=1e-3)
    assert clock.count_at(clock.time_of(123_456.0)) == pytest.approx(123_456.0)
    assert clock.jumps == 0


def test_a_busy_processor_moves_the_clock_little_and_a_real_jump_moves_it_soon() -> None:
    clock = FrameClock(16_000)

    def calls(start: int, seconds: float, late_s: float) -> int:
        for call in range(start, start + round(seconds * 100)):
            clock.observe(160 * call, call / 100 + late_s)
        return start + round(seconds * 100)

    after = calls(1, 60.0, 0.0)
    after = calls(after, 4.0, 0.2)
    assert clock.time_of(160 * after) == pytest.approx(after / 100, abs=1e-3), "four seconds of late calls tell nothing"
    after = calls(after, 6.0, 0.2)
    assert clock.time_of(160 * after) == pytest.approx(after / 100 + 0.2, abs=1e-3), "ten do"
    after = calls(after, 0.6, 0.1)
    assert clock.time_of(160 * after) == pytest.approx(after / 100 + 0.1, abs=1e-3), "early is early at once"
    clock.doubt()
    after = calls(after, 1.1, 0.15)
    assert clock.time_of(160 * after) == pytest.approx(after / 100 + 0.15, abs=1e-3), "after a loss late is believed as well"
    assert clock.jumps == 3
    assert abs(clock.ppm) < 10
    clock.observe(160.0 * after, float("nan"))
    assert np.isfinite(clock.ppm)


def test_a_step_that_was_held_up_does_not_move_the_robots_clock() -> None:
    offset = Offset()
    for step in range(100):
        assert offset.update(500.0 + step, 400.0 + step + (0.05 if step % 7 == 3 else 0.0)) == pytest.approx(100.0)
    for step in range(25):
        moved = offset.update(490.0 + step, 400.0 + step)
    assert moved == pytest.approx(90.0)


# ---------------------------------------------------------------- the converter


@pytest.mark.parametrize("correction", [-3e-4, 0.0, 3e-4])
@pytest.mark.parametrize(("from_hz", "to_hz"), [(48_000, 16_000), (44_100, 16_000), (16_000, 48_000)])
def test_the_converter_keeps_a_sine_clean_and_knows_where_it_is(from_hz: int, to_hz: int, correction: float) -> None:
    converter = Converter(from_hz, to_hz)
    sound = tone_hz(TONE_HZ)(np.arange(2 * from_hz) / from_hz).astype(np.float32)
    out = np.concatenate(
        [converter.convert(sound[start : start + from_hz // 100], correction) for start in range(0, len(sound), from_hz // 100)]
    )
    positions = np.arange(len(out)) * from_hz / to_hz * (1 + correction)
    assert converter.position == pytest.approx(len(out) * from_hz / to_hz * (1 + correction))
    assert snr_db(out[4000:], positions[4000:] / from_hz, TONE_HZ) > 85
    assert (len(sound) - converter.position) / from_hz == pytest.approx(0.014, abs=0.0025), "what it holds back"
    assert not len(converter.convert(np.zeros(0, np.float32)))


def test_streamed_in_pieces_it_is_what_it_is_in_one() -> None:
    sound = np.random.default_rng(5).normal(0, 0.1, 48_000).astype(np.float32)
    whole = Converter(48_000, 16_000).convert(sound)
    streaming, chance = Converter(48_000, 16_000), np.random.default_rng(6)
    cuts = np.sort(chance.integers(0, 48_000, 60))
    parts = np.concatenate([streaming.convert(part) for part in np.split(sound, cuts)])
    assert np.array_equal(whole, parts)
