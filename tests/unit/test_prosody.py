"""How people say it, told from the sound of their turns: voices with known pitch, in quiet, in noise, and over the robot's own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.hear.prosody import Prosody, ProsodyConfig
from robot_runtime.messages import AudioFrame, HeardProsody, SoundState, Utterance
from robot_runtime.speak.engine import RATE_HZ
from tests.unit.voices import glottal

FRAME = 320


def utterance(start_s: float, end_s: float, speaker_id: str = "anna", role: str = "turn") -> Utterance:
    return Utterance(end_s, f"u{round(end_s * 1000)}", "go", "go_to", (), 0.9, start_s, end_s, speaker_id, "en", "test", role)


class Room:
    """A microphone before the stage, at 50 Hz."""

    def __init__(self, config: ProsodyConfig | None = None) -> None:
        self.stage = Prosody(config or ProsodyConfig())
        self.now_s = 5.0
        self.sequence = 0
        self.told: list[HeardProsody] = []

    def hear(self, sound: NDArray[np.float64], gain_db: float = 0.0, echo: str = "quiet") -> tuple[float, float]:
        """From when to when it was heard."""
        start_s = self.now_s
        for begin in range(0, len(sound) - FRAME + 1, FRAME):
            samples = np.clip(sound[begin : begin + FRAME] * 10 ** (gain_db / 20), -32768, 32767).astype(np.int16)
            self.sequence += 1
            frame = AudioFrame(self.now_s, "microphone", self.sequence, RATE_HZ, samples)
            state = SoundState(self.now_s, self.sequence, echo, 0.0, 0.0, 0.0, 0.0, gain_db, False)
            self.now_s += FRAME / RATE_HZ
            self.keep(self.stage.step({"audio/clean": [frame], "audio/state": [state]}, self.now_s))
        return start_s, self.now_s

    def turn(self, heard: Utterance) -> None:
        self.keep(self.stage.step({"speech/heard": [heard]}, self.now_s))

    def silence(self, seconds: float = 1.0) -> None:
        self.hear(np.zeros(round(seconds * RATE_HZ)))

    def keep(self, outbox: list[tuple[str, HeardProsody]]) -> None:
        self.told += [message for _, message in outbox]


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    room.silence(0.5)
    yield room


@pytest.mark.parametrize("pitch_hz", [85.0, 120.0, 180.0, 230.0, 320.0, 400.0])
@pytest.mark.parametrize("gain_db", [0.0, 12.0])
def test_pitch_and_level_are_those_of_the_voice_whatever_the_front_end_amplifies(room: Room, pitch_hz: float, gain_db: float) -> None:
    sound = glottal(pitch_hz, 1.5)
    room.turn(utterance(*room.hear(sound, gain_db)))
    room.silence()
    told = room.told[0]
    assert told.pitch_hz == pytest.approx(pitch_hz, rel=0.02)
    assert told.pitch_range_st < 0.5
    assert told.level_dbfs == pytest.approx(10 * math.log10(np.mean(sound**2) / 32768**2), abs=0.5)
    assert told.noise_dbfs < -80
    assert told.voiced_s == pytest.approx(1.5, abs=0.1) and told.confidence > 0.9
    assert (told.utterance_id, told.speaker_id) == (f"u{round(told.end_s * 1000)}", "anna")


@pytest.mark.parametrize("range_st", [3.0, 8.0])
def test_a_livelier_voice_has_a_wider_range(room: Room, range_st: float) -> None:
    room.turn(utterance(*room.hear(glottal(150.0, 3.0, range_st))))
    room.silence()
    expected = range_st * math.sin(0.4 * math.pi)  # 10th to 90th percentile of a sine from top to bottom
    assert room.told[0].pitch_range_st == pytest.approx(expected, rel=0.15)


def test_of_noise_and_of_too_little_voice_no_pitch_is_told(room: Room) -> None:
    rng = np.random.default_rng(1)
    room.turn(utterance(*room.hear(rng.standard_normal(RATE_HZ) * 1000)))
    room.turn(utterance(*room.hear(glottal(150.0, 0.1))))
    room.silence(2.0)
    assert [math.isnan(told.pitch_hz) for told in room.told] == [True, True]
    assert [told.confidence for told in room.told] == [0.0, 0.0]


def test_the_noise_before_a_turn_is_told(room: Room) -> None:
    rng = np.random.default_rng(2)
    room.hear(rng.standard_normal(RATE_HZ) * 1000)
    sound = glottal(150.0, 1.5)
    room.turn(utterance(*room.hear(sound + rng.standard_normal(len(sound)) * 1000)))
    room.silence()
    assert room.told[0].noise_dbfs == pytest.approx(20 * math.log10(1000 / 32768), abs=1)
    assert room.told[0].pitch_hz == pytest.approx(150, rel=0.03)


def test_sound_with_the_robots_own_voice_in_it_is_left_out(room: Room) -> None:
    start_s, _ = room.hear(glottal(120.0, 1.0), echo="uncancelled")
    _, end_s = room.hear(glottal(240.0, 1.0))
    room.turn(utterance(start_s, end_s))
    room.silence()
    assert room.told[0].pitch_hz == pytest.approx(240, rel=0.02)
    assert room.told[0].voiced_s == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("role", ["own_voice", "several", "cut"])
def test_what_is_not_one_persons_whole_turn_has_no_prosody(room: Room, role: str) -> None:
    room.turn(utterance(*room.hear(glottal(150.0, 1.0)), role=role))
    room.silence()
    assert room.told == []


def test_a_turn_is_told_again_once_its_speaker_turns_out(room: Room) -> None:
    heard = utterance(*room.hear(glottal(150.0, 1.0)), speaker_id="")
    room.turn(heard)
    room.silence()
    room.turn(replace(heard, speaker_id="rose"))
    assert [told.speaker_id for told in room.told] == ["", "rose"]
    assert replace(room.told[1], speaker_id="", stamp_s=0.0) == replace(room.told[0], stamp_s=0.0)


def test_one_step_looks_at_a_few_frames_only() -> None:
    room = Room(ProsodyConfig(frames_a_step=5))
    room.turn(utterance(*room.hear(glottal(150.0, 1.0))))
    steps = 1
    while not room.told:
        room.silence(FRAME / RATE_HZ)
        steps += 1
    assert steps == 10


def test_of_a_long_turn_the_end_is_looked_at() -> None:
    room = Room(ProsodyConfig(longest_s=2.0))
    start_s, _ = room.hear(glottal(120.0, 2.0))
    _, end_s = room.hear(glottal(240.0, 2.0))
    room.turn(utterance(start_s, end_s))
    room.silence()
    assert room.told[0].pitch_hz == pytest.approx(240, rel=0.02)


def test_reset_forgets_all_sound(room: Room) -> None:
    heard = utterance(*room.hear(glottal(150.0, 1.0)))
    room.stage.reset()
    room.turn(heard)
    room.silence()
    assert math.isnan(room.told[0].pitch_hz) and room.told[0].voiced_s == 0.0
