"""Eight people: the manner that the robot takes to each, from written evidence; one of them in the simulated home, with sound."""

from __future__ import annotations

import pytest

from robot_runtime.paths import ROOT
from robot_runtime.social.evidence import Evidence, load_evidence
from robot_runtime.social.simulate import Replay, policy_file, recovery_s, replay, turns_back
from sim.scenario import load_scenario
from sim.social_figures import CASES, row, show

FOLDER = ROOT / "sim" / "social"
RATES_WPM = {"adult": 160, "child": 150, "elderly": 120, "mixed_group": 120, "uncertain_age": 130, "wrong_first_guess": 120}
NAMES = [case.name for case in CASES]


def replayed(name: str) -> Replay:
    path = FOLDER / f"{name}.yaml"
    evidence: Evidence = load_evidence(path)
    return replay(evidence, policy_file(evidence, path), voice=None)


def test_there_are_eight_each_with_evidence_and_a_scenario() -> None:
    assert {*RATES_WPM, "fast_talker", "hard_of_hearing"} == set(NAMES) == {path.stem for path in FOLDER.glob("*.yaml")}
    assert all(load_scenario(case.scenario).steps for case in CASES)


@pytest.mark.parametrize("name", NAMES)
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


@pytest.mark.long
def test_in_the_home_the_sound_is_right_by_the_second_sentence_after_a_wrong_guess() -> None:
    shown = show(next(case for case in CASES if case.name == "wrong_first_guess"))
    told = row(shown)
    assert shown.passed
    assert told.style.name == "elderly" and told.style.rate_wpm == pytest.approx(120) and told.style.pause_s == pytest.approx(0.7)
    assert told.right_from in (1, 2) and told.counted == 2
    assert told.recovery_s < shown.erred_s + 1.5 and told.turns_back <= 1
