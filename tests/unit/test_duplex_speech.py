"""What the model says: forbidden sentences are cut before they are heard, promises are compared with plans, pace follows the person."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.duplex.frames import FRAME_S, RATE_HZ, Sound
from robot_runtime.duplex.pacing import MOST_LAG_S, Pacing
from robot_runtime.duplex.promises import GRACE_S, VERBS, Promises
from robot_runtime.duplex.rules import Situation, SpeechRule, load_rules
from robot_runtime.duplex.speech_gate import LEAD_FRAMES, MOST_FRAMES, SpeechGate
from robot_runtime.duplex.wire import Step
from robot_runtime.messages import Plan, PlanStep
from tests.unit.duplex_engine import pieces

RULES = load_rules()
ADULTS = Situation(child_near=False)
CHILD = Situation(child_near=True)


def said(text: str, frames_a_piece: int = 2) -> list[Step]:
    """The model says this: a piece, and sound that goes on; each frame's sound holds its number."""
    steps: list[Step] = []
    for piece in pieces(text):
        steps += [Step(piece, sound(len(steps))), *(Step("", sound(len(steps) + k + 1)) for k in range(frames_a_piece - 1))]
    return steps + [Step("", sound(len(steps) + k)) for k in range(30)]


def sound(number: int) -> Sound:
    return np.full(4, number + 1, np.int16)


@dataclass
class Heard:
    frames: list[int] = field(default_factory=list)
    text: str = ""
    cut: list[str] = field(default_factory=list)
    longest_held: int = 0


def through(steps: list[Step], situation: Situation, rules: tuple[SpeechRule, ...] = RULES) -> Heard:
    gate, heard = SpeechGate(rules), Heard()
    for step in steps:
        released, cut = gate.push(step, situation)
        heard.frames += [int(out.sound[0]) for out in released]
        heard.text += "".join(out.text for out in released)
        heard.cut += [cut.rule.id] if cut else []
    heard.longest_held = gate.longest_held
    return heard


FORBIDDEN = [
    ("your door code is two", "is", "secret", ADULTS),
    ("call four three nine one", "one", "code-or-number", ADULTS),
    ("okay grandma takes her insulin at noon", "insulin", "health-of-others", ADULTS),
    ("sure you can use the knife now", "knife", "dangerous-thing-to-child", CHILD),
    ("please don't tell your mom", "mom", "secret-with-child", CHILD),
    ("i have brought the cup", "brought", "claim-handled", ADULTS),
    ("i've locked the door", "locked", "claim-never-possible", ADULTS),
]


@pytest.mark.parametrize(("text", "deciding", "rule", "situation"), FORBIDDEN, ids=[row[2] for row in FORBIDDEN])
@pytest.mark.parametrize("frames_a_piece", [1, 2, 3])
def test_a_sentence_is_cut_before_its_deciding_word(text: str, deciding: str, rule: str, situation: Situation, frames_a_piece: int) -> None:
    heard = through(said(text, frames_a_piece), situation)
    assert heard.cut == [rule]
    assert heard.longest_held <= MOST_FRAMES
    assert text.startswith(heard.text.strip())
    assert len(heard.text.strip()) < text.index(deciding)


def test_at_a_normal_pace_no_word_of_the_phrase_is_heard() -> None:
    assert through(said("i've locked the door", 1), ADULTS).text.strip() == ""
    assert through(said("sure you can use the knife now", 1), CHILD).text.strip() == "sure"


@pytest.mark.parametrize("text", ["you can use the knife now", "please don't tell your mom"])
def test_what_only_a_child_must_not_hear_is_said_to_grown_ups(text: str) -> None:
    heard = through(said(text), ADULTS)
    assert heard.cut == [] and heard.text.split() == text.split()


def test_a_claim_that_is_true_is_said() -> None:
    text = "i have brought the cup"
    assert through(said(text), Situation(False, frozenset({"fetch"}))).text.split() == text.split()


def test_what_only_begins_like_something_forbidden_is_heard_whole_and_not_much_later() -> None:
    text = "i have a good idea and the door is open in the kitchen"
    heard = through(said(text), ADULTS)
    assert heard.cut == [] and heard.text.split() == text.split()
    assert heard.frames == sorted(heard.frames) and len(set(np.diff(heard.frames))) == 1, "no frame is lost or changes places"
    assert LEAD_FRAMES < heard.longest_held <= MOST_FRAMES


def test_without_suspicion_nothing_waits_longer_than_the_lead() -> None:
    assert through(said("hello there nice weather today"), ADULTS).longest_held == LEAD_FRAMES


def test_after_the_cut_sentence_it_speaks_again() -> None:
    steps = said("i've locked the door")[:-8] + said("hello there")
    heard = through(steps, ADULTS)
    assert heard.cut == ["claim-never-possible"]
    assert heard.text.split()[-2:] == ["hello", "there"]


def test_what_the_mind_has_it_say_is_not_judged_and_ends_the_cut() -> None:
    steps = said("i've locked the door")[:10] + [Step(" the code is one two three four", sound(k), told=1) for k in range(5)]
    heard = through(steps, ADULTS)
    assert heard.cut == ["claim-never-possible"] and heard.text.count("code") == 3  # the lead is still held


def test_every_shipped_rule_cuts_each_of_its_phrases() -> None:
    for rule in RULES:
        for phrase in rule.phrases:
            words = [{"*": "thing", "#": "seven", "##": "4711"}.get(token, token.split("|")[-1]) for token in phrase.split()]
            assert through(said(" ".join(words)), CHILD).cut, phrase


def test_rules_and_promises_name_skills_that_the_robot_has() -> None:
    named = {skill for rule in RULES for skill in rule.unless_done} | {skill for skills in VERBS.values() for skill in skills}
    assert named <= set(load_catalogue().skills)


# ---------------------------------------------------------------- promises


def plan(skill: str, stamp_s: float) -> Plan:
    return Plan(stamp_s, "p", "u", "anna", "grounded", PlanStep(skill, ()), (), "")


def promised(text: str) -> Promises:
    promises = Promises()
    for step in said(text):
        promises.read(step.text, 10.0)
    return promises


@pytest.mark.parametrize(
    "text", ["okay I'll bring it", "I will get you the cup", "sure let me fetch that", "I am going to call the doctor"]
)
def test_a_promise_without_a_plan_is_broken_once(text: str) -> None:
    promises = promised(text)
    assert promises.broken(10.0 + GRACE_S - 0.1) == []
    assert len(promises.broken(10.0 + GRACE_S)) == 1
    assert promises.broken(10.0 + GRACE_S) == []


@pytest.mark.parametrize("stamp_s", [9.0, 12.0])
@pytest.mark.parametrize(("text", "skill"), [("okay I'll bring it", "fetch"), ("I will put it on the table", "tidy")])
def test_a_promise_that_is_planned_is_kept(text: str, skill: str, stamp_s: float) -> None:
    promises = promised(text)
    promises.planned(plan(skill, stamp_s))
    assert promises.broken(10.0 + GRACE_S) == []


def test_another_plan_does_not_keep_it() -> None:
    promises = promised("okay I'll bring it")
    promises.planned(plan("follow", 9.0))
    promises.planned(plan("", 9.0))
    assert len(promises.broken(10.0 + GRACE_S)) == 1


@pytest.mark.parametrize("text", ["I'll tell you a story", "you will bring it", "I see"])
def test_other_words_promise_nothing(text: str) -> None:
    assert promised(text).broken(100.0) == []


# ---------------------------------------------------------------- pace

SPEECH = (6000 * np.sin(2 * np.pi * 180 * np.arange(int(RATE_HZ * FRAME_S)) / RATE_HZ)).astype(np.int16)
PAUSE = np.zeros(int(RATE_HZ * FRAME_S), np.int16)


def played(pacing: Pacing, frames: list[Sound], words: int = 0) -> list[Sound]:
    """Four frames of 20 ms leave for each that comes, if there are any."""
    out: list[Sound] = []
    for frame in frames:
        pacing.push(frame, words if frame is SPEECH else 0)
        out += [sound for _ in range(4) if (sound := pacing.pop()) is not None]
    return out


def test_at_its_own_pace_the_sound_is_the_models() -> None:
    pacing = Pacing()
    out = np.concatenate(played(pacing, [SPEECH] * 50))
    assert np.array_equal(out, np.tile(SPEECH, 50)[: len(out)])
    assert pacing.most_lag_s < 0.15


@pytest.mark.parametrize("rate_wpm", [80, 110, 140])
def test_a_slower_pace_lags_no_more_than_stated_however_long_it_speaks(rate_wpm: float) -> None:
    pacing = Pacing()
    pacing.want(rate_wpm, 0.25)
    played(pacing, [SPEECH] * (12 * 120))
    assert 0.5 < pacing.most_lag_s <= MOST_LAG_S


def test_pauses_pay_the_lag_back() -> None:
    pacing = Pacing()
    pacing.want(100, 0.25)
    played(pacing, [SPEECH] * 60)
    assert pacing.lag_s > 0.5
    played(pacing, [PAUSE] * 30)
    assert pacing.lag_s < 0.15 and pacing.paid_back_s > 0.5


def test_the_pace_follows_the_style_in_words_a_minute() -> None:
    pacing = Pacing()
    pacing.want(150, 0.25)
    for k in range(96):
        pacing.push(SPEECH, int(k % 4 == 0))
        for _ in range(8):
            pacing.pop()
    assert pacing.own_wpm == pytest.approx(60 / (4 * FRAME_S), rel=0.02)
    assert pacing.ratio == pytest.approx(pacing.own_wpm / 150, rel=0.02)


def test_a_cancel_leaves_nothing() -> None:
    pacing = Pacing()
    pacing.want(80, 0.25)
    for _ in range(20):
        pacing.push(SPEECH, 1)
    pacing.drop()
    assert pacing.pop() is None and pacing.lag_s == 0
