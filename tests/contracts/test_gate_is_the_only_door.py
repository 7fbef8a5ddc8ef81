"""Nothing but the gate can make a verdict or a command to the motors."""

from __future__ import annotations

import ast

from robot_runtime.nodes import NODES
from robot_runtime.paths import ROOT
from tests.contracts.source import calls, imports, modules, name_of, nodes

MADE_BY_THE_GATE = {"ActionVerdict", "SafetyState", "Velocity", "BaseCommand"}
"""Dataclasses that stand for a decision of the gate.  The converter rebuilds them from ROS; nobody else makes one."""

DRIVER = "safety.motors.serial_base"

MAY_REBUILD = {"robot_runtime.ros.standard", "robot_runtime.ros.own", "robot_runtime.ros.convert"}

DOORS = {"cmd_vel", "motors/command", "joints/command"}


def test_only_the_gate_makes_decisions() -> None:
    makers = {name_of(path) for path in modules("robot_runtime", "sim", "models") if MADE_BY_THE_GATE & calls(path)}
    assert makers <= MAY_REBUILD


def test_nobody_else_puts_anything_on_the_topics_of_the_motors() -> None:
    """An outbox entry is ("topic", message): no such pair with these names outside safety/, and no publisher of them."""
    for path in modules("robot_runtime", "sim", "models"):
        for node in nodes(path):
            if isinstance(node, ast.Tuple) and len(node.elts) == 2 and _text(node.elts[0]) in DOORS:
                assert isinstance(node.elts[1], ast.Constant), f"{path}:{node.lineno}: puts a message on {_text(node.elts[0])}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "create_publisher":
                assert not DOORS & {_text(argument) for argument in node.args}, f"{path}:{node.lineno}: publishes to the motors"


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_only_the_stage_behind_the_gate_has_a_driver() -> None:
    """And the verb that shows what a controller says, which sends it no command."""
    users = {name_of(path) for path in modules("robot_runtime", "safety", "sim", "models") if DRIVER in imports(path)}
    assert users == {"safety.motors.base", "robot_runtime.verbs.base"}
    assert "send" not in calls(ROOT / "robot_runtime/verbs/base.py")


def test_the_gate_is_loaded_from_its_own_package() -> None:
    gate = next(node for node in NODES if node.name == "gate")
    assert gate.stage.startswith("safety.")
    assert not gate.own_shell
