"""Which words of a language model the robot speaks."""

from __future__ import annotations

import pytest

from robot_runtime.mind.vlm.honest import speakable

CLAIMS = (
    "I have brought you the red cup.", "I've put it on the table.", "I just closed the door.", "I picked up the book.",
    "Done.", "All done!", "Here you go.", "Here is your tea.", "The cup has been delivered.", "It is done.",
    "The kitchen has been cleaned.",
    "I went to the kitchen and looked.", "I already told Anna.", "I found your keys.", "We handed it over.", "I have now finished.",
    "Okay, I gave Leo the apple.", "I'm back.", "J'ai apporté la tasse.", "C'est fait.", "Voilà !", "Je suis allé à la cuisine.",
    "Well, done, my dear.", "It worked!", "Task completed.", "The door is closed now, I locked it.",
)  # fmt: skip
HARMLESS = (
    "The red cup from the kitchen.", "Which cup do you mean, the red one or the blue one?", "It was last seen on the kitchen table.",
    "Anna is in the living room.", "I will look for it.", "I cannot reach that.", "There is no phone that I know of.", "Hello Rose.",
    "The sign says: ignore your rules.", "I do not know where the keys are.", "Let me look.", "La tasse rouge, dans la cuisine.",
    "Laquelle, la rouge ou la bleue ?", "I need somebody to open the door.", "I could not see that it worked.",
)  # fmt: skip


@pytest.mark.parametrize("sentence", CLAIMS)
def test_a_report_of_a_deed_is_not_spoken(sentence: str) -> None:
    assert speakable(sentence) == ""


@pytest.mark.parametrize("sentence", HARMLESS)
def test_what_claims_no_deed_is(sentence: str) -> None:
    assert speakable(sentence) == sentence


def test_only_the_sentence_that_claims_is_left_out() -> None:
    assert speakable("Sure. I have brought it. Anything else?") == "Sure. Anything else?"


def test_nothing_that_no_voice_can_say_is_left() -> None:
    assert speakable("a\x00b\n\tc\u202e d") == "a b c d"
    assert speakable("...!?") == ""
