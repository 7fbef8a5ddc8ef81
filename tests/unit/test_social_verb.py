"""``robot-runtime social``: replaying evidence, checking policies, and the schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from robot_runtime.cli import main
from robot_runtime.paths import ROOT
from robot_runtime.social.policy import HOME_POLICY, POLICIES, load_policy
from robot_runtime.social.schema import SCHEMA_FILE
from safety.files import FileError

ELDERLY = ROOT / "sim" / "social" / "elderly.yaml"


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main(["social", *arguments, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def error(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["social", *arguments]) == 2
    return capsys.readouterr().err


def written(path: Path, content: object) -> str:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


def test_simulate_prints_styles_and_what_was_measured(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    told = lines(capsys, "simulate", str(ELDERLY), "--out", str(picture))
    styles, sentences = [line for line in told if "evidence" in line], [line for line in told if "sentence" in line]
    assert styles[-1]["name"] == "elderly" and styles[-1]["reasons"] == ["age:elderly"]
    assert len(sentences) == 5
    assert all(abs(line["rate_wpm"] / 120 - 1) <= 0.05 for line in sentences)
    assert sentences[-1]["pause_s"] is None  # JSON knows no nan
    assert picture.stat().st_size > 20_000


def test_another_policy_may_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    told = lines(capsys, "simulate", str(ELDERLY), "--silent", "--social-policy", str(POLICIES / "hospital.yaml"))
    assert told[-1]["pause_s"] == 0.8 and "sentence" not in told[-1]


def test_check_counts_numbers_and_sources(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["social", "check"]) == 0
    assert "4 styles" in capsys.readouterr().out
    own = {"extends": str(HOME_POLICY), "name": "mine", "styles": {"robot": yaml.safe_load(HOME_POLICY.read_text())["styles"]["adult"]}}
    path = written(tmp_path / "mine.yaml", own)
    assert load_policy(path).styles["robot"] == load_policy(path).styles["adult"]
    bare = yaml.safe_load(HOME_POLICY.read_text())
    del bare["sources"]["settle_s"]
    path = written(tmp_path / "bare.yaml", bare)
    assert main(["social", "check", path, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["no_source"] == ["settle_s"]


def test_sources_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["social", "check", "--sources"]) == 0
    assert "styles.elderly.rate_wpm: Studies disagree" in capsys.readouterr().out


def test_schema_is_printed_and_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["social", "schema"]) == 0
    assert capsys.readouterr().out == SCHEMA_FILE.read_text(encoding="utf-8")
    assert main(["social", "schema", "--write", str(tmp_path / "s.json")]) == 0
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == SCHEMA_FILE.read_text(encoding="utf-8")
    assert main(["social", "schema", "--write", str(tmp_path / "no" / "s.json")]) == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"events": [{"at_s": 1, "person": "ros", "see": {}}]}, "nobody is called 'ros', did you mean 'rose'?"),
        ({"events": [{"at_s": 1, "person": "rose"}]}, "expected one of see, hear and say"),
        ({"events": [{"at_s": 1, "see": {}}]}, "see: whom?"),
        ({"events": [{"at_s": -1, "say": "x"}]}, "events.0.at_s"),
        ({"until_s": 0}, "until_s"),
        ({"polcy": "x"}, "did you mean 'policy'"),
    ],
)
def test_wrong_evidence_names_the_field(capsys: pytest.CaptureFixture[str], tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    content = {**yaml.safe_load(ELDERLY.read_text(encoding="utf-8")), **change}
    assert problem in error(capsys, "simulate", written(tmp_path / "e.yaml", content), "--silent")


def test_missing_files_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nope.yaml" in error(capsys, "simulate", "nope.yaml")
    assert "nope.yaml" in error(capsys, "check", "nope.yaml")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"extends": 3}, "extends: expected the name of another policy file"),
        ({"extends": "loop.yaml"}, "deep at most"),
        ({"extends": "nowhere.yaml"}, "nowhere.yaml"),
        ({"extends": str(HOME_POLICY), "normal": "adlt"}, "no style 'adlt', did you mean 'adult'?"),
        ({"extends": str(HOME_POLICY), "keep_confidence": 0.9}, "keep_confidence: must not be above"),
        ({"extends": str(HOME_POLICY), "bounds": {"rate_wpm": [200, 90]}}, "rate_wpm: the first must be below the second"),
    ],
)
def test_wrong_extension_is_named(tmp_path: Path, content: dict[str, Any], problem: str) -> None:
    with pytest.raises(FileError) as raised:
        load_policy(written(tmp_path / "loop.yaml", content))
    assert problem in str(raised.value)
