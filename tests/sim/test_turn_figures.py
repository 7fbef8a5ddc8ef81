"""The figures of turn taking are what they say, on made-up turns and on one conversation."""

from __future__ import annotations

import math

import pytest

from robot_runtime.hear.ear import Ear, EarConfig
from robot_runtime.messages import Argument, FloorDecision, Utterance
from sim.conversation import Conversation, Role, Said
from sim.conversation_sound import Turn, record
from sim.conversations import conversations
from sim.description import Pose2D
from sim.turn_figures import Taken, Tally, clean, heard, speaking, tally, warmed


def turn(start_s: float, end_s: float, role: Role = "turn", over_robot: bool = False) -> Turn:
    return Turn("anna", role, "go", "go_to", {"place": "hall"}, start_s, end_s, (), role in ("turn", "interruption"), over_robot, False)


def utterance(start_s: float, end_s: float, told_s: float, intent: str = "go_to", role: str = "turn") -> Utterance:
    return Utterance(told_s, f"u{end_s}", "go", intent, (Argument("place", "hall"),), 0.9, start_s, end_s, "", "en", "test", role)


def counted(turns: list[Turn], utterances: list[Utterance], floors: tuple[FloorDecision, ...] = ()) -> Tally:
    return tally([("plain", Taken(tuple(utterances), floors), turns, [(0.0, 3.0)])])["plain"]


def test_a_turn_that_is_answered_soon_is_right() -> None:
    figures = counted([turn(5, 6)], [utterance(5, 6.1, 6.3)])
    assert (figures.turns, figures.right, figures.cut_off, figures.late, figures.false_turns) == (1, 1, 0, 0, 0)
    assert figures.waits_s == pytest.approx([0.3])


def test_a_turn_that_is_answered_before_its_end_is_cut_off() -> None:
    figures = counted([turn(5, 8)], [utterance(5, 6, 6.3, intent=""), utterance(7, 8, 9.5)])
    assert (figures.cut_off, figures.late, figures.right) == (1, 1, 1)


def test_what_nobody_said_is_a_false_turn_unless_it_is_not_acted_on() -> None:
    assert counted([], [utterance(5, 6, 6.3)]).false_turns == 1
    assert counted([], [utterance(5, 6, 6.3, role="backchannel")]).false_turns == 0
    assert counted([turn(5, 6)], []).missed == 1


def floor(decision: str, at_s: float) -> FloorDecision:
    return FloorDecision(at_s, decision, "", at_s - 0.3, "")


def test_interruptions_are_those_of_people_who_want_the_floor() -> None:
    figures = counted([turn(1, 2, "interruption", True)], [], (floor("duck", 1.2), floor("yield", 1.8)))
    assert (figures.interruptions, figures.missed_interruptions, figures.wrong_interruptions) == (1, 0, 0)
    assert figures.yield_s == pytest.approx([0.8])
    figures = counted([turn(1, 2, "backchannel", True)], [], (floor("yield", 1.8),))
    assert (figures.others, figures.wrong_interruptions) == (1, 1)


def test_a_warmed_conversation_is_the_same_later() -> None:
    (conversation,) = conversations(seed=1, count=1, families=("barge_in",))
    later = warmed(conversation)
    assert later.said[0].at_s == pytest.approx(conversation.said[0].at_s + 9) and later.said[0].parts == conversation.said[0].parts
    assert [says.until_s for says in later.robot_says] == [None, pytest.approx((conversation.robot_says[0].until_s or 0) + 9)]


def test_a_conversation_is_played_to_the_ear() -> None:
    said = Said(at_s=0.8, who="anna", parts=["go to the kitchen"], intent="go_to", slots={"place": "kitchen"})
    conversation = Conversation(
        title="one", family="plain", length_s=3.5, robot=Pose2D(at_m=(2.0, 2.0), yaw_deg=0.0), people={"anna": (3.0, 2.0)}, said=[said]
    )
    recording, ear = record(conversation), Ear(EarConfig(site="sim/homes/family_home"))
    speaks = speaking(conversation, recording)
    taken = heard(ear, clean(conversation, recording), recording.turns, speaks, {"anna": "adult"})
    figures = tally([("plain", taken, recording.turns, speaks)])["all"]
    assert (figures.turns, figures.right, figures.cut_off, figures.false_turns) == (1, 1, 0, 0)
    assert 0 < figures.waits_s[0] < 0.5 and math.isnan(figures.line()["yield_median_ms"])
    assert taken.utterances[0].speaker_id == "anna"
