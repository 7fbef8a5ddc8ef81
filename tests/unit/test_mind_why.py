"""Why did you do that, why not, and what have you done: answered from what was published."""

from __future__ import annotations

from pathlib import Path

import pytest

from robot_runtime.messages import Forgotten, ProposedAction
from tests.unit.mind_rig import Rig, write_site


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path)).run(0.5)


def asked(rig: Rig, intent: str, speaker: str = "rose") -> str:
    rig.hear(intent, speaker).run(0.3)
    return rig.said[-1]


def deny_knife(action: ProposedAction) -> tuple[str, str, float]:
    return ("deny", "I will not, because it is sharp.", 0.0) if "knife" in str(action.arguments) else ("allow", "", 9.0)


def test_a_deed_is_explained_by_who_asked_for_it_in_which_words(rig: Rig) -> None:
    rig.hear("go_to", "anna", "go to the kitchen", place="kitchen").run(5.0)
    assert asked(rig, "why") == "Anna said: go to the kitchen."
    assert asked(rig, "why", "anna") == "You said: go to the kitchen."


def test_a_refusal_is_explained_by_its_rule(rig: Rig) -> None:
    rig.judge = deny_knife
    rig.hear("fetch", "leo", "give me the knife", object="knife").run(1.0)
    assert asked(rig, "why_not") == "Leo said: give me the knife. I will not, because it is sharp. My rule for that is test."


def test_a_failure_is_explained_by_what_happened(rig: Rig) -> None:
    rig.drive_phase = "failed"
    rig.hear("go_to", "anna", "go to the kitchen", place="kitchen").run(3.0)
    assert asked(rig, "why_not") == "Anna said: go to the kitchen. I cannot get there."


def test_what_was_given_up_was_so_because_somebody_said_so(rig: Rig) -> None:
    rig.hear("go_to", "anna", "go to the kitchen", place="kitchen").run(0.5).hear("no").run(0.5)
    assert asked(rig, "why_not") == "Anna said: go to the kitchen. I was told to leave it."


def test_nothing_is_made_up(rig: Rig) -> None:
    assert asked(rig, "why") == "I have no record of anything that I did."
    assert asked(rig, "why_not") == "I have no record of anything that I left."
    assert asked(rig, "what_done") == "I have no record of anything that I did."


def test_what_was_done_is_told_with_how_it_went(rig: Rig) -> None:
    rig.judge = deny_knife
    rig.hear("go_to", "anna", "go to the kitchen", place="kitchen").run(5.0)
    rig.hear("fetch", "leo", "give me the knife", object="knife").run(1.0)
    told = asked(rig, "what_done")
    assert told == "Just now Leo said: give me the knife; I was not allowed to. Just now Anna said: go to the kitchen; that worked."


def test_a_question_disturbs_nothing(rig: Rig) -> None:
    rig.hear("fetch", "anna", "bring me the red cup", object="red cup").run(1.0)
    assert asked(rig, "why") == "Anna said: bring me the red cup."
    rig.run(30.0)
    assert rig.things["red_cup"].held_by == "anna"


def test_who_is_forgotten_leaves_no_words(rig: Rig) -> None:
    rig.hear("go_to", "anna", "go to the kitchen", place="kitchen").run(5.0)
    rig.send("world/forgotten", Forgotten(rig.now_s, "anna", 0, "")).run(0.2)
    assert asked(rig, "why") == "I have no record of anything that I did."
