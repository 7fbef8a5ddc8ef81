"""``bench mind``: it measures what it says, and the embedded planner stays within its budget by a wide margin."""

from __future__ import annotations

import json

import pytest

from robot_runtime.bench import first_words, mind
from robot_runtime.cli import main


def test_the_worlds_are_as_large_as_they_claim() -> None:
    known = mind._known(mind.FEW)
    assert len(known.situation.facts.objects) == len(known.situation.events) == mind.FEW


def test_rows_come_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(mind, "MANY", 200)
    monkeypatch.setattr(first_words, "TOKENS_A_S", 100.0)
    assert main(["bench", "mind", "--repeats", "1", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["name"] for row in rows} >= {"utterance → plan, grounded", "menu", "schema of a menu"}
    assert all(row["count"] > 0 and row["p50_ms"] > 0 for row in rows)
    assert next(row for row in rows if "grounded" in row["name"])["p50_ms"] < 100.0  # the budget is 20 on an idle machine
    added, first, whole = (row["p50_ms"] for row in rows[-3:])
    assert 0.0 < added < first < whole - 100.0, "the plan's tokens come after those of its first sentence"
