"""`robot-runtime rules`: what it prints and how it ends."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from robot_runtime.cli import main
from tests.safety.small_rules import rule, write

SHARP = rule(
    "sharp",
    {"skills": ["fetch"], "object": ["sharp"], "recipient": ["child"]},
    examples={"must": [{"skill": "fetch", "object": "knife", "recipient": "child"}], "must_not": [{"skill": "go_to"}]},
)
CASE = "{skill: fetch, object: knife, recipient: child}"


@pytest.fixture
def sound(tmp_path: Path) -> str:
    return write(tmp_path / "sound.yaml", SHARP)


@pytest.fixture
def looser(tmp_path: Path) -> str:
    small = {"must": [{"skill": "fetch", "object": "coin", "recipient": "child"}], "must_not": [{"skill": "go_to"}]}
    return write(tmp_path / "looser.yaml", {**SHARP, "when": {**SHARP["when"], "object": ["small_part"]}, "examples": small})


def test_check_tells_what_was_proved(sound: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check", sound]) == 0
    out = capsys.readouterr().out
    assert f"{sound}: 1 rules, 2 examples, 5 skills, " in out and ": sound (" in out and "SHA-256 " in out


def test_check_shows_the_counterexample_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = write(tmp_path / "bad.yaml", {**SHARP, "when": {**SHARP["when"], "recipient": ["adult"]}})
    assert main(["rules", "check", bad]) == 1
    out = capsys.readouterr().out
    assert "error: example: sharp" in out and "error: not monotone: sharp: verdict deny is lost" in out
    assert "    {skill: fetch, object: fork, recipient: elderly}" in out.replace("knife", "fork") and "2 errors" in out


def test_check_as_json_goes_on_after_a_bad_file(sound: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check", str(tmp_path / "none.yaml"), sound, "--json"]) == 2
    bad, good = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert "cannot be read" in bad["error"]
    assert (good["rules"], good["findings"]) == (1, []) and len(good["hash"]) == 64 and good["cases"] > 100


def test_check_tells_one_bad_file_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check", str(tmp_path / "none.yaml")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_check_repeats_what_an_extending_file_loosens(sound: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = tmp_path / "more.yaml"
    more.write_text(
        "name: more\nversion: '1'\nextends: sound.yaml\nparameters: {rearm_confidence: 0.5, because: our camera is poor}\n",
        encoding="utf-8",
    )
    assert main(["rules", "check", str(more)]) == 0
    assert "may be looser than in the extended file: our camera is poor" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["inline", "file", "stdin", "action"])
def test_explain_takes_a_case_in_every_form(
    kind: str, sound: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = CASE
    if kind == "file":
        given = str(tmp_path / "case.yaml")
        Path(given).write_text(CASE, encoding="utf-8")
    elif kind == "stdin":
        given = "-"
        monkeypatch.setattr("sys.stdin", io.StringIO(CASE))
    elif kind == "action":
        given = '{"action": {"skill": "fetch", "args": {"object": "knife", "recipient": "child"}}, "context": {"people": ["child"]}}'
    assert main(["rules", "explain", given, "--rules", sound]) == 0
    out = capsys.readouterr().out
    assert "verdict  deny" in out and "says en  No, sharp." in out and "holds  deny    sharp (v1)" in out


def test_explain_as_json(sound: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "explain", "{skill: go_to}", "--rules", sound, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "allow"
    assert told["considered"][0]["failed"] == ["skills [fetch]", "object [sharp]", "recipient [child]"]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("{skill: [", "not valid YAML"),
        ("no/such/file.yaml", "neither a case in braces nor a file"),
        ("{skill: fly}", "'fly' is not in the closed list"),
        ('{"action": {"skill": "fly"}}', "fly() is not in the closed list"),
        ('{"action": {"args": {}}}', "action.skill"),
    ],
)
def test_explain_says_what_is_wrong_with_a_case(case: str, message: str, sound: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "explain", case, "--rules", sound]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1


def test_diff_fails_when_something_is_looser(sound: str, looser: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "diff", sound, looser]) == 1
    out = capsys.readouterr().out
    assert "looser: sharp (verdict deny; " in out and "deny → allow" in out and " looser, " in out.splitlines()[-1]
    assert main(["rules", "diff", sound, looser, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["looser"] and {change["looser"] for change in told["changes"]} == {True, False}


def test_diff_of_equal_files_is_well(sound: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "diff", sound, sound]) == 0
    assert capsys.readouterr().out.endswith("0 looser, 0 tighter; no verdict changes\n")
    assert main(["rules", "diff", sound, sound, "--json"]) == 0


def test_schema_is_json_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "schema", "ontology", "--json"]) == 0
    assert "fallback" in json.loads(capsys.readouterr().out)["properties"]
    assert main(["rules", "schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert "rules" in json.dumps(printed) and "$defs" in printed
    file = tmp_path / "schema.json"
    assert main(["rules", "schema", "--write", str(file)]) == 0
    assert json.loads(file.read_text(encoding="utf-8")) == printed
    assert main(["rules", "schema", "--write", str(tmp_path / "no" / "x.json")]) == 2
