"""The skill catalogue: what ships is whole, and what is wrong is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from robot_runtime.act.catalogue import INTENTS_FILE, PREDICATES, SKILLS_FOLDER, SLOTS, Predicate, load_catalogue, plan_step, slots
from robot_runtime.mind.outcome import _CHECKS
from safety.files import FileError

CATALOGUE = load_catalogue()


def test_shipped_skills_are_those_of_the_design() -> None:
    assert set(CATALOGUE.skills) == {
        "go_to", "describe", "find", "follow", "come_here", "fetch", "approach", "pick", "hand_over", "say",
        "attend", "wait", "greet", "report_status", "look_for_person", "guide", "dance", "gesture", "dock", "patrol",
        "remember", "forget_told", "remind", "nod", "put", "tidy", "remember_place", "look_at_door",
        "take_picture"}  # fmt: skip


def test_spoken_intents_are_those_of_the_hearing() -> None:
    assert {phrase.intent for phrase in CATALOGUE.phrases("en")} == {
        "go_to", "describe", "find", "follow", "come_here", "fetch", "say", "stop", "resume", "yes", "no", "choose",
        "slower", "faster", "louder", "softer", "shorter", "longer", "speak_normally", "adapt_again", "pardon", "why_manner",
        "where_is", "last_seen", "who_is_here", "what_is_on", "what_is_in", "what_changed", "what_liked", "forget", "speak_en", "speak_fr",
        "why", "why_not", "what_done",
        "wait", "greet", "report_status", "look_for_person", "guide", "dance", "gesture", "dock", "patrol",
        "remember", "forget_told", "remind", "tidy", "remember_place", "look_at_door",
        "take_picture"}  # fmt: skip


def test_intent_leads_to_its_skill_and_dialogue_to_none() -> None:
    assert all(CATALOGUE.for_intent(skill.intent) is skill for skill in CATALOGUE.skills.values() if skill.intent)
    assert [CATALOGUE.for_intent(intent) for intent in ("stop", "resume", "yes", "no", "choose", "", "juggle")] == [None] * 7


def test_courtesy_stands_around_requests_only() -> None:
    patterns = [phrase.pattern for phrase in CATALOGUE.phrases("en")]
    assert any(p.startswith("[please") and "{person} [the" in p and p.endswith("[please]") for p in patterns)
    assert "where are you" in patterns


def test_fetch_is_composed_of_four_steps() -> None:
    steps = CATALOGUE.skills["fetch"].expand({"object": "red_cup", "recipient": "anna"})
    assert steps == (
        plan_step("approach", {"target": "red_cup"}),
        plan_step("pick", {"object": "red_cup"}),
        plan_step("approach", {"target": "anna"}),
        plan_step("hand_over", {"object": "red_cup", "recipient": "anna"}),
    )


def test_simple_skill_is_its_own_step() -> None:
    assert CATALOGUE.skills["go_to"].expand({"place": "hall"}) == (plan_step("go_to", {"place": "hall"}),)


def test_every_promise_can_be_looked_up() -> None:
    assert set(_CHECKS) == set(PREDICATES)


def test_slots_of_phrases_with_their_own_words_have_them() -> None:
    for phrase in CATALOGUE.phrases("en"):
        for slot in slots(phrase.pattern):
            assert slot in SLOTS or phrase.values[slot]


# ------------------------------------------------------------ files that do not fit


def catalogue_with(folder: Path, skill: str, **changes: Any) -> Path:
    """The shipped catalogue with some keys of one manifest changed, or removed by None."""
    shutil.copytree(SKILLS_FOLDER, folder / "skills")
    path = folder / "skills" / skill / "skill.yaml"
    content = {**yaml.safe_load(path.read_text(encoding="utf-8")), **changes}
    path.write_text(yaml.safe_dump({key: value for key, value in content.items() if value is not None}), encoding="utf-8")
    return folder / "skills"


@pytest.mark.parametrize(
    ("skill", "changes", "problem"),
    [
        ("go_to", {"name": "goto"}, "name: is 'goto' but the folder is called 'go_to'"),
        ("go_to", {"timeout_s": 0}, "timeout_s"),
        ("go_to", {"timeout_s": None}, "timeout_s"),
        ("go_to", {"resources": ["wheels"]}, "resources.0"),
        ("go_to", {"arguments": {"place": "room"}}, "arguments.place"),
        ("go_to", {"timeouts_s": 3}, "timeouts_s: unknown key, did you mean 'timeout_s'?"),
        ("go_to", {"success": "robot_at(place)"}, "unknown predicate 'robot_at'"),
        ("go_to", {"success": "robot_in(room)"}, "speaks of ['room']"),
        ("go_to", {"success": "robot_in place"}, "is not a predicate"),
        ("go_to", {"preconditions": ["wings()"]}, "preconditions: unknown predicate 'wings'"),
        ("go_to", {"preconditions": ["person_in_view(person)"]}, "speaks of ['person'], which is no argument"),
        ("go_to", {"hazards": ["fires"]}, "hazards: unknown kind 'fires', did you mean 'fire'?"),
        ("pick", {"resources": ["base"]}, "resources: it moves the gripper, so it needs 'arm' to itself"),
        ("go_to", {"on_cancel": None}, "on_cancel"),
        ("wait", {"arguments": {"duration": {"type": "duration", "default": "a while"}}}, "arguments.duration.default: 'a while' is no"),
        ("fetch", {"moves": ["base", "head", "arm"]}, "moves: its step pick moves gripper too"),
        ("go_to", {"effects": ["flies()"]}, "effects: unknown predicate 'flies'"),
        ("go_to", {"intent": None}, "intent: a spoken skill needs both"),
        ("go_to", {"phrases": None}, "intent: a spoken skill needs both"),
        ("go_to", {"intent": "follow"}, "'follow' is already used by follow"),
        ("go_to", {"intent": "stop"}, "'stop' is already used by intents.yaml"),
        ("go_to", {"phrases": {"en": ["go to {room}"]}}, "phrases.en.0: unknown slot"),
        ("go_to", {"phrases": {"en": ["go [to {place}"]}}, "']' is missing"),
        ("go_to", {"phrases": {"en": ["go to) {place}"]}}, "closes nothing"),
        ("go_to", {"phrases": {"en": ["go | drive {place}"]}}, "outside of brackets"),
        ("go_to", {"phrases": {"en": ["Go to {place}"]}}, "unexpected 'G'"),
        ("describe", {"questions": {"en": ["what? "]}}, "questions.en.0: unexpected '?'"),
        ("fetch", {"steps": None}, "steps: give the steps"),
        ("fetch", {"steps": [{"fly": {}}]}, "'fly' is not a simple skill"),
        ("fetch", {"steps": [{"fetch": {}}]}, "'fetch' is not a simple skill"),
        ("fetch", {"steps": [{"pick": {}}]}, "takes (object)"),
        ("fetch", {"steps": [{"pick": {"object": "$thing"}}]}, "$thing is no argument of fetch"),
    ],
)
def test_wrong_manifest_names_file_and_field(tmp_path: Path, skill: str, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(FileError) as error:
        load_catalogue(catalogue_with(tmp_path, skill, **changes))
    assert problem in str(error.value)
    assert f"{skill}/skill.yaml" in str(error.value) and "\n" not in str(error.value)


def test_skill_without_behaviour_is_named(tmp_path: Path) -> None:
    folder = catalogue_with(tmp_path, "go_to")
    (folder / "go_to" / "skill.py").unlink()
    with pytest.raises(FileError, match=r"write skill\.py beside it"):
        load_catalogue(folder)


def test_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no <skill>/skill\.yaml"):
        load_catalogue(tmp_path)


def test_wrong_dialogue_phrase_is_named(tmp_path: Path) -> None:
    content = yaml.safe_load(INTENTS_FILE.read_text(encoding="utf-8"))
    content["intents"]["yes"]["phrases"]["en"] = ["yes {sir}"]
    (tmp_path / "intents.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(FileError, match=r"intents\.yes\.phrases\.en\.0"):
        load_catalogue(intents_file=tmp_path / "intents.yaml")


@pytest.mark.parametrize("text", ["", "given", "given(", "given(a,b,c)", "Given a b"])
def test_malformed_predicate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="predicate"):
        Predicate.parse(text)
