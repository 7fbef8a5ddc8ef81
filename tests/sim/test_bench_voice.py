"""The long runs of ``bench voice``, short: a conversation to its end, a talk in one room, a soak of half a minute."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from robot_runtime.bench.voice_score import score
from robot_runtime.bench.voice_table import outcomes
from robot_runtime.messages import StopRequest, Utterance
from sim.conversation import Conversation
from sim.conversations import conversations
from sim.description import load_home
from sim.scenario import Scenario
from sim.sound.units import FRAME, RATE_HZ
from sim.spoken import marked, render, spoken, unmarked
from sim.voice import soak, stage, talk
from sim.voice.echo import EchoPath, EchoRoom
from sim.voice.play import generated, play_one
from sim.voice.stage import staged


def small(**changes: Any) -> Conversation:
    content = {
        "title": "small", "family": "plain", "length_s": 3.5, "robot": {"at_m": [4.2, 2.5]}, "people": {"anna": [3.2, 2.5]},
        "said": [{"at_s": 0.5, "who": "anna", "parts": ["what can you see"], "intent": "describe"}],
    }  # fmt: skip
    return Conversation.model_validate({**content, **changes})


@pytest.fixture
def short_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "LEAD", "Hello.")
    monkeypatch.setattr(stage, "LEAD_S", 1.5)


def test_a_conversation_is_played_to_its_end_and_scored(short_lead: None) -> None:
    played = play_one(small())
    scored = score(played)
    (turn,) = scored.turns
    assert (turn.outcome, turn.cut_off) == ("understood", False)
    assert 0.03 < turn.wait_s < 1.0 and turn.recognition_s > 0.0 and turn.answer_s < 5.0
    assert outcomes([scored])[0].understood == 1
    assert not scored.false_turns
    assert {"ear", "voice", "mind", "gate"} <= set(played.spent_s)


def test_every_generated_conversation_is_a_scenario() -> None:
    for conversation in conversations(11, 20):
        prepared = staged(conversation)
        scenario = Scenario.model_validate(prepared.scenario)
        says = [step.do.say for step in scenario.steps if step.do.say]
        assert [say.text for say in says] == [marked(said.parts, said.louder_db) for said in prepared.said]
        assert bool([step for step in scenario.steps if step.do.robot_says][1:]) == (
            conversation.family in ("backchannel", "barge_in") or (conversation.family == "noise" and bool(conversation.robot_says))
        )


def test_a_robot_whose_place_is_taken_stays_in_the_room() -> None:
    """The nearest free floor of this one is outside of the house, where nobody can be heard."""
    conversation = generated(1, 61)
    home = load_home(conversation.home)
    assert home.room_at(*staged(conversation).robot.at_m) == home.room_at(*conversation.robot.at_m) == "living room"


def test_speech_with_pauses_is_the_same_from_its_text() -> None:
    person = small().in_home().people["anna"]
    parts: list[str | float] = ["bring me", 0.6, "the red cup"]
    assert unmarked(marked(parts, -2.0)) == (parts, -2.0)
    assert np.array_equal(render(marked(parts, -2.0), person), spoken(parts, person, -2.0)[0])


# ---------------------------------------------------------------- the robot talks


def test_the_echo_comes_back_late_and_later_as_the_clocks_drift() -> None:
    room = EchoRoom(rt60_s=0.3, louder_db=0.0, delay_s=0.2, drift_ppm=-200.0, distortion=0.02, room_db=-40.0, noise_dbfs=-96.0)
    path = EchoPath(room, np.random.default_rng(1))
    click = np.zeros(FRAME, np.int16)
    click[0] = 8000
    heard = np.concatenate([path.hear(click if frame == 0 else None) for frame in range(20)])
    assert int(np.argmax(np.abs(heard))) / RATE_HZ == pytest.approx(0.2 + 0.001, abs=0.001)
    for _ in range(50 * 60):
        path.hear(None)
    assert path.delay_s == pytest.approx(0.2 + 60 * 200e-6, abs=1e-3) or path.delay_s == pytest.approx(0.2 - 60 * 200e-6, abs=1e-3)
    path.jump(5.0)
    assert path.delay_s == pytest.approx(0.4)


def test_what_it_hears_while_it_talks_is_counted_once_and_told_apart() -> None:
    talker = talk._Talker(EchoRoom.drawn(np.random.default_rng(3)), 20.0, False, np.random.default_rng(3))
    for _ in range(100):
        talker.tick()
    assert talker.told.spoken_s > 1.0 and not talker.told.counts["stop"]
    before = dict(talker.told.counts)
    words = Utterance(2.0, "u9", "go to the hall", "go_to", (), 1.0, 1.2, 1.8, "", "en", "planted")
    talker._flow.inject("speech/heard", words)
    talker._flow.inject("speech/heard", words)
    talker._flow.inject("safety/stop_request", StopRequest(2.0, "word", "stop", 1.0))
    talker.close()
    counts = talker.told.counts
    assert counts["turn"] - before.get("turn", 0) == 1
    assert (counts["answer"], counts["stop"]) == (before.get("answer", 0) + 1, 1)
    figures = talk._figures([talker.told], 1.0)
    assert not figures["passed"] and figures["self_answers"] == counts["answer"]


def test_disturbances_are_many_and_always_the_same() -> None:
    room = EchoRoom.drawn(np.random.default_rng(5))
    first, second = (talk.disturbances(60.0, room, np.random.default_rng(6)) for _ in range(2))
    assert 4 <= len(first) <= 9 and first.keys() == second.keys()
    assert all(np.array_equal(first[frame], second[frame]) for frame in first)


# ---------------------------------------------------------------- the soak


@pytest.mark.long
def test_a_short_soak_hears_its_commands() -> None:
    figures = soak.soak(0.5, seed=1, jobs=1)
    assert figures["commands"] == figures["heard"] == 1
    assert figures["lost_besides"] == 0 and figures["passed"]


def test_the_soak_finds_a_lost_turn_and_memory_that_grows() -> None:
    robot = soak._Robot(60.0, 1)
    robot.latency_s = [0.01]
    with robot.cards():
        robot.heard = [Utterance(0.0, "u", "", "", (), 0.0, robot.said[0].start_s + 1000.0, robot.said[0].end_s + 1000.0, "", "en", "e")]
        figures = robot.figures()
    assert figures["heard"] == 1 and len(figures["lost_besides"]) == 1, "the second of two"
    assert not robot.verdict([100.0] * 8)["passed"]
    robot.lost, robot.off_s = [], 0.0
    assert robot.verdict([100.0] * 8)["passed"] and not robot.verdict([100.0] * 4 + [200.0] * 4)["passed"]


def test_an_unplugged_microphone_excuses_only_what_was_said_then() -> None:
    robot = soak._Robot(200.0, 1)
    away = [said for said in robot.said if robot._deaf(said)]
    assert [round(said.start_s - robot.start_s) for said in away] == [60, 78]
