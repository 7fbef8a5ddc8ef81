"""``robot-runtime plan``: sentences in, plans out, and one clear line on bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.cli import main
from tests.unit.mind_rig import write_site

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
        ("where is the book", ["find"]),
        ("say good morning", ["say"]),
    ],
)
def test_sentence_becomes_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, skills: list[str]) -> None:
    status, line = plan(tmp_path, capsys, text)
    assert (status, [step["skill"] for step in line["steps"]], line["say"]) == (0, skills, "")


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
