"""Whom the robot answers that it did not understand: who is there, and not a television, a door or itself."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from robot_runtime.hear.addressed import OVERHEARD, OWN_VOICE, Around, Evidence, why_not
from robot_runtime.messages import People, Person, Utterance, VoiceDirection

NOBODYS = Evidence(
    understood=False, sure=False, over_robot=False, sighted=False, looks=True, finds=True, located=True, in_view=True, talked_s=5.0
)  # fmt: skip
"""Words that were not understood, from where nobody is known to be, in a room with people."""


@pytest.mark.parametrize(
    ("known", "role"),
    [
        ({}, OVERHEARD),
        ({"sighted": True}, ""),
        ({"looks": False}, ""),
        ({"understood": True}, ""),
        ({"located": False}, ""),
        ({"located": False, "in_view": False}, ""),
        ({"located": False, "in_view": False, "talked_s": 60.0}, OVERHEARD),
        ({"located": False, "in_view": False, "talked_s": math.inf}, OVERHEARD),
        ({"finds": False, "located": False, "over_robot": True}, ""),
        ({"located": False, "over_robot": True}, OWN_VOICE),
        ({"located": False, "over_robot": True, "understood": True}, OWN_VOICE),
        ({"located": False, "over_robot": True, "understood": True, "sure": True}, ""),
        ({"located": False, "over_robot": True, "sighted": True}, ""),
        ({"located": False, "over_robot": True, "looks": False}, ""),
    ],
)
def test_it_answers_where_somebody_who_is_there_may_have_spoken(known: dict[str, Any], role: str) -> None:
    found, why = why_not(replace(NOBODYS, **known))
    assert found == role and bool(why) == bool(role)


def person(seen: bool) -> Person:
    return Person("anna", "Anna", "adult", 0.9, (0, 0, 0), (0, 0, 0), 0.1, seen, False, True, 0.0)


def known(around: Around, start_s: float = 9.0, end_s: float = 10.0) -> Evidence:
    return around.evidence(start_s, end_s, understood=False, sure=False, over_robot=False, sighted=False)


def test_a_robot_whose_eyes_tell_nothing_knows_nothing() -> None:
    around = Around()
    assert not known(around).looks
    around.see(People(8.0, "test", ()))
    assert not known(around).looks, "they have told nothing for two seconds"
    around.see(People(9.8, "test", ()))
    assert known(around).looks and not known(around).in_view
    around.see(People(9.9, "test", (person(seen=False),)))
    assert not known(around).in_view
    around.see(People(9.9, "test", (person(seen=True),)))
    assert known(around).in_view


def test_a_direction_counts_for_the_words_it_was_told_with() -> None:
    around = Around()
    around.locate(VoiceDirection(9.5, "base_link", math.nan, math.nan, -30.0))
    assert not known(around).finds
    around.locate(VoiceDirection(5.0, "base_link", 1.0, 0.1, -30.0))
    assert known(around).finds and not known(around).located
    around.locate(VoiceDirection(9.5, "base_link", 1.0, 0.1, -30.0))
    assert known(around).located


@pytest.mark.parametrize(
    ("role", "intent", "who", "talks"),
    [
        ("turn", "fetch", "", True),
        ("turn", "", "anna", True),
        ("turn", "", "", False),
        ("overheard", "", "", False),
        ("own_voice", "yes", "", False),
    ],
)
def test_who_was_heard_talks_with_the_robot(role: str, intent: str, who: str, talks: bool) -> None:
    around = Around()
    around.told(Utterance(5.0, "u1", "", intent, (), 0.9, 4.0, 5.0, who, "en", "test", role))
    assert math.isfinite(known(around).talked_s) == talks
