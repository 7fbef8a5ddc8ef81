"""The robot's voice in virtual time: pace, queue, interruption and measured rate."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame, SpeechRequest, SpeechState, SpeechStyle
from robot_runtime.speak.espeak import Espeak
from robot_runtime.speak.synthesis import RATE_HZ, EspeakSynthesiser, Manner, count_words, measured_wpm
from robot_runtime.speak.voice import FRAME_S, FRAME_SAMPLES, Voice, VoiceConfig

SENTENCE = "I will get the red cup from the kitchen table for you."


class Tone:
    """A synthesiser whose words last 0.1 s each, at level 1000."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Manner]] = []

    def speak(self, sentence: str, manner: Manner) -> NDArray[np.int16]:
        self.asked.append((sentence, manner))
        return np.full(int(0.1 * RATE_HZ) * count_words(sentence), 1000, np.int16)


def request(text: str, number: int = 1, interrupt: bool = False) -> SpeechRequest:
    return SpeechRequest(0.0, f"s{number}", text, "anna", "answer", "", interrupt)


class Rig:
    """A voice stepped at 50 Hz; keeps what comes out."""

    def __init__(self, voice: Voice) -> None:
        self.voice, self.now_s = voice, 10.0
        self.frames: list[AudioFrame] = []
        self.states: list[SpeechState] = []

    def say(self, *requests: SpeechRequest) -> None:
        self._keep({"speech/say": list(requests)})

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.now_s += FRAME_S
            self._keep({})

    def _keep(self, inbox: dict[str, list[SpeechRequest]]) -> None:
        for topic, message in self.voice.step(inbox, self.now_s):
            (self.frames if topic == "audio/out" else self.states).append(message)

    @property
    def phases(self) -> list[str]:
        return [f"{s.request_id} {s.phase}" for s in self.states]


@pytest.fixture
def rig() -> Rig:
    return Rig(Voice(VoiceConfig(), Tone()))


def test_one_frame_every_20_ms_without_a_gap(rig: Rig) -> None:
    rig.say(request("one two three four five"))
    rig.run(1.0)
    assert len(rig.frames) == 25
    assert [f.sequence for f in rig.frames] == list(range(25))
    assert np.allclose(np.diff([f.stamp_s for f in rig.frames]), FRAME_S)
    assert all(len(f.samples) == FRAME_SAMPLES for f in rig.frames)
    assert rig.phases == ["s1 started", "s1 finished"]
    assert rig.states[0].stamp_s == rig.frames[0].stamp_s == 10.0


def test_first_sound_leaves_in_the_step_that_brings_the_request(rig: Rig) -> None:
    rig.run(0.5)
    rig.say(request("hello"))
    assert len(rig.frames) == 1


def test_sentences_are_parted_by_the_pause_of_the_style(rig: Rig) -> None:
    style = SpeechStyle(0.0, "rose", "elderly", 120, 1.0, 1.0, 0.6, 1.2, 0.3, "", 0.9)
    rig.voice.step({"speech/style": [style]}, 10.0)
    rig.say(request("One two. Three four."))
    rig.run(2.0)
    sound = np.concatenate([f.samples for f in rig.frames])
    assert np.count_nonzero(sound == 0) == pytest.approx(0.6 * RATE_HZ, abs=FRAME_SAMPLES)


def test_requests_wait_for_each_other(rig: Rig) -> None:
    rig.say(request("one two", 1), request("three", 2))
    rig.run(1.0)
    assert rig.phases == ["s1 started", "s1 finished", "s2 started", "s2 finished"]


def test_an_interruption_is_heard_within_one_frame(rig: Rig) -> None:
    rig.say(request("one two three four five six", 1), request("waits", 2))
    rig.run(0.2)
    before = len(rig.frames)
    rig.say(request("", 3, interrupt=True))
    rig.run(0.5)
    assert len(rig.frames) == before
    assert rig.phases == ["s1 started", "s2 cancelled", "s1 cancelled"]
    assert rig.states[-1].duration_s == pytest.approx(0.22)


def test_an_interruption_with_words_says_them_in_the_next_frame(rig: Rig) -> None:
    rig.say(request("one two three", 1))
    rig.run(0.1)
    rig.say(request("now", 2, interrupt=True))
    rig.run(FRAME_S)
    assert rig.phases == ["s1 started", "s1 cancelled", "s2 started"]


def test_a_full_queue_drops_its_oldest_and_tells(rig: Rig) -> None:
    rig.say(*(request("word", n) for n in range(1, 11)))
    assert "s1 cancelled" in rig.phases and "s2 cancelled" in rig.phases
    rig.run(5.0)
    assert sum("finished" in phase for phase in rig.phases) == 8


def test_a_late_step_catches_up_a_little_and_then_lets_go(rig: Rig) -> None:
    rig.say(request("one two three four five six seven eight nine ten"))
    rig.now_s += 0.06
    rig.run(0.02)
    assert len(rig.frames) == 5
    rig.now_s += 0.5
    rig.run(0.02)
    assert len(rig.frames) == 6


def test_reset_forgets_what_was_to_be_said(rig: Rig) -> None:
    rig.say(request("one two three"))
    rig.voice.reset()
    rig.run(0.5)
    assert len(rig.frames) == 1


@pytest.fixture(scope="module")
def espeak() -> Iterator[Espeak]:
    with Espeak() as engine:
        yield engine


@pytest.mark.parametrize(
    "sentence", [SENTENCE, "I will not give you the knife, because it is sharp and could hurt you.", "Here is the cup."]
)
@pytest.mark.parametrize("rate_wpm", [110, 140, 165, 190, 220])
def test_the_sound_has_the_rate_that_was_asked_for(espeak: Espeak, rate_wpm: int, sentence: str) -> None:
    sound = EspeakSynthesiser("en-us", espeak).speak(sentence, Manner(rate_wpm=rate_wpm))
    assert measured_wpm(sentence, sound) == pytest.approx(rate_wpm, rel=0.05)


def test_pitch_and_volume_follow_the_manner(espeak: Espeak) -> None:
    engine = EspeakSynthesiser("en-us", espeak)
    quiet, loud = (engine.speak(SENTENCE, Manner(volume_ratio=v)).astype(float).std() for v in (0.5, 1.0))
    assert loud / quiet == pytest.approx(2.0, rel=0.05)
    low, high = (_pitch_hz(engine.speak("aaaaaaa", Manner(pitch_ratio=r))) for r in (1.0, 1.4))
    assert high / low == pytest.approx(1.4, rel=0.15)


def test_finished_reports_the_measured_rate(espeak: Espeak) -> None:
    rig = Rig(Voice(VoiceConfig(rate_wpm=120), EspeakSynthesiser("en-us", espeak)))
    rig.say(request(SENTENCE))
    rig.run(10.0)
    assert rig.states[-1].phase == "finished"
    assert rig.states[-1].rate_wpm == pytest.approx(120, rel=0.05)
    assert math.isnan(rig.states[0].rate_wpm)


def _pitch_hz(sound: NDArray[np.int16]) -> float:
    """Pitch of a vowel by its autocorrelation."""
    middle = sound[len(sound) // 2 - 1500 : len(sound) // 2 + 1500].astype(float)
    correlation = np.correlate(middle, middle, "full")[len(middle) :]
    shortest, longest = RATE_HZ // 400, RATE_HZ // 60
    return RATE_HZ / (shortest + 1 + int(correlation[shortest:longest].argmax()))
