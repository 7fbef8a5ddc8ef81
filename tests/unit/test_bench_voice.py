"""The scorer of conversations, on records with planted faults; and the computing time that virtual time does not show."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from robot_runtime.bench.voice_compute import Compute
from robot_runtime.bench.voice_listen import Gathered
from robot_runtime.bench.voice_record import SPEAKER_S, Answer, Conversed, Heard, Spoken, Stop
from robot_runtime.bench.voice_score import MICROPHONE_S, score
from robot_runtime.bench.voice_table import latencies, misses, outcomes, summary
from robot_runtime.messages import AudioFrame, SpeechRequest, SpeechState, Utterance
from robot_runtime.nodes import NODES

FETCH = {"object": "red cup", "person": "me"}
WISH = Spoken("anna", "turn", "bring me the red cup", "fetch", FETCH, 10.0, 11.5)
UNDERSTOOD = Heard("u1", "bring me the red cup", "fetch", FETCH, 10.05, 11.5, decided_s=11.75, out_s=11.85, speaker="anna")
ANSWER = Answer("a1", "I will get the red cup.", asked_s=11.87, sounds_s=(11.9, 11.92, 11.94))
NODE = {node.name: node for node in NODES}


def conversed(**changes: object) -> Conversed:
    given: dict[str, object] = {"spoken": (WISH,), "heard": (UNDERSTOOD,), "answers": (ANSWER,)}
    return Conversed(title="t", family="plain", begin_s=9.0, end_s=20.0, **{**given, **changes})  # type: ignore[arg-type]


def talk(begin_s: float, end_s: float, cancelled: bool = False) -> Answer:
    return Answer("talk", "I am on my way.", begin_s - 0.1, tuple(np.arange(begin_s, end_s, 0.02).tolist()), cancelled)


def test_a_good_turn_has_all_its_stages() -> None:
    (turn,) = score(conversed()).turns
    assert (turn.outcome, turn.cut_off, turn.attributed, turn.over_robot) == ("understood", False, True, False)
    assert turn.wait_s == pytest.approx(0.25)
    assert turn.recognition_s == pytest.approx(0.1)
    assert turn.mind_s == pytest.approx(0.02)
    assert turn.synthesis_s == pytest.approx(0.03)
    assert turn.answer_s == pytest.approx(0.4 + MICROPHONE_S + SPEAKER_S)
    assert not score(conversed()).false_turns


@pytest.mark.parametrize(("stamp_s", "waits_s"), [(2.0, 0.04), (1.99, 0.03), (1.96, 0.0), (1.9, 0.0)])
def test_sound_whose_stamp_has_passed_waits_less_for_the_speaker(stamp_s: float, waits_s: float) -> None:
    gathered = Gathered()
    gathered.take(1.9, "speech/say", SpeechRequest(1.9, "s1", "Yes.", "", "answer", "", False))
    gathered.take(2.0, "speech/state", SpeechState(2.0, "s1", "started", "Yes.", 0.0, math.nan))
    gathered.take(2.0, "audio/out", AudioFrame(stamp_s, "voice", 0, 16_000, np.full(320, 3000, np.int16)))
    assert gathered.answers[0].waits_s == pytest.approx(waits_s)


def test_a_late_answer_is_seen_in_its_stage() -> None:
    late = replace(ANSWER, asked_s=12.87, sounds_s=(12.9,))
    (turn,) = score(conversed(answers=(late,))).turns
    assert turn.mind_s == pytest.approx(1.02) and turn.wait_s == pytest.approx(0.25)
    slow = score(conversed(heard=(replace(UNDERSTOOD, decided_s=12.6, out_s=12.7),)))
    assert outcomes([slow])[0].long_waits == 1


def test_a_lost_turn_is_lost_and_not_waited_for() -> None:
    (turn,) = score(conversed(heard=(), answers=())).turns
    assert turn.outcome == "lost" and math.isnan(turn.wait_s) and math.isnan(turn.answer_s)


@pytest.mark.parametrize("wrong", [{"text": "", "intent": "", "slots": {}}, {"slots": {"object": "blue cup", "person": "me"}}])
def test_other_words_are_misunderstood(wrong: dict[str, object]) -> None:
    (turn,) = score(conversed(heard=(replace(UNDERSTOOD, **wrong),))).turns  # type: ignore[arg-type]
    assert turn.outcome == "misunderstood"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Did you say: bring me the red cup?", True),
        ("Did you say the red cup or the red cap?", True),
        ("Did you say: bring me the red cap?", False),
        ("I will get the red cup.", False),
    ],
)
def test_of_what_was_misunderstood_it_is_told_whether_the_robot_asked(said: str, asked: bool) -> None:
    heard = replace(UNDERSTOOD, text="", intent="", slots={})
    (turn,) = (played := score(conversed(heard=(heard,), answers=(replace(ANSWER, text=said),)))).turns
    assert turn.asked is asked and outcomes([played])[0].asked == asked


def test_who_is_answered_in_the_middle_was_cut_off() -> None:
    first = Heard("u0", "", "", {}, 10.05, 10.5, decided_s=10.9, out_s=11.0)
    (turn,) = score(conversed(heard=(first, UNDERSTOOD))).turns
    assert turn.cut_off and turn.outcome == "understood" and math.isnan(turn.wait_s)


def test_an_utterance_that_is_told_again_with_its_speaker_is_one() -> None:
    first = replace(UNDERSTOOD, speaker="")
    (turn,) = score(conversed(heard=(first, replace(UNDERSTOOD, decided_s=13.0, out_s=13.0)))).turns
    assert turn.attributed and turn.wait_s == pytest.approx(0.25)


def test_an_answer_to_its_own_voice_is_a_self_answer() -> None:
    itself = Heard("u2", "go to the hall", "go_to", {"place": "hall"}, 15.2, 16.0, 16.2, 16.3)
    (false,) = score(conversed(heard=(UNDERSTOOD, itself), answers=(ANSWER, talk(15.0, 17.0)))).false_turns
    assert (false.cause, false.answered, false.stop) == ("itself", True, False)
    counts = summary([score(conversed(heard=(UNDERSTOOD, itself), answers=(ANSWER, talk(15.0, 17.0))))], [conversed()])
    assert counts["self_answers"] == 1


@pytest.mark.parametrize("role", ["backchannel", "noise", "aside"])
def test_other_false_turns_are_told_by_what_sounded(role: str) -> None:
    other = Spoken("rose", role, "", "", {}, 15.0, 15.5)  # type: ignore[arg-type]
    heard = Heard("u2", "", "", {}, 15.0, 15.5, 16.0, 16.0)
    (false,) = score(conversed(spoken=(WISH, other), heard=(UNDERSTOOD, heard))).false_turns
    assert (false.cause, false.answered) == (role, False)


def test_a_stop_that_nobody_said_is_false_and_one_that_was_said_is_timed() -> None:
    stop = Stop(17.0, latched_s=17.02, still_s=17.2)
    (false,) = score(conversed(stops=(stop,))).false_turns
    assert false.stop and false.cause == "other"
    said = Spoken("anna", "stop", "stop", "stop", {}, 16.5, 16.9)
    scored = score(conversed(spoken=(WISH, said), stops=(stop,)))
    assert not scored.false_turns
    assert (scored.turns[1].stop_s, scored.turns[1].latched_s, scored.turns[1].still_s) == pytest.approx((0.1, 0.12, 0.3))


def test_barge_in_is_timed_to_the_last_sound_and_a_robot_that_talks_on_is_seen() -> None:
    barge = replace(WISH, role="interruption")
    (turn,) = score(conversed(spoken=(barge,), answers=(talk(8.0, 10.2, cancelled=True), ANSWER))).turns
    assert turn.over_robot and turn.silence_s == pytest.approx(0.2 + SPEAKER_S, abs=0.021)
    (turn,) = score(conversed(spoken=(barge,), answers=(talk(8.0, 11.0), ANSWER))).turns
    assert turn.silence_s == math.inf
    assert any("talked on" in line for line in misses([score(conversed(spoken=(barge,), answers=(talk(8.0, 11.0), ANSWER)))]))


def test_a_backchannel_must_not_silence_the_robot() -> None:
    word = Spoken("anna", "backchannel", "mm hm", "", {}, 15.0, 15.4)
    for end_s, cancelled, survived in ((18.0, False, True), (15.6, True, False)):
        (one,) = score(conversed(spoken=(WISH, word), answers=(ANSWER, talk(13.0, end_s, cancelled)))).backchannels
        assert one.survived is survived


def test_rows_add_up_and_latencies_are_of_whole_turns_only() -> None:
    scores = [score(conversed()), score(conversed(heard=()))]
    row = outcomes(scores)[0]
    assert (row.turns, row.understood, row.lost) == (2, 1, 1)
    assert latencies(scores)[0].count == 1


# ---------------------------------------------------------------- gathering


def test_messages_are_gathered_also_when_sound_is_recorded_before_its_beginning_is_told() -> None:
    gathered = Gathered()
    loud, silent = np.full(320, 1000, np.int16), np.zeros(320, np.int16)
    gathered.take(1.0, "speech/say", SpeechRequest(1.0, "a", "Hello.", "", "answer", "", False))
    gathered.take(1.02, "audio/out", AudioFrame(1.0, "voice", 0, 16_000, silent))
    gathered.take(1.04, "audio/out", AudioFrame(1.02, "voice", 1, 16_000, loud))
    gathered.take(1.05, "speech/state", SpeechState(1.0, "a", "started", "Hello.", 0.0, math.nan))
    gathered.take(1.06, "audio/out", AudioFrame(1.04, "voice", 2, 16_000, loud))
    gathered.take(1.10, "speech/state", SpeechState(1.1, "a", "cancelled", "Hello.", 0.0, math.nan))
    gathered.take(2.30, "speech/heard", Utterance(2.0, "u", "stop", "stop", (), 1.0, 1.5, 1.9, "", "en", "e"))
    (answer,) = gathered.answers
    assert answer.sounds_s == (1.04, 1.06) and answer.cancelled
    assert (gathered.heard[0].decided_s, gathered.heard[0].out_s) == (2.0, 2.30)


@pytest.mark.parametrize("role", ["backchannel", "cut", "own_voice"])
def test_what_nobody_acts_on_was_not_taken_for_a_turn(role: str) -> None:
    gathered = Gathered()
    gathered.take(2.3, "speech/heard", Utterance(2.0, "u", "okay", "yes", (), 1.0, 1.5, 1.9, "", "en", "e", role))
    assert gathered.heard == []


def test_a_long_decode_delays_the_words_what_follows_from_them_and_the_next_frames() -> None:
    compute = Compute()
    compute.stepped(1.0, NODE["ear"], 9.0, 0.2)
    assert compute.out_s("speech/heard") == pytest.approx(1.2)
    compute.stepped(1.0, NODE["mind"], 9.0, 0.01)
    assert compute.out_s("speech/say") == pytest.approx(1.21)
    compute.stepped(1.02, NODE["ear"], 9.0, 0.001)
    assert compute.out_s("audio/voice") == pytest.approx(1.201), "the process was still busy"
    compute.stepped(1.02, NODE["voice"], 0.01, 0.0)
    assert compute.out_s("audio/out") == pytest.approx(1.22), "it waits for the words, and its engine for longer than its thread works"
    compute.stepped(2.0, NODE["home"], 5.0, 5.0)
    assert compute.out_s("audio/in") == 2.0, "the simulation is not on the robot"
