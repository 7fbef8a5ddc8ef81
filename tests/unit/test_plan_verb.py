"""``robot-runtime plan``: sentences in, plans out, and one clear line on bad input."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.cli import main
from robot_runtime.messages import Note
from tests.unit.mind_rig import write_site
from tests.unit.world_rig import MEMORY, keep

WORLD = {
    "objects": [
        {"id": "red_cup", "class_name": "cup", "colour": "red", "position_m": [2.5, 6.1, 0.8]},
        {"id": "blue_cup", "class_name": "cup", "colour": "blue", "position_m": [1.5, 6.1, 0.8]},
        {"id": "book", "class_name": "book", "held_by": "leo"},
    ],
    "people": [{"id": "anna", "age_group": "adult"}, {"id": "leo", "age_group": "child"}],
}


def written(tmp_path: Path, world: Any = WORLD) -> str:
    path = tmp_path / "world.json"
    path.write_text(world if isinstance(world, str) else json.dumps(world), encoding="utf-8")
    return str(path)


def plan(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, *more: str) -> tuple[int, dict[str, Any]]:
    status = main(["plan", text, "--world", written(tmp_path), "--site", write_site(tmp_path), "--speaker", "anna", "--json", *more])
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    return status, line


@pytest.mark.parametrize(
    ("text", "skills"),
    [
        ("bring me the red cup", ["approach", "pick", "approach", "hand_over"]),
        ("Could you please give Leo the blue mug?", ["approach", "pick", "approach", "hand_over"]),
        ("can I have the phone please", ["find", "approach", "pick", "approach", "hand_over"]),
        ("go to the kitchen", ["go_to"]),
        ("come here", ["come_here"]),
        ("follow me", ["follow"]),
        ("what can you see", ["describe"]),
        ("find the book", ["find"]),
        ("say good morning", ["say"]),
        ("Apporte-moi la tasse rouge, s'il te plaît.", ["approach", "pick", "approach", "hand_over"]),
    ],
)
def test_sentence_becomes_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, skills: list[str]) -> None:
    status, line = plan(tmp_path, capsys, text)
    assert (status, [step["skill"] for step in line["steps"]], line["say"]) == (0, skills, "")


def test_the_answer_is_in_the_language_of_the_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, line = plan(tmp_path, capsys, "va dans la cuisine et apporte-moi la tasse")
    assert (status, line["say"]) == (0, "Laquelle de ces choses voulez-vous dire : la tasse rouge ou la tasse bleue ?")
    assert plan(tmp_path, capsys, "apporte-moi la tasse rouge", "--language", "en")[0] == 1


def test_question_names_its_candidates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, line = plan(tmp_path, capsys, "bring me the cup")
    assert (status, line["candidates"], line["goal"]) == (0, ["red_cup", "blue_cup"], None)
    assert line["say"] == "Which one do you mean: the red cup or the blue cup?"


@pytest.mark.parametrize(
    ("text", "intent", "say"),
    [
        ("sing a song", "", "I did not catch that."),
        ("stop", "stop", ""),
        ("bring me the book", "fetch", "Leo has the book now."),
    ],
)
def test_nothing_to_do_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, intent: str, say: str) -> None:
    status, line = plan(tmp_path, capsys, text)
    assert (status, line["intent"], line["say"], line["steps"]) == (1, intent, say, [])


@pytest.mark.parametrize(
    ("text", "intent", "say"),
    [
        ("Where's my red mug?", "where_is", "The red cup is on the kitchen table."),
        ("where is the phone", "where_is", "I have never seen a phone. Shall I look for it?"),
        ("where is Leo", "where_is", "I last saw Leo at a place without a name five minutes ago."),
        ("Where did you last see the blue cup?", "last_seen", "I last saw the blue cup on the kitchen table two minutes ago."),
        ("where are the pills", "where_is", "I was told that the pills are at a place without a name; I have not seen them myself."),
        ("who is here", "who_is_here", "I see nobody but you."),
        ("what's on the kitchen table", "what_is_on", "On the kitchen table I see the red cup."),
        ("what is on the table", "what_is_on", "Which one do you mean: the coffee table or the kitchen table?"),
        ("what is in the living room", "what_is_in", "In the living room I see the book."),
        ("what has changed?", "what_changed", "I have noticed no change in the last hour."),
        ("forget me", "forget", "What I know of a person is gone for good then. Shall I forget everything about you?"),
    ],
)
def test_a_question_is_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, intent: str, say: str) -> None:
    world = json.loads(json.dumps(WORLD))
    world["objects"][1]["age_s"] = 120
    world["objects"].append({"id": "pills", "class_name": "pills", "told": True, "position_m": [99, 99, 0]})
    world["people"][1] |= {"seen": False, "age_s": 300, "position_m": [99, 99, 0]}
    argv = ["plan", text, "--world", written(tmp_path, world), "--site", write_site(tmp_path), "--speaker", "anna"]
    assert main([*argv, "--json"]) == 0
    line = json.loads(capsys.readouterr().out)
    if intent == "what_is_on" and "see" in say:
        say += " On the kitchen table I saw the blue cup two minutes ago."
    assert (line["intent"], line["say"], line["goal"]) == (intent, say, None)


def test_a_robots_own_memory_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "world.sqlite"
    keep(path, replace(MEMORY, events=()), now_s=5.0, wall_s=time.time() - 600)
    assert main(["plan", "where is the red cup", "--memory", str(path), "--speaker", "anna"]) == 0
    assert capsys.readouterr().out.startswith('says: "The red cup is on the kitchen table; I saw it ten minutes ago.')
    assert main(["plan", "where is the red cup", "--memory", str(tmp_path / "none"), "--speaker", "anna"]) == 2
    assert "no robot has remembered anything there" in capsys.readouterr().err


def test_what_people_told_a_robot_is_a_part_of_its_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = Note("likes:anna:tea", "likes", "anna", "anna", "tea", 5.0, math.nan)
    keep(tmp_path / "world.sqlite", replace(MEMORY, notes=(note,)), now_s=5.0, wall_s=time.time() - 600)
    assert main(["plan", "what do I like", "--memory", str(tmp_path / "world.sqlite"), "--speaker", "anna"]) == 0
    assert "tea" in capsys.readouterr().out


def test_plain_text_lists_goal_and_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "bring me the red cup", "--world", written(tmp_path), "--speaker", "leo"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "goal: fetch(red_cup, leo)", "  1. approach(red_cup)", "  2. pick(red_cup)", "  3. approach(leo)",
        "  4. hand_over(red_cup, leo)"]  # fmt: skip


@pytest.mark.parametrize(
    ("world", "more", "problem"),
    [
        ("{", [], "not valid JSON"),
        ({"things": []}, [], "things: unknown key"),
        ({"objects": [{"id": "a"}]}, [], "objects.0.class_name"),
        ({"objects": [{"id": "a", "class_name": "cup", "held_by": "bob"}]}, [], "objects.0.held_by: 'bob'"),
        ({"objects": [{"id": "a", "class_name": "cup"}] * 2}, [], "the id 'a' is used twice"),
        ({"people": [{"id": "a", "age_group": "teenager"}]}, [], "people.0.age_group"),
        (WORLD, ["--speaker", "bob"], "--speaker: 'bob' is not in the world file; people there: anna, leo"),
        (WORLD, ["--backend", "grunded"], "did you mean 'grounded'"),
        (WORLD, ["--site", "/nowhere"], "semantic_map.yaml: cannot be read"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], world: Any, more: list[str], problem: str) -> None:
    assert main(["plan", "come here", "--world", written(tmp_path, world), *more]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert problem in captured.err and captured.err.count("\n") == 1


def test_missing_world_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "come here", "--world", "no.json"]) == 2
    assert "no.json: cannot be read" in capsys.readouterr().err
