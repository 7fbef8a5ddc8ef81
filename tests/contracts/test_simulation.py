"""What the runtime takes from the simulation by name is there, and is named in one place."""

from __future__ import annotations

import ast
import re

import pytest

from robot_runtime import simulation
from robot_runtime.config import load_class
from robot_runtime.paths import ROOT
from tests.contracts.source import modules, name_of, nodes

NAMES = {name: value for name, value in vars(simulation).items() if name.isupper()}
MAY_NAME = {"robot_runtime.simulation", "robot_runtime.nodes"}
_REFERENCE = re.compile(r"(sim|safety|robot_runtime)(\.\w+)+:\w+")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_resolves(name: str) -> None:
    assert callable(load_class(NAMES[name]))


def test_nobody_else_names_the_simulation() -> None:
    for path in modules("robot_runtime"):
        texts = [node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        found = [text for text in texts if _REFERENCE.fullmatch(text)]
        for text in found:
            assert callable(load_class(text)), f"{path}: {text} is not there"
        assert name_of(path) in MAY_NAME or not [text for text in found if text.startswith("sim.")], path


def test_every_name_is_used() -> None:
    used = "\n".join(path.read_text(encoding="utf-8") for path in modules("robot_runtime") if ROOT in path.parents)
    assert all(f"simulation.{name}" in used for name in NAMES)
