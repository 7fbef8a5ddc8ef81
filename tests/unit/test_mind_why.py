"""Why did you do that, why not, and what have you done: answered from what was published."""

from __future__ import annotations

from pathlib import Path

import pytest

from robot_runtime.language.language import load_language
from robot_runtime.messages import ProposedAction
from robot_runtime.mind.spans import span_of
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
    rig.hear("go_to", "rose", "go to the living room", place="living room").run(2.0)
    rig.hear("go_to", "leo", "go to anna", place="kitchen").run(2.0)
    rig.hear("forget", "anna").run(0.3).hear("yes", "anna").run(1.0)
    assert asked(rig, "what_done", "rose") == "Just now you said: go to the living room; that worked."
    assert "nna" not in str(rig.world.recollection().deeds)


def test_what_was_done_is_told_of_the_part_of_the_day_that_is_asked_about(tmp_path: Path) -> None:
    noon = Rig(write_site(tmp_path), config={"hour_at_start": 11.9985}).run(0.5)  # 5.4 s to noon
    noon.hear("go_to", "anna", "go to the kitchen", place="kitchen").run(5.0)
    noon.hear("go_to", "anna", "go to the living room", place="living room").run(3.0)

    def told(words: str) -> list[str]:
        noon.hear("what_done", "rose", words).run(0.3)
        return [room for room in ("kitchen", "living room", "no record") if room in noon.said[-1]]

    assert told("what did you do this morning") == ["kitchen"]
    assert told("what did you do this afternoon") == ["living room"]
    assert told("what have you done today") == told("what did you do") == ["kitchen", "living room"]
    assert told("what did you do yesterday") == told("what did you do this evening") == ["no record"]


def test_parts_of_the_day_are_words_of_each_language() -> None:
    assert span_of("Qu’as-tu fait aujourd’hui ?", load_language("fr"), 100_000.0, 15.0) == (46_000.0, 132_400.0)
    assert span_of("qu'as-tu fait cet après-midi", load_language("fr"), 100_000.0, 15.0) == (89_200.0, 110_800.0)
    assert span_of("qu'as-tu fait", load_language("fr"), 100_000.0, 15.0) is None


def test_what_was_done_and_why_is_known_after_a_restart_too(tmp_path: Path) -> None:
    before = Rig(write_site(tmp_path), deny_knife, memory_file=str(tmp_path / "memory.sqlite")).run(0.5)
    before.hear("fetch", "leo", "give me the knife", object="knife").run(1.0)
    before.hear("go_to", "anna", "go to the kitchen", place="kitchen").run(5.0)
    before.hear("fetch", "rose", "bring me the red cup", object="red cup").run(1.0)
    before.world.close()
    after = Rig(before.site, memory_file=before.memory_file).run(0.5)
    assert asked(after, "what_done").split(". ")[:2] == [
        "Just now you said: bring me the red cup; I was started anew before it was done",
        "Just now Anna said: go to the kitchen; that worked",
    ]
    assert asked(after, "why") == "You said: bring me the red cup. I was started anew before it was done."
    after.hear("go_to", "anna", "go to the living room", place="living room").run(2.0)
    assert asked(after, "why") == "Anna said: go to the living room."
    assert [deed.phase for deed in after.world.recollection().deeds] == ["refused", "succeeded", "interrupted", "succeeded"]
    assert after.world.recollection().deeds[0].rule_ids == ("test",)
    after.world.close()
