"""What the mind makes of being interrupted, of signs of listening, of two who speak at once and of words that were cut off."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from robot_runtime.messages import Argument, SpeechState, Utterance
from tests.unit.mind_rig import Rig, write_site

GO = (Argument("place", "kitchen"),)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path)).run(0.5)


def hear(rig: Rig, intent: str, role: str = "turn", slots: tuple[Argument, ...] = ()) -> None:
    number = rig.now_s
    rig.send("speech/heard", Utterance(
        number, f"u{number}", intent, intent, slots, 0.9 if intent else 0.1, number - 1, number, "anna", "en", "test", role,
    )).run(1.0)  # fmt: skip


def interrupt(rig: Rig, text: str = "I see a cup. It is on the table.", said: str = "I see a cup. It is") -> None:
    rig.send("speech/state", SpeechState(rig.now_s, "s9", "cancelled", text, 1.0, math.nan, said)).run(0.1)


def test_words_that_were_cut_off_start_nothing(rig: Rig) -> None:
    hear(rig, "go_to", "cut", GO)
    assert rig.sent("plan") == [] and rig.said == []


def test_two_at_once_are_asked_to_speak_one_at_a_time_and_not_for_ever(rig: Rig) -> None:
    for _ in range(4):
        hear(rig, "go_to", "several", GO)
    assert rig.sent("plan") == [] and rig.said == ["One at a time, please."] * 2


def test_a_stop_of_several_pauses_what_is_done(rig: Rig) -> None:
    hear(rig, "go_to", slots=GO)
    hear(rig, "stop", "several")
    assert "go_to paused" in rig.statuses("go_to")


@pytest.mark.parametrize("role", ["backchannel", "overheard"])
def test_a_sign_of_listening_and_a_television_are_not_answered(rig: Rig, role: str) -> None:
    hear(rig, "", role)
    assert rig.said == []


def test_a_person_who_was_not_understood_is_told_so(rig: Rig) -> None:
    hear(rig, "", "turn")
    assert len(rig.said) == 1


@pytest.mark.parametrize("role", ["turn", "backchannel", "overheard"])
def test_what_a_noise_cut_short_is_said_on_from_the_clause_that_was_cut(rig: Rig, role: str) -> None:
    interrupt(rig)
    hear(rig, "", role)
    assert rig.said == ["It is on the table."]


def test_it_is_said_on_once_only(rig: Rig) -> None:
    interrupt(rig)
    hear(rig, "resume")
    hear(rig, "resume")
    assert rig.said[0] == "It is on the table." and rig.said[1:] == ["There is nothing to go on with."]


def test_a_wish_takes_the_place_of_what_was_cut_short(rig: Rig) -> None:
    interrupt(rig)
    hear(rig, "go_to", slots=GO)
    hear(rig, "", "backchannel")
    assert "It is on the table." not in rig.said


def test_what_was_cut_short_long_ago_is_over(rig: Rig) -> None:
    interrupt(rig)
    rig.run(21.0)
    hear(rig, "", "backchannel")
    assert rig.said == []


@pytest.mark.parametrize("role", ["turn", "backchannel"])
def test_what_a_stop_cut_short_is_not_said_on(rig: Rig, role: str) -> None:
    interrupt(rig)
    rig.mode = "emergency_stop"
    hear(rig.run(0.2), "", role)
    assert "It is on the table." not in rig.said


def test_nothing_is_said_on_that_was_heard_whole_or_not_at_all(rig: Rig) -> None:
    interrupt(rig, said="I see a cup. It is on the table.")
    hear(rig, "", "backchannel")
    interrupt(rig, said="")
    hear(rig, "", "backchannel")
    assert rig.said == []
