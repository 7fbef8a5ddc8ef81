"""The loop closed on the sound: bounded, right from the second sentence, never swinging; and what is told of each sentence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_runtime.messages import FloorDecision, SpeechRequest, SpeechStyle, Utterance
from robot_runtime.speak.pacing import TOLERANCE, Correction, Found, Loop, Pacing, Wanted, lengthened
from robot_runtime.speak.voice import Voice, VoiceConfig
from tests.unit.test_voice import Rig, request
from tests.unit.voices import Sluggish

BOUND = Correction(1.3, 0.2, 0.3, 2.0, 6.0)
WANTED = Wanted(3.0, 0.3, 0.7, 6.0, -26.0)
LONG = "I will get the red cup for you, and then I will come back. "

numbers = st.floats(0.01, 100.0)
found = st.builds(Found, numbers, st.floats(0, 5), st.floats(0, 5), numbers, st.floats(-80, 0))


def as_plant(wanted: Wanted, used: Correction, slower: float, pauses_s: float, livelier: float, louder_db: float) -> Found:
    """What a voice makes of what it is asked for that always misses by the same."""
    return Found(
        wanted.sound_s / used.rate * slower,
        lengthened(wanted.clause_pause_s, used.clause_pause_s) + pauses_s,
        lengthened(wanted.pause_s, used.pause_s) + pauses_s,
        wanted.pitch_range_st * used.pitch_range * livelier,
        wanted.level_dbfs + used.level_db + louder_db,
    )


plants = st.tuples(st.floats(1 / 1.29, 1.29), st.floats(-0.14, 0.14), st.floats(0.52, 1.9), st.floats(-5.9, 5.9))


@given(st.lists(found, max_size=12))
def test_whatever_is_measured_the_corrections_stay_within_their_bounds(sentences: list[Found]) -> None:
    pacing = Pacing()
    for sentence in sentences:
        pacing.learn("v", WANTED, pacing.correction("v"), sentence)
        used = pacing.correction("v")
        assert 1 / BOUND.rate <= used.rate * (1 + 1e-9) and used.rate <= BOUND.rate * (1 + 1e-9)
        assert abs(used.clause_pause_s) <= BOUND.clause_pause_s and abs(used.pause_s) <= BOUND.pause_s
        assert 1 / BOUND.pitch_range <= used.pitch_range * (1 + 1e-9) and used.pitch_range <= BOUND.pitch_range * (1 + 1e-9)
        assert abs(used.level_db) <= BOUND.level_db


@given(plants)
def test_a_voice_that_always_misses_by_the_same_is_right_from_its_second_sentence_on(plant: tuple[float, float, float, float]) -> None:
    pacing = Pacing()
    pacing.learn("v", WANTED, Correction(), as_plant(WANTED, Correction(), *plant))
    settled = pacing.correction("v")
    for _ in range(5):
        sentence = as_plant(WANTED, pacing.correction("v"), *plant)
        assert sentence.sound_s == pytest.approx(WANTED.sound_s, rel=TOLERANCE + 1e-9)
        assert sentence.clause_pause_s == pytest.approx(WANTED.clause_pause_s, rel=TOLERANCE + 1e-9)
        assert sentence.pause_s == pytest.approx(WANTED.pause_s, rel=TOLERANCE + 1e-9)
        assert sentence.pitch_range_st == pytest.approx(WANTED.pitch_range_st, rel=TOLERANCE + 1e-9)
        assert 10 ** (abs(sentence.level_dbfs - WANTED.level_dbfs) / 20) <= 1 + TOLERANCE + 1e-9
        pacing.learn("v", WANTED, pacing.correction("v"), sentence)
        assert pacing.correction("v") == settled, "it has nothing to swing about"


@given(st.floats(1 / 1.25, 1.25), st.lists(st.floats(-0.08, 0.08), min_size=30, max_size=30))
def test_sentences_that_differ_do_not_make_it_swing(slower: float, noise: list[float]) -> None:
    """The correction stays within what the sentences differ by of what the voice misses by."""
    pacing = Pacing()
    for off in noise:
        plant = slower * math.exp(off)
        pacing.learn("v", WANTED, pacing.correction("v"), as_plant(WANTED, pacing.correction("v"), plant, 0.0, 1.0, 0.0))
        assert abs(math.log(pacing.correction("v").rate / slower)) <= 0.08 + TOLERANCE


@given(st.floats(1.08, 1.25))
def test_a_voice_that_changes_is_followed_within_some_sentences_and_not_beyond(slower: float) -> None:
    pacing = Pacing()
    for _ in range(10):
        pacing.learn("v", WANTED, pacing.correction("v"), as_plant(WANTED, pacing.correction("v"), 1.0, 0.0, 1.0, 0.0))
    rates = []
    for _ in range(8):
        pacing.learn("v", WANTED, pacing.correction("v"), as_plant(WANTED, pacing.correction("v"), slower, 0.0, 1.0, 0.0))
        rates.append(pacing.correction("v").rate)
    assert rates == sorted(rates), "it comes nearer and never turns back"
    assert rates[-1] <= slower * (1 + 1e-9)
    assert abs(math.log(slower / rates[4])) <= math.log(1 + TOLERANCE) + 0.01


def test_less_than_the_tolerance_is_left_alone() -> None:
    loop = Loop(0.3, 0.4)
    loop.learn(0.0, 0.04, 0.05)
    assert loop.correction == 0.0
    loop.learn(0.0, 0.3, 0.05)
    assert loop.correction < -0.05


def test_nothing_is_learnt_from_what_could_not_be_measured() -> None:
    pacing = Pacing()
    pacing.learn("v", WANTED, Correction(), Found())
    pacing.learn("v", Wanted(3.0, math.nan, 0.0, math.nan, -26.0), Correction(), Found(3.0, 0.4, 0.4, 3.0, -26.0))
    assert pacing.correction("v") == Correction()


def test_voices_do_not_learn_from_each_other() -> None:
    pacing = Pacing()
    pacing.learn("piper en", WANTED, Correction(), as_plant(WANTED, Correction(), 1.2, 0.1, 1.0, 3.0))
    assert pacing.correction("piper en") != Correction() == pacing.correction("piper fr")


# ---------------------------------------------------------------- in the voice


def spoken(engine: Sluggish, *texts: str, rate_wpm: float = 140.0) -> Rig:
    """What such a voice says to Rose."""
    rig = Rig(Voice(VoiceConfig(ahead_s=0), engine))
    style = SpeechStyle(0.0, "rose", "elderly", rate_wpm, 1.0, 1.0, 0.6, 1.2, 0.3, "", 0.9, clause_pause_s=0.3)
    rig.voice.step({"speech/style": [style]}, 10.0)
    for number, text in enumerate(texts):
        rig.say(request(text, number))
        while not rig.phases or rig.phases[-1] != f"s{number} finished":
            rig.run(0.5)
    return rig


@pytest.mark.parametrize(("slower", "quiet_s", "level"), [(1.0, 0.0, 1.0), (1.2, 0.05, 0.7), (0.8, 0.0, 1.5)])
def test_rate_pauses_and_level_are_within_the_tolerance_from_the_second_sentence_on(slower: float, quiet_s: float, level: float) -> None:
    rig = spoken(Sluggish(slower, quiet_s, level), LONG * 3, LONG * 2)
    assert [(line.request_id, line.sentence) for line in rig.measured] == [("s0", 0), ("s0", 1), ("s0", 2), ("s1", 0), ("s1", 1)]
    first = rig.measured[0]
    assert first.rate_wpm < first.target_rate_wpm * 0.9 or slower <= 1.0
    for line in rig.measured[1:]:
        assert line.rate_wpm == pytest.approx(140, rel=TOLERANCE)
        assert line.clause_pause_s == pytest.approx(0.3, rel=TOLERANCE)
        assert abs(line.level_dbfs - line.target_level_dbfs) <= 0.5
    for line in (rig.measured[1], rig.measured[3]):
        assert line.pause_s == pytest.approx(0.6, rel=TOLERANCE)
    assert math.isnan(rig.measured[2].pause_s) and math.isnan(rig.measured[4].pause_s), "nothing followed"


def test_what_is_told_of_a_sentence() -> None:
    line = spoken(Sluggish(), LONG).measured[0]
    assert (line.text, line.person_id, line.style, line.voice, line.disturbed) == (LONG.strip(), "rose", "elderly", "espeak en", "")
    assert [line.target_rate_wpm, line.target_clause_pause_s, line.target_pause_s] == pytest.approx([140.0, 0.3, 0.6])
    assert (line.rate_correction, line.pause_correction_s, line.level_correction_db) == (1.0, 0.0, 0.0)
    assert math.isnan(line.target_pitch_range_st), "this voice's range cannot be changed"


def test_a_new_style_holds_from_the_next_sentence_on() -> None:
    rig = Rig(Voice(VoiceConfig(ahead_s=0), Sluggish()))
    rig.say(SpeechRequest(0.0, "s1", LONG * 3, "", "answer", "", False))
    rig.run(1.0)
    slow = SpeechStyle(0.0, "rose", "elderly", 100.0, 1.0, 1.0, 0.6, 1.2, 0.3, "", 0.9)
    rig.voice.step({"speech/style": [slow]}, rig.now_s)
    rig.run(30.0)
    rates = [line.rate_wpm for line in rig.measured]
    assert rates[0] == pytest.approx(165, rel=0.02) and rates[1:] == pytest.approx([100, 100], rel=0.02)
    assert [line.style for line in rig.measured] == ["", "elderly", "elderly"]


def test_a_sentence_that_was_cut_teaches_nothing_and_has_no_rate() -> None:
    rig = Rig(Voice(VoiceConfig(ahead_s=0), Sluggish(1.2)))
    rig.say(request(LONG))
    rig.run(1.0)
    rig.say(request("", 2, interrupt=True))
    assert [line.disturbed for line in rig.measured] == ["cut"] and math.isnan(rig.measured[0].rate_wpm)
    rig.say(request(LONG, 3))
    rig.run(10.0)
    assert rig.measured[1].rate_correction == 1.0


def test_a_sentence_that_was_softened_is_told_and_teaches_nothing() -> None:
    rig = Rig(Voice(VoiceConfig(ahead_s=0), Sluggish()))
    rig.say(request(LONG * 2))
    rig.run(1.0)
    rig.floor(FloorDecision(0.0, "duck", "words", 0.0, ""))
    rig.run(1.5)
    rig.floor(FloorDecision(0.0, "keep", "words", 0.0, ""))
    rig.run(20.0)
    softened, after = rig.measured
    assert softened.disturbed == "ducked" and softened.level_dbfs < softened.target_level_dbfs - 1
    assert after.disturbed == "" and after.level_correction_db == 0.0


def test_text_that_comes_late_is_no_pause_of_the_voice() -> None:
    rig = Rig(Voice(VoiceConfig(more_s=10.0), Sluggish()))
    rig.say(request(LONG, more=True))
    rig.run(6.5)
    rig.say(request(LONG))
    rig.run(10.0)
    late, after = rig.measured
    assert late.disturbed == "waited" and late.pause_s > 1.0
    assert after.pause_correction_s == 0.0 and np.isfinite(after.rate_wpm)


def test_a_short_answer_is_told_and_teaches_nothing() -> None:
    rig = spoken(Sluggish(1.2), "Yes.", LONG)
    assert rig.measured[0].disturbed == "short"
    assert rig.measured[1].rate_correction == 1.0


def heard(end_s: float, role: str = "turn") -> Utterance:
    return Utterance(end_s, "u1", "go", "go_to", (), 0.9, end_s - 1, end_s, "rose", "en", "test", role)


@pytest.mark.parametrize(
    ("purpose", "role", "interrupt", "waits_s"),
    [("answer", "turn", False, 0.6), ("refusal", "turn", False, 0.6), ("notice", "turn", False, 0.0), ("answer", "own_voice", False, 0.0),
     ("answer", "turn", True, 0.0)],
)  # fmt: skip
def test_an_answer_leaves_the_pause_that_suits_the_person(purpose: str, role: str, interrupt: bool, waits_s: float) -> None:
    rig = Rig(Voice(VoiceConfig(ahead_s=0), Sluggish()))
    style = SpeechStyle(0.0, "rose", "elderly", 120.0, 1.0, 1.0, 0.6, 1.2, 0.3, "", 0.9, response_delay_s=0.8)
    rig.voice.step({"speech/style": [style], "speech/heard": [heard(9.8, role)]}, 10.0)
    rig.say(SpeechRequest(10.0, "s1", "I will.", "rose", purpose, "", interrupt))
    rig.run(2.0)
    assert rig.frames[0].stamp_s - 10.0 == pytest.approx(waits_s, abs=0.021)


def test_who_goes_on_meanwhile_has_the_pause_anew_and_the_delay_is_bounded() -> None:
    rig = Rig(Voice(VoiceConfig(ahead_s=0), Sluggish()))
    style = SpeechStyle(0.0, "rose", "elderly", 120.0, 1.0, 1.0, 0.6, 1.2, 0.3, "", 0.9, response_delay_s=60.0)
    rig.voice.step({"speech/style": [style], "speech/heard": [heard(10.0)]}, 10.0)
    rig.say(request("I will."))
    rig.run(1.0)
    rig.voice.step({"speech/heard": [heard(10.9)]}, rig.now_s)
    rig.run(5.0)
    assert rig.frames[0].stamp_s == pytest.approx(12.9, abs=0.021)
