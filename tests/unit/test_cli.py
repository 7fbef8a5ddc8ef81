"""The command line: exit statuses, and one clear line for each wrong use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from robot_runtime import graph
from robot_runtime.cli import VERBS, main
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
