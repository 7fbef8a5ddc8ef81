"""What may not slip into the repository, and what may not clash with it."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from robot_runtime.cli import Parser
from robot_runtime.config import load_class
from robot_runtime.paths import ROOT
from tests.contracts.source import PACKAGES, tracked_files

_REGISTRY = r"(--(extra-)?index-url|--find-links|index_url)[ =]|https?://[\w.-]*(pypi|artifactory|nexus|jfrog)[\w.-]*/"
FORBIDDEN = {
    "a package registry's address": re.compile(_REGISTRY, re.IGNORECASE),
    "an absolute path of somebody's machine": re.compile(r"(?<![\w.$}-])/(home/\w|root/|Users/\w|work/)"),
}

TEXT = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".xml", ".cfg", ".ini", ".msg", ".srv", ".html", ".json", ".sh", "", ".lock"}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = []
    for path in tracked_files():
        if path.suffix in TEXT and path != Path(__file__).resolve():
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if FORBIDDEN[what].search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_no_large_file_is_tracked() -> None:
    large = [path for path in tracked_files() if path.stat().st_size > (30_000_000 if path.suffix == ".onnx" else 5_000_000)]
    assert large == [], "shipped weights stay below 30 MB each, everything else below 5"


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_claims_our_import_names(name: str) -> None:
    owners = set(importlib.metadata.packages_distributions().get(name, ())) - {"robot-runtime"}
    assert owners == set()


@pytest.mark.parametrize("name", PACKAGES)
def test_the_import_finds_our_package(name: str) -> None:
    module = __import__(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve().parent == ROOT / name


def test_constraints_pin_exactly_and_name_no_place() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    pin = re.compile(r"^[a-z0-9][a-z0-9-]*==[\w.+!]+( ; python_version (<|>=) \"3\.\d+\")?$")
    assert [line for line in lines if not pin.match(line)] == []
    names = [line.partition("==")[0] for line in lines]
    assert names == sorted(names)


def test_every_declared_dependency_is_pinned() -> None:
    pinned = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    requirements = importlib.metadata.requires("robot-runtime") or []
    names = {re.split(r"[^\w-]", re.sub(r"[_.]", "-", requirement.lower()))[0] for requirement in requirements}
    assert names - pinned == set()


def test_continuous_integration_runs_what_developers_run() -> None:
    script = ROOT / ".ci" / "run"
    assert "make test" in script.read_text()
    assert script.stat().st_mode & 0o111, "executable"


def test_bootstrap_needs_nothing_but_python() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "tools/bootstrap.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", ["up", "converse"])
def test_commands_of_the_documents_can_be_given(verb: str) -> None:
    parser = Parser()
    load_class(f"robot_runtime.verbs.{verb}:add_arguments")(parser)
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    lines = [line for page in pages for line in re.findall(rf"robot-runtime {verb}\b([^`#\n]*)[`#\n]", page.read_text(encoding="utf-8"))]
    assert lines
    for line in lines:
        parser.parse_args(shlex.split(line))


def test_the_files_that_make_mutates_are_there() -> None:
    (files,) = [
        line.removeprefix("FILES ?= ").split()
        for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
        if line.startswith("FILES")
    ]
    assert files and [file for file in files if not (ROOT / file).is_file()] == []
