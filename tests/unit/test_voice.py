"""The robot's voice in virtual time: pace, queue, interruption, texts that come in parts, and what is measured on its sound."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.messages import (
    AudioFrame,
    FloorDecision,
    People,
    Person,
    RobotPose,
    SpeechMeasured,
    SpeechRequest,
    SpeechState,
    SpeechStyle,
    StopRequest,
)
from robot_runtime.speak.clauses import count_words
from robot_runtime.speak.engine import NOT_YET, RATE_HZ, EngineError, Manner, Piece
from robot_runtime.speak.espeak import Espeak
from robot_runtime.speak.espeak_engine import DURATIONS, EspeakEngine
from robot_runtime.speak.loudness import NOMINAL_DBFS
from robot_runtime.speak.meter import Figures, Meter
from robot_runtime.speak.voice import FRAME_S, FRAME_SAMPLES, Voice, VoiceConfig

_FADE = 80  # samples in which it falls silent
LOUD = round(32768 * 10 ** (NOMINAL_DBFS / 20))
SENTENCE = "I will get the red cup from the kitchen table for you."


class Tone:
    """An engine whose words last 0.1 s each, at the nominal level; each is a piece of its own."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Manner]] = []
        self.not_yet = 0  # pieces that are not there yet when they are asked for, before each clause
        self.broken = False

    def say(self, clause: str, seconds: float, language: str, manner: Manner) -> Iterator[Piece]:
        self.asked.append((clause, language, manner))
        if self.broken:
            raise EngineError("out of order")
        yield from [NOT_YET] * self.not_yet
        words = clause.split()
        for count in range(1, len(words) + 1):
            yield Piece(np.full(int(0.1 * RATE_HZ), LOUD, np.int16), len(" ".join(words[:count])))

    def pitch_range_st(self, language: str) -> float:
        return math.nan

    def close(self) -> None:
        self.asked.clear()


def request(text: str, number: int = 1, interrupt: bool = False, more: bool = False, language: str = "") -> SpeechRequest:
    return SpeechRequest(0.0, f"s{number}", text, "anna", "answer", "", interrupt, more, language)


class Rig:
    """A voice stepped at 50 Hz; keeps what comes out."""

    def __init__(self, voice: Voice) -> None:
        self.voice, self.now_s = voice, 10.0
        self.frames: list[AudioFrame] = []
        self.states: list[SpeechState] = []
        self.measured: list[SpeechMeasured] = []

    def say(self, *requests: SpeechRequest) -> None:
        self._keep({"speech/say": list(requests)})

    def floor(self, decision: FloorDecision) -> None:
        self._keep({"speech/floor": [decision]})

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.now_s += FRAME_S
            self._keep({})

    def _keep(self, inbox: dict[str, Sequence[object]]) -> None:
        for _, message in self.voice.step(inbox, self.now_s):
            if isinstance(message, AudioFrame):
                self.frames.append(message)
            elif isinstance(message, SpeechState):
                self.states.append(message)
            else:
                self.measured.append(message)

    @property
    def phases(self) -> list[str]:
        return [f"{s.request_id} {s.phase}" for s in self.states]


@pytest.fixture
def tone() -> Tone:
    return Tone()


@pytest.fixture
def rig(tone: Tone) -> Rig:
    return Rig(Voice(VoiceConfig(ahead_s=0), tone))


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


def test_what_the_speaker_keeps_waiting_leaves_at_once_as_speech_begins(tone: Tone) -> None:
    rig = Rig(Voice(VoiceConfig(), tone))
    rig.run(0.5)
    rig.say(request("one two three"))
    assert [frame.stamp_s - rig.now_s for frame in rig.frames] == pytest.approx([-0.04, -0.02, 0.0])
    rig.run(0.1)
    assert len(rig.frames) == 8 and np.allclose(np.diff([frame.stamp_s for frame in rig.frames]), FRAME_S)
    rig.run(1.0)
    assert len(rig.frames) == 15 and rig.phases == ["s1 started", "s1 finished"]


def test_an_engine_that_is_still_at_work_is_not_asked_for_more_than_it_has(tone: Tone) -> None:
    tone.not_yet, rig = 3, Rig(Voice(VoiceConfig(), tone))
    rig.say(request("one"))
    rig.run(1.0)
    assert len(rig.frames) == 5 and all(frame.samples.all() for frame in rig.frames)


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


def floor(decision: str) -> FloorDecision:
    return FloorDecision(0.0, decision, "words", 0.0, "come here")


def test_who_takes_the_floor_is_given_it_within_two_frames(rig: Rig) -> None:
    rig.say(request(SENTENCE), request("And that.", 2))
    rig.run(1.0)
    frames = len(rig.frames)
    rig.floor(floor("yield"))
    rig.run(1.0)
    assert len(rig.frames) <= frames + 2 and rig.frames[-1].samples[-1] == 0
    assert rig.phases == ["s1 started", "s2 cancelled", "s1 cancelled"]
    assert SENTENCE.startswith(rig.states[-1].said) and count_words(rig.states[-1].said) >= 2


def test_a_sign_of_listening_makes_it_softer_for_a_moment_only(rig: Rig) -> None:
    rig.say(request(SENTENCE))
    rig.run(0.3)
    rig.floor(floor("duck"))
    rig.run(0.2)
    soft = int(rig.frames[-1].samples.max())
    rig.floor(floor("keep"))
    rig.run(0.4)
    assert soft < 0.4 * LOUD and int(rig.frames[-1].samples.max()) == LOUD
    assert rig.phases == ["s1 started"]


def words(rig: Rig) -> NDArray[np.int16]:
    """What the frames of one text hold, without silence, in order: each sample of it tells its place."""
    return np.concatenate([frame.samples for frame in rig.frames])


class Count(Tone):
    """An engine whose samples grow, so that it shows what is missing and what comes twice."""

    def say(self, clause: str, seconds: float, language: str, manner: Manner) -> Iterator[Piece]:
        for at, piece in enumerate(super().say(clause, seconds, language, manner)):
            yield piece._replace(samples=np.arange(1 + 1600 * at, 1601 + 1600 * at).astype(np.int16))


def test_held_it_is_silent_within_two_frames_and_goes_on_with_the_word_that_was_cut() -> None:
    rig = Rig(Voice(VoiceConfig(ahead_s=0), Count()))
    rig.say(request("one two three four five"))
    rig.run(0.24)  # in the midst of the third word
    before = len(rig.frames)
    rig.floor(floor("hold"))
    rig.run(0.4)
    held = len(rig.frames)
    assert not any(frame.samples.any() for frame in rig.frames[before + 1 :])
    assert rig.frames[before].samples[-1] == 0 and rig.frames[before].samples[0] > 0
    rig.floor(floor("keep"))
    rig.run(0.5)
    again = words(rig)[held * FRAME_SAMPLES :]
    whole = np.arange(1 + 2 * 1600, 1 + 5 * 1600)
    assert np.array_equal(again[FRAME_SAMPLES : len(whole)], whole[FRAME_SAMPLES:])  # the first frame rises
    assert again[0] == 0 and again[FRAME_SAMPLES - 1] == whole[FRAME_SAMPLES - 1]
    assert rig.phases == ["s1 started", "s1 finished"]
    assert np.allclose(np.diff([frame.stamp_s for frame in rig.frames]), FRAME_S)
    assert rig.states[-1].said == "one two three four five"


def test_it_hesitates_within_a_word_and_goes_on_with_the_very_sample() -> None:
    rig = Rig(Voice(VoiceConfig(), Count()))
    rig.say(request("one two three four five"))
    rig.run(0.24)
    before = len(rig.frames)
    rig.floor(floor("dip"))
    rig.run(0.08)
    after = len(rig.frames)
    rig.floor(floor("keep"))
    rig.run(0.5)
    silent, said = words(rig)[before * FRAME_SAMPLES : after * FRAME_SAMPLES], np.arange(1, 1 + 5 * 1600)
    assert not silent[_FADE:].any() and silent[: _FADE // 2].all()
    heard = np.concatenate([words(rig)[: before * FRAME_SAMPLES + _FADE], words(rig)[after * FRAME_SAMPLES :]])[: len(said)]
    faded = np.abs(np.arange(len(said)) - before * FRAME_SAMPLES - _FADE) <= _FADE
    assert np.array_equal(heard[~faded], said[~faded]) and (heard[faded] <= said[faded]).all()
    assert rig.phases == ["s1 started", "s1 finished"] and rig.states[-1].said == "one two three four five"


def test_who_spoke_after_all_hears_the_word_again_in_which_it_hesitated() -> None:
    rig = Rig(Voice(VoiceConfig(), Count()))
    rig.say(request("one two three four five"))
    rig.run(0.2)
    rig.floor(floor("dip"))
    rig.run(0.04)
    rig.floor(floor("hold"))
    rig.run(0.4)
    held = len(rig.frames)
    rig.floor(floor("keep"))
    rig.run(0.2)
    assert words(rig)[held * FRAME_SAMPLES + _FADE] == 1 + 2 * 1600 + _FADE


@pytest.mark.parametrize("how", ["yield", "stop word", "another text"])
def test_what_is_held_can_be_cut(rig: Rig, how: str) -> None:
    rig.say(request("one two three four five"), request("And that.", 2))
    rig.run(0.24)
    rig.floor(floor("hold"))
    rig.run(0.3)
    frames = len(rig.frames)
    if how == "yield":
        rig.floor(floor("yield"))
    elif how == "stop word":
        rig._keep({"safety/stop_request": [StopRequest(rig.now_s, "word", "stop", 1.0)]})
    else:
        rig.say(request("", 3, interrupt=True))
    rig.run(0.5)
    assert len(rig.frames) <= frames + 2 and not any(frame.samples.any() for frame in rig.frames[frames:])
    assert rig.phases == ["s1 started", "s2 cancelled", "s1 cancelled"]
    assert rig.states[-1].said == "one two"


def test_nobody_waits_for_a_decision_that_does_not_come(rig: Rig) -> None:
    rig.say(request("one two three four five"))
    rig.run(0.24)
    rig.floor(floor("hold"))
    rig.run(4.0)
    assert rig.phases == ["s1 started", "s1 finished"]


def test_a_held_voice_has_the_pauses_of_its_style(rig: Rig) -> None:
    texts = "One two three four. Five six seven eight. Nine ten."
    measured = []
    for at_s in (None, 0.24, 0.41, 0.62):
        rig = Rig(Voice(VoiceConfig(ahead_s=0), Tone()))
        rig.say(request(texts))
        rig.run(at_s or 0.0)
        if at_s:
            rig.floor(floor("hold"))
            rig.run(0.5)
            rig.floor(floor("keep"))
        rig.run(4.0)
        measured.append((rig.states[-1].pause_s, rig.states[-1].rate_wpm))
    assert measured[1:] == [pytest.approx(measured[0], rel=0.05)] * 3


def test_a_stop_word_silences_it(rig: Rig) -> None:
    rig.say(request(SENTENCE))
    rig.run(0.5)
    rig._keep({"safety/stop_request": [StopRequest(rig.now_s, "battery", "", 1.0)]})
    assert rig.phases == ["s1 started"]
    rig._keep({"safety/stop_request": [StopRequest(rig.now_s, "word", "stop", 1.0)]})
    assert rig.phases == ["s1 started", "s1 cancelled"]


def test_what_was_decided_about_earlier_words_does_not_count_for_new_ones(rig: Rig) -> None:
    rig.floor(floor("yield"))
    rig.say(request(SENTENCE))
    rig.run(0.5)
    assert rig.phases == ["s1 started"] and int(rig.frames[-1].samples.max()) == LOUD


def test_what_was_heard_before_a_cut_is_told(rig: Rig) -> None:
    rig.say(request("One two. Three four five six.", 1))
    rig.run(0.2 + 0.25 + 0.14)
    rig.say(request("", 2, interrupt=True))
    cut = rig.states[-1]
    assert (cut.phase, cut.said) == ("cancelled", "One two. Three")
    assert cut.text == "One two. Three four five six."


def test_what_was_cut_before_its_first_word_was_whole_said_nothing(rig: Rig) -> None:
    rig.say(request("One two.", 1), request("waits", 2))
    rig.say(request("", 3, interrupt=True))
    assert [(state.request_id, state.said) for state in rig.states if state.phase == "cancelled"] == [("s2", ""), ("s1", "")]


def test_a_text_is_spoken_while_it_is_still_being_made(rig: Rig, tone: Tone) -> None:
    rig.say(request("I see two cups. Whi", more=True))
    rig.run(0.5)
    assert [clause for clause, _, _ in tone.asked] == ["I see two cups."]
    rig.say(request("ch one do you", more=True), request(" mean? This", more=True))
    rig.run(0.8)
    assert tone.asked[-1][0] == "Which one do you mean?"
    rig.say(request(" one?"))
    rig.run(2.0)
    assert [clause for clause, _, _ in tone.asked][-1] == "This one?"
    assert rig.phases == ["s1 started", "s1 finished"]
    assert rig.states[-1].said == rig.states[-1].text == "I see two cups. Which one do you mean? This one?"
    assert np.allclose(np.diff([f.stamp_s for f in rig.frames]), FRAME_S)


def test_the_rest_of_a_text_is_not_waited_for_for_ever(rig: Rig) -> None:
    rig.say(request("I see. And", more=True), request("next", 2))
    rig.run(5.0)
    assert rig.phases == ["s1 started", "s1 finished", "s2 started", "s2 finished"]
    assert rig.states[1].said == "I see. And"


def test_waiting_for_a_slow_engine_is_silence_and_no_end(rig: Rig, tone: Tone) -> None:
    tone.not_yet = 10
    rig.say(request("One, two."))
    assert rig.frames == [] and rig.states == []
    rig.run(3.0)
    assert rig.phases == ["s1 started", "s1 finished"]
    assert rig.frames[0].stamp_s - 10.0 == pytest.approx(10 * FRAME_S, abs=FRAME_S)
    assert np.allclose(np.diff([f.stamp_s for f in rig.frames]), FRAME_S)
    assert np.count_nonzero(np.concatenate([f.samples for f in rig.frames])) == int(0.2 * RATE_HZ)


def test_an_engine_that_fails_costs_the_request_and_not_the_voice(rig: Rig, tone: Tone) -> None:
    tone.broken = True
    rig.say(request("One.", 1))
    tone.broken = False
    rig.say(request("Two.", 2))
    rig.run(1.0)
    assert rig.phases == ["s1 cancelled", "s2 started", "s2 finished"]


def test_clauses_are_parted_by_a_shorter_pause(rig: Rig) -> None:
    style = SpeechStyle(0.0, "rose", "elderly", 120, 1.0, 1.0, 0.6, 1.2, 0.3, "", 0.9, clause_pause_s=0.3)
    rig.voice.step({"speech/style": [style]}, 10.0)
    rig.say(request("One two three four, five six seven eight. Nine ten eleven twelve."))
    rig.run(5.0)
    finished = rig.states[-1]
    assert finished.clause_pause_s == pytest.approx(0.3, abs=0.01)
    assert finished.pause_s == pytest.approx(0.6, abs=0.01)
    assert finished.rate_wpm == pytest.approx(12 * 60 / 1.5, rel=0.01)
    assert finished.level_dbfs == pytest.approx(NOMINAL_DBFS, abs=0.3)


def test_the_language_of_a_text_goes_before_the_configured_one(rig: Rig, tone: Tone) -> None:
    rig.say(request("Bonjour.", 1, language="fr"), request("Hello.", 2))
    rig.run(1.0)
    assert [language for _, language, _ in tone.asked] == ["fr", "en"]


def loudest(rig: Rig) -> int:
    return max(int(np.abs(frame.samples).max()) for frame in rig.frames)


@pytest.mark.parametrize(("distance_m", "expected"), [(1.0, 1.0), (2.0, 1.413), (4.0, 1.995), (0.5, 0.708), (100.0, 3.162)])
def test_who_is_farther_away_is_spoken_to_louder(rig: Rig, distance_m: float, expected: float) -> None:
    anna = Person("anna", "Anna", "adult", 0.9, (distance_m, 0.0, 0.0), (0.0, 0.0, 0.0), 0.1, True, False, True, 10.0)
    near = Person("leo", "Leo", "child", 0.9, (0.3, 0.0, 0.0), (0.0, 0.0, 0.0), 0.1, True, False, True, 10.0)
    rig.voice.step({"people": [People(10.0, "test", (near, anna))], "pose": [RobotPose(10.0, 0.0, 0.0, 0.0, 0.1)]}, 10.0)
    rig.say(request("hello"))
    assert loudest(rig) == pytest.approx(expected * LOUD, rel=0.01)


def test_noise_raises_the_voice_and_its_own_sound_does_not(rig: Rig) -> None:
    noise = np.random.default_rng(3).standard_normal((200, FRAME_SAMPLES))
    for level, seconds in ((10 ** (-31 / 20), 3.0), (1.0, 0.0)):
        for index in range(round(seconds / FRAME_S)):
            frame = AudioFrame(10.0 + index * FRAME_S, "microphone", index, RATE_HZ, (noise[index] * 32768 * level).astype(np.int16))
            rig.voice.step({"audio/in": [frame]}, 10.0 + index * FRAME_S)
    rig.now_s = 13.0
    rig.say(request("One two three four five six."))
    assert loudest(rig) == pytest.approx(LOUD * 10 ** (5 / 20), rel=0.06)  # noise of -31 dBFS is 10 dB above what nobody minds
    loud = np.full(FRAME_SAMPLES, 20000, np.int16)
    for index in range(50):
        rig.now_s += FRAME_S
        rig.voice.step({"audio/in": [AudioFrame(rig.now_s, "microphone", index, RATE_HZ, loud)]}, rig.now_s)
    rig.frames.clear()
    rig.say(request("Seven.", 2))
    rig.run(2.0)
    assert loudest(rig) == pytest.approx(LOUD * 10 ** (5 / 20), rel=0.06)


@pytest.fixture(scope="module")
def engine() -> Iterator[EspeakEngine]:
    with Espeak() as client:
        yield EspeakEngine(espeak=client)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (SENTENCE, "en"),
        ("I will not give you the knife, because it is sharp. Please ask a grown-up, or wait until Anna is back.", "en"),
        ("Je ne vous donne pas le couteau, car il coupe. Demandez à un adulte, ou attendez le retour de Rose.", "fr"),
    ],
)
@pytest.mark.parametrize(("rate_wpm", "pause_s", "clause_pause_s"), [(100, 0.8, 0.35), (120, 0.7, 0.3), (165, 0.25, 0.12), (220, 0.2, 0.1)])
def test_rate_and_pauses_of_the_sound_are_those_of_the_style(
    engine: EspeakEngine, text: str, language: str, rate_wpm: float, pause_s: float, clause_pause_s: float
) -> None:
    rig = Rig(Voice(VoiceConfig(ahead_s=0), engine))
    style = SpeechStyle(0.0, "", "s", rate_wpm, 1.0, 1.0, pause_s, 1.2, 0.3, "", 0.9, clause_pause_s)
    rig.voice.step({"speech/style": [style]}, 10.0)
    rig.say(request(text, language=language))
    rig.run(30.0)
    finished = rig.states[-1]
    assert finished.phase == "finished" and finished.said == text
    assert finished.rate_wpm == pytest.approx(rate_wpm, rel=0.03)
    if "," in text:
        assert finished.pause_s == pytest.approx(pause_s, rel=0.05, abs=0.006)
        assert finished.clause_pause_s == pytest.approx(clause_pause_s, rel=0.05, abs=0.006)
    assert -28 < finished.level_dbfs < -23
    outside_s = pause_s if "," in text else 0.0
    heard_wpm = count_words(text) * 60 / (len(rig.frames) * FRAME_S - outside_s)
    assert heard_wpm == pytest.approx(rate_wpm, rel=0.03)
    assert math.isnan(rig.states[0].rate_wpm)


def test_a_style_that_changes_in_mid_sentence_is_heard_from_the_next_one_on(engine: EspeakEngine) -> None:
    rig = Rig(Voice(VoiceConfig(ahead_s=0), engine))
    fast, slow = (SpeechStyle(0.0, "", "s", rate_wpm, 1.0, 1.0, 0.4, 1.2, 0.3, "", 0.9) for rate_wpm in (180, 110))
    rig.voice.step({"speech/style": [fast]}, 10.0)
    rig.say(request(f"{SENTENCE} {SENTENCE} {SENTENCE}"))
    rig.run(1.0)
    rig.voice.step({"speech/style": [slow]}, rig.now_s)
    rig.run(30.0)
    assert [sentence.rate_wpm for sentence in rig.measured] == pytest.approx([180, 110, 110], rel=0.03)


def sound_of(engine: EspeakEngine, clause: str, seconds: float, manner: Manner) -> NDArray[np.int16]:
    return np.concatenate([piece.samples for piece in engine.say(clause, seconds, "en", manner)])


def test_same_words_same_sound_whatever_was_said_before(engine: EspeakEngine) -> None:
    """espeak-ng by itself remembers phase and rate of its last sentence."""
    first = sound_of(engine, SENTENCE, 3.5, Manner())
    sound_of(engine, "Something quick.", 0.3, Manner(pitch_ratio=1.3))
    sound_of(engine, "Something rather slow.", 4.0, Manner())
    assert np.array_equal(sound_of(engine, SENTENCE, 3.5, Manner()), first)


@pytest.mark.parametrize("ratio", [0.8, 1.2, 1.4])
def test_pitch_follows_the_manner(engine: EspeakEngine, ratio: float) -> None:
    plain, changed = (figures_of(sound_of(engine, SENTENCE, 3.5, Manner(pitch_ratio=r))) for r in (1.0, ratio))
    assert changed.pitch_hz / plain.pitch_hz == pytest.approx(ratio, rel=0.06)


def test_liveliness_follows_the_manner(engine: EspeakEngine) -> None:
    ranges = [figures_of(sound_of(engine, SENTENCE, 3.5, Manner(pitch_range_ratio=r))).pitch_range_st for r in (0.0, 0.5, 1.0, 1.5)]
    assert ranges[0] < 1.0
    assert ranges[1] == pytest.approx(0.5 * ranges[2], rel=0.25)
    assert ranges[3] == pytest.approx(1.5 * ranges[2], rel=0.25)


def figures_of(sound: NDArray[np.int16]) -> Figures:
    meter = Meter()
    for begin in range(0, len(sound), FRAME_SAMPLES):
        meter.feed(sound[begin : begin + FRAME_SAMPLES])
    return meter.figures()


def test_the_table_of_durations_holds(engine: EspeakEngine) -> None:
    """Each clause is nearly as much longer as the table says; the voices' mean is nearer still."""
    with Espeak() as client:
        for voice, texts in (("en-us", ENGLISH), ("fr", FRENCH)):
            at = {rate: [len(client.synthesise(text, voice, rate)) for text in texts] for rate in DURATIONS}
            for rate, factor in DURATIONS.items():
                ratios = np.array(at[rate]) / np.array(at[140])
                assert ratios.mean() == pytest.approx(factor, rel=0.12), (voice, rate)


ENGLISH = [SENTENCE, "I do not know any more where the yellow glasses are.", "Only a grown-up may let me go on."]
FRENCH = ["Je vais prendre la tasse rouge pour vous.", "Je ne sais plus où sont les lunettes jaunes."]


def test_the_first_voice_speaks_where_a_language_has_none(engine: EspeakEngine) -> None:
    assert np.array_equal(
        np.concatenate([piece.samples for piece in engine.say("hello", 0.5, "eo", Manner())]), sound_of(engine, "hello", 0.5, Manner())
    )
