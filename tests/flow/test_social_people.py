"""Eight people: the manner that the robot takes to each, in virtual time; of two of them the sound is made and measured too."""

from __future__ import annotations

import pytest

from robot_runtime.messages import SpeechMeasured
from robot_runtime.social.simulate import Replay, policy_file, recovery_s, replay, turns_back
from robot_runtime.speak.voice import Voice, VoiceConfig
from sim.social_figures import people, row

PEOPLE = {evidence.name: (path, evidence) for path, evidence in people()}
RATES_WPM = {"adult": 160, "child": 150, "elderly": 120, "mixed_group": 120, "uncertain_age": 130, "wrong_first_guess": 120}


def replayed(name: str, voice: Voice | None = None) -> Replay:
    path, evidence = PEOPLE[name]
    return replay(evidence, policy_file(evidence, path), voice)


def test_there_are_eight() -> None:
    assert {*RATES_WPM, "fast_talker", "hard_of_hearing"} == set(PEOPLE)


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_each_gets_their_style_and_keeps_it(name: str) -> None:
    result = replayed(name)
    last = result.samples[-1].style
    assert last.name == result.evidence.true_style
    assert last.rate_wpm == pytest.approx(RATES_WPM.get(name, last.rate_wpm))
    assert turns_back(result) <= (1 if name in ("wrong_first_guess", "hard_of_hearing") else 0)


def test_a_fast_talker_is_met_and_who_hears_badly_is_spoken_to_slowly_and_loudly() -> None:
    fast, deaf = (replayed(name).samples[-1].style for name in ("fast_talker", "hard_of_hearing"))
    assert 170 < fast.rate_wpm < 184 and "rate:fast" in fast.reasons
    assert deaf.rate_wpm < 135 and deaf.volume_ratio > 1.25 and deaf.pause_s > 0.42 and deaf.reasons[0] == "hearing"


def test_a_wrong_guess_is_over_soon_after_the_eyes_have_seen_better() -> None:
    result = replayed("wrong_first_guess")
    assert 4.0 < recovery_s(result) < 7.0  # the eyes err until 5.0 s


@pytest.mark.parametrize("name", ["hard_of_hearing", "wrong_first_guess"])
def test_the_sound_is_within_5_percent_by_the_second_sentence(name: str) -> None:
    voice = Voice(VoiceConfig())
    try:
        result = replayed(name, voice)
    finally:
        voice.close()
    told = row(result)
    assert told.right_from_sentence in (1, 2)
    assert told.measured_pause_s == pytest.approx(told.pause_s, rel=0.05)
    assert all(isinstance(sentence, SpeechMeasured) for sentence in result.sentences)
