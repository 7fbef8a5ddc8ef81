"""What the runtime takes from the simulation by name is there, and is named in one place."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from robot_runtime import simulation
from robot_runtime.config import load_class
from robot_runtime.paths import ROOT
from tests.contracts.source import modules, name_of, tree

NAMES = {name: value for name, value in vars(simulation).items() if name.isupper()}
MAY_NAME = {"robot_runtime.simulation", "robot_runtime.nodes"}
_REFERENCE = re.compile(r"(sim|safety|robot_runtime)(\.\w+)+:\w+")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_resolves(name: str) -> None:
    assert callable(load_class(NAMES[name]))


@pytest.mark.parametrize("path", modules("robot_runtime"), ids=name_of)
def test_nobody_else_names_the_simulation(path: Path) -> None:
    texts = [node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    found = [text for text in texts if _REFERENCE.fullmatch(text)]
    for text in found:
        assert callable(load_class(text)), f"{text} is not there"
    if name_of(path) not in MAY_NAME:
        assert not [text for text in found if text.startswith("sim.")]


def test_every_name_is_used() -> None:
    used = "\n".join(path.read_text(encoding="utf-8") for path in modules("robot_runtime") if ROOT in path.parents)
    assert all(f"simulation.{name}" in used for name in NAMES)
