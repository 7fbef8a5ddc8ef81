"""The command line: exit statuses, and one clear line for each wrong use."""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from robot_runtime import graph
from robot_runtime.cli import VERBS, JobError, main
from robot_runtime.nodes import Settings, nodes


def test_every_verb_has_a_module() -> None:
    import robot_runtime.verbs

    folder = Path(robot_runtime.verbs.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} >= set(VERBS)


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(verb in text for verb in VERBS)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["up", "--log-level", "loud"], "log_level: expected one of"),
        (["up", "--sim", "--headless", "maybe"], "headless: expected one of true, false"),
        (["up", "--params-file", "nowhere.yaml"], "nowhere.yaml"),
        (["graph", "--check", "nowhere.md"], "nowhere.md"),
    ],
)
def test_wrong_use_is_one_line_and_exit_status_2(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.startswith(f"robot-runtime {argv[0]}: ")
    assert shown.count("\n") == 1


def test_an_unknown_verb_or_flag_is_exit_status_2() -> None:
    for argv in (["fly"], ["up", "--wings"]):
        with pytest.raises(SystemExit) as ended:
            main(argv)
        assert ended.value.code == 2


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["up", "--perams_file", "x"], "unknown flag --perams_file, did you mean --params_file?"),
        (["up", "--perams_file=x"], "unknown flag --perams_file, did you mean --params_file?"),
        (["rules", "check", "--jsn"], "unknown flag --jsn, did you mean --json?"),
        (["up", "now"], "unexpected argument now"),
        (["scenario", "run"], "the following arguments are required: FILE"),
    ],
)
def test_a_wrong_flag_is_one_line_that_offers_the_nearest(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.startswith(f"robot-runtime {argv[0]}")
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    "argv",
    [
        ["--rules-file", "nope.yaml"],
        ["--world", "nope"],
        ["--site", "nope"],
        ["--scenario", "nope.yaml"],
        ["--audio-in", "file:nope.wav"],
        ["--social-policy-file", "nope.yaml"],
    ],
)
def test_a_file_that_is_not_there_is_told_before_anything_starts(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path))
    assert main(["up", "--sim", *argv]) == 2
    shown = capsys.readouterr().err
    assert "nope" in shown
    assert shown.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("argv", [["--say", "nope.wav"], ["--scenario", "nope.yaml"], ["--say", "here.wav", "--who", "nobody"]])
def test_a_demo_with_bad_input_leaves_no_folder(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with wave.open("here.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(640))
    assert main(["demo", *argv]) == 2
    assert capsys.readouterr().err.startswith("robot-runtime demo: ")
    assert [path.name for path in tmp_path.iterdir()] == ["here.wav"]


def test_a_job_that_fails_is_one_line_and_exit_status_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(args: object) -> int:
        raise JobError("the graph did not come up")

    monkeypatch.setattr("robot_runtime.verbs.graph.run", fail)
    assert main(["graph"]) == 1
    assert capsys.readouterr().err == "robot-runtime graph: the graph did not come up\n"


def test_a_reader_that_has_enough_causes_no_traceback() -> None:
    command = f"{sys.executable} -m robot_runtime.cli graph | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("node")


# ---------------------------------------------------------------- graph


def test_graph_as_json_has_a_line_a_node(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["node"] for line in lines] == [node.name for node in nodes(Settings.for_simulation())]


def test_graph_of_a_robot_has_no_simulation(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--robot", "--format", "mermaid"]) == 0
    assert "sim[" not in capsys.readouterr().out


def test_graph_notices_a_document_that_has_drifted_and_repairs_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "README.md"
    document.write_text(f"before\n{graph.BEGIN}\nold\n{graph.END}\nafter\n", encoding="utf-8")
    assert main(["graph", "--check", str(document)]) == 1
    assert "differs from the tables" in capsys.readouterr().err
    assert main(["graph", "--write", str(document)]) == 0
    assert main(["graph", "--check", str(document)]) == 0
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "flowchart" in text


def test_graph_needs_the_markers(tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text("nothing here", encoding="utf-8")
    assert main(["graph", "--write", str(document)]) == 2
    assert document.read_text(encoding="utf-8") == "nothing here"
