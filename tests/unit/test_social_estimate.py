"""What the robot takes people for: from eyes and voice together, slowly, and with an honest confidence."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from robot_runtime.messages import HeardProsody
from robot_runtime.social.age import AgeEstimate, child_log_ratio
from robot_runtime.social.average import Average, Spread
from robot_runtime.social.estimate import Estimate
from robot_runtime.social.hearing import HearingTrouble
from robot_runtime.social.policy import HOME_POLICY, AgeEvidence, Hearing, load_policy
from tests.unit.mind_rig import a_person

POLICY = load_policy(HOME_POLICY)
NAN = math.nan
GROWN = HeardProsody(0.0, "u", "rose", 1.0, 200.0, 5.0, -30.0, -60.0, 4.5, 0.155, 0.01, 1.2, 0.9)
CHILD = replace(GROWN, pitch_hz=280.0, vocal_tract_m=0.12)
MUTE = HeardProsody(0.0, "u", "rose", 1.0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0.0, 0.0)


def looked_at(group: str, confidence: float, seconds: float = 3.0, age: AgeEstimate | None = None, from_s: float = 0.0) -> AgeEstimate:
    age = age or AgeEstimate(POLICY)
    for step in range(round(seconds / 0.2)):
        age.see(group, confidence, from_s + 0.2 * step)
        age.settle(from_s + 0.2 * step)
    return age


@pytest.mark.parametrize("group", ["child", "adult", "elderly"])
def test_eyes_that_are_sure_decide_when_they_stay_so(group: str) -> None:
    age = looked_at(group, 0.9)
    assert age.group == group and age.confidence == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("confidence", [0.5, 0.2, NAN])
def test_eyes_that_are_not_sure_decide_nothing(confidence: float) -> None:
    assert looked_at("child", confidence).group == "unknown"


def test_a_voice_alone_never_decides() -> None:
    age = looked_at("unknown", 0.0)
    for _ in range(50):
        age.hear(CHILD)
    age = looked_at("unknown", 0.0, age=age, from_s=3.0)
    assert age.group == "unknown"
    assert age.probabilities()["child"] > 0.6  # it is sure, and must not act on it


def test_two_weak_cues_that_agree_are_enough_and_two_that_disagree_are_not() -> None:
    agree, disagree = looked_at("child", 0.55), looked_at("child", 0.65)
    assert agree.group == "unknown" and disagree.group == "child"
    for _ in range(5):
        agree.hear(CHILD)
        disagree.hear(replace(GROWN, pitch_hz=120.0, vocal_tract_m=0.17))
    assert looked_at("child", 0.55, age=agree, from_s=3.0).group == "child"
    assert looked_at("child", 0.65, age=disagree, from_s=3.0).group == "unknown"


def test_one_picture_of_a_child_among_many_of_an_old_woman_changes_nothing() -> None:
    age = looked_at("elderly", 0.8)
    looked_at("child", 0.99, 0.2, age, 3.0)
    assert looked_at("elderly", 0.8, 2.0, age, 3.2).group == "elderly"


def test_a_wrong_first_guess_is_given_up_within_three_seconds() -> None:
    age = looked_at("child", 0.8)
    assert age.group == "child"
    assert looked_at("adult", 0.9, 3.0, age, 3.0).group == "adult"


def test_eyes_that_keep_changing_their_mind_are_not_believed_when_they_hold_one_for_a_while() -> None:
    age, told = AgeEstimate(POLICY), []
    for turn in range(12):
        looked_at("child" if turn % 2 else "adult", 0.7, 2.0, age, 2.0 * turn)
        told.append(age.group)
    assert set(told[3:]) == {"unknown"}
    assert looked_at("adult", 0.9, 20.0, age, 24.0).group == "adult"


def test_a_clock_that_is_set_back_by_years_breaks_nothing() -> None:
    age = looked_at("adult", 0.9, from_s=1e9)
    looked_at("child", 0.9, 10.0, age, from_s=1e9 + 3.0)
    assert looked_at("elderly", 0.9, 60.0, age).group == "elderly"


def test_a_group_in_use_is_kept_through_some_doubt() -> None:
    age = looked_at("elderly", 0.75)
    assert looked_at("elderly", 0.55, 5.0, age, 3.0).group == "elderly"
    assert looked_at("elderly", 0.4, 5.0, age, 8.0).group == "unknown"


def test_pitch_and_tract_tell_children_from_grown_ups() -> None:
    evidence = AgeEvidence()
    assert child_log_ratio(CHILD, evidence) > 1 > -1 > child_log_ratio(replace(GROWN, pitch_hz=120.0, vocal_tract_m=0.17), evidence)
    assert math.isnan(child_log_ratio(MUTE, evidence))
    one_cue, both = (child_log_ratio(replace(CHILD, vocal_tract_m=tract), evidence) for tract in (NAN, 0.12))
    assert 0 < one_cue < both
    assert abs(child_log_ratio(replace(CHILD, vocal_tract_std_m=0.05), evidence)) < both  # a rough measurement says less


def test_one_pardon_is_a_small_sign_and_three_are_a_great_one() -> None:
    hearing = HearingTrouble(Hearing())
    hearing.pardon(1.0)
    once = hearing.trouble(1.0)
    for now_s in (10.0, 20.0):
        hearing.pardon(now_s)
    assert 0.2 < once < 0.4 < 0.65 < hearing.trouble(20.0) < 0.75


def test_trouble_fades_with_time_and_with_ordinary_turns() -> None:
    signs = Hearing()
    hearing, other = HearingTrouble(signs), HearingTrouble(signs)
    hearing.pardon(0.0)
    other.pardon(0.0)
    assert hearing.trouble(signs.half_life_s) < 0.6 * hearing.trouble(0.0)
    for index in range(5):
        other.turn(index, 1.0)
    assert other.trouble(1.0) < hearing.trouble(1.0)


def test_the_same_words_soon_after_are_a_sign_and_later_are_not() -> None:
    soon, late = HearingTrouble(Hearing()), HearingTrouble(Hearing())
    for hearing, gap_s in ((soon, 8.0), (late, 60.0)):
        hearing.turn("bring me the cup", 0.0)
        hearing.turn("bring me the cup", gap_s)
    assert soon.trouble(60.0) > 0 == late.trouble(60.0)


def test_who_is_asked_to_say_it_again_hears_well() -> None:
    hearing = HearingTrouble(Hearing())
    hearing.turn("bring me the cup", 0.0)
    hearing.turn("bring me the cup", 5.0, asked=True)
    assert hearing.trouble(5.0) == 0


def test_an_average_knows_how_much_it_rests_on() -> None:
    average = Average(4.0)
    average.add(1.0, 0.0)
    assert average.confidence == 0
    for step in range(1, 100):
        average.add(0.0, 0.2 * step)
    assert average.value < 0.05 and average.confidence > 0.95
    average.add(NAN, 30.0)
    assert average.value < 0.05


def test_deviations_need_something_to_deviate_from() -> None:
    spread = Spread()
    assert spread.deviations(5.0, 1.0) == 0
    for value in (0.0, 1.0, 2.0):
        spread.add(value)
    assert spread.deviations(3.0, 0.5) == pytest.approx(2.0)


def test_own_rate_counts_once_enough_was_heard() -> None:
    estimate = Estimate(POLICY)
    fast = replace(GROWN, rate_syllables_ps=6.5)
    estimate.hear(fast, NAN, 0.0)
    assert estimate.traits(0.0).rate_confidence < POLICY.own_rate.least_confidence
    for _ in range(5):
        estimate.hear(fast, NAN, 0.0)
    traits = estimate.traits(0.0)
    assert traits.rate_ratio > 1.25 and traits.rate_confidence > 0.65
    estimate.hear(MUTE, NAN, 0.0)
    assert estimate.traits(0.0) == traits


def test_arousal_is_against_ones_own_voice_and_needs_pitch_and_level_together() -> None:
    estimate, loud_only = Estimate(POLICY), Estimate(POLICY)
    for one in (estimate, loud_only):
        for _ in range(6):
            one.hear(GROWN, NAN, 0.0)
        assert one.traits(0.0).arousal == 0
    for _ in range(4):
        estimate.hear(replace(GROWN, pitch_hz=320.0, level_dbfs=-18.0), NAN, 0.0)
        loud_only.hear(replace(GROWN, level_dbfs=-18.0), NAN, 0.0)
    assert estimate.traits(0.0).arousal > 0.3 and loud_only.traits(0.0).arousal == 0


def test_engagement_is_of_facing_nearness_and_answers() -> None:
    facing = replace(a_person("rose", "adult", 1.5, 0), facing_robot=True)
    engaged, busy = Estimate(POLICY), Estimate(POLICY)
    for step in range(50):
        engaged.see(facing, 1.5, 0.2 * step)
        busy.see(replace(facing, facing_robot=False), 6.0, 0.2 * step)
    for _ in range(4):
        engaged.asked(answered=True)
        busy.asked(answered=False)
    assert engaged.traits(10.0).engagement > 0.9 and engaged.traits(10.0).engagement_confidence > 0.8
    assert busy.traits(10.0).engagement < 0.2


def test_loud_speech_is_a_weak_sign_only_where_it_is_known_what_is_usual() -> None:
    estimate = Estimate(POLICY)
    estimate.hear(replace(GROWN, level_dbfs=-15.0), NAN, 0.0)
    assert estimate.traits(0.0).hearing_trouble == 0
    estimate.hear(replace(GROWN, level_dbfs=-15.0), -30.0, 0.0)
    assert 0 < estimate.traits(0.0).hearing_trouble < 0.1
