"""``robot-runtime judge``: one answer a line, errors with their line numbers, and an exit status."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from robot_runtime.cli import main


def test_a_file_is_judged_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text('{"id": "a", "instruction": "put the cup on the table"}\n{"id": "b", "plan": ["wave", "say hello"]}\n')
    assert main(["judge", str(file), "--json"]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in shown] == ["a", "b"]
    assert all(line["verdict"] in ("allow", "limit", "confirm", "deny", "stop") for line in shown)


def test_a_bad_line_is_named_and_the_rest_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text('{"id": "a"}\n{"id": "b", "instruction": "come here"}\n')
    assert main(["judge", str(file)]) == 1
    bad, good = map(json.loads, capsys.readouterr().out.splitlines())
    assert bad["line"] == 1
    assert "instruction, plan, action" in bad["error"]
    assert good["id"] == "b"


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"id": 7, "instruction": "come here"}\n'))
    assert main(["judge", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "7"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["none.jsonl"], "none.jsonl: cannot be read"), (["-", "--classifier", "nowhere"], "nowhere/settings.json: cannot be read")],
)
def test_what_cannot_be_read_is_one_line(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
